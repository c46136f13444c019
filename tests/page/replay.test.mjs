// The client against the real program, from Node: replays of its own, control, documents, barriers.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test as nodeTest } from "node:test";

import { openReplay, replayAt, replays, RequestError, scenarios } from "../../clients/js/touchline.js";
import { foreign, root } from "./chromium.mjs";
import { onTestEnd } from "./cleanup.mjs";
import { serve } from "./server.mjs";

const hasWs = existsSync(foreign("ws"));
const skip = !globalThis.WebSocket && !hasWs && process.env.CI !== "true" && "SKIPPED: no ws; tests/all says how to install it";
const test = (name, run) => nodeTest(name, { timeout: 30_000, skip }, run);
globalThis.WebSocket ??= hasWs && createRequire(foreign(""))("ws");

const GOAL = { wait_for: 1, acknowledged: true };
const score = ({ home, away, score, clock }) => `${home.name} ${score.home}-${score.away} ${away.name} ${clock}`;

/** A replay of its own on a server of its own, paused at the beginning. */
async function opened(t, options) {
  const server = await serve(t, "juv", "--paused");
  return openReplay(server.http, { scenario: "juv", paused: true, ...options });
}

/** Subscribes until the end of the test. */
function following(t, replay, options) {
  const app = replay.subscribe(options);
  onTestEnd(t, () => app.close());
  return app;
}

test("a test opens a replay, steps to the goal without a sleep, and closes it", async (t) => {
  const replay = await opened(t);
  const states = [];
  const app = following(t, replay, { ack: true, change: (state) => states.push(state) });
  const answer = await replay.step("next:goal", GOAL);
  assert.deepEqual([answer.reached, answer.subscribers, answer.to], [true, 1, 87]);
  assert.equal(score(app.state.matches["juv-nap"]), "Juventus 0-1 Napoli 89:07");
  assert.equal(states.at(-1), app.state);
  assert.match(replay.ws, new RegExp(`^ws://127.0.0.1:\\d+/r/${replay.id}/ws$`));
  assert.equal(replay.http, replay.ws.replace(/^ws/, "http").replace(/\/ws$/, ""));
  const ended = app.until(() => false);
  await replay.close();
  await assert.rejects(ended, /closed|gone|over/);
  assert.deepEqual([app.connection.state, app.connection.code], ["refused", 4506]);
  await replay.close();
  await assert.rejects(replay.state(), { name: "RequestError", code: "unknown_replay", status: 404 });
});

test("a barrier waits for the promise that change returns", async (t) => {
  const replay = await opened(t);
  const rendering = [];
  const app = following(t, replay, { ack: true, change: () => new Promise((done) => rendering.push(done)) });
  await assert.rejects(replay.step({ count: 1 }, { ...GOAL, timeout: 100 }), { code: "behind", status: 504 });
  const step = replay.step({ count: 2 }, GOAL);
  await app.until(({ n, playback }) => n === 3 && playback.cause === "step");
  for (const done of rendering) done();
  assert.deepEqual([(await step).to, app.state.n], [3, 3]);
});

for (const [what, prepare] of [
  ["after a seek", (replay) => replay.seek("50:00")],
  ["after a restart", (replay) => replay.restart()],
  ["without an event", () => {}],
  ["with an event lost by its feed", (replay) => replay.faults("drop:at=next:goal")],
  ["with events that are not the protocol's", (replay) => replay.faults("unknown:p=1")],
]) {
  test(`a barrier with acknowledgements is answered ${what}`, async (t) => {
    const replay = await opened(t);
    following(t, replay, { ack: true });
    await replay.step({ count: 5 }, GOAL);
    await prepare(replay);
    for (const step of ["+0s", { count: 1 }, { until: "next:goal", or: "end" }, { until: "FT", or: "end" }]) assert.equal((await replay.step(step, GOAL)).ok, true);
  });
}

test("a barrier with acknowledgements is answered after a lost connection", async (t) => {
  const replay = await opened(t);
  const app = following(t, replay, { ack: true });
  await replay.step({ count: 5 }, GOAL);
  await replay.fault("cut");
  await app.until(() => app.connection.state === "lost" || app.state.hello.resumed === "ok");
  await app.until(({ hello }) => hello.resumed === "ok");
  const { to, subscribers } = await replay.step("next:goal", GOAL);
  assert.deepEqual([to, subscribers, app.state.n], [87, 1, 87]);
});

