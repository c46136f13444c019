// From the smallest phone to the largest screen, by day and by night: all is there, and everybody can use it.
import assert from "node:assert/strict";

import { axe, serve, test, until, visit } from "./harness.mjs";
import { agreed, frames } from "./seeing.mjs";

const SIZES = ["360x640", "390x844", "768x1024", "1024x768", "1440x900", "3840x2160"];
const SCHEMES = ["light", "dark"];
const viewport = (size) => Object.fromEntries(size.split("x").map((length, at) => [["width", "height"][at], Number(length)]));

/** How it fails to fit the window; nothing where it does. Runs on the page. */
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

for (const size of SIZES) {
  test(`at ${size} nothing has to be scrolled sideways, and the score is in sight`, async (t) => {
    const server = await serve(t, "juv", "--from", "89:08", "--paused");
    const page = await visit(t, server.http, { viewport: viewport(size) });
    await agreed(page, server);
    const grounds = new Set();
    for (const colorScheme of SCHEMES) {
      await page.emulateMedia({ colorScheme });
      await frames(page);
      assert.deepEqual(await page.evaluate(misfit), [], colorScheme);
      grounds.add(await page.evaluate(() => getComputedStyle(document.body).backgroundColor));
      // Whatever is behind a tab fits as well.
      for (const tab of await page.getByRole("tab").all()) {
        await tab.click();
        assert.deepEqual(await page.evaluate(misfit), [], `${colorScheme}, ${await tab.innerText()}`);
      }
    }
    assert.equal(grounds.size, 2, "light and dark");
  });
}

for (const size of ["390x844", "1440x900"]) {
  for (const colorScheme of SCHEMES) {
    test(`axe finds nothing wrong at ${size}, ${colorScheme}`, async (t) => {
      const server = await serve(t, "var", "--paused");
      await server.command({ command: "seek", to: "FT", match: "van-lar" });
      const page = await visit(t, `${server.http}/?match=van-lar`, { viewport: viewport(size), colorScheme });
      await agreed(page, server, { match: "van-lar" });
      await until(page, () => document.querySelector(".removed"), "something has been taken back");
      await axe(page);
      for (const tab of await page.getByRole("tab").all()) {
        await tab.click();
        await axe(page);
      }
    });
  }
}

test("nothing moves for whoever wants it still", async (t) => {
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
  for (const page of [still, lively]) await agreed(page, server);
  await server.command("play");
  for (const page of [still, lively]) {
    await until(page, () => document.querySelector(".score").dataset.score === "0-1", "the goal has fallen");
    await frames(page, 10);
  }
  assert.deepEqual(await moved(still), []);
  // A page in sight: where nothing ever moves, nothing would be shown by that.
  assert.notDeepEqual(await moved(lively), []);
});
