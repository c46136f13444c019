// The connection of the public client, over a mocked WebSocket and a mocked clock.
import assert from "node:assert/strict";
import { once } from "node:events";
import { mock, test } from "node:test";

import { replayAt, RequestError, subscribe } from "../../clients/js/touchline.js";

/** The sockets opened so far, the latest last. */
let sockets = [];

class Socket {
  static OPEN = 1;

  constructor(address) {
    Object.assign(this, { address: new URL(address), readyState: Socket.OPEN, sent: [] });
    sockets.push(this);
  }

  send(text) {
    this.sent.push(JSON.parse(text));
  }

  close() {
    this.readyState = 3;
  }

  receive(...frames) {
    for (const frame of frames) this.onmessage({ data: JSON.stringify(frame) });
  }

  end(code = 1006, reason = "") {
    this.readyState = 3;
    // Node's `ws` throws it if nothing listens.
    if (code === 1006) this.onerror({ type: "error" });
    this.onclose({ code, reason });
  }
}

const AT = Date.parse("2026-11-22T06:00:00Z");
const wall = (ms) => new Date(AT + ms).toISOString();
const hello = (more = {}) => ({
  kind: "hello", run: "r", epoch: 1, head: 2, resumed: null, matches: [], playback: { state: "playing", at: 0, speed: 60, wall: wall(0) }, ...more,
});
const snapshot = (match, home, away, status = "first_half") => ({ kind: "snapshot", match, n: 2, seq: 2, state: { status, score: { home, away } } });
const tick = (n, ms) => ({ kind: "tick", n, at: 0, wall: wall(ms), matches: {} });

/** Subscribes to a stream that this test plays, until it is over; `options` are those of `subscribe`. */
function following(t, options) {
  sockets = [];
  const had = globalThis.WebSocket;
  globalThis.WebSocket = Socket;
  mock.timers.enable({ apis: ["setTimeout", "setInterval", "Date"], now: AT });
  const lines = [];
  const stream = subscribe("ws://127.0.0.1:1/ws?match=a", { connection: (line) => lines.push(line.state), ...options });
  t.after(() => {
    stream.close();
    mock.timers.reset();
    globalThis.WebSocket = had;
  });
  const wind = (ms) => {
    // In small steps, so that timers on the way run at their own time.
    for (let wound = 0; wound < ms; wound += 50) mock.timers.tick(Math.min(50, ms - wound));
  };
  return { stream, lines, last: () => sockets.at(-1), wind };
}

test("after a lost connection it resumes, and reports the events caught up", (t) => {
  const { stream, lines, last, wind } = following(t);
  last().receive(hello(), tick(2, 0));
  last().end();
  assert.equal(stream.connection.attempt, 1);
  wind(1_000);
  assert.equal(sockets.length, 2);
  assert.deepEqual([last().address.searchParams.get("since"), last().address.searchParams.get("match")], ["r.1.2", "a"]);
  last().receive(hello({ resumed: "ok", head: 7 }));
  assert.deepEqual([stream.connection.state, stream.connection.caughtUp], ["live", 5]);
  assert.deepEqual(lines, ["live", "lost", "live"]);
});

for (const [what, frames] of [["at once", []], ["after their hello", [hello(), snapshot("a", 0, 0)]]]) {
  test(`retries of connections that break ${what} have growing delays, up to some seconds`, (t) => {
    const { last, wind } = following(t);
    const retry = () => {
      const before = sockets.length;
      last().end();
      let waited = 0;
      for (; sockets.length === before; waited += 50) wind(50);
      return waited;
    };
    const waits = [];
    for (let attempt = 0; attempt < 12; attempt += 1) {
      last().receive(...frames);
      waits.push(retry());
    }
    assert.ok(waits[0] < 400 && waits[11] > 5_000 && Math.max(...waits) <= 10_050, waits.join(" "));
    last().receive(hello(), tick(2, 0));
    assert.ok(retry() < 400);
  });
}

