// Servers and replays for tests: a test steps a paused replay of its own, and never sleeps.
import { startServer } from "./server-process.js";
import { answered, disposable, watched } from "./test-replay.js";
import { openReplay, replayAt } from "./touchline.js";

/** How long an abandoned replay stays on a server that outlives the tests. */
const SHARED_LINGER = "10m";
/** The time limit of the requests that check a server, in ms. */
const ANSWER_MS = 10_000;

/**
 * Promises a server for tests: the one that TOUCHLINE_URL names, else a new one, with `args` as after `touchline serve`. `binary`
 * is the program, in place of TOUCHLINE_BINARY and of the installed one. `signal` stops it.
 *
 * Returns `{ url, ws, token, pid, open(options), replay(id), close() }`. `open` promises a replay of a scenario, or with these fields,
 * paused unless told otherwise, and `replay` is one that exists. A server of its own stops with `close()`, and with this process.
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
  return disposable({
    url,
    ws: `${url.replace(/^http/, "ws")}/ws`,
    token,
    pid,
    async open(options = {}) {
      const fields = typeof options === "string" ? { scenario: options } : options;
      const scenario = fields.lines === undefined ? { scenario: "juv" } : {};
      const request = () => openReplay(url, { ...scenario, paused: true, linger, ...fields }, { token });
      return watched(await answered({ name: "open", args: [options], death }, request), death);
    },
    replay: (id, settings) => watched(replayAt(url, id, { token, ...settings }), death),
    close: stop,
  });
}

/** Why a server cannot be reached, by the code or the message that Node gives. */
const CONNECTION_ERRORS = {
  ECONNREFUSED: "connection refused",
  ENOTFOUND: "there is no such host",
  ECONNRESET: "the connection was closed",
  "bad port": "fetch connects to no server at this port",
};

/** The root and the token of the server that TOUCHLINE_URL names, once it is known to be one. */
async function checkedServer(address) {
  // Without the token, and without a name and a password.
  const shown = address.replace(/\?.*/, "").replace(/\/\/[^/]*@/, "//");
  const wrong = (why) => new Error(`TOUCHLINE_URL=${shown}: ${why}`);
  if (!/^https?:/.test(address) || !URL.canParse(address)) throw wrong("not an address such as http://127.0.0.1:8089");
  const { origin, pathname, searchParams } = new URL(address);
  const url = origin + pathname.replace(/\/+$/, "");
  const token = searchParams.get("token") ?? process.env.TOUCHLINE_TOKEN ?? null;
  const get = async (path) => {
    const headers = token ? { Authorization: `Bearer ${token}` } : {};
    try {
      // The commands of tests would not follow a redirect.
      return await fetch(url + path, { headers, redirect: "manual", signal: AbortSignal.timeout(ANSWER_MS) });
    } catch (error) {
      if (error.name === "TimeoutError") throw wrong(`no answer to ${path} within ${ANSWER_MS / 1000} s`);
      const { code = "", message } = error.cause ?? error;
      throw wrong(code.startsWith("ERR_SSL") ? "it does not answer in TLS" : CONNECTION_ERRORS[code || message] ?? message.split("\n")[0]);
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
