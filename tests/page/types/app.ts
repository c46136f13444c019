// Uses everything that the client exports, as an app would: it must compile under --strict.
import {
  clockMs, cursor, dismissals, lastStanding, lineup, mediaTime, NOTHING, openReplay, playersDown, reading, reduce, replayAt, replays,
  RequestError, runOf, scenarios, SIDES, subscribe, tieOf, withHistory,
} from "touchline";
import type {
  Answer, CloseFrame, Command, Connection, EndFrame, ErrorFrame, EventFrame, Frame, HelloFrame, Match, MatchState, MatchStateDocument, OpenedReplay, OpenRequest,
  Playback, PlaybackFrame, Replay, ReplyFrame, SnapshotFrame, State, StateDocument, Subscription, TableFrame, TickFrame,
} from "touchline";

const line = ({ home, away, score, clock, label, running, period, announced, kickoff, competition }: Match): string =>
  `${home.name} ${score.home}-${score.away} ${away.short} ${clock ?? kickoff} ${label} ${running && period} ${announced} ${competition}`;

function textOf(frame: Frame): string | number {
  switch (frame.kind) {
    case "hello": return frame.matches.length + frame.subscriber;
    case "snapshot": return frame.state.status;
    case "event": return frame.op === "remove" ? frame.id : frame.score.home;
    case "playback": return frame.cause;
    case "tick": return frame.n;
    case "table": return frame.rows.length;
    case "end": return frame.status;
    case "reply": return String(frame.id);
    case "error": return frame.code;
    case "close": return frame.reason;
  }
}
export type Kinds = [HelloFrame, SnapshotFrame, EventFrame, PlaybackFrame, TickFrame, TableFrame, EndFrame, ReplyFrame, ErrorFrame, CloseFrame];

function fold(frames: Frame[]): string[] {
  const state: State = frames.reduce(reduce, NOTHING);
  const playback: Playback | null = state.playback;
  const at: number = playback ? mediaTime(playback, Date.now()) : 0;
  const clock: number | undefined = reading([], at)?.clock;
  return [cursor(state) ?? "", runOf(state) ?? "", String(clock ?? clockMs("1:00")), ...Object.values(state.matches).flatMap((match) => [
    line(match), ...SIDES.flatMap((side) => [lineup(match, side).on.map(({ name, goals }) => name + goals), String(dismissals(match, side).length + playersDown(match, side))].flat()),
    lastStanding(match, "goal")?.id ?? "", tieOf(state, match.id)?.winner ?? "",
    String(Object.keys(withHistory(state, match.id, []).matches).length), String(match.happenings.length + match.statistics.home.shots!),
  ])];
}

export async function app(server: URL, frames: Frame[]): Promise<void> {
  const request: OpenRequest = { scenario: "juv", paused: true, speed: "max", lines: [{ type: "goal", period: 1, clock: "12:31", side: "home" }] };
  const replay: Replay = await openReplay(server, request, { token: "correct-horse", timeout: 5_000, signal: AbortSignal.timeout(9_000) });
  const stream: Subscription = replay.subscribe({
    ack: true,
    shows: true,
    timeout: 1_000,
    change: async ({ matches }) => void Object.values(matches).map(line),
    frame: (frame, state) => console.log(textOf(frame), state.n, fold(frames)),
    connection: (connection: Connection) => connection.state === "refused" && console.log(connection.reason, connection.error?.message),
  });
  const { to, playback }: Answer = await replay.step("next:goal", { wait_for: 1, acknowledged: true, timeout: 5_000, by: "anna" });
  await replay.step({ count: 1 });
  await replay.step(3);
  await stream.step({ until: "FT", or: "end" }, { if_version: playback.version });
  for (const by of [replay, stream]) {
    await by.play();
    await by.pause({ by: "anna" });
    await by.speed(60);
    await by.speed("max");
    await by.pace("highlights");
    await by.seek("next:goal", { match: "juv-nap", lead: "20s" });
    await by.restart();
    await by.loop();
    await by.loop(false);
    await by.faults("lossy", { seed: 7 });
    await by.fault("cut", { subscriber: 3, at: "next:goal" });
  }
  const command: Command = { command: "subscribe", match: ["juv-nap"], types: ["goal"] };
  const reply: ReplyFrame = await stream.command(command, { timeout: Infinity });
  await replay.command({ command: "loop", to: true }, { signal: AbortSignal.timeout(50) });
  const state: State = await stream.until(({ n }) => n === to, { timeout: 500 });
  stream.shows({ match: "juv-nap", score: state.matches["juv-nap"].score });
  stream.remember("juv-nap", await replay.history("juv-nap", 87));
  console.log(reply.ok, stream.now(), stream.connection.state, stream.state.hello?.title, replay.id, replay.ws, replay.http, replay.control);
  stream.again();
  stream.close();
  const all: StateDocument = await replay.state();
  const document: MatchStateDocument = await replay.state({ match: all.matches[0]?.match ?? "", snapshot: "full" });
  const same: MatchStateDocument = await replay.state("juv-nap");
  await openReplay(server, "var");
  console.log(document.run, same.n, (await replay.timeline({ spoilers: false })).length, (await replay.tables()).length, await replay.journal(), await replay.verdict());
  await replay.close();
  subscribe(() => "ws://127.0.0.1:8089/ws").close();
  await replayAt("http://127.0.0.1:8089", "main", { token: null }).play();
  console.log(await replays(server), await scenarios(server, { token: "correct-horse" }));
  const error: unknown = new RequestError({ message: "no", code: "taken" }, 409);
  if (error instanceof RequestError) console.log(error.code, error.accepted?.join(), error.status, error.message);
}
export type Others = [MatchState, OpenedReplay];