test("now follows the server's clock, also before the first tick after reconnecting", (t) => {
  const { stream, last, wind } = following(t);
  // This machine's clock is an hour ahead.
  last().receive(hello(), tick(2, -3_600_000));
  assert.equal(stream.now(), AT - 3_600_000);
  last().end();
  wind(1_000);
  last().receive(hello({ resumed: "ok" }));
  assert.equal(stream.now(), AT + 1_000 - 3_600_000);
  // Meanwhile the clock was set further ahead.
  last().receive(tick(2, 1_000 - 7_200_000));
  assert.equal(stream.now(), AT + 1_000 - 7_200_000);
});

for (const [state, staleAfter, lostAfter] of [["playing", 6_500, 8_500], ["paused", 9_500, 15_500]]) {
  test(`silence while ${state} is reported as stale, and longer silence reconnects`, (t) => {
    const { stream, last, wind } = following(t);
    last().receive(hello({ playback: { state } }), tick(2, 0));
    wind(staleAfter - 1_000);
    assert.equal(stream.connection.state, "live");
    wind(1_000);
    assert.equal(stream.connection.state, "stale");
    last().receive(tick(2, staleAfter));
    assert.equal(stream.connection.state, "live");
    wind(lostAfter - 1_000);
    assert.equal(stream.connection.state, "stale");
    wind(1_000);
    assert.equal(stream.connection.state, "lost");
    wind(500);
    assert.deepEqual([sockets.length, last().address.searchParams.get("since")], [2, "r.1.2"]);
  });
}

test("a message that is not JSON changes nothing, and is received again by resuming before it", (t) => {
  const { stream, last, wind } = following(t);
  last().receive(hello(), tick(2, 0));
  const broken = last();
  broken.onmessage({ data: '{"kind":"event","match":"a","n":3,' });
  broken.receive(tick(4, 100));
  assert.deepEqual([stream.connection.state, broken.readyState, stream.state.n], ["lost", 3, 2]);
  wind(500);
  assert.deepEqual([sockets.length, last().address.searchParams.get("since")], [2, "r.1.2"]);
});

for (const [code, state] of [[1000, "over"], [4504, "refused"]]) {
  test(`${state} is final, and leaves no timers running`, (t) => {
    const { stream, last, wind } = following(t);
    last().receive(hello(), { kind: "error", code: "unknown_replay", message: "unknown replay" });
    last().end(code, "so it is");
    assert.deepEqual([stream.connection.state, stream.connection.reason], [state, "so it is"]);
    stream.again();
    wind(600_000);
    assert.deepEqual([sockets.length, stream.connection.state], [1, state]);
    if (state === "refused") assert.equal(stream.connection.error.message, "unknown replay");
  });
}

/** What settles a promise, by the time that pending microtasks have run. */
const settled = async (promise) => {
  let outcome = "pending";
  promise.then((value) => (outcome = value), (error) => (outcome = error));
  for (let turn = 0; turn < 10; turn += 1) await null;
  return outcome;
};

const refused = { kind: "error", code: "unknown_replay", message: "there is no replay", accepted: ["main"] };

for (const [what, end, expected, limits] of [
  ["a reply", ({ last, id }) => last().receive({ kind: "reply", id, ok: true }), { kind: "reply", id: 1, ok: true }],
  ["an error", ({ last, id }) => last().receive({ ...refused, id }), /there is no replay/],
  ["a lost connection", ({ last }) => last().end(), /was lost/],
  ["an unreadable message", ({ last }) => last().onmessage({ data: "{" }), /was lost/],
  ["a refused connection", ({ last }) => [last().receive(refused), last().end(4504, "no")], /there is no replay/],
  ["a refusal without a reason in a frame", ({ last }) => last().end(4506, "the replay was closed"), /the replay was closed/],
  ["the end of the stream", ({ last }) => last().end(1000, "all was sent"), /was lost/],
  ["close", ({ stream }) => stream.close(), /subscription was closed/],
  ["the time limit", ({ wind }) => wind(10_000), /did not answer within 10 s/],
  ["a time limit of its own", ({ wind }) => wind(500), /did not answer within 0.5 s/, { timeout: 500 }],
  ["its signal", ({ controller }) => controller.abort(new Error("enough")), /enough/],
]) {
  test(`a command is settled by ${what}`, async (t) => {
    const played = following(t);
    const controller = new AbortController();
    played.last().receive(hello({ playback: { state: "paused" } }));
    const promise = played.stream.command({ command: "pause" }, { signal: controller.signal, ...limits });
    const { id } = played.last().sent[0];
    assert.equal(await settled(promise), "pending");
    end({ ...played, id, controller });
    const outcome = await settled(promise);
    if (expected instanceof RegExp) assert.match(outcome.message, expected);
    else assert.deepEqual(outcome, expected);
    if (what === "an error") assert.deepEqual([outcome instanceof RequestError, outcome.code, outcome.accepted], [true, "unknown_replay", ["main"]]);
  });
}

