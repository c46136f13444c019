// Takes the pictures of this folder anew, of the program as it is built:
//   cargo build && tests/foreign/install && node docs/images/take.mjs
// They look best where the system's font for pages (system-ui) is a good one.
import { spawn } from "node:child_process";
import { createInterface } from "node:readline";

import { launch, root } from "../../tests/page/chromium.mjs";

const folder = `${root}docs/images/`;
const binary = process.env.TOUCHLINE_BIN ?? `${root}target/debug/touchline`;

/** A server of its own, for as long as `use` takes. */
async function playing(words, use) {
  const child = spawn(binary, ["serve", ...words, "--port", "0"], { stdio: ["ignore", "pipe", "ignore"] });
  try {
    const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
    const { http } = JSON.parse((await lines.next()).value);
    const command = async (text) => {
      const answer = await fetch(`${http}/api/replays/main/command`, { method: "POST", body: text, headers: { connection: "close" } });
      if (!answer.ok) throw new Error(`${text}: ${await answer.text()}`);
    };
    await use(http, command);
  } finally {
    child.kill();
  }
}

const browser = await launch();

async function picture(name, url, { width, height, scale = 1, dark = false, transparent = false }, ready) {
  const context = await browser.newContext({
    viewport: { width, height }, deviceScaleFactor: scale, colorScheme: dark ? "dark" : "light", reducedMotion: transparent ? "no-preference" : "reduce",
  });
  const page = await context.newPage();
  const following = page.waitForEvent("websocket").then((socket) => socket.waitForEvent("framereceived"));
  await page.goto(url);
  await ready(page, following);
  const path = name && `${folder}${name}.png`;
  const image = await page.screenshot({ path, omitBackground: transparent, animations: "disabled" });
  await context.close();
  return image;
}

/** To just before the goal as soon as the page follows, and on until it is told there. */
const goal = (command, selector) => async (page, following) => {
  await following;
  await command("seek 89:05");
  await page.waitForSelector(selector);
};

const DESKTOP = { width: 1440, height: 900 };
await playing(["juv", "--speed", "2"], async (http, command) => {
  const told = '[data-id="koulibaly-goal"]';
  await picture("match-centre", `${http}/`, DESKTOP, goal(command, told));
  await picture("match-centre-dark", `${http}/`, { ...DESKTOP, dark: true }, goal(command, told));
  await picture("phone", `${http}/`, { width: 390, height: 844, scale: 2 }, goal(command, told));
});

await playing(["serie-a", "--speed", "2", "--from", "71%"], async (http) => {
  await picture("round", `${http}/`, { ...DESKTOP, dark: true }, (page) => page.waitForSelector(".league-table, table"));
});

await playing(["juv", "--speed", "2"], async (http, command) => {
  const at = (kind, width, height) => [`${http}/overlay/${kind}`, { width, height, scale: 2, transparent: true }];
  const card = await picture(null, ...at("goal", 640, 200), goal(command, ".goal-card"));
  const bug = await picture(null, ...at("scorebug", 480, 72), (page) => page.waitForSelector(".bug-score, [class*=bug]"));
  const ticker = await picture(null, ...at("ticker", 1280, 64), (page) => page.waitForSelector("#overlay > *"));
  // They stand over a pitch and its stands, drawn here.
  const data = (image) => `data:image/png;base64,${image.toString("base64")}`;
  const scene = `<style>
      body { margin: 0; width: 1280px; height: 720px; position: relative; overflow: hidden;
        background: linear-gradient(#2c3444 0 22%, #55606e 22% 24%, transparent 24%), repeating-linear-gradient(97deg, #3f8a4f 0 90px, #388046 90px 180px); }
      img { position: absolute; }
    </style>
    <img src="${data(bug)}" style="left:32px;top:28px;width:384px"><img src="${data(card)}" style="left:32px;bottom:110px;width:560px">
    <img src="${data(ticker)}" style="left:0;bottom:24px;width:1280px">`;
  const page = await browser.newPage({ viewport: { width: 1280, height: 720 } });
  await page.setContent(scene, { waitUntil: "load" });
  await page.screenshot({ path: `${folder}overlays.png` });
});

await browser.close();
