import { expect, test } from "./fixtures.mjs";

test.use({ touchlineServerArgs: ["goalless", "--paused"] });

test("the server's arguments are an option, and its death is told in one line", async ({ replay, touchlineServer }) => {
  const { matches, playback } = await touchlineServer.replay("main").state();
  expect([matches[0].match, playback.state]).toEqual(["abe-dru", "paused"]);
  process.kill(touchlineServer.pid, "SIGKILL");
  await expect(replay.step("next:goal")).rejects.toThrow(/^touchline serve goalless --paused \(pid \d+\) was ended by SIGKILL, .*; no answer to step\('next:goal'\) of replay \w+$/);
});
