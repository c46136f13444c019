// A test of a user, and mistakes that the types must find. A line without one is an error itself.
import type { Finding, Replay } from "touchline";
import { testServer } from "touchline/testing";
import type { TestReplay, TestServer } from "touchline/testing";

export async function scores(signal: AbortSignal): Promise<Finding[]> {
  await using server = await testServer({ args: ["juv", "--paused"], binary: "touchline", signal });
  await using replay = await server.open({ scenario: "var", faults: "late:p=0.1", from: "HT" });
  await replay.step("next:goal", { wait_for: 1, acknowledged: true });
  await (await server.open("goalless")).close();
  const main: Replay = server.replay("main", { token: server.token });
  await main.play();
  const app = replay.subscribe({ ack: true });
  const { score } = (await app.until((state) => state.matches["van-lar"]?.score.home === 1)).matches["van-lar"]!;
  console.log(server.url, server.ws, server.pid === null ? "another's" : server.pid + 1, score.home);
  return replay.findings ?? [];
}
export type Names = [TestServer, TestReplay];

// @ts-expect-error: one text in place of a list
testServer({ args: "juv" });
// @ts-expect-error: an option that there is not
testServer({ arguments: ["juv"] });
// @ts-expect-error: a field that there is not
testServer().then((server) => server.open({ scenarios: "juv" }));
