// Controlling a replay by keys, buttons and the playhead, checked on the server.
import assert from "node:assert/strict";

import { serve, test, TIMEOUT_MS, until, visit } from "./harness.mjs";
import { commandsOf, eventually, matchesServer, playbackOf, readScoreboard, waitForFrames, waitForPlayback } from "./page-state.mjs";

const MINUTE = 60_000;
/** The position of the goal in "juv", ms. */
const GOAL = 6_432_000;
/** The lead before a goal at speed 60. */
const LEAD = MINUTE;

const near = (at, wanted, by = 2) => Math.abs(at - wanted) <= by;

/** The keys in order, each with the expected playback on the server. */
async function trier(t) {
  const server = await serve(t, "juv", "--paused");
  // A replay opened with a loop loops at once.
  const { id: replay, control: token } = await server.open({ scenario: "juv", from: "20:00", paused: true });
  const page = await visit(t, `${server.http}/r/${replay}/?token=${token}`);
  const stands = () => playbackOf(server, replay);
  const comes = async (is, what) => {
    const playback = await waitForPlayback(page, server, is, what, replay);
    // The page must know the state before the next key. It may have changed again, since End goes from a pause to the end.
    const known = () => page.evaluate(() => document.querySelector("[data-playback]").dataset.playback);
    for (const end = Date.now() + TIMEOUT_MS; (await known()) !== (await stands()).state; ) assert.ok(Date.now() < end, `${what}: the page does not know`);
    return playback;
  };
  const shown = () => matchesServer(page, server, { replay });
  await shown();
  const tried = new Set();
  const press = async (name, key, is, what) => {
    tried.add(name);
    const before = await stands();
    await page.keyboard.press(key);
    return comes((now) => is(now, before), `${name}: ${what}`);
  };
  const seek = async (to) => {
    await server.command({ command: "seek", to }, replay);
    await shown();
  };
  return { page, tried, press, seek, now: stands, comes, shown };
}

const plays = ({ state }) => state === "playing";
const stands = ({ state }) => state === "paused";
const moved = (by) => [({ at }, before) => near(at, before.at + by), `it moves by ${by} ms`];

test("every key does what the help describes", async (t) => {
  const { page, tried, press, seek, now, shown } = await trier(t);
  await press("Space", " ", plays, "it plays");
  await press("Space", " ", stands, "it stands");
  await press("K", "k", plays, "it plays");
  await press("K", "K", stands, "it stands");
  // The page computes the next speed from the last one it received.
  const faster = async (name, key) => {
    await press(name, key, ({ speed }) => speed === 120, "faster");
    await until(page, () => document.querySelector("[role=radio][aria-checked=true]")?.textContent === "120×", "120 is shown");
  };
  const slower = async (name, key) => {
    await press(name, key, ({ speed }) => speed === 60, "slower");
    await until(page, () => document.querySelector("[role=radio][aria-checked=true]")?.textContent === "60×", "60 is shown");
  };
  await faster("↑", "ArrowUp");
  await slower("↓", "ArrowDown");
  await faster(">", ">");
  await slower("<", "<");
  await seek("20:00");
  await press("→", "ArrowRight", ...moved(MINUTE));
  await shown();
  await press("←", "ArrowLeft", ...moved(-MINUTE));
  await shown();
  await press("L", "l", ...moved(5 * MINUTE));
  await shown();
  await press("J", "j", ...moved(-5 * MINUTE));
  await shown();
  await press(".", ".", ({ head, state }, before) => head === before.head + 1 && state === "paused", "one event more");
  await shown();
  await press(",", ",", ({ head, state }, before) => head === before.head - 1 && state === "paused", "one event less");
  await shown();
  await press("G", "g", ({ at }) => near(at, GOAL - LEAD), "a minute before the goal");
  await seek("FT");
  await press("Shift", "Shift+G", ({ at }) => near(at, GOAL - LEAD), "a minute before the goal");
  await shown();
  const { length } = await now();
  await press("0", "0", ({ at }) => at === 0, "the beginning");
  await press("9", "9", ({ at }) => near(at, 0.9 * length), "nine tenths");
  await shown();
  await press("Home", "Home", ({ at }) => at === 0, "the beginning");
  await shown();
  await press("End", "End", ({ at }) => at === length, "the end");
  await shown();

  // Effects that only the server's playback shows.
  await seek("FT");
  await page.keyboard.press("r");
  tried.add("R");
  await until(page, () => document.querySelector("[title^=Loop][aria-pressed=true]"), "the loop is on");
  const { epoch } = await now();
  await press("Space", " ", (playback) => playback.epoch > epoch && plays(playback), "it begins again at the end");
  await press("Space", " ", stands, "it stands");
  await seek("5:00");
  await page.keyboard.press("h");
  tried.add("H");
  await until(page, () => document.querySelector("[title^=Highlights][aria-pressed=true]"), "the highlights are on");
  await press("Space", " ", ({ nominal }) => nominal === 60, "another speed is in force than was asked for");
  await press("H", "h", ({ nominal, speed }) => nominal === undefined && speed === 60, "it is played as it was");
  await press("Space", " ", stands, "it stands");

  // Effects on the page alone.
  const dark = () => page.evaluate(() => document.documentElement.dataset.theme ?? "light");
  await page.keyboard.press("t");
  tried.add("T");
  await eventually(page, () => document.documentElement.dataset.theme, undefined, (theme) => theme === "dark", "it is dark");
  await page.keyboard.press("t");
  assert.equal(await dark(), "light");
  await page.keyboard.press("?");
  tried.add("?");
  await until(page, () => document.querySelector("dialog[open] kbd"), "the help is there");
  const named = await until(page, () => [...document.querySelectorAll("dialog[open] kbd")].map((kbd) => kbd.textContent), "the help is open");
  await page.keyboard.press("Escape");
  tried.add("Esc");
  await until(page, () => !document.querySelector("dialog[open]"), "the help is closed");
  await page.keyboard.press("f");
  tried.add("F");
  await until(page, () => document.fullscreenElement, "it has the whole screen");
  await page.keyboard.press("f");
  await until(page, () => !document.fullscreenElement, "it gives the screen back");
  assert.deepEqual(named.filter((name) => !tried.has(name)), [], "keys that the help names");
});