test("the commands of a subscription and of a replay do the same", async (t) => {
  const replay = await opened(t);
  const app = following(t, replay);
  await app.until(({ tick }) => tick);
  for (const [by, kind] of [[app, "reply"], [replay, undefined]]) {
    const kept = async (answer) => {
      const { kind: received, playback } = await answer;
      assert.equal(received, kind);
      return playback;
    };
    assert.equal((await kept(by.restart())).at, 0);
    assert.equal((await kept(by.play())).state, "playing");
    assert.equal((await kept(by.pause({ by: "anna" }))).state, "paused");
    assert.equal((await app.until(({ playback }) => playback.by === "anna")).playback.state, "paused");
    assert.equal((await kept(by.speed("max"))).speed, "max");
    assert.equal((await kept(by.speed(30))).speed, 30);
    assert.equal((await kept(by.pace("break=3s"))).pace, "break=3s");
    assert.equal((await kept(by.pace("off"))).pace, undefined);
    assert.equal((await kept(by.loop())).loop, true);
    assert.equal((await kept(by.loop(false))).loop, undefined);
    const sought = await by.seek("next:goal", { match: "juv-nap", lead: "10s" });
    assert.deepEqual([sought.playback.at, sought.now.clock], [6_422_000, "88:57"]);
    assert.equal((await by.step("89:06")).to, 86);
    assert.equal((await by.step({ count: 1 })).to, 87);
    const { run } = await kept(by.faults("drop:p=0.1", { seed: 7 }));
    assert.notEqual(run, (await kept(by.faults("off"))).run);
    assert.equal((await by.fault("drop", { p: 0.5 })).ok, true);
    assert.equal((await kept(by.faults("off"))).state, "paused");
    const refusal = { name: "RequestError", code: "unknown_command", message: /did you mean "seek"/ };
    await assert.rejects(by.command({ command: "sek" }), (error) => error.accepted.includes("seek") && assert.throws(() => { throw error; }, refusal) === undefined);
  }
});

test("documents are those of the server", async (t) => {
  const replay = await opened(t);
  await replay.step("next:goal");
  const { matches, n } = await replay.state();
  const one = await replay.state({ match: "juv-nap", snapshot: "full" });
  assert.deepEqual([n, matches[0].state.score, one.state.score], [87, { home: 0, away: 1 }, { home: 0, away: 1 }]);
  assert.ok(one.state.events.length > matches[0].state.events.length);
  assert.deepEqual((await replay.history("juv-nap", 87)).map(({ n }) => n), Array.from({ length: 87 }, (_, at) => at + 1));
  assert.ok((await replay.timeline()).length > (await replay.timeline({ spoilers: false })).length);
  assert.equal((await replay.tables())[0].competition, "Serie A");
  assert.equal((await replay.journal()).faults, "off");
  assert.deepEqual((await replay.verdict()).shown, []);
});

test("a token is sent to a server that requires one, and a link's is used", async (t) => {
  const server = await serve(t, "juv", "--paused", "--control-token", "correct-horse", "--listen", "0.0.0.0:0");
  const main = replayAt(server.http, "main");
  await assert.rejects(main.play(), { status: 401, code: "not_authorised" });
  for (const allowed of [replayAt(server.http, "main", { token: "correct-horse" }), replayAt(`${server.http}/?token=correct-horse`, "main")]) {
    assert.equal((await allowed.speed(20)).playback.speed, 20);
    assert.equal((await following(t, allowed).until(({ hello }) => hello)).hello.control, true);
  }
  assert.equal((await following(t, main).until(({ hello }) => hello)).hello.control, false);
  const replay = await openReplay(server.http, { scenario: "juv", paused: true }, { token: "correct-horse" });
  assert.equal((await replay.step({ count: 1 })).to, 1);
  const listed = await replays(server.http, { token: "correct-horse" });
  assert.ok(listed.some(({ id }) => id === replay.id));
  assert.ok((await scenarios(server.http)).length > 1);
  await replay.close();
  await assert.rejects(replayAt(server.http, "main", { token: "correct-horse" }).close(), { code: "lasting", status: 409 });
});

test("until is settled at once, by a change, by its time limit, its signal and its own error", async (t) => {
  const replay = await opened(t);
  const app = following(t, replay);
  await app.until(({ tick }) => tick);
  assert.equal(await app.until(({ hello }) => hello), app.state);
  const goal = app.until(({ matches }) => matches["juv-nap"].score.away === 1);
  await replay.step("next:goal");
  assert.equal((await goal).n, 87);
  await assert.rejects(app.until(() => false, { timeout: 20 }), { name: "TimeoutError" });
  await assert.rejects(app.until(() => false, { signal: AbortSignal.abort(new Error("no more")) }), /no more/);
  await assert.rejects(app.until(() => undeclared), ReferenceError);
  const closed = app.until(() => false, { timeout: Infinity });
  app.close();
  await assert.rejects(closed, /closed/);
  await assert.rejects(app.until(() => false), /closed/);
});

