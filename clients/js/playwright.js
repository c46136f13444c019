// Fixtures for Playwright Test: `base.extend(fixtures)`. It does not import @playwright/test, of which there must be one copy only.
import { hasSteppedAlone, hasTimedOut } from "./test-replay.js";
import { testServer } from "./testing.js";

export const fixtures = {
  /** The arguments of the worker's server, as after `touchline serve`. */
  touchlineServerArgs: [[], { option: true, scope: "worker" }],

  touchlineServer: [
    async ({ touchlineServerArgs }, use) => {
      const server = await testServer({ args: touchlineServerArgs });
      await use(server);
      await server.close();
    },
    { scope: "worker" },
  ],

  /** The scenario of the test's replay, or its fields. */
  replayOptions: [{ scenario: "juv" }, { option: true }],

  replay: async ({ touchlineServer, replayOptions }, use, testInfo) => {
    const replay = await touchlineServer.open(replayOptions);
    await use(replay);
    try {
      if (testInfo.status !== testInfo.expectedStatus && !hasTimedOut(replay)) await attachState(replay, testInfo);
    } finally {
      await replay.close();
    }
  },
};

/** The faults that are listed, the last ones. */
const MAX_FAULTS = 20;

/** Attaches where the replay stands at the end of a failed test, and what faults have done, if its server still answers. */
async function attachState(replay, testInfo) {
  let lines;
  try {
    const [{ playback, matches, n }, { entries }] = await Promise.all([replay.state(), replay.journal()]);
    const scores = matches.map(({ match, now, state: { score } }) => `${match}: ${score.home}-${score.away}, ${now.status}, ${now.label}`);
    const faults = entries.slice(-MAX_FAULTS).map((entry) => `fault: ${JSON.stringify(entry)}`);
    const alone = hasSteppedAlone(replay) ? ["the last step was sent to no subscriber: wait_for: 1 waits for one"] : [];
    lines = [`replay ${replay.id}: ${playback.state} after event ${n}`, ...alone, ...scores, ...faults];
  } catch {
    // The test's own error is the reported one.
    return;
  }
  await testInfo.attach("touchline", { body: lines.join("\n"), contentType: "text/plain" });
}
