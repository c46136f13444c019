// The cost of the match centre in a browser: time until the match is shown, requests and bytes, and frame times.
//   cargo build --release && tests/foreign/install && node benches/page.mjs [ROUNDS]
// Needs Chromium and idle CPUs. Prints the tables of docs/performance.md.
import { spawn } from "node:child_process";
import { createInterface } from "node:readline";

import { launch, root } from "../tests/page/chromium.mjs";

const rounds = Number(process.argv[2] ?? 9);
const binary = process.env.TOUCHLINE_BIN ?? `${root}target/release/touchline`;
const FRAMES = 600;

const child = spawn(binary, ["serve", "juv", "--speed", "60", "--port", "0"], { stdio: ["ignore", "pipe", "ignore"] });
process.on("exit", () => child.kill());
const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
const { http } = JSON.parse((await lines.next()).value);
const command = (text) => fetch(`${http}/api/replays/main/command`, { method: "POST", body: text, headers: { connection: "close" } });
const browser = await launch();

/** A visit with an empty cache: the time until `shown` has text on the screen, and the requests and bytes loaded. */
async function visit(path, shown) {
  const context = await browser.newContext({ viewport: { width: 1440, height: 900 } });
  const page = await context.newPage();
  const session = await context.newCDPSession(page);
  await session.send("Network.enable");
  const cost = { requests: 0, bytes: 0 };
  session.on("Network.loadingFinished", ({ encodedDataLength }) => {
    cost.requests += 1;
    cost.bytes += encodedDataLength;
  });
  await page.addInitScript((selector) => {
    const look = () => {
      // An element present in one frame is painted by the next.
      if (document.querySelector(selector)?.textContent) requestAnimationFrame(() => (globalThis.shown = performance.now()));
      else requestAnimationFrame(look);
    };
    requestAnimationFrame(look);
  }, shown);
  await page.goto(http + path);
  cost.shown = await (await page.waitForFunction(() => globalThis.shown)).jsonValue();
  await page.waitForLoadState("networkidle");
  return { page, cost, close: () => context.close() };
}

/** The times between animation frames while the match plays with all events listed, and the number of clock readings. */
const smoothness = (page) => page.evaluate((frames) => new Promise((done) => {
  const times = [];
  const clocks = new Set();
  const next = (time) => {
    times.push(time);
    clocks.add(document.querySelector(".clock").textContent);
    if (times.length <= frames) return requestAnimationFrame(next);
    const apart = times.slice(1).map((time, at) => time - times[at]);
    done({ apart, clocks: clocks.size, events: document.querySelectorAll(".ticker-lines > li").length });
  };
  requestAnimationFrame(next);
}), FRAMES);

const quantile = (values, share) => [...values].sort((a, b) => a - b)[Math.min(values.length - 1, Math.floor(values.length * share))];
const pages = [["the match centre, 89th minute", "/", ".clock-time"], ["the scorebug", "/overlay/scorebug", "#overlay"]];

console.log("| page | rounds | shown after, ms: median (least to most) | requests | kB |\n|---|---|---|---|---|");
for (const [name, path, shown] of pages) {
  const costs = [];
  for (let round = 0; round < rounds; round += 1) {
    await command("seek 89:00");
    const { cost, close } = await visit(path, shown);
    costs.push(cost);
    await close();
  }
  const times = costs.map((cost) => cost.shown);
  const [least, median, most] = [0, 0.5, 1].map((share) => Math.round(quantile(times, share)));
  const { requests, bytes } = costs.at(-1);
  console.log(`| ${name} | ${rounds} | ${median} (${least} to ${most}) | ${requests} | ${(bytes / 1000).toFixed(0)} |`);
}

await command("seek 70:00");
const { page } = await visit("/", ".clock-time");
await page.getByRole("button", { name: "All", exact: true }).click();
const { apart, clocks, events } = await smoothness(page);
console.log("\n| at 60x, 1440 x 900 | |\n|---|---|");
console.log(`| events in the list at the end | ${events} |`);
console.log(`| ms between frames: p50, p95, p99, most | ${[0.5, 0.95, 0.99, 1].map((share) => quantile(apart, share).toFixed(1)).join(", ")} |`);
console.log(`| frames; different readings of the clock in them | ${apart.length}; ${clocks} |`);

await browser.close();
process.exit();