test("a command that cannot be sent is rejected, and each has an id of its own", async (t) => {
  const { stream, last } = following(t, { timeout: 100 });
  await assert.rejects(stream.command({ command: "play" }, { signal: AbortSignal.abort() }), { name: "AbortError" });
  await assert.rejects(stream.command({ command: "ping", payload: 1n }), TypeError);
  assert.deepEqual(last().sent, []);
  const both = [stream.speed(5, { by: "anna" }), stream.command({ command: "play" })];
  assert.deepEqual(last().sent.map(({ id, ...command }) => command), [{ command: "speed", to: 5, by: "anna" }, { command: "play" }]);
  const [one, two] = last().sent.map(({ id }) => id);
  assert.notEqual(one, two);
  last().receive(hello(), { kind: "reply", id: two, ok: true, of: "two" }, { kind: "reply", id: one, ok: true, of: "one" });
  assert.deepEqual((await Promise.all(both)).map(({ of }) => of), ["one", "two"]);
  last().readyState = 0;
  await assert.rejects(stream.command({ command: "play" }), /no connection/);
  last().end();
  await assert.rejects(stream.command({ command: "play" }), /no connection/);
});

// Acknowledgements.

const acks = ({ sent }) => sent.filter(({ command }) => command === "ack").map(({ n, epoch }) => `${epoch}.${n}`);
const turns = () => settled(new Promise(() => {}));

test("with ack, events are acknowledged after change, those that came together at once", async (t) => {
  const seen = [];
  const { last, wind } = following(t, { ack: true, change: ({ n }) => seen.push([n, acks(last()).length]) });
  last().receive(hello(), snapshot("a", 0, 0), tick(2, 0));
  await turns();
  assert.deepEqual(acks(last()), []);
  last().receive(event(3));
  await turns();
  last().receive(event(4), event(5), tick(5, 0));
  assert.deepEqual([seen.at(-1), acks(last())], [[5, 1], ["1.3"]]);
  await turns();
  // One that changes nothing is awaited by a barrier too.
  last().receive({ ...event(6), id: null });
  await turns();
  assert.deepEqual(acks(last()), ["1.3", "1.5", "1.6"]);
  last().receive({ kind: "playback", state: "paused", run: "r", epoch: 2, cause: "seek" }, snapshot("a", 0, 0), event(3));
  await turns();
  assert.equal(acks(last()).at(-1), "2.3");
  // What was not acknowledged before the connection was lost, is not awaited on the next.
  last().receive(event(4));
  last().end();
  wind(500);
  last().receive(hello({ epoch: 2, resumed: "ok" }));
  await turns();
  assert.deepEqual(acks(last()), []);
});

test("an acknowledgement waits for the promises of this change and all before, and fails with them", async (t) => {
  const rendering = new Map();
  const change = ({ n }) => new Promise((done, fail) => rendering.set(n, { done, fail }));
  const { last } = following(t, { ack: true, change });
  last().receive(hello(), event(3), event(4), event(5));
  rendering.get(4).done();
  await turns();
  assert.deepEqual(acks(last()), []);
  rendering.get(3).done();
  await turns();
  assert.deepEqual(acks(last()), ["1.4"]);
  const unhandled = once(process, "unhandledRejection");
  const own = process.rawListeners("unhandledRejection").slice(0, -1);
  own.forEach((listener) => process.off("unhandledRejection", listener));
  rendering.get(5).fail(new Error("a view's own"));
  const [error] = await unhandled;
  own.forEach((listener) => process.on("unhandledRejection", listener));
  assert.deepEqual([error.message, acks(last())], ["a view's own", ["1.4"]]);
  last().receive(event(6));
  rendering.get(6).done();
  await turns();
  assert.deepEqual(acks(last()), ["1.4", "1.6"]);
});