test("a predicate may read what is not there yet, and the time-out names what it could not read", async (t) => {
  const replay = await opened(t);
  const app = following(t, replay);
  const goal = app.until(({ matches }) => matches["juv-nap"].score.away === 1);
  await replay.step("next:goal");
  assert.equal((await goal).n, 87);
  const message = "the state did not become what was waited for within 0.02 s; the predicate threw TypeError: Cannot read properties of undefined (reading 'score')";
  await assert.rejects(app.until(({ matches }) => matches.nobody.score, { timeout: 20 }), { name: "TimeoutError", message });
  await assert.rejects(app.until("hello"), { name: "TypeError", message: 'until takes a function of the state, not "hello"' });
});

test("every error has the stack of the call that it rejects", async (t) => {
  const replay = await opened(t);
  const app = following(t, replay);
  await app.until(({ tick }) => tick);
  const silent = await answering(t, () => {});
  const lasting = replayAt(new URL("/", replay.http), "main");
  const wrong = { timeout: 20 };
  for (const call of [
    async function a_refusal() { await replay.step("FTT"); },
    async function a_refusal_of_a_document() { await replay.state("nobody"); },
    async function a_refusal_over_a_socket() { await app.seek("FTT"); },
    async function a_time_limit() { await replayAt(silent, "main", wrong).history("juv-nap", 9); },
    async function no_server() { await openReplay("http://127.0.0.1:1"); },
    async function a_wrong_address() { await scenarios("nonsense"); },
    async function a_wrong_argument() { await replay.step(null); },
    async function a_state_that_does_not_come() { await app.until(() => false, wrong); },
    async function a_conflict() { await lasting.close(); },
  ]) {
    const { stack, message, name } = await call().then(assert.fail, (error) => error);
    const [head, first] = stack.split("\n");
    assert.equal(head, `${name}: ${message}`);
    assert.match(first, new RegExp(`^ +at (async )?${call.name} \\(.*replay\\.test\\.mjs:\\d+`), stack);
  }
  const live = following(t, replay);
  await live.until(({ hello }) => hello);
  // The end of one subscription ends the waiting of both.
  const waiting = [async function one() { await app.until(() => false); }, async function other() { await app.until(() => false); }].map((call) => call());
  app.close();
  const stacks = (await Promise.allSettled(waiting)).map(({ reason }) => reason.stack);
  assert.match(stacks[0], /^Error: the subscription was closed\n +at one /);
  assert.match(stacks[1], /^Error: the subscription was closed\n +at other /);
  for (const call of [(limits) => app.until(() => false, limits), (limits) => live.command({ command: "ping" }, limits), (limits) => replay.command({ command: "play" }, limits)]) {
    const reason = new Error("enough");
    const { stack } = reason;
    await assert.rejects(call({ signal: AbortSignal.abort(reason) }), (error) => error === reason && error.stack === stack);
  }
});

test("a step begins once the subscriptions of the same object have begun", async (t) => {
  const replay = await opened(t);
  const app = following(t, replay);
  assert.equal((await replay.step("next:goal")).subscribers, 1);
  assert.equal(app.connection.state, "live");
});

test("a text is a scenario or a match, a number is a count, and what is neither is refused before it is sent", async (t) => {
  const server = await serve(t, "juv", "--paused");
  const replay = await openReplay(server.http, "var");
  assert.deepEqual((await replay.state()).matches.map(({ match }) => match), ["van-lar", "qui-bra"]);
  await replay.pause();
  const { n } = await replay.state();
  assert.equal((await replay.step(3)).to, n + 3);
  assert.deepEqual((await replay.state("van-lar")).state, (await replay.state({ match: "van-lar" })).state);
  for (const wrong of [undefined, null, true, NaN, 1.5, ["HT"], () => {}]) {
    const message = `step takes a position, a number of events, or { until, count, match, or }, not ${wrong}`;
    await assert.rejects(replay.step(wrong), { name: "TypeError", message });
  }
  await assert.rejects(replay.step("next:goal", 1), { name: "TypeError", message: "the options of step are an object such as { wait_for: 1 }, not 1" });
  await assert.rejects(replay.state(7), { name: "TypeError", message: 'the options of state are an object such as { match: "juv-nap" }, not 7' });
  await assert.rejects(openReplay(server.http, null), { name: "TypeError", message: 'the options of openReplay are an object such as { scenario: "juv" }, not null' });
  for (const wrong of ["x", null, () => {}]) {
    const message = `the options of subscribe are an object such as { ack: true }, not ${wrong === "x" ? '"x"' : wrong}`;
    assert.throws(() => replay.subscribe(wrong), { name: "TypeError", message });
  }
  assert.equal((await replay.state()).n, n + 3);
});