test("switching highlights off restores the pace and speed from before, whichever client switched them on", async (t) => {
  const server = await serve(t, "juv", "--from", "5:00", "--pace", "gap=5s", "--speed", "37");
  const page = await visit(t, server.http);
  await until(page, () => document.querySelector("[data-playback]"), "it is shown");
  const pressed = (is) => until(page, (is) => document.querySelector("[title^=Highlights]")?.getAttribute("aria-pressed") === is, "the page knows", String(is));
  const paced = (wanted) => waitForPlayback(page, server, ({ pace, nominal, speed }) => pace === wanted && (nominal ?? speed) === 37, `its pace is ${wanted}`);
  const off = async (wanted) => {
    await pressed(true);
    await page.keyboard.press("h");
    await paced(wanted);
    await pressed(false);
  };
  await pressed(false);
  await page.keyboard.press("h");
  await paced("highlights");
  await off("gap=5s");
  await server.command("pace highlights");
  await off("gap=5s");
  await page.keyboard.press("h");
  await pressed(true);
  await page.reload();
  await off("gap=5s");
  // A pace that another client switched off is not restored.
  await server.command("pace off");
  await until(page, () => !document.querySelector(".rest-word")?.textContent.startsWith("≈"), "the page knows");
  await page.keyboard.press("h");
  await off(undefined);
});

test("keys have no effect in a dialog, with Ctrl, or in a text field", async (t) => {
  const { page, shown } = await trier(t);
  const sent = commandsOf(page);
  await page.reload();
  const before = await shown();
  await page.keyboard.press("Control+ArrowRight");
  await page.keyboard.press("Alt+g");
  await page.keyboard.press("?");
  await until(page, () => document.querySelector("dialog[open]"), "the help is open");
  for (const key of ["ArrowRight", "g", "End", "."]) await page.keyboard.press(key);
  await page.keyboard.press("Escape");
  await until(page, () => !document.querySelector("dialog[open]"), "the help is closed");
  await waitForFrames(page);
  assert.deepEqual(sent, []);
  assert.deepEqual(await shown(), before);
});

test("every button does what its label says", async (t) => {
  const { page, seek, now, comes, shown } = await trier(t);
  const knob = (name) => page.getByRole("contentinfo", { name: "Playback" }).getByRole("button", { name, exact: true });
  const press = async (name, is, what) => {
    const before = await now();
    await knob(name).click();
    return comes((playback) => is(playback, before), `${name}: ${what}`);
  };
  await press("Play", plays, "it plays");
  await press("Pause", stands, "it stands");
  await press("One event on", ({ head }, before) => head === before.head + 1, "one event more");
  await shown();
  await press("One event back", ({ head }, before) => head === before.head - 1, "one event less");
  await shown();
  await press("Next goal", ({ at }) => near(at, GOAL - LEAD), "a minute before the goal");
  await seek("FT");
  await press("Previous goal", ({ at }) => near(at, GOAL - LEAD), "a minute before the goal");
  await shown();
  for (const [name, speed] of [["5×", 5], ["max", "max"], ["60×", 60]]) {
    await page.getByRole("radiogroup", { name: "Speed" }).getByText(name, { exact: true }).click();
    await comes((playback) => playback.speed === speed, name);
    await until(page, (name) => document.querySelector("[role=radio][aria-checked=true]")?.textContent === name, "it is chosen", name);
  }
  await seek("5:00");
  await page.locator('[data-mark][aria-label*="Koulibaly"]').first().click();
  await comes(({ at }) => near(at, GOAL - LEAD), "its mark leads to the goal");
  await seek("100%");
  await comes(({ at, length }) => at === length, "the end");
  const { epoch } = await press("Play", ({ state }) => state === "ended", "it has ended");
  await press("Play again", (playback) => playback.epoch > epoch && plays(playback), "it plays from the beginning");
});

test("the playhead can be dragged, and the clock follows", async (t) => {
  const { page, now, comes, shown } = await trier(t);
  const { x, y, width, height } = await page.locator(".scrubber").boundingBox();
  const middle = y + height / 2;
  const { length, at } = await now();
  await page.mouse.move(x + (width * at) / length, middle);
  await page.mouse.down();
  await page.mouse.move(x + width * 0.3, middle, { steps: 5 });
  const dragged = await eventually(page, readScoreboard, undefined, ({ clock }) => near(clock * 1000, 0.3 * length - MINUTE, MINUTE), "the clock is where the finger is");
  assert.equal(dragged.status, "1st half");
  await page.mouse.move(x + width * 0.5, middle, { steps: 5 });
  await page.mouse.up();
  const { at: there } = await comes(({ at }) => near(at, length / 2, length / width), "it is where the finger left it");
  assert.ok(there > 0);
  await shown();
  // The drag is cancelled.
  await page.mouse.down();
  await page.mouse.move(x + width * 0.8, middle, { steps: 5 });
  await page.keyboard.press("Escape");
  await page.mouse.up();
  await comes(({ at }) => near(at, there), "it is where it was");
  await shown();
});
