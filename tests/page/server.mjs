// The real program, started on a free port and stopped at the end of the test.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";

import { root } from "./chromium.mjs";
import { onTestEnd } from "./cleanup.mjs";

const binary = process.env.TOUCHLINE_BIN ?? join(root, "target/debug/touchline");

// Also when this process is terminated.
const running = new Set();
process.on("exit", () => running.forEach((child) => child.kill("SIGKILL")));
process.once("SIGTERM", () => process.exit(143));

class Server {
  /** The addresses of its ready line: `http://127.0.0.1:PORT`, `ws://127.0.0.1:PORT/ws`. */
  http;
  ws;
  #args;
  #child;
  #log = "";

  constructor(args) {
    this.#args = args;
  }

  async start(port = 0) {
    if (!existsSync(binary)) throw new Error(`there is no ${binary}: run cargo build`);
    const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith("TOUCHLINE_")));
    const where = this.#args.includes("--listen") ? [] : ["--port", String(port)];
    const child = spawn(binary, [...this.#args, ...where], { env, stdio: ["ignore", "pipe", "pipe"] });
    running.add(child);
    this.#child = child;
    const gone = once(child, "close").finally(() => running.delete(child));
    child.stderr.setEncoding("utf8").on("data", (text) => (this.#log += text));
    const lines = createInterface({ input: child.stdout });
    const [line] = await Promise.race([once(lines, "line"), gone.then(() => [""])]);
    if (!line) throw new Error(`touchline ${this.#args.join(" ")} did not start:\n${this.#log}`);
    ({ http: this.http, ws: this.ws } = JSON.parse(line));
    return this;
  }

  /** Stops it, gracefully unless another signal is named; resolves when it has exited. */
  async stop(signal = "SIGTERM") {
    const child = this.#child;
    if (!running.has(child)) return;
    const gone = once(child, "close");
    child.kill(signal);
    await gone;
  }

  /** Stops it and starts it again on the same port. */
  async restart(signal) {
    await this.stop(signal);
    await this.start(new URL(this.http).port);
  }

  /** Sends a playback command, an object or a text, and returns the response. */
  command(body, replay = "main") {
    return this.#post(`/api/replays/${replay}/command`, body);
  }

  /** Opens a replay, and returns the response: `id`, `token`, `ws`, ... */
  open(body) {
    return this.#post("/api/replays", body);
  }

  async #post(path, body) {
    const text = typeof body === "string" ? body : JSON.stringify(body);
    // A kept-alive connection would be dead after a restart.
    const headers = { connection: "close" };
    const response = await fetch(this.http + path, { method: "POST", body: text, headers });
    const answer = await response.text();
    if (!response.ok) throw new Error(`POST ${path} ${text}: ${response.status} ${answer}`);
    return JSON.parse(answer);
  }

  /** Its output on standard error. */
  log() {
    return this.#log && `log of the server:\n${this.#log}`;
  }
}

/** Starts the program with these arguments, and returns when it is ready. */
export async function serve(t, ...args) {
  const server = new Server(args);
  onTestEnd(
    t,
    () => server.stop("SIGKILL"),
    () => server.log(),
  );
  return server.start();
}
