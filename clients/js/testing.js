// Servers and replays for tests: a test steps a paused replay of its own, and never sleeps.
import { inspect } from "node:util";

import { openReplay, replayAt, RequestError } from "./touchline.js";
import { startServer } from "./server-process.js";

/** How long an abandoned replay stays on a server that outlives the tests. */
const SHARED_LINGER = "10m";
/** The time limit of the requests that check a server, in ms. */
const ANSWER_MS = 10_000;

/**
 * Promises a server for tests: the one that TOUCHLINE_URL names, else a new one, with `args` as after `touchline serve`. `binary`
 * is the program, unless TOUCHLINE_BINARY is set. `signal` stops it.
 *
 * Returns `{ url, ws, token, pid, open(options), replay(id), close() }`. `open` promises a replay of `options.scenario`, paused
 * unless told otherwise, and `replay` is one that exists. A server of its own stops with `close()`, and with this process.
 */
export async function testServer({ args = [], binary, signal } = {}) {
  signal?.throwIfAborted();
  const address = process.env.TOUCHLINE_URL;
  if (address) {
    const { url, token } = await checkedServer(address);
    return serverAt(url, { token, linger: SHARED_LINGER, death: async () => undefined, stop: async () => {} });
  }
  const { url, pid, death, stop } = await startServer(args, binary, signal);
  signal?.addEventListener("abort", stop, { once: true });
  const stopOnce = () => {
    signal?.removeEventListener("abort", stop);
    return stop();
  };
  return serverAt(url, { pid, token: null, linger: "forever", death, stop: stopOnce });
}

function serverAt(url, { pid = null, token, linger, death, stop }) {
  /** Promises what a request does. If the server has ended, the error says so rather than that a connection was lost. */
  async function answered(name, of, request, args) {
    try {
      return await request(...args);
    } catch (error) {
      // A refusal comes from a server that runs.
      const how = error instanceof RequestError ? undefined : await death();
      if (!how) throw error;
      throw new Error(`${how}; no answer to ${name}(${args.map(inOneLine).join(", ")})${of}`);
    }
  }

  function watched(replay) {
    const close = async () => {
      try {
        await replay.close();
      } catch (error) {
        // A server that is gone has closed it. It may also be late, or refuse.
        if (error instanceof RequestError || error.name === "TimeoutError") throw error;
      }
    };
    const members = Object.entries(replay).map(([name, member]) => {
      const isRequest = typeof member === "function" && name !== "subscribe";
      return [name, isRequest ? (...args) => answered(name, ` of replay ${replay.id}`, member, args) : member];
    });
    return disposable({ ...Object.fromEntries(members), close });
  }

  return disposable({
    url,
    ws: `${url.replace(/^http/, "ws")}/ws`,
    token,
    pid,
    async open(options = {}) {
      const scenario = options.lines === undefined ? { scenario: "juv" } : {};
      const request = (given) => openReplay(url, { ...scenario, paused: true, linger, ...given }, { token });
      return watched(await answered("open", "", request, [options]));
    },
    replay: (id, settings) => watched(replayAt(url, id, { token, ...settings })),
    close: stop,
  });
}

const inOneLine = (value) => inspect(value, { breakLength: Infinity, compact: true, depth: 1, maxStringLength: 60, maxArrayLength: 3 });

/** Adds `Symbol.asyncDispose`, which `await using` calls, where it exists. */
const disposable = (object) => (Symbol.asyncDispose ? { ...object, [Symbol.asyncDispose]: object.close } : object);

const CONNECTION_ERRORS = { ECONNREFUSED: "connection refused", ENOTFOUND: "there is no such host", ECONNRESET: "the connection was closed" };

/** The root and the token of the server that TOUCHLINE_URL names, once it is known to be one. */
async function checkedServer(address) {
  // Without the token.
  const wrong = (why) => new Error(`TOUCHLINE_URL=${address.replace(/\?.*/, "")}: ${why}`);
  if (!/^https?:/.test(address) || !URL.canParse(address)) throw wrong("not an address such as http://127.0.0.1:8089");
  const { origin, pathname, searchParams } = new URL(address);
  const url = origin + pathname.replace(/\/+$/, "");
  const token = searchParams.get("token") ?? process.env.TOUCHLINE_TOKEN ?? null;
  const get = async (path) => {
    const headers = token ? { Authorization: `Bearer ${token}` } : {};
    try {
      return await fetch(url + path, { headers, signal: AbortSignal.timeout(ANSWER_MS) });
    } catch (error) {
      throw wrong(CONNECTION_ERRORS[error.cause?.code] ?? error.cause?.message ?? error.message);
    }
  };
  const listed = await get("/api/scenarios");
  const body = await listed.json().catch(() => null);
  if (!Array.isArray(body?.scenarios)) {
    const why = body?.kind === "error" ? body.message : "not a Touchline server";
    throw wrong(`answered ${listed.status} to /api/scenarios: ${why}`);
  }
  const { status } = await get("/readyz");
  if (status !== 200) throw wrong(`answered ${status} to /readyz: it is not ready`);
  return { url, token };
}
