import { expect, test as base } from "@playwright/test";
import type { PlaywrightTestConfig } from "@playwright/test";
import { fixtures } from "touchline/playwright";
import type { TouchlineFixtures, TouchlineWorkerFixtures } from "touchline/playwright";

export const test = base.extend(fixtures);
export const named = base.extend<TouchlineFixtures, TouchlineWorkerFixtures>(fixtures);

test.use({ replayOptions: "var" });
test.use({ replayOptions: { scenario: "var", from: "HT" }, touchlineServerArgs: ["var", "--paused"] });

test("the goal is shown", async ({ page, replay, touchlineServer }) => {
  await page.goto(`${touchlineServer.url}/r/${replay.id}`);
  await replay.step("next:goal");
  expect((await replay.state({ match: "van-lar" })).state.score.home).toBe(1);
});

const config: PlaywrightTestConfig<TouchlineFixtures, TouchlineWorkerFixtures> = {
  projects: [{ name: "corrections", use: { replayOptions: { scenario: "var" }, touchlineServerArgs: [] } }],
};
export default config;

// @ts-expect-error: a field of a replay that there is not
test.use({ replayOptions: { scenarios: "var" } });
// @ts-expect-error: one text in place of a list
test.use({ touchlineServerArgs: "var" });
// @ts-expect-error: a method that there is not
test("a mistake", async ({ replay }) => replay.goTo("HT"));
