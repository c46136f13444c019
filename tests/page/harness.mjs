// What tests of the page are written with: the real program, a real browser, and eyes for what goes wrong unseen.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { after, test as nodeTest } from "node:test";

import { foreign, launch, missing, root } from "./chromium.mjs";
import { onTestEnd } from "./cleanup.mjs";
import { Findings } from "./findings.mjs";

export { serve } from "./server.mjs";

/** How long a page may take over anything: far longer than it should, for the machine may be busy. */
export const TIMEOUT_MS = 20_000;

/** A test that needs a browser. Without one it is skipped out loud; under `CI=true` it fails. */
export function test(name, ...rest) {
  const run = rest.pop();
  const lacking = missing();
  const message = `SKIPPED: no ${lacking}; run tests/all, which says how it is had`;
  const skip = lacking !== undefined && process.env.CI !== "true" && message;
  const body = lacking === undefined ? run : () => assert.fail(message);
  return nodeTest(name, { timeout: 60_000, ...rest[0], skip }, body);
}

let started;

/** The Chromium of this file of tests: started once, and closed after the last of them. */
export function browser() {
  if (!started) {
    started = launch();
    started.catch(() => {});
  }
  return started;
}

after(async () => (await started)?.close());

/**
 * Opens a page in a context of its own, and fails the test at its end if anything went wrong there that it did not expect:
 * errors and warnings in the console, uncaught errors, requests that failed or were answered with 400 or more, violations of
 * the page's policy, and requests to any other host than that of `url`.
 *
 * `expect` has patterns for what may go wrong: `{ console: [/regex/], error, failed, csp, origin, status: [404] }`; `prepare` is
 * given the page before it goes anywhere. All other options are those of Playwright's `newContext`: `viewport`, `colorScheme`,
 * `reducedMotion`, ...
 */
export async function visit(t, url, { expect, prepare, ...options } = {}) {
  const context = await (await browser()).newContext(options);
  context.setDefaultTimeout(TIMEOUT_MS);
  const findings = await Findings.of(context, url);
  const page = await context.newPage();
  onTestEnd(t, async () => {
    // What a page has said before it answers has been heard when it does.
    await Promise.all(context.pages().map((open) => open.evaluate(() => 0).catch(() => 0)));
    const unexpected = findings.unexpected(expect);
    if (!t.passed || unexpected.length > 0) unexpected.push(await screenshot(t, page));
    await context.close();
    if (unexpected.length > 0) throw new Error(`on ${url}:\n  ${unexpected.join("\n  ")}`);
  });
  await prepare?.(page);
  await page.goto(url);
  return page;
}

/** Keeps what the page looked like when its test failed, and says where. */
async function screenshot(t, page) {
  const name = t.name.replace(/[^\p{L}\p{N}]+/gu, "-").slice(0, 80);
  const path = join(root, "target/page", `${name}.png`);
  try {
    await page.screenshot({ path });
    return `it looked like ${path}`;
  } catch (error) {
    return `no picture of it: ${error.message.split("\n")[0]}`;
  }
}

/** Waits until `is`, called on the page with `given`, is truthy, and gives that; `what` says what is waited for. */
export async function until(page, is, what, given) {
  let handle;
  try {
    handle = await page.waitForFunction(is, given);
  } catch (error) {
    throw new Error(`waited in vain until ${what}: ${error.message}\n${is}`);
  }
  return handle.jsonValue();
}

/** Fails with everything that axe-core finds wrong with the page as it stands: all rules but the experimental and AAA. */
export async function axe(page) {
  // As text: a script element would be forbidden by the page's policy.
  if (!(await page.evaluate(() => Boolean(globalThis.axe)))) await page.evaluate(readFileSync(foreign("axe-core/axe.min.js"), "utf8"));
  // What is fading in has no contrast yet.
  await page.evaluate(() => {
    const ends = (animation) => animation.effect.getComputedTiming().endTime < Infinity;
    return Promise.allSettled(document.getAnimations().filter(ends).map(({ finished }) => finished)).then(() => 0);
  });
  const violations = await page.evaluate(async () => {
    const { axe } = globalThis;
    const left = ["experimental", "deprecated", "wcag2aaa"];
    const rules = axe.getRules().filter(({ tags }) => !tags.some((tag) => left.includes(tag)));
    const runOnly = { type: "rule", values: rules.map(({ ruleId }) => ruleId) };
    return (await axe.run(document, { runOnly, resultTypes: ["violations"] })).violations;
  });
  const found = violations.flatMap(({ id, impact, help, nodes }) =>
    nodes.map(({ target, html, failureSummary: how }) =>
      [`${id} (${impact}): ${help}`, target.join(" "), html, ...how.split("\n")].join("\n  "),
    ),
  );
  if (found.length > 0) throw new Error(`axe finds on ${page.url()}:\n${found.join("\n")}`);
}

/** What the page holds after its garbage was collected: `bytes` of JavaScript's heap, `nodes` of documents, `listeners`. */
export async function heap(page) {
  const session = await page.context().newCDPSession(page);
  await session.send("HeapProfiler.enable");
  await session.send("HeapProfiler.collectGarbage");
  const { usedSize: bytes } = await session.send("Runtime.getHeapUsage");
  const { nodes, jsEventListeners: listeners } = await session.send("Memory.getDOMCounters");
  await session.detach();
  return { bytes, nodes, listeners };
}
