import { test } from "./fixtures.mjs";

for (const number of [1, 2]) {
  test(`it never ends (${number})`, async ({ replay, touchlineServer }) => {
    console.log(`pid ${touchlineServer.pid} replay ${replay.id}.`);
    await new Promise(() => {});
  });
}