test("an error in a callback does not prevent the others", (t) => {
  sockets = [];
  const had = globalThis.WebSocket;
  globalThis.WebSocket = Socket;
  let changes = 0;
  const stream = subscribe("ws://127.0.0.1:1/ws", {
    change: () => (changes += 1),
    frame: () => {
      throw new Error("a view's own");
    },
  });
  t.after(() => {
    stream.close();
    globalThis.WebSocket = had;
  });
  assert.throws(() => sockets[0].receive(hello()), /a view's own/);
  assert.deepEqual([changes, stream.state.hello.run], [1, "r"]);
});

// What an app shows.

let count = 0;
const event = (n, more) => ({ kind: "event", match: "a", n, seq: n, id: `e${(count += 1)}`, rev: 0, op: "add", type: "pass", status: "first_half", period: 1, score: { home: 0, away: 0 }, ...more });
const scores = ({ sent }) => sent.filter(({ command }) => command === "shows").map(({ match, score, n }) => `${match} ${score} ${n}`);

test("with shows, each match is reported once per connection, and when its score or status changes", (t) => {
  const { stream, last, wind } = following(t, { shows: true });
  const goal = { type: "goal", side: "away", score: { home: 0, away: 1 } };
  last().receive(hello(), snapshot("a", 0, 0), snapshot("b", 2, 1), tick(2, 0), event(3), tick(3, 1_000));
  assert.deepEqual(last().sent, [{ command: "shows", match: "a", score: "0-0", n: 2 }, { command: "shows", match: "b", score: "2-1", n: 2 }]);
  last().receive(event(4, goal), event(5, { score: goal.score }), tick(5, 2_000), event(6, { status: "half_time", score: goal.score }));
  // A tick that corrects the score.
  last().receive({ ...tick(6, 3_000), matches: { b: { score: { home: 2, away: 2 } } } });
  assert.deepEqual(scores(last()).slice(2), ["a 0-1 4", "a 0-1 6", "b 2-2 6"]);

  last().end();
  wind(500);
  assert.deepEqual(last().sent, []);
  last().receive(hello({ resumed: "ok" }), event(7, { score: { home: 1, away: 1 } }));
  assert.deepEqual(scores(last()), ["a 0-1 6", "b 2-2 6", "a 1-1 7"]);
  // A new epoch.
  last().receive({ kind: "playback", state: "playing", run: "r", epoch: 2, cause: "seek" }, snapshot("a", 0, 0), tick(1, 9_000));
  assert.deepEqual(scores(last()).slice(3), ["a 0-0 2"]);
  stream.close();
  last().receive(event(8, goal));
  assert.equal(last().sent.length, 4);
});

test("shows are sent after the callback that renders them, and not after one that fails", (t) => {
  let shownThen = [];
  let isBroken = false;
  const { last } = following(t, {
    shows: true,
    change: ({ matches }) => {
      shownThen.push([matches.a?.score.home, scores(last()).length]);
      if (isBroken) throw new Error("a view's own");
    },
  });
  last().receive(hello(), snapshot("a", 0, 0));
  assert.deepEqual([shownThen.at(-1), scores(last())], [[0, 0], ["a 0-0 2"]]);
  isBroken = true;
  const goal = event(3, { type: "goal", side: "home", score: { home: 1, away: 0 } });
  assert.throws(() => last().receive(goal), /a view's own/);
  assert.deepEqual(scores(last()), ["a 0-0 2"]);
  isBroken = false;
  last().receive(tick(3, 1_000));
  assert.deepEqual([shownThen.at(-1), scores(last())], [[1, 1], ["a 0-0 2", "a 1-0 3"]]);
});

test("what the app says it shows is sent, the latest again on each connection, and nothing of it throws", (t) => {
  const { stream, last, wind } = following(t);
  assert.equal(stream.shows({ match: "a", score: "0-0" }), undefined);
  stream.shows({ match: "b", score: { home: 1, away: 0 } });
  stream.shows({ match: "a", score: "0-1", clock: "89:07", n: 83 });
  assert.deepEqual(last().sent, []);
  last().receive(hello(), snapshot("a", 5, 5));
  const latest = { command: "shows", match: "a", score: "0-1", clock: "89:07", n: 83 };
  const other = { command: "shows", match: "b", score: "1-0" };
  assert.deepEqual(last().sent, [latest, other]);
  const next = { ...latest, score: "0-2", n: 84 };
  stream.shows(next);
  assert.deepEqual(last().sent.slice(2), [next]);
  last().end();
  stream.shows({ ...next, score: "0-3" });
  wind(500);
  last().receive(hello({ resumed: "ok" }));
  assert.deepEqual(last().sent, [{ ...next, score: "0-3" }, other]);
  const circle = {};
  circle.circle = circle;
  for (const strange of [undefined, null, 7, "0-1", {}, { match: 1n, score: circle, clock: circle, n: NaN }, circle]) stream.shows(strange);
  stream.close();
  const { length } = last().sent;
  stream.shows(next);
  assert.equal(last().sent.length, length);
});

test("a server that does not know the command refuses it once per connection", (t) => {
  const { stream, lines, last, wind } = following(t, { shows: true });
  const refusal = { kind: "error", code: "unknown_command", message: 'unknown command "shows"' };
  last().receive(hello(), snapshot("a", 0, 0), refusal, snapshot("b", 0, 0), tick(2, 0));
  stream.shows({ match: "a", score: "0-0" });
  last().receive(event(3, { type: "goal", side: "home", score: { home: 1, away: 0 } }));
  assert.deepEqual([scores(last()), stream.connection.state, stream.state.matches.a.score.home], [["a 0-0 2"], "live", 1]);
  last().end();
  wind(500);
  last().receive(hello({ resumed: "ok" }), refusal);
  assert.equal(scores(last())[0], "a 0-0 undefined");
  // The refusal of a command is not the reason why a connection ends.
  last().end(4506, "the replay was closed");
  assert.deepEqual([lines, stream.connection.error], [["live", "lost", "live", "refused"], null]);
});

test("an address that cannot be made ends the subscription, and nothing waits for it", async (t) => {
  const addresses = ["ws://127.0.0.1:1/ws"];
  const { last, wind } = following(t);
  const states = [];
  const stream = subscribe(() => addresses.shift(), { connection: ({ state }) => states.push(state) });
  t.after(() => stream.close());
  const waiting = assert.rejects(stream.until(() => false), /Invalid URL/);
  last().end();
  wind(1_000);
  await waiting;
  assert.deepEqual(states, ["lost", "refused"]);
  assert.throws(() => subscribe("nonsense"), /Invalid URL/);
});

for (const [what, begin] of [
  ["has begun", ({ last }) => last().receive(hello())],
  ["has been lost", ({ last }) => last().end()],
  ["is refused", ({ last }) => last().end(4504, "no")],
  ["is closed", ({ app }) => app.close()],
]) {
  test(`a step waits until a subscription of the same object ${what}, and not again`, async (t) => {
    const { last } = following(t);
    const requests = [];
    t.mock.method(globalThis, "fetch", async (address, { body }) => {
      requests.push(JSON.parse(body).command);
      return { ok: true, json: async () => ({ ok: true }) };
    });
    const replay = replayAt("http://127.0.0.1:1", "main");
    const app = replay.subscribe();
    t.after(() => app.close());
    const step = replay.step("next:goal");
    assert.equal(await settled(replay.pause()).then(({ ok }) => ok), true);
    assert.equal(await settled(step), "pending");
    begin({ app, last });
    assert.deepEqual(await step, { ok: true });
    await replay.step(1);
    assert.deepEqual(requests, ["pause", "step", "step"]);
  });
}

test("a step waits for the beginning of a subscription up to its time limit", async (t) => {
  const { wind } = following(t);
  const replay = replayAt("http://127.0.0.1:1", "main", { timeout: 500 });
  const app = replay.subscribe();
  t.after(() => app.close());
  const step = replay.step("next:goal");
  wind(500);
  assert.equal((await settled(step)).message, "the subscription did not begin within 0.5 s");
});
