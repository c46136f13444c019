// The page of the README, in a real browser.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";

import { root } from "./chromium.mjs";
import { serve, test, until, visit } from "./harness.mjs";
import { pageAt } from "./other-site.mjs";

test("the page of the README shows teams, score and clock", async (t) => {
  const server = await serve(t, "juv", "--paused");
  const [, html] = readFileSync(join(root, "README.md"), "utf8").match(/\n```html\n([^]*?)\n```\n/);
  assert.ok(html.split("\n").length < 15);
  const page = await visit(t, await pageAt(t, "127.0.0.1", `<link rel="icon" href="data:,">${html.replaceAll("127.0.0.1:8089", new URL(server.http).host)}`), { expect: { origin: [/./] } });
  await until(page, () => document.querySelector("h1").textContent === "Juventus 0-0 Napoli -1:00", "it shows the beginning");
  await server.command("step next:goal");
  await until(page, () => document.querySelector("h1").textContent === "Juventus 0-1 Napoli 89:07", "it shows the goal");
});
