// The cost of folding, in steps instead of time: adding an event does not read the earlier ones.
import assert from "node:assert/strict";
import { test } from "node:test";

import { NOTHING, reduce, withHistory } from "../../clients/js/touchline.js";

const EVENTS = 4_000;
const event = (n, more = {}) => ({
  kind: "event", match: "m", n, id: `e${n}`, rev: 0, op: "add", type: "pass", side: "home", status: "first_half", period: 1, clock: "1:00", label: "2", score: { home: 0, away: 0 }, ...more,
});
const correction = (n, of) => ({ ...event(n), id: of, rev: n, op: "update", was: event(1, { id: of }) });
const snapshot = { kind: "snapshot", match: "m", n: 0, seq: 0, at: 0, state: { events: [] } };
const begun = () => reduce(NOTHING, snapshot);

/** Counts the array elements that `work` reads by spreading, slicing and searching. */
function steps(work) {
  const { prototype } = Array;
  const own = Object.getOwnPropertyDescriptor(prototype, Symbol.iterator);
  const counted = ["slice", "concat", "map", "filter", "findLastIndex", "findIndex", "findLast", "find"];
  const methods = Object.fromEntries(counted.map((name) => [name, prototype[name]]));
  const values = prototype.values;
  let count = 0;
  prototype[Symbol.iterator] = function () {
    count += this.length;
    return values.call(this);
  };
  for (const name of counted) {
    prototype[name] = function (...given) {
      count += this.length;
      return methods[name].apply(this, given);
    };
  }
  try {
    work();
  } finally {
    Object.defineProperty(prototype, Symbol.iterator, own);
    Object.assign(prototype, methods);
  }
  return count;
}

const KINDS = {
  "new events": (n) => event(n),
  "corrections of many": (n) => (n % 2 ? event(n) : correction(n, `e${n - 1}`)),
  "corrections of one": (n) => (n === 1 ? event(1) : correction(n, "e1")),
  "goals and what takes them back": (n) => ({ ...event(n, { type: "goal" }), ...(n % 2 ? {} : { id: `e${n - 1}`, op: "remove", was: event(n - 1, { type: "goal" }) }) }),
};

for (const [what, make] of Object.entries(KINDS)) {
  test(`folding thousands of events takes linear time: ${what}`, () => {
    const frames = Array.from({ length: EVENTS }, (_, at) => make(at + 1));
    let state = begun();
    const taken = steps(() => {
      state = frames.reduce(reduce, state);
      assert.ok(state.matches.m.happenings.length > 0);
    });
    assert.ok(taken < 20 * EVENTS, `${taken} steps for ${EVENTS} events`);
    const ids = new Set(frames.map(({ id }) => id));
    assert.deepEqual(state.matches.m.happenings.map(({ id }) => id), [...ids]);
    assert.equal(state.matches.m.told.length, EVENTS);
  });
}

test("a history that was read is not folded again, and continues from there", () => {
  let state = [1, 2, 3].map((n) => event(n)).reduce(reduce, begun());
  const { happenings } = state.matches.m;
  assert.equal(state.matches.m.happenings, happenings);
  const before = state;
  state = reduce(state, correction(4, "e2"));
  assert.deepEqual(happenings.map(({ event }) => event.rev), [0, 0, 0], "what was handed out stays");
  assert.deepEqual(state.matches.m.happenings.map(({ event }) => event.rev), [0, 4, 0]);
  assert.equal(before.matches.m.happenings, happenings);
});

test("two histories that continue one state are independent", () => {
  const common = [1, 2].map((n) => event(n)).reduce(reduce, begun());
  const one = reduce(common, event(3));
  const other = reduce(reduce(common, correction(3, "e1")), event(4));
  const story = (state) => state.matches.m.happenings.map(({ id, event }) => `${id}.${event.rev}`);
  assert.deepEqual(story(one), ["e1.0", "e2.0", "e3.0"]);
  assert.deepEqual(story(other), ["e1.3", "e2.0", "e4.0"]);
  assert.deepEqual(story(common), ["e1.0", "e2.0"]);
  // Older histories are read after newer ones.
  const late = [1, 2, 3].map((n) => event(n)).reduce((states, frame) => [...states, reduce(states.at(-1), frame)], [begun()]);
  assert.deepEqual(late.toReversed().map((state) => state.matches.m.happenings.length), [3, 2, 1, 0]);
});

test("a copied state continues as the original does", () => {
  const state = [event(1), event(2), correction(3, "e1")].reduce(reduce, begun());
  const copy = JSON.parse(JSON.stringify(state));
  for (const frames of [[event(4)], [correction(4, "e1")], [correction(4, "e2"), event(5)]]) {
    assert.deepEqual(JSON.stringify(frames.reduce(reduce, copy)), JSON.stringify(frames.reduce(reduce, state)));
  }
});

test("the fetched history precedes the events since the snapshot", () => {
  let state = reduce(NOTHING, { ...snapshot, n: 2, seq: 2 });
  state = [event(3), correction(4, "e1")].reduce(reduce, state);
  state = withHistory(state, "m", [event(1), event(2)]);
  state = reduce(state, event(5));
  assert.deepEqual(state.matches.m.happenings.map(({ id, was }) => [id, was.length]), [["e1", 1], ["e2", 0], ["e3", 0], ["e5", 0]]);
  assert.deepEqual(state.matches.m.told.map(({ n }) => n), [3, 4, 5]);
});
