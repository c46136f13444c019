// What somebody sees who looks at a page, and whether that is what the server says.
import assert from "node:assert/strict";
import { isDeepStrictEqual } from "node:util";

import { STATUS } from "../../src/server/dashboard/page/ui/labels.js";
import { TIMEOUT_MS } from "./harness.mjs";

/** Looks once, at everything in the same moment; `null` as long as no match is shown. Runs on the page. */
export function readScoreboard() {
  const board = document.querySelector(".scoreboard");
  const text = (selector) => board.querySelector(selector)?.textContent ?? "";
  if (!board) return null;
  const seconds = (clock) => clock.split(":").reduce((sum, part) => sum * 60 + Number(part), 0);
  const [clock, stoppage] = [text(".clock-time"), text(".clock-stoppage")];
  return {
    score: [...board.querySelectorAll(".score-digit")].map((digit) => digit.textContent).join("-"),
    status: text(".status-word"),
    // A scoreboard that stands at 45:00 with +1:12 beside it says 46:12.
    clock: clock && seconds(clock) + (stoppage ? seconds(stoppage.slice(1)) : 0),
  };
}

/** The server's state of a replay. */
export async function stateOf(server, { replay = "main", match } = {}) {
  const answer = await fetch(`${server.http}/r/${replay}/state${match ? `/${match}` : ""}`, { headers: { connection: "close" } });
  assert.equal(answer.status, 200);
  const state = await answer.json();
  return match ? state : { ...state, ...state.matches[0] };
}

/** What a page should show of that, in the words of `look`. */
export function expectedScoreboard({ now, state, playback, n }) {
  const { home, away } = state.score;
  const isAtEnd = playback.state === "ended" || (playback.state !== "playing" && playback.at >= playback.length);
  const isNothingMore = isAtEnd && !["full_time", "abandoned", "suspended", "postponed"].includes(now.status);
  const [minutes, seconds] = now.clock.replace("-", "").split(":").map(Number);
  const inPlay = now.period !== null;
  return {
    score: `${home}-${away}`,
    status: isNothingMore ? (n > 0 ? "No more events" : "No events") : now.status === "scheduled" ? "to kick-off" : STATUS[now.status],
    clock: inPlay || (now.status === "scheduled" && !isNothingMore) ? minutes * 60 + Math.floor(seconds) : "",
  };
}

/** Reads a page frame by frame, until what it reads is as it should be; gives that. In vain: fails with what it read last. */
export async function eventually(page, read, given, is, what) {
  const end = Date.now() + TIMEOUT_MS;
  for (;;) {
    const value = await page.evaluate(read, given);
    if (is(value)) return value;
    if (Date.now() > end) throw new Error(`waited in vain until ${what}; it is ${JSON.stringify(value, null, 1)}`);
    await waitForFrames(page, 1);
  }
}

/** Waits until what is read off a page equals what is wanted. */
export async function becomes(page, read, given, wanted) {
  const equals = (value) => isDeepStrictEqual(value, wanted);
  await eventually(page, read, given, equals, `it is ${JSON.stringify(wanted)}`);
}

/** Waits until a page shows what the server says of a replay that stands still, and gives that. */
export async function matchesServer(page, server, about) {
  const wanted = expectedScoreboard(await stateOf(server, about));
  await becomes(page, readScoreboard, undefined, wanted);
  return wanted;
}

/** Waits until so many frames have been drawn on a page. */
export const waitForFrames = (page, count = 2) =>
  page.evaluate(
    (count) =>
      new Promise((done) => {
        const next = () => (count-- > 0 ? requestAnimationFrame(next) : done());
        next();
      }),
    count,
  );

/**
 * Notes from the beginning on whatever comes to stand on a page that fits `selector`, also for a moment: for `prepare` of a
 * visit. `noted` gives the texts.
 */
export const recordAppearances = (selector) => (page) =>
  page.addInitScript((selector) => {
    const notes = (globalThis.touchlineNotes = []);
    const note = (element) => notes.push(element.textContent || element.className);
    const look = (node) => {
      if (node.nodeType !== Node.ELEMENT_NODE) return;
      if (node.matches(selector)) note(node);
      node.querySelectorAll(selector).forEach(note);
    };
    new MutationObserver((changes) => {
      for (const { type, target, addedNodes } of changes) {
        addedNodes.forEach(look);
        if (type === "attributes" && target.matches(selector)) note(target);
      }
    }).observe(document, { subtree: true, childList: true, attributes: true, attributeFilter: ["class"] });
  }, selector);

export const recordedAppearances = (page) => page.evaluate(() => globalThis.touchlineNotes);

/** How a replay stands, by the server. */
export async function playbackOf(server, replay = "main") {
  const answer = await fetch(`${server.http}/api/replays/${replay}`, { headers: { connection: "close" } });
  const { playback, head, epoch } = await answer.json();
  return { ...playback, head, epoch };
}

/** Waits until a replay stands as it should, and gives how. */
export async function waitForPlayback(page, server, is, what, replay) {
  const end = Date.now() + TIMEOUT_MS;
  for (;;) {
    const playback = await playbackOf(server, replay);
    if (is(playback)) return playback;
    if (Date.now() > end) throw new Error(`waited in vain until ${what}; it is ${JSON.stringify(playback)}`);
    await waitForFrames(page, 1);
  }
}

/** The commands that a page sends from now on. */
export function commandsOf(page) {
  const sent = [];
  page.on("websocket", (socket) => socket.on("framesent", ({ payload }) => sent.push(payload)));
  return sent;
}
