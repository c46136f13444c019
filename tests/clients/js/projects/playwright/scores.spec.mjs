// Twelve tests, each with a match of its own: of a page that shows scores, and of a program.
import { createServer } from "node:http";
import { readFile } from "node:fs/promises";

import { expect, test } from "./fixtures.mjs";

const site = createServer(async (_, response) => {
  response.writeHead(200, { "content-type": "text/html" }).end(await readFile(new URL("scores.html", import.meta.url)));
});
test.beforeAll(() => new Promise((listening) => site.listen(0, "127.0.0.1", listening)));
test.afterAll(() => site.close());
test.beforeEach(({ touchlineServer }, { workerIndex }) => console.log(`worker ${workerIndex}: pid ${touchlineServer.pid}.`));

for (let number = 1; number <= 2; number += 1) {
  test(`the page shows the goal (${number})`, async ({ page, replay, touchlineServer }) => {
    await page.goto(`http://127.0.0.1:${site.address().port}/?${new URLSearchParams({ server: touchlineServer.url, ws: replay.ws })}`);
    await expect(page.locator("h1")).toHaveText("0-0");
    await replay.step("next:goal", { wait_for: 1, acknowledged: true });
    expect(await page.textContent("h1")).toBe("0-1");
  });
}

test.describe("a night of corrections", () => {
  test.use({ replayOptions: { scenario: "var", from: "HT" } });

  for (let number = 1; number <= 10; number += 1) {
    test(`the score is the server's (${number})`, async ({ replay }) => {
      const app = replay.subscribe({ ack: true });
      await replay.step("FT", { wait_for: 1, acknowledged: true });
      for (const { match, state } of (await replay.state()).matches) expect(app.state.matches[match].score).toEqual(state.score);
      expect(Object.keys(app.state.matches)).toHaveLength(2);
      app.close();
    });
  }
});
