// Takes a screenshot of a page, and prints its findings:
//   node tests/page/screenshot.mjs URL OUT.png [--size 1440x900] [--scale 1] [--dark] [--reduced] [--transparent] [--full]
//     [--wait SELECTOR] [--click SELECTOR] [--keys "Space,ArrowRight"] [--moving]
// It waits for fonts and the selector, clicks, and presses the keys. Animations are finished first, unless --moving.
import { parseArgs } from "node:util";

import { launch, missing } from "./chromium.mjs";
import { Findings } from "./findings.mjs";

function misused(message) {
  console.error(message);
  process.exit(2);
}

function read() {
  const flag = { type: "boolean", default: false };
  const word = { type: "string" };
  const options = {
    size: { ...word, default: "1440x900" },
    scale: { ...word, default: "1" },
    wait: word,
    click: word,
    keys: { ...word, default: "" },
    ...{ dark: flag, reduced: flag, transparent: flag, full: flag, moving: flag },
  };
  const { values, positionals } = parseArgs({ options, allowPositionals: true });
  const [width, height] = values.size.split("x").map(Number);
  const scale = Number(values.scale);
  if (positionals.length !== 2) misused("say a URL and a file: screenshot.mjs URL OUT.png");
  if (!(width > 0 && height > 0)) misused(`--size ${values.size}: WIDTHxHEIGHT is accepted, as 1440x900`);
  if (!(scale > 0)) misused(`--scale ${values.scale}: a number above 0 is accepted`);
  const keys = values.keys.split(",").filter((key) => key);
  return { ...values, url: positionals[0], path: positionals[1], viewport: { width, height }, scale, keys };
}

async function capture(browser, asked) {
  const context = await browser.newContext({
    viewport: asked.viewport,
    deviceScaleFactor: asked.scale,
    colorScheme: asked.dark ? "dark" : "light",
    reducedMotion: asked.reduced ? "reduce" : "no-preference",
  });
  const findings = await Findings.of(context, asked.url);
  const page = await context.newPage();
  try {
    await page.goto(asked.url);
    await page.evaluate(() => document.fonts.ready.then(() => 0));
    if (asked.wait) await page.waitForSelector(asked.wait);
    if (asked.click) await page.click(asked.click);
    for (const key of asked.keys) await page.keyboard.press(key);
  } finally {
    // Taken also if the page never reaches the awaited state.
    await page.screenshot({
      path: asked.path,
      fullPage: asked.full,
      omitBackground: asked.transparent,
      animations: asked.moving ? "allow" : "disabled",
    });
    findings.unexpected().forEach((line) => console.error(line));
  }
}

let asked;
try {
  asked = read();
} catch (error) {
  misused(error.message);
}
const missingPart = missing();
if (missingPart) misused(`no ${missingPart}: tests/foreign/install installs packages; chromium comes from the system`);
const browser = await launch();
try {
  await capture(browser, asked);
} catch (error) {
  console.error(error.message);
  process.exitCode = 1;
} finally {
  await browser.close();
}
