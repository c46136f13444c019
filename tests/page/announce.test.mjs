/** Announcements for screen readers: each event once, and of many at once only the score. */
import assert from "node:assert/strict";
import { test } from "node:test";

import { announcementsFor, connectionText, isAnnounced } from "../../src/server/dashboard/page/ui/announce.js";

const fixtures = [{ id: "a", home: { name: "Juventus" }, away: { name: "Napoli" } }, { id: "b", home: { name: "Milan" }, away: { name: "Lazio" } }];
const event = (type, more = {}) => ({ match: "a", type, op: "add", label: "89", score: { home: 0, away: 1 }, ...more });
const goal = event("goal", { side: "away", player: { name: "Kalidou Koulibaly" } });

test("an event is announced with its team and the score after it", () => {
  assert.deepEqual(announcementsFor([goal], fixtures), ["Napoli. 89′ Goal, K. Koulibaly. Juventus 0, Napoli 1."]);
});

test("a removed event is announced with the reason", () => {
  const taken = { ...goal, op: "remove", reason: "offside", score: { home: 0, away: 0 } };
  assert.deepEqual(announcementsFor([taken], fixtures), ["Napoli. Taken back: 89′ Goal, K. Koulibaly, offside. Juventus 0, Napoli 0."]);
});

test("of more than three events at once only the last goal and the score are announced", () => {
  const cards = Array.from({ length: 4 }, () => event("yellow_card", { side: "home" }));
  assert.deepEqual(announcementsFor([goal, ...cards], fixtures), ["Napoli. 89′ Goal, K. Koulibaly. Juventus 0, Napoli 1."]);
  assert.deepEqual(announcementsFor(cards, fixtures), ["Juventus 0, Napoli 1."]);
});

test("half-time and full time are announced once", () => {
  const half = event("period_end", { period: 1, label: "HT", status: "half_time" });
  assert.equal(announcementsFor([half], fixtures)[0].match(/half-time/gi).length, 1);
  const inExtraTime = event("period_end", { period: 3, label: "105+1", status: "extra_half_time" });
  assert.deepEqual(announcementsFor([inExtraTime], fixtures), ["105+1′ Half-time of extra time. Juventus 0, Napoli 1."]);
  const over = [event("period_end", { period: 2, label: "FT", status: "full_time" }), event("match_end", { label: "FT" })];
  assert.equal(announcementsFor(over, fixtures).length, 1);
});

test("of matches other than the selected one only goals are announced", () => {
  const [card, other] = [event("red_card", { match: "b" }), { ...goal, match: "b" }];
  assert.deepEqual([isAnnounced(card, fixtures[0]), isAnnounced(other, fixtures[0]), isAnnounced(card, null)], [false, true, true]);
  assert.equal(isAnnounced(event("red_card"), fixtures[0]), true);
});

test("a failed connection is announced, and a silent one again when its data resumes", () => {
  assert.equal(connectionText("live", "stale"), "No data from the server.");
  assert.equal(connectionText("stale", "lost"), "Connection lost; reconnecting.");
  assert.equal(connectionText("stale", "live"), "Data is coming again.");
  assert.equal(connectionText("lost", "live"), "", "a notice says so");
});
