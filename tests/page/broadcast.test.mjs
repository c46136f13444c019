// Overlays in a broadcast: transparent, correct from the start, read-only.
import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { browser, serve, test, until, visit } from "./harness.mjs";
import { commandsOf, recordAppearances, recordedAppearances, waitForFrames } from "./page-state.mjs";

const SIZES = { scorebug: [480, 72], ticker: [1280, 64], goal: [640, 200] };
const viewport = (kind) => ({ width: SIZES[kind][0] + 100, height: SIZES[kind][1] + 100 });

/** The opacity of a screenshot: its corners from 0 to 255, and its filled share from 0 to 1. */
async function opacity(page) {
  const png = (await page.screenshot({ omitBackground: true })).toString("base64");
  // Decoded on a page of its own: an overlay's policy forbids data URLs.
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

test("an overlay has a transparent background and visible content", async (t) => {
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

test("a scorebug is correct at once after loading, reloading and seeking", async (t) => {
  const server = await serve(t, "juv", "--from", "89:08", "--paused");
  const page = await visit(t, `${server.http}/overlay/scorebug`, { viewport: viewport("scorebug"), prepare: recordAppearances(".bug-score") });
  const reads = () => page.evaluate(() => [".bug-score", ".bug-time"].map((selector) => document.querySelector(selector)?.textContent));
  const isRight = async (score, time) => {
    await scoreIs(page, score);
    await until(page, (time) => document.querySelector(".bug-time")?.textContent === time, `it says ${time}`, time);
  };
  await isRight("0-1", "89:08");
  assert.deepEqual((await recordedAppearances(page)).slice(0, 1), ["0–1"], "nothing else was shown first");
  const before = await reads();
  await page.reload();
  await isRight("0-1", "89:08");
  assert.deepEqual(await reads(), before);
  assert.deepEqual((await recordedAppearances(page)).slice(0, 1), ["0–1"], "nothing else was shown first");
  await server.command("seek 20:00");
  await isRight("0-0", "20:00");
  await server.command("seek HT");
  await isRight("0-0", "HT");
  await server.command("seek FT");
  await isRight("0-1", "FT");
});

test("the goal card appears for a live goal and at no other time", async (t) => {
  const server = await serve(t, "juv", "--from", "89:06", "--paused");
  const url = `${server.http}/overlay/goal?hold=1s`;
  const page = await visit(t, url, { viewport: viewport("goal"), prepare: recordAppearances(".goal-card") });
  // An overlay draws nothing before a goal, so another page shows the progress.
  const beside = await visit(t, `${server.http}/overlay/scorebug`, { viewport: viewport("scorebug") });
  await scoreIs(beside, "0-0");
  await page.waitForLoadState("networkidle");
  await server.command("step 89:07");
  await until(page, () => document.querySelector(".goal-card"), "the card is there");
  const words = await page.locator(".goal-card").innerText();
  assert.match(words, /Goal[^]*K\. Koulibaly[^]*89′[^]*Juventus[^]*0[^]*1[^]*Napoli/i);
  await until(page, () => !document.querySelector(".goal-card"), "it has gone");
  const cards = (await recordedAppearances(page)).length;
  for (const to of ["FT", "20:00", "90:00"]) {
    await server.command(`seek ${to}`);
    await scoreIs(beside, to === "20:00" ? "0-0" : "0-1");
    await waitForFrames(page, 5);
  }
  assert.equal((await recordedAppearances(page)).length, cards, "a seek");
  await page.reload();
  await page.waitForLoadState("networkidle");
  await waitForFrames(page, 5);
  assert.deepEqual(await recordedAppearances(page), [], "a snapshot");
});

test("a removed goal is shown on its card", async (t) => {
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

test("an overlay sends no commands and has no controls", async (t) => {
  const server = await serve(t, "juv", "--from", "89:06", "--paused");
  let sent;
  const page = await visit(t, `${server.http}/overlay/scorebug`, { prepare: (page) => (sent = commandsOf(page)) });
  for (const kind of Object.keys(SIZES)) {
    await page.setViewportSize(viewport(kind));
    await page.goto(`${server.http}/overlay/${kind}`);
    await page.waitForLoadState("networkidle");
    for (const key of [" ", "ArrowRight", "g", "End"]) await page.keyboard.press(key);
    await page.mouse.click(100, 30);
    await waitForFrames(page);
    assert.deepEqual(sent, [], kind);
    assert.equal(await page.locator("button, a, input, [tabindex]").count(), 0, kind);
  }
});

/** Serves matches of teams with these short names, with these events. */
async function matchesOf(t, teams, lines) {
  const folder = mkdtempSync(join(tmpdir(), "touchline-"));
  t.after(() => rmSync(folder, { recursive: true }));
  const team = (id, short) => ({ id, name: `${short} United`, short, players: Array.from({ length: 11 }, (_, at) => ({ id: `${id}${at}`, name: `Player ${id} ${at}`, starts: true })) });
  const matches = teams.map(([home, away], at) => ({ kind: "match", id: `m${at}`, kickoff: "2026-03-07T15:00:00Z", home: team(`h${at}`, home), away: team(`a${at}`, away) }));
  const file = join(folder, "short.jsonl");
  writeFileSync(file, [{ kind: "scenario", version: 1, title: "Short names" }, ...matches, ...lines].map((line) => `${JSON.stringify(line)}\n`).join(""));
  return serve(t, file, "--paused");
}

/** Short names that are cut, overlap a neighbour or leave the overlay. Runs on the page. */
function notWhole() {
  const box = (element) => {
    const range = document.createRange();
    range.selectNodeContents(element);
    return range.getBoundingClientRect();
  };
  const names = [...document.querySelectorAll(".short")];
  const others = [...names, ...document.querySelectorAll(".goals, .band, .line-now, .bug-cards, .bug-score")].map((element) => [element, element.matches(".band, .bug-cards, .bug-score") ? element.getBoundingClientRect() : box(element)]);
  const touch = (one, other) => one.left < other.right - 0.5 && other.left < one.right - 0.5 && one.top < other.bottom - 0.5 && other.top < one.bottom - 0.5;
  return names.filter((name) => {
    const own = box(name);
    // Letters are lower than their line.
    const letters = { left: own.left, right: own.right, top: own.top + own.height * 0.2, bottom: own.bottom - own.height * 0.2 };
    const { textOverflow } = getComputedStyle(name);
    const isCut = textOverflow === "ellipsis" && name.scrollWidth > name.clientWidth;
    return isCut || own.left < 0 || own.right > document.querySelector(".bug, .bar").getBoundingClientRect().right || others.some(([other, place]) => other !== name && touch(letters, place));
  }).map((name) => name.textContent);
}

const start = (at) => ({ type: "period_start", match: `m${at}`, period: 1, clock: "0:00" });
const stop = (type, at) => ({ type, match: `m${at}`, period: 1, clock: `2${at}:00` });

test("short names are complete beside any status", async (t) => {
  const ends = [...[0, 1, 2, 3].map(start), stop("abandoned", 0), stop("suspended", 1), stop("suspended", 2)];
  const rounds = [[["CED", "ELM"], ["AMB", "BIR"], ["OAK", "WIL"], ["MAP", "HAW"]], [["MWM", "WMW"], ["JUVE", "MWMW"], ["WWWW", "MMMM"], ["A", "日本代表"]]];
  for (const teams of rounds) {
    const server = await matchesOf(t, teams, ends);
    await server.command("step 100%");
    const page = await visit(t, `${server.http}/overlay/ticker`, { viewport: viewport("ticker") });
    await until(page, () => document.querySelectorAll(".line-score").length === 4, "the scores are there");
    await page.evaluate(() => document.getAnimations().forEach((animation) => animation.finish()));
    assert.deepEqual(await page.evaluate(notWhole), []);
    await page.goto(`${server.http}/overlay/ticker?match=m3`);
    await until(page, () => document.querySelector(".line-now"), "the score is there");
    assert.deepEqual(await page.evaluate(notWhole), []);
  }
});

test("short names are complete beside red cards", async (t) => {
  const red = (side, at) => ({ type: "red_card", match: "m0", period: 1, clock: `${at + 1}:00`, side, player: `${side[0]}0${at}` });
  for (const [home, away] of [["AMB", "BIR"], ["MWM", "MWMW"]]) {
    const server = await matchesOf(t, [[home, away]], [start(0), ...[0, 1, 2, 3, 4].flatMap((at) => [red("home", at), red("away", at)])]);
    const page = await visit(t, `${server.http}/overlay/scorebug`, { viewport: viewport("scorebug") });
    await until(page, () => document.querySelector(".bug"), "it is there");
    assert.deepEqual(await page.evaluate(notWhole), []);
    for (const cards of [1, 3, 5]) {
      await server.command(`step ${cards}:00`);
      await until(page, (cards) => document.querySelectorAll(".bug-away .bug-card").length >= cards - 1 && document.querySelectorAll(".bug-home .bug-card").length === cards, "the cards are there", cards);
      assert.deepEqual(await page.evaluate(notWhole), [], `${cards}`);
    }
  }
});

test("a scorebug counts down to kick-off without a sign, as the page does", async (t) => {
  const early = (clock) => ({ type: "commentary", match: "m0", status: "scheduled", clock, text: "Early." });
  const server = await matchesOf(t, [["AMB", "BIR"]], [early("-75:00"), early("-57:03"), start(0)]);
  const bug = await visit(t, `${server.http}/overlay/scorebug`, { viewport: viewport("scorebug") });
  const page = await visit(t, server.http);
  for (const [step, time] of [["1", "1:15:00"], ["1", "57:03"]]) {
    await server.command(`step ${step}`);
    await until(bug, (time) => document.querySelector(".bug-clock")?.textContent === `${time}to kick-off`, `it says ${time}`, time);
    await until(page, (time) => document.querySelector(".clock-time")?.textContent === time, `it says ${time}`, time);
  }
});