/** A server that answers as told, and its address. */
async function answering(t, answer) {
  const server = createServer(answer);
  onTestEnd(t, () => {
    server.closeAllConnections();
    server.close();
  });
  await once(server.listen(0, "127.0.0.1"), "listening");
  return `http://127.0.0.1:${server.address().port}`;
}

test("requests are settled by refusals, by servers that do not answer, and by what cannot be sent", async (t) => {
  const server = await serve(t, "juv", "--paused");
  await assert.rejects(openReplay(server.http, { scenario: "nope" }), (error) => error instanceof RequestError && error.code === "unknown_scenario" && error.status === 404);
  await assert.rejects(openReplay(server.http, { speed: 1n }), TypeError);
  await assert.rejects(replayAt(server.http, "main").command({ command: 1n }), TypeError);
  await server.stop();
  await assert.rejects(replayAt(server.http, "main").play(), /did not answer: .*ECONNREFUSED/);
  const silent = await answering(t, () => {});
  await assert.rejects(openReplay(silent, {}, { timeout: 20 }), { name: "TimeoutError", message: /within 0.02 s/ });
  await assert.rejects(replayAt(silent, "main", { timeout: 20 }).state(), { name: "TimeoutError" });
  await assert.rejects(replayAt(silent, "main").command({ command: "play" }, { signal: AbortSignal.timeout(20) }), { name: "TimeoutError" });
  const broken = await answering(t, (_, response) => response.writeHead(503).end("no room\n"));
  await assert.rejects(replayAt(broken, "main").tables(), { name: "RequestError", status: 503, message: /^http:.*\/table answered 503$/ });
});

/** The output of a Node program in a folder of its own, where the package is linked, and `ws` if it is named. */
async function program(t, code, packages) {
  const folder = mkdtempSync(join(tmpdir(), "touchline-client-"));
  onTestEnd(t, () => rmSync(folder, { recursive: true }));
  mkdirSync(join(folder, "node_modules"));
  symlinkSync(join(root, "clients/js"), join(folder, "node_modules/touchline"));
  for (const name of packages) symlinkSync(foreign(name), join(folder, "node_modules", name));
  writeFileSync(join(folder, "app.mjs"), code);
  // Later versions have a WebSocket, unless it is taken away.
  const flags = process.allowedNodeEnvironmentFlags.has("--experimental-websocket") ? ["--no-experimental-websocket"] : [];
  const child = spawn(process.execPath, [...flags, join(folder, "app.mjs")], { cwd: tmpdir() });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding("utf8").on("data", (text) => (output += text));
  const [code_] = await once(child, "close");
  return { output, code: code_ };
}

test("without a WebSocket the package ws is used, and the error names it", async (t) => {
  const server = await serve(t, "juv", "--paused");
  const code = (use) => `import { subscribe } from "touchline";\n${use.replace("WS", server.ws)}`;
  const read = code('const app = subscribe("WS");\nconsole.log((await app.until(({ hello }) => hello)).hello.title);\napp.close();');
  assert.deepEqual(await program(t, read, ["ws"]), { output: "Juventus 0-1 Napoli\n", code: 0 });
  const missing = await program(t, code('subscribe("WS");'), []);
  assert.match(missing.output, /Error: Node before version 22 has no WebSocket of its own: npm install ws\n/);
  assert.notEqual(missing.code, 0);
  const caught = "caught: Node before version 22 has no WebSocket of its own: npm install ws\n";
  for (const wait of ['replay.step("next:goal")', "app.until(({ hello }) => hello)"]) {
    const use = `import { openReplay } from "touchline";\nconst replay = await openReplay("${server.http}", "juv");\nconst app = replay.subscribe();\n`;
    assert.deepEqual(await program(t, `${use}await ${wait}.catch(({ message }) => console.log("caught:", message));`, []), { output: caught, code: 0 });
  }
  const told = await program(t, code('subscribe("WS", { connection: ({ state, reason }) => console.log(state, reason) });'), []);
  assert.deepEqual(told, { output: "refused Node before version 22 has no WebSocket of its own: npm install ws\n", code: 0 });
});
