// The test harness of the page: the real program, a real browser, and checks for invisible errors.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { after, test as nodeTest } from "node:test";

import { foreign, launch, missing, root } from "./chromium.mjs";
import { onTestEnd } from "./cleanup.mjs";
import { Findings } from "./findings.mjs";

export { serve } from "./server.mjs";

/** The time limit of waits: far longer than needed, because the machine may be busy. */
export const TIMEOUT_MS = 20_000;

/** A test that needs a browser. Without one it is skipped with a message; under `CI=true` it fails. */
export function test(name, ...rest) {
  const run = rest.pop();
  const missingPart = missing();
  const message = `SKIPPED: no ${missingPart}; tests/all says how to install it`;
  const skip = missingPart !== undefined && process.env.CI !== "true" && message;
  const body = missingPart === undefined ? run : () => assert.fail(message);
  return nodeTest(name, { timeout: 60_000, ...rest[0], skip }, body);
}

let started;

/** The Chromium of this test file: started once, and closed after the last test. */
export function browser() {
  if (!started) {
    started = launch();
    started.catch(() => {});
  }
  return started;
}

after(async () => (await started)?.close());

/**
 * Opens a page in a context of its own. Unexpected errors fail the test at its end: errors and warnings in the console,
 * uncaught errors, failed requests and statuses from 400 on, policy violations, and requests to any other host than that of
 * `url`.
 *
 * `expect` has patterns of expected errors: `{ console: [/regex/], error, failed, csp, origin, status: [404] }`; `prepare` gets
 * the page before it navigates. All other options are those of Playwright's `newContext`: `viewport`, `colorScheme`,
 * `reducedMotion`, ...
 */
export async function visit(t, url, { expect, prepare, ...options } = {}) {
  const context = await (await browser()).newContext(options);
  context.setDefaultTimeout(TIMEOUT_MS);
  const findings = await Findings.of(context, url);
  const page = await context.newPage();
  onTestEnd(t, async () => {
    // Once a page answers, its earlier console messages have arrived.
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

/** Saves a screenshot of the page of a failed test, and returns its path. */
async function screenshot(t, page) {
  const name = t.name.replace(/[^\p{L}\p{N}]+/gu, "-").slice(0, 80);
  const path = join(root, "target/page", `${name}.png`);
  try {
    await page.screenshot({ path });
    return `screenshot: ${path}`;
  } catch (error) {
    return `no screenshot: ${error.message.split("\n")[0]}`;
  }
}

/** Waits until `is`, called on the page with `given`, is truthy, and returns its value; `what` describes it. */
export async function until(page, is, what, given) {
  let handle;
  try {
    handle = await page.waitForFunction(is, given);
  } catch (error) {
    throw new Error(`timed out waiting until ${what}: ${error.message}\n${is}`);
  }
  return handle.jsonValue();
}

/** Fails with all violations that axe-core finds on the page: all rules except experimental and AAA. `what` names the page's state. */
export async function axe(page, what) {
  // Injected as text: the page's policy forbids a script element.
  if (!(await page.evaluate(() => Boolean(globalThis.axe)))) await page.evaluate(readFileSync(foreign("axe-core/axe.min.js"), "utf8"));
  // An element that fades in does not have its final contrast yet.
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
  if (found.length > 0) throw new Error(`axe finds on ${page.url()}${what ? `, ${what}` : ""}:\n${found.join("\n")}`);
}

/** What the page holds after a garbage collection: `bytes` of the JavaScript heap, `nodes` of documents, `listeners`. */
export async function heap(page) {
  const session = await page.context().newCDPSession(page);
  await session.send("HeapProfiler.enable");
  await session.send("HeapProfiler.collectGarbage");
  const { usedSize: bytes } = await session.send("Runtime.getHeapUsage");
  const { nodes, jsEventListeners: listeners } = await session.send("Memory.getDOMCounters");
  await session.detach();
  return { bytes, nodes, listeners };
}
