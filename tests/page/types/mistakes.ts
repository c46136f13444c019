// Mistakes that the types must find. A line without one is an error itself.
import { openReplay, reduce, replayAt, SIDES, subscribe, lineup, NOTHING } from "touchline";

const replay = replayAt("http://127.0.0.1:8089", "main");
const stream = replay.subscribe();

// @ts-expect-error: a word that is no command
stream.command({ command: "sek" });
// @ts-expect-error: a command without its field
replay.command({ command: "seek" });
// @ts-expect-error: a field of another command
replay.command({ command: "speed", until: "HT" });
// @ts-expect-error: a text in place of a flag
subscribe("ws://127.0.0.1:8089/ws", { ack: "yes" });
// @ts-expect-error: an option that there is not
subscribe("ws://127.0.0.1:8089/ws", { acknowledge: true });
// @ts-expect-error: a field of a replay with another type
openReplay("http://127.0.0.1:8089", { paused: "yes" });
// @ts-expect-error: a field that there is not
openReplay("http://127.0.0.1:8089", { scenarios: "juv" });
// @ts-expect-error: a barrier is one over HTTP only
stream.step("HT", { wait_for: 1 });
// @ts-expect-error: a step takes its aim
replay.step();
// @ts-expect-error: a number in place of options
replay.step("next:goal", 1);
// @ts-expect-error: a text in place of options
replay.subscribe("ack");
// @ts-expect-error: no speed
replay.speed("fast");
// @ts-expect-error: a kind of frame that there is not
reduce(NOTHING, { kind: "weather" });
// @ts-expect-error: a state never changes
stream.state.matches["juv-nap"].score.home = 1;
// @ts-expect-error: no side
lineup(stream.state.matches["juv-nap"], "left");
// @ts-expect-error: a handle's method that there is not
stream.stop();
// @ts-expect-error: a clock may be unknown
stream.state.matches["juv-nap"].clock.length;
// @ts-expect-error: there are two
SIDES[2];
