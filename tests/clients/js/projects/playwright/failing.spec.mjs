import { expect, test } from "./fixtures.mjs";

test("an assertion fails", async ({ replay }) => {
  await replay.step("next:goal");
  const { matches } = await replay.state();
  expect(matches[0].state.score).toEqual({ home: 1, away: 0 });
});

test.describe("of another scenario", () => {
  test.use({ replayOptions: "var" });

  test("a step is refused", async ({ replay }) => {
    await replay.step("next:own_gaol");
  });
});

test.describe("with a fault", () => {
  test.use({ replayOptions: { faults: "drop:at=next:goal" } });

  test("the test throws", async ({ replay }) => {
    await replay.step("FT");
    throw new Error("no");
  });
});
