// The connection of the public client, over a mocked WebSocket and a mocked clock.
import assert from "node:assert/strict";
import { mock, test } from "node:test";

import { subscribe } from "../../src/server/dashboard/page/client.js";

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
    this.onclose({ code, reason });
  }
}

const AT = Date.parse("2026-11-22T06:00:00Z");
const wall = (ms) => new Date(AT + ms).toISOString();
const hello = (more = {}) => ({
  kind: "hello", run: "r", epoch: 1, head: 2, resumed: null, matches: [], playback: { state: "playing", at: 0, speed: 60, wall: wall(0) }, ...more,
});
const tick = (n, ms) => ({ kind: "tick", n, at: 0, wall: wall(ms), matches: {} });

/** Subscribes to a stream that this test plays, until it is over. */
function following(t) {
  sockets = [];
  const had = globalThis.WebSocket;
  globalThis.WebSocket = Socket;
  mock.timers.enable({ apis: ["setTimeout", "setInterval", "Date"], now: AT });
  const lines = [];
  const stream = subscribe("ws://127.0.0.1:1/ws?match=a", { connection: (line) => lines.push(line.state) });
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
  wind(10_000);
  assert.equal(sockets.length, 2);
  assert.deepEqual([last().address.searchParams.get("since"), last().address.searchParams.get("match")], ["r.1.2", "a"]);
  last().receive(hello({ resumed: "ok", head: 7 }));
  assert.deepEqual([stream.connection.state, stream.connection.caughtUp], ["live", 5]);
  assert.deepEqual(lines, ["live", "lost", "live"]);
});

test("retries have growing delays, up to some seconds", (t) => {
  const { last, wind } = following(t);
  const waits = [];
  for (let attempt = 0; attempt < 12; attempt += 1) {
    const before = sockets.length;
    last().end();
    let waited = 0;
    for (; sockets.length === before; waited += 50) wind(50);
    waits.push(waited);
  }
  assert.ok(waits[0] < 400 && waits[11] > 5_000 && Math.max(...waits) <= 10_050, waits.join(" "));
});

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

test("silence is reported as stale, and longer silence reconnects", (t) => {
  const { stream, last, wind } = following(t);
  last().receive(hello(), tick(2, 0));
  wind(5_500);
  assert.equal(stream.connection.state, "live");
  wind(1_000);
  assert.equal(stream.connection.state, "stale");
  last().receive(tick(2, 6_500));
  assert.equal(stream.connection.state, "live");
  wind(20_000);
  assert.equal(sockets.length, 2);
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

test("each command gets its own reply, and is rejected when the connection is lost", async (t) => {
  const { stream, last } = following(t);
  last().receive(hello());
  const [one, two, three] = ["pause", "sek", "play"].map((command) => stream.command({ command }));
  const ids = last().sent.map(({ id }) => id);
  assert.equal(new Set(ids).size, 3);
  last().receive({ kind: "error", id: ids[1], code: "unknown_command", message: "did you mean seek?" }, { kind: "reply", id: ids[0], ok: true });
  assert.equal((await one).ok, true);
  await assert.rejects(two, { message: "did you mean seek?", code: "unknown_command" });
  last().end();
  await assert.rejects(three, /was lost/);
  await assert.rejects(stream.command({ command: "play" }), /no connection/);
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
