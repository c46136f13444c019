// Space presses the element focused by keyboard; an element focused by pointer leaves Space to playback.
import assert from "node:assert/strict";

import { serve, test, until, visit } from "./harness.mjs";
import { matchesServer, waitForFrames, waitForPlayback } from "./page-state.mjs";

const closed = () => !document.querySelector("dialog[open]");
const open = () => Boolean(document.querySelector("dialog[open]"));

async function controlled(t, { scenario = "juv", match = "", ...options } = {}) {
  const server = await serve(t, scenario, "--from", "20:00", "--paused");
  const page = await visit(t, `${server.http}/${match && `?match=${match}`}`, options);
  const state = (wanted) => waitForPlayback(page, server, (playback) => playback.state === wanted, `it is ${wanted}`);
  /** Space plays, and pauses when pressed again. */
  const spacePlays = async (what) => {
    for (const wanted of ["playing", "paused"]) {
      await page.keyboard.press(" ");
      await state(wanted);
      await until(page, (wanted) => document.querySelector("[data-playback]").dataset.playback === wanted, `${what}: the page knows`, wanted);
      assert.equal(await page.evaluate(open), false, what);
    }
  };
  return { server, page, state, spacePlays };
}

test("after a dialog was opened by pointer, Space plays", async (t) => {
  const { page, server, spacePlays } = await controlled(t);
  await matchesServer(page, server);
  for (const name of ["Matches", "Share", "Keys and help"]) {
    for (const close of [() => page.keyboard.press("Escape"), () => page.getByRole("button", { name: "Close" }).click(), () => page.mouse.click(3, 300)]) {
      await page.getByRole("button", { name, exact: true }).click();
      await until(page, open, "it is open");
      await close();
      await until(page, closed, "it is closed");
      await spacePlays(name);
    }
    // Using the keyboard inside does not change that the dialog was opened by pointer.
    await page.getByRole("button", { name, exact: true }).click();
    await until(page, open, "it is open");
    await page.keyboard.press("Tab");
    await page.keyboard.press("Tab");
    await page.keyboard.press("Escape");
    await until(page, closed, "it is closed");
    await spacePlays(`${name}, with Tab`);
  }
});

test("a dialog that is requested between its closing and its close event stays open", async (t) => {
  const { page, server } = await controlled(t);
  await matchesServer(page, server);
  const share = page.getByRole("button", { name: "Share", exact: true });
  await share.click();
  await until(page, open, "it is open");
  // The event of `close()` comes in a later task than the click.
  await share.evaluate((button) => {
    document.querySelector("dialog").addEventListener("close", () => setTimeout(() => (globalThis.hasClosed = true)));
    document.querySelector("dialog").close();
    button.click();
  });
  await until(page, () => globalThis.hasClosed, "the close event has been handled");
  assert.equal(await page.evaluate(open), true);
  await page.keyboard.press("Escape");
  await until(page, closed, "it is closed");
});

test("Space presses an element focused by keyboard, also after a dialog has returned the focus", async (t) => {
  const { page, server, state } = await controlled(t);
  await matchesServer(page, server);
  const share = page.getByRole("button", { name: "Share", exact: true });
  const reach = async () => {
    for (let tabs = 0; tabs < 20; tabs += 1) {
      if (await share.evaluate((element) => element === document.activeElement)) return;
      await page.keyboard.press("Tab");
    }
    assert.fail("Tab does not come to it");
  };
  await reach();
  for (const key of [" ", "Enter", " "]) {
    await page.keyboard.press(key);
    await until(page, open, "it is open");
    await page.keyboard.press("Escape");
    await until(page, closed, "it is closed");
  }
  // Focused by pointer first, then again by keyboard.
  await share.click();
  await until(page, open, "it is open");
  await page.keyboard.press("Escape");
  await until(page, closed, "it is closed");
  await page.keyboard.press("Tab");
  await page.keyboard.press("Shift+Tab");
  await page.keyboard.press(" ");
  await until(page, open, "it is open again");
  await page.keyboard.press("Escape");
  await state("paused");
});

test("buttons, tabs, links and panels pressed by pointer leave Space to playback", async (t) => {
  const { page, spacePlays, server } = await controlled(t, { scenario: "var", match: "van-lar" });
  await matchesServer(page, server, { match: "van-lar" });
  const presses = {
    "the button of all events": () => page.getByRole("button", { name: "All", exact: true }).click(),
    "a tab": () => page.getByRole("tab", { name: "Stats" }).click(),
    "the list of events": () => page.locator(".ticker").click({ position: { x: 5, y: 5 } }),
    "the colours": () => page.getByRole("button", { name: /colours/ }).click(),
    "the way back to all matches": () => page.getByRole("button", { name: "All matches" }).click(),
    "a match": () => page.locator('.scorecard[data-match="qui-bra"]').click(),
    "a knob": () => page.getByRole("button", { name: "Loop" }).click(),
    "a speed": () => page.getByRole("radio", { name: /^20 times/ }).click(),
    "the bar": () => page.locator(".scrubber").click({ position: { x: 200, y: 24 } }),
  };
  for (const [what, press] of Object.entries(presses)) {
    await press();
    await waitForFrames(page);
    await spacePlays(what);
  }
});

test("a speed list used by pointer leaves Space to playback, one reached by Tab does not", async (t) => {
  const { page, spacePlays, server, state } = await controlled(t, { viewport: { width: 390, height: 844 } });
  await matchesServer(page, server);
  const list = page.getByRole("combobox", { name: "Speed" });
  await list.click();
  await page.keyboard.press("Escape");
  await list.selectOption("20");
  await waitForPlayback(page, server, ({ speed }) => speed === 20, "it is chosen");
  assert.ok(await list.evaluate((element) => element === document.activeElement));
  await spacePlays("the list of speeds");
  await page.keyboard.press("Shift+Tab");
  await page.keyboard.press("Tab");
  assert.ok(await list.evaluate((element) => element === document.activeElement));
  await page.keyboard.press(" ");
  await waitForFrames(page);
  await state("paused");
});
