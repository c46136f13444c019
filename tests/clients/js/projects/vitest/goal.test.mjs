import { openReplay, replayAt } from "touchline";
import { expect, inject, test } from "vitest";

test("the goal is shown", async () => {
  const replay = await openReplay(inject("touchlineUrl"), { scenario: "juv", paused: true });
  console.log(`url ${inject("touchlineUrl")}.`);
  const app = replay.subscribe({ ack: true });
  await replay.step("next:goal", { wait_for: 1, acknowledged: true });
  expect(app.state.matches["juv-nap"].score).toEqual({ home: 0, away: Number(process.env.GOALS ?? 1) });
  // A refusal, with the line of this test; or the first match of the server's own replay.
  if (process.env.STEP) await replay.step(process.env.STEP);
  const main = await replayAt(inject("touchlineUrl"), "main").state();
  console.log(`main ${main.matches[0].match}, ${main.playback.state}.`);
  app.close();
  await replay.close();
});
