// The picker's titles, names and requests.
import assert from "node:assert/strict";
import { test } from "node:test";

import { errorText, isName, replaySpec, suggestedName } from "../../src/server/dashboard/page/picker/naming.js";
import { titleOf, titleOfReplay } from "../../src/server/dashboard/page/ui/titles.js";

const match = (home, away, competition) => ({ id: `${home}-${away}`, competition, home: { name: home }, away: { name: away } });
const one = { name: "juventus-napoli-2018-04-22", title: "Juventus 0-1 Napoli", matches: [match("Juventus", "Napoli", "Serie A")] };
const round = { name: "round", title: "Round 34, Napoli win", matches: [match("A", "B", "Serie A"), match("C", "D", "Serie A")] };

test("without spoilers no title is shown, because it may contain the score", () => {
  assert.equal(titleOf(one, true), "Juventus 0-1 Napoli");
  assert.equal(titleOf(one, false), "Juventus v Napoli");
  assert.equal(titleOf(round, false), "Serie A: 2 matches");
  assert.equal(titleOf({ ...round, matches: [...round.matches, match("E", "F", "Cup")] }, false), "3 matches");
  assert.equal(titleOf({ ...round, matches: [match("A", "B"), match("C", "D")] }, false), "2 matches");
  const replay = { id: "derby", title: "Juventus 0-1 Napoli" };
  assert.equal(titleOfReplay(replay, [round, one], true), "Juventus 0-1 Napoli");
  assert.equal(titleOfReplay(replay, [round, one], false), "Juventus v Napoli");
  assert.equal(titleOfReplay(replay, [round], false), "derby", "its scenario is unknown, and its title hidden");
  assert.equal(titleOfReplay({ id: "derby", title: "" }, [], true), "derby");
});

test("a valid name is one that the protocol accepts", () => {
  for (const name of ["a", "Derby_2-1", "x".repeat(64)]) assert.ok(isName(name), name);
  for (const name of ["", "a b", "a/b", "é", "a\n", "x".repeat(65)]) assert.ok(!isName(name), JSON.stringify(name));
});

test("the suggested name is valid and free", () => {
  assert.equal(suggestedName(one, []), one.name);
  assert.equal(suggestedName(one, [{ id: one.name }, { id: `${one.name}-2` }]), `${one.name}-3`);
  assert.equal(suggestedName({ name: "  my match (1)! " }, []), "my-match-1");
  assert.equal(suggestedName({ name: "日本" }, []), "match");
  const long = { name: "y".repeat(90) };
  const names = Array.from({ length: 12 }).reduce((had) => [...had, { id: suggestedName(long, had) }], []).map(({ id }) => id);
  assert.ok(names.every(isName));
  assert.equal(new Set(names).size, 12);
});

test("a request has the choices; a shared one also has a name and stays for a while", () => {
  const chosen = { speed: "max", from: " 85:00 ", loop: true };
  assert.deepEqual(replaySpec(one, chosen), { scenario: one.name, speed: "max", wait_for: 1, from: "85:00", loop: true });
  assert.deepEqual(replaySpec(one, { speed: 60, from: " ", loop: false }), { scenario: one.name, speed: 60, wait_for: 1 });
  assert.deepEqual(replaySpec(one, { speed: 60, from: "", loop: false }, "derby"), {
    scenario: one.name, speed: 60, wait_for: 1, name: "derby", linger: "10m",
  });
});

test("an error text says what to do", () => {
  assert.match(errorText({ status: 409, code: "taken", message: "" }, "derby"), /“derby” already.*another name/);
  assert.match(errorText({ status: 429, code: "over_limit", message: "there are 16" }), /no room: there are 16.*later/);
  assert.match(errorText({ status: 400, code: "bad_argument", message: "from: no" }), /cannot be played: from: no/);
  assert.match(errorText(new TypeError("Failed to fetch")), /does not answer/);
});
