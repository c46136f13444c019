// A server in a process of its own, which never outlives this one: it stops when its standard input ends.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { basename } from "node:path";
import { createInterface } from "node:readline";

import { findBinary } from "./binary.js";

/** Less than the limit of a fixture in Playwright, 30 s, whose message would not say what is late. */
const START_MS = 20_000;
/** The time for a graceful shutdown. */
const STOP_MS = 5_000;
/** A lost connection may be seen this long before the end of the process that it led to. */
const END_MS = 1_000;
/** The end of standard error that is kept for messages, in characters. */
const LOG_TAIL = 4_096;

const running = new Set();
process.on("exit", () => running.forEach(kill));

/** Kills a program and what it has started, such as the program that a script runs. */
function kill(child) {
  try {
    process.kill(process.platform === "win32" ? child.pid : -child.pid, "SIGKILL");
  } catch {
    // It has ended.
  }
}

/** Promises the value of `promise`, or `undefined` after `ms`. */
async function within(ms, promise) {
  let timer;
  const late = new Promise((resolve) => (timer = setTimeout(resolve, ms)));
  return Promise.race([promise, late]).finally(() => clearTimeout(timer));
}

/** Settings of a surrounding server, as in a shell that runs one, do not apply to this one. */
function environment() {
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith("TOUCHLINE_") || name === "TOUCHLINE_LOG"));
}

/** Starts `touchline serve` with these arguments, on a free port unless they name one, and promises it once it is ready. */
export async function startServer(args, binary, signal) {
  if (!Array.isArray(args)) throw new TypeError(`args: it is a list such as ["juv", "--paused"], not ${JSON.stringify(args)}`);
  const path = findBinary(binary);
  const where = args.some((arg) => /^--(port|listen)(=|$)/.test(arg)) ? [] : ["--port", "0"];
  const command = [basename(path), "serve", ...args].join(" ");
  // In a group of its own, so that Ctrl-C reaches the test runner only, and the tests can end before their server.
  const child = spawn(path, ["serve", ...args, ...where, "--exit-with-stdin"], { env: environment(), detached: true, windowsHide: true });
  let log = "";
  child.stderr.setEncoding("utf8").on("data", (text) => (log = (log + text).slice(-LOG_TAIL)));
  child.stdin.on("error", () => {
    // It has ended.
  });
  running.add(child);
  const lastLine = () => (log ? `, its last line was: ${log.trimEnd().split("\n").at(-1)}` : "");
  /** How the process ended. */
  const ended = new Promise((resolve) => {
    child.once("error", (error) => resolve(`could not be started: ${error.message}`));
    child.once("close", (code, by) => resolve(`${by ? `was ended by ${by}` : `ended with exit code ${code}`}${lastLine()}`));
  }).finally(() => running.delete(child));

  async function stop() {
    child.stdin.end();
    if (!(await within(STOP_MS, ended))) kill(child);
    await within(STOP_MS, ended);
  }

  /** Without a time for a shutdown. What is not Touchline may leave processes that hold its pipes, and would keep this process alive. */
  async function abandon() {
    kill(child);
    await within(END_MS, ended);
    for (const stream of [child.stdin, child.stdout, child.stderr]) stream.destroy();
    child.unref();
  }

  const line = await within(START_MS, Promise.race([once(createInterface({ input: child.stdout }), "line").then(([text]) => text), ended.then(() => null)]));
  if (line === null) throw new Error(`${[path, "serve", ...args].join(" ")} ${await ended}`);
  const ready = readReadyLine(line);
  if (!ready) {
    await abandon();
    const what = line === undefined ? `was not ready within ${START_MS / 1000} s` : `is not Touchline: it began with ${JSON.stringify(line)}`;
    throw new Error(`${path}: ${what}`);
  }
  if (signal?.aborted) {
    await stop();
    throw signal.reason;
  }
  // A forgotten server does not keep this process alive.
  for (const handle of [child, child.stdin, child.stdout, child.stderr]) handle.unref();
  return {
    url: ready.http,
    pid: child.pid,
    stop,
    /** Promises how it ended, if it has: `touchline serve juv (pid 7) was ended by SIGKILL: ...`. */
    async death() {
      const how = await within(END_MS, ended);
      return how && `${command} (pid ${child.pid}) ${how}`;
    },
  };
}

function readReadyLine(line) {
  try {
    const ready = JSON.parse(line);
    return ready.ready && URL.canParse(ready.http) ? ready : null;
  } catch {
    return null;
  }
}
