// The layout from the smallest phone to the largest screen, light and dark: complete and accessible.
import assert from "node:assert/strict";

import { axe, serve, test, until, visit } from "./harness.mjs";
import { matchesServer, resize, waitForFrames } from "./page-state.mjs";

const SIZES = ["360x640", "390x844", "768x1024", "1024x768", "1440x900", "3840x2160"];
const SCHEMES = ["light", "dark"];
const lengths = (size) => size.split("x").map(Number);
const viewport = (size) => Object.fromEntries(lengths(size).map((length, at) => [["width", "height"][at], length]));

/** Opens the flagship match, paused at a clock, on a small phone. */
async function flagshipAt(t, clock) {
  const server = await serve(t, "juv", "--from", clock, "--paused");
  const page = await visit(t, server.http, { viewport: viewport(SIZES[0]) });
  await matchesServer(page, server);
  return { page, server };
}

/** What does not fit the window; nothing if all does. Runs on the page. */
function misfit() {
  const { scrollWidth, clientWidth, clientHeight } = document.documentElement;
  const wrong = [];
  if (scrollWidth > clientWidth) wrong.push(`${scrollWidth} px wide in ${clientWidth} px`);
  for (const selector of [".score", ".clock", ".status", ".team-home", ".team-away"]) {
    const { left, right, top, bottom, width, height } = document.querySelector(selector).getBoundingClientRect();
    const inside = left >= 0 && right <= clientWidth && top >= 0 && bottom <= clientHeight && width > 0 && height > 0;
    if (!inside) wrong.push(`${selector} at ${JSON.stringify({ left, right, top, bottom })}`);
  }
  return wrong;
}

test("at any size nothing scrolls sideways, and the score is visible", async (t) => {
  const { page } = await flagshipAt(t, "89:08");
  for (const size of SIZES) {
    await resize(page, ...lengths(size));
    const grounds = new Set();
    for (const colorScheme of SCHEMES) {
      await page.emulateMedia({ colorScheme });
      await waitForFrames(page);
      assert.deepEqual(await page.evaluate(misfit), [], `${size}, ${colorScheme}`);
      grounds.add(await page.evaluate(() => getComputedStyle(document.body).backgroundColor));
      // The content of every tab fits as well.
      for (const tab of await page.getByRole("tab").all()) {
        await tab.click();
        assert.deepEqual(await page.evaluate(misfit), [], `${size}, ${colorScheme}, ${await tab.innerText()}`);
      }
    }
    assert.equal(grounds.size, 2, `${size}: light and dark`);
  }
});

/** The parts of the bar that are cut or overlap; nothing if none are. Runs on the page. */
function cut() {
  const wrong = [];
  const knobs = [...document.querySelectorAll(".player-knobs button, .player-knobs select")].filter((knob) => knob.offsetWidth > 0);
  const boxes = knobs.map((knob) => knob.getBoundingClientRect());
  boxes.forEach((box, at) => {
    if (box.left < 0 || box.right > document.documentElement.clientWidth) wrong.push(`${knobs[at].title || knobs[at].className} is outside`);
    const next = boxes[at + 1];
    if (next && next.top < box.bottom && next.left < box.right - 0.5 && next.left > box.left) wrong.push(`${knobs[at].className} lies on ${knobs[at + 1].className}`);
    if (knobs[at].scrollWidth > knobs[at].clientWidth) wrong.push(`${knobs[at].textContent} is cut`);
  });
  const select = document.querySelector(".speed-select");
  if (select) {
    // The natural width of the select with its current option and arrow.
    const alone = select.cloneNode(true);
    for (const option of [...alone.options].filter(({ value }) => value !== select.value)) option.remove();
    alone.style.cssText = "position: absolute; width: max-content;";
    select.parentElement.append(alone);
    const [needed, given] = [alone.offsetWidth, select.offsetWidth];
    alone.remove();
    const { appearance, backgroundImage } = getComputedStyle(select);
    if (appearance === "none" && backgroundImage === "none") wrong.push("nothing shows that there are other speeds");
    if (given < needed) wrong.push(`${select.selectedOptions[0].textContent} takes ${needed} px and has ${given}`);
  }
  return wrong;
}

const BAR_SIZES = ["320x568", "346x700", "360x640", "390x844", "419x800", "420x800", "899x700", "1024x768", "1280x800"];
test("at any size no speed is cut, nor anything beside it", async (t) => {
  const { page, server } = await flagshipAt(t, "20:00");
  for (const size of BAR_SIZES) {
    await resize(page, ...lengths(size));
    const more = page.locator(".more");
    if ((await more.isVisible()) && (await more.getAttribute("aria-expanded")) === "false") await more.click();
    for (const speed of [1, 60, 1000, 9999, 10000, 13.666666666666668, 0.3333333333333333, 0.0123, "max"]) {
      await server.command({ command: "speed", to: speed });
      const shown = (wanted) => [document.querySelector(".speed-select")?.value, document.querySelector(".speed[aria-checked=true]")?.dataset.speed].includes(wanted);
      await until(page, shown, "it is chosen", String(speed));
      assert.deepEqual(await page.evaluate(cut), [], `${size}, ${speed}`);
      const texts = await page.evaluate(() => document.querySelector(".player").textContent + document.querySelector(".topline").textContent);
      assert.doesNotMatch(texts, /\d{6}|\.\d{5}/, size);
    }
  }
});

for (const size of ["390x844", "1440x900"]) {
  test(`axe finds no violation at ${size}, light and dark`, async (t) => {
    const server = await serve(t, "var", "--paused");
    await server.command({ command: "seek", to: "FT", match: "van-lar" });
    const page = await visit(t, `${server.http}/?match=van-lar`, { viewport: viewport(size) });
    await matchesServer(page, server, { match: "van-lar" });
    await until(page, () => document.querySelector(".removed"), "something has been taken back");
    for (const colorScheme of SCHEMES) {
      await page.emulateMedia({ colorScheme });
      await waitForFrames(page);
      await axe(page, colorScheme);
      for (const tab of await page.getByRole("tab").all()) {
        await tab.click();
        await axe(page, `${colorScheme}, ${await tab.innerText()}`);
      }
    }
  });
}

test("with reduced motion nothing is animated", async (t) => {
  const server = await serve(t, "juv", "--from", "89:06", "--paused");
  const note = (page) =>
    page.addInitScript(() => {
      const moved = (globalThis.moved = new Set());
      const look = () => {
        for (const animation of document.getAnimations()) {
          const { duration } = animation.effect.getComputedTiming();
          if (duration > 50) moved.add(`${animation.animationName ?? animation.transitionProperty} ${duration} ms`);
        }
        requestAnimationFrame(look);
      };
      requestAnimationFrame(look);
    });
  const moved = (page) => page.evaluate(() => [...globalThis.moved]);
  const still = await visit(t, server.http, { reducedMotion: "reduce", prepare: note });
  const lively = await visit(t, server.http, { reducedMotion: "no-preference", prepare: note });
  for (const page of [still, lively]) await matchesServer(page, server);
  await server.command("play");
  for (const page of [still, lively]) {
    await until(page, () => document.querySelector(".score").dataset.score === "0-1", "the goal has fallen");
    await waitForFrames(page, 10);
  }
  assert.deepEqual(await moved(still), []);
  // A visible page: on one that never moves this test would show nothing.
  assert.notDeepEqual(await moved(lively), []);
});
