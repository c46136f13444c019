// Two live-score pages at once, each a client of its own: the naive one and the careful one of examples/live-score.
import { createServer } from "node:http";
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";

const { expect, test } = createRequire(process.env.PLAYWRIGHT)("@playwright/test");

const pages = new URL("../../../examples/live-score/", import.meta.url);
const site = createServer(async (request, response) => {
  const name = new URL(request.url, "http://site").pathname.slice(1);
  response.writeHead(200, { "content-type": "text/html" }).end(await readFile(new URL(name, pages)));
});

test.beforeAll(() => new Promise((listening) => site.listen(0, "127.0.0.1", listening)));
test.afterAll(() => site.close());

test("both apps show the final score", async ({ browser }) => {
  const names = (process.env.APPS ?? "careful careful").split(" ");
  const apps = await Promise.all(names.map(async (name, at) => {
    const page = await browser.newPage();
    const address = new URLSearchParams({ ws: process.env.TOUCHLINE_WS, client: `${name}-${at + 1}` });
    await page.goto(`http://127.0.0.1:${site.address().port}/${name}.html?${address}`);
    return page;
  }));
  for (const page of apps) await expect(page.locator(".score")).toHaveText(/0\D+1/, { timeout: 15_000 });
});
