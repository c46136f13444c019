// Reads what a page shows, and compares it with the server's state.
import assert from "node:assert/strict";
import { isDeepStrictEqual } from "node:util";

import { STATUS } from "../../src/server/dashboard/page/ui/labels.js";
import { TIMEOUT_MS } from "./harness.mjs";

/** Reads the scoreboard in one go; `null` while no match is shown. Runs on the page. */
export function readScoreboard() {
  const board = document.querySelector(".scoreboard");
  const text = (selector) => board.querySelector(selector)?.textContent ?? "";
  if (!board) return null;
  const seconds = (clock) => clock.split(":").reduce((sum, part) => sum * 60 + Number(part), 0);
  const [clock, stoppage] = [text(".clock-time"), text(".clock-stoppage")];
  return {
    score: [...board.querySelectorAll(".score-digit")].map((digit) => digit.textContent).join("-"),
    status: text(".status-word"),
    // A scoreboard of 45:00 with +1:12 beside it reads 46:12.
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

/** The scoreboard that a page should show for it, as `readScoreboard` returns it. */
function expectedScoreboard({ now, state, playback, n }) {
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

/** Reads a page on each frame until the value satisfies `is`, and returns it. On a timeout it fails with the last value. */
export async function eventually(page, read, given, is, what) {
  const end = Date.now() + TIMEOUT_MS;
  for (;;) {
    const value = await page.evaluate(read, given);
    if (is(value)) return value;
    if (Date.now() > end) throw new Error(`timed out waiting until ${what}; it is ${JSON.stringify(value, null, 1)}`);
    await waitForFrames(page, 1);
  }
}

/** Waits until a value read from a page equals `wanted`. */
export async function becomes(page, read, given, wanted) {
  const equals = (value) => isDeepStrictEqual(value, wanted);
  await eventually(page, read, given, equals, `it is ${JSON.stringify(wanted)}`);
}

/** Waits until a page shows the server's state of a paused replay, and returns that. */
export async function matchesServer(page, server, about) {
  const wanted = expectedScoreboard(await stateOf(server, about));
  await becomes(page, readScoreboard, undefined, wanted);
  return wanted;
}

/** Waits until this many frames have been drawn on a page. */
export const waitForFrames = (page, count = 2) =>
  page.evaluate(
    (count) =>
      new Promise((done) => {
        const next = () => (count-- > 0 ? requestAnimationFrame(next) : done());
        next();
      }),
    count,
  );

/** Resizes a page, and waits until it is drawn at that size. */
export async function resize(page, width, height) {
  await page.setViewportSize({ width, height });
  // A change of a media query redraws the page in the frame after it.
  await waitForFrames(page, 3);
}

/**
 * Records all elements that match `selector` at any time, however briefly: for `prepare` of a visit. `recordedAppearances`
 * returns their texts.
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

/** The server's playback of a replay. */
export async function playbackOf(server, replay = "main") {
  const answer = await fetch(`${server.http}/api/replays/${replay}`, { headers: { connection: "close" } });
  const { playback, head, epoch } = await answer.json();
  return { ...playback, head, epoch };
}

/** Waits until a replay's playback satisfies `is`, and returns it. */
export async function waitForPlayback(page, server, is, what, replay) {
  const end = Date.now() + TIMEOUT_MS;
  for (;;) {
    const playback = await playbackOf(server, replay);
    if (is(playback)) return playback;
    if (Date.now() > end) throw new Error(`timed out waiting until ${what}; it is ${JSON.stringify(playback)}`);
    await waitForFrames(page, 1);
  }
}

/** The commands that a page sends from now on. */
export function commandsOf(page) {
  const sent = [];
  page.on("websocket", (socket) => socket.on("framesent", ({ payload }) => sent.push(payload)));
  return sent;
}
