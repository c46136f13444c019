// Overlays over a broadcast's picture: see-through, right from the beginning, and hands off.
import assert from "node:assert/strict";

import { browser, serve, test, until, visit } from "./harness.mjs";
import { commandsOf, frames, noted, noting } from "./seeing.mjs";

const SIZES = { scorebug: [480, 72], ticker: [1280, 64], goal: [640, 200] };
const viewport = (kind) => ({ width: SIZES[kind][0] + 100, height: SIZES[kind][1] + 100 });

/** How opaque a screenshot is: its corners from 0 to 255, and how much of it is filled, from 0 to 1. */
async function opacity(page) {
  const png = (await page.screenshot({ omitBackground: true })).toString("base64");
  // A page of its own: an overlay may not load what is written into an address.
  const context = await (await browser()).newContext();
  try {
    const reader = await context.newPage();
    return await reader.evaluate(
      async (png) => {
        const image = new Image();
        image.src = `data:image/png;base64,${png}`;
        await image.decode();
        const canvas = new OffscreenCanvas(image.width, image.height);
        const drawing = canvas.getContext("2d");
        drawing.drawImage(image, 0, 0);
        const { data } = drawing.getImageData(0, 0, image.width, image.height);
        const corners = [[0, 0], [image.width - 1, 0], [0, image.height - 1], [image.width - 1, image.height - 1]];
        const at = ([x, y]) => data[(y * image.width + x) * 4 + 3];
        const filled = data.filter((value, place) => place % 4 === 3 && value > 200).length / (image.width * image.height);
        return { corners: corners.map(at), filled };
      },
      png,
    );
  } finally {
    await context.close();
  }
}

const scoreIs = (page, score) => until(page, (score) => document.querySelector(".bug-score")?.dataset.score === score, `the score is ${score}`, score);

test("behind an overlay is nothing, and what it shows can be seen", async (t) => {
  const server = await serve(t, "juv", "--from", "89:06", "--paused");
  const pages = {};
  for (const kind of Object.keys(SIZES)) pages[kind] = await visit(t, `${server.http}/overlay/${kind}`, { viewport: viewport(kind) });
  await scoreIs(pages.scorebug, "0-0");
  await until(pages.ticker, () => document.querySelector(".bar"), "the ticker is there");
  await server.command("step 89:07");
  await until(pages.goal, () => document.querySelector(".goal-card"), "the card of the goal is there");
  for (const [kind, page] of Object.entries(pages)) {
    await page.evaluate(() => document.getAnimations().forEach((animation) => animation.finish()));
    const { corners, filled } = await opacity(page);
    assert.equal(corners.at(-1), 0, `${kind}: ${corners}`);
    assert.ok(corners.filter((alpha) => alpha === 0).length >= 3, `${kind}: ${corners}`);
    assert.ok(filled > 0.1 && filled < 0.95, `${kind}: ${filled}`);
  }
});

test("a scorebug is right at once, after a reload as after a seek", async (t) => {
  const server = await serve(t, "juv", "--from", "89:08", "--paused");
  const page = await visit(t, `${server.http}/overlay/scorebug`, { viewport: viewport("scorebug"), prepare: noting(".bug-score") });
  const reads = () => page.evaluate(() => [".bug-score", ".bug-time"].map((selector) => document.querySelector(selector)?.textContent));
  const isRight = async (score, time) => {
    await scoreIs(page, score);
    await until(page, (time) => document.querySelector(".bug-time")?.textContent === time, `it says ${time}`, time);
  };
  await isRight("0-1", "89:08");
  assert.deepEqual((await noted(page)).slice(0, 1), ["0–1"], "nothing else was shown first");
  const before = await reads();
  await page.reload();
  await isRight("0-1", "89:08");
  assert.deepEqual(await reads(), before);
  assert.deepEqual((await noted(page)).slice(0, 1), ["0–1"], "nothing else was shown first");
  await server.command("seek 20:00");
  await isRight("0-0", "20:00");
  await server.command("seek HT");
  await isRight("0-0", "HT");
  await server.command("seek FT");
  await isRight("0-1", "FT");
});

test("the card of a goal is shown when it is told live, and at no other time", async (t) => {
  const server = await serve(t, "juv", "--from", "89:06", "--paused");
  const url = `${server.http}/overlay/goal?hold=1s`;
  const page = await visit(t, url, { viewport: viewport("goal"), prepare: noting(".goal-card") });
  // Nothing of it is drawn before a goal, so another page says how far they are.
  const beside = await visit(t, `${server.http}/overlay/scorebug`, { viewport: viewport("scorebug") });
  await scoreIs(beside, "0-0");
  await page.waitForLoadState("networkidle");
  await server.command("step 89:07");
  await until(page, () => document.querySelector(".goal-card"), "the card is there");
  const words = await page.locator(".goal-card").innerText();
  assert.match(words, /Goal[^]*K\. Koulibaly[^]*89′[^]*Juventus[^]*0[^]*1[^]*Napoli/i);
  await until(page, () => !document.querySelector(".goal-card"), "it has gone");
  const cards = (await noted(page)).length;
  for (const to of ["FT", "20:00", "90:00"]) {
    await server.command(`seek ${to}`);
    await scoreIs(beside, to === "20:00" ? "0-0" : "0-1");
    await frames(page, 5);
  }
  assert.equal((await noted(page)).length, cards, "a seek");
  await page.reload();
  await page.waitForLoadState("networkidle");
  await frames(page, 5);
  assert.deepEqual(await noted(page), [], "a snapshot");
});

test("a goal that is taken back says so on its card", async (t) => {
  const server = await serve(t, "var", "--paused");
  const match = "van-lar";
  const page = await visit(t, `${server.http}/overlay/goal?match=${match}`, { viewport: viewport("goal") });
  await page.waitForLoadState("networkidle");
  await server.command({ command: "seek", to: "Two minutes of joy" });
  await server.command({ command: "step", until: "67:10", match });
  await until(page, () => document.querySelector(".goal-title")?.textContent === "Goal", "the goal has its card");
  await server.command({ command: "step", until: "69:12", match });
  await until(page, () => document.querySelector(".goal-title")?.textContent === "No goal", "it is called no goal");
  assert.match(await page.locator(".goal-card").innerText(), /Wyckhart[^]*offside[^]*1[^]*1/i);
});

test("an overlay looks and never touches", async (t) => {
  const server = await serve(t, "juv", "--from", "89:06", "--paused");
  for (const kind of Object.keys(SIZES)) {
    let sent;
    const page = await visit(t, `${server.http}/overlay/${kind}`, { viewport: viewport(kind), prepare: (page) => (sent = commandsOf(page)) });
    await page.waitForLoadState("networkidle");
    for (const key of [" ", "ArrowRight", "g", "End"]) await page.keyboard.press(key);
    await page.mouse.click(100, 30);
    await frames(page);
    assert.deepEqual(sent, [], kind);
    assert.equal(await page.locator("button, a, input, [tabindex]").count(), 0, kind);
  }
});
