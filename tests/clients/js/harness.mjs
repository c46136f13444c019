// Projects of users in temporary folders, and the processes that run in them.
import { spawn } from "node:child_process";
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

import { foreign, root } from "../../page/chromium.mjs";

export { foreign, root };
export const binary = process.env.TOUCHLINE_BINARY ?? join(root, "target/debug/touchline");
// The tests set it themselves where they want it, and so do the tests of users.
for (const name of Object.keys(process.env)) if (name.startsWith("TOUCHLINE_")) delete process.env[name];

/** Why a test is skipped: a package that is not installed. */
export function skipWithout(...packages) {
  const missing = packages.find((name) => !existsSync(foreign(name)));
  return missing !== undefined && process.env.CI !== "true" && `SKIPPED: no ${missing}; tests/foreign/install installs it`;
}

/** A new folder, which is removed at the end of the test. */
export function temporaryFolder(t) {
  const folder = mkdtempSync(join(tmpdir(), "touchline-js-"));
  t.after(() => rmSync(folder, { recursive: true }));
  return folder;
}

/**
 * A copy of `projects/NAME` in which these packages are installed, as links, and `touchline`: as a link, as `npm install` of a folder
 * leaves it, or with `isCopied` as of a tarball.
 */
export function project(t, name, packages = [], { isCopied = false } = {}) {
  const folder = temporaryFolder(t);
  cpSync(fileURLToPath(new URL(`projects/${name}`, import.meta.url)), folder, { recursive: true });
  const install = (name) => {
    const path = join(folder, "node_modules", name);
    mkdirSync(dirname(path), { recursive: true });
    return path;
  };
  const client = join(root, "clients/js");
  if (isCopied) cpSync(client, install("touchline"), { recursive: true });
  else symlinkSync(client, install("touchline"));
  for (const name of ["ws", ...packages]) symlinkSync(foreign(name), install(name));
  return folder;
}

/** Copies a file of a project, and returns the names of the file and of its copies: `goal.test.mjs`, `2-goal.test.mjs`, ... */
export function copies(folder, name, count) {
  const names = Array.from({ length: count - 1 }, (_, index) => `${index + 2}-${name}`);
  for (const copy of names) cpSync(join(folder, name), join(folder, copy));
  return [name, ...names];
}

/** What a process takes over from this one. A Node that believes it is part of this test run would not run tests of its own. */
const { NODE_TEST_CONTEXT, FORCE_COLOR, ...environment } = process.env;

/**
 * Starts a command. `ended` promises `{ code, signal, output }`, and `printed(pattern)` its match in the output. It is killed at the end of
 * the test.
 */
export function start(t, command, args, { cwd = root, env = {} } = {}) {
  const child = spawn(command, args, { cwd, env: { ...environment, NO_COLOR: "1", ...env }, stdio: ["ignore", "pipe", "pipe"] });
  let output = "";
  const waiting = new Set();
  const check = () => waiting.forEach((one) => one());
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding("utf8").on("data", (text) => ((output += text), check()));
  const ended = new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code, signal) => resolve({ code, signal, output }));
  });
  t.after(() => {
    child.kill("SIGKILL");
    // What it has started may hold them, and would keep this process alive.
    for (const stream of [child.stdout, child.stderr]) stream.destroy();
  });
  const printed = (pattern) => new Promise((resolve, reject) => {
    waiting.add(() => pattern.test(output) && resolve(pattern.exec(output)));
    check();
    ended.then(() => reject(new Error(`ended without ${pattern}:\n${output}`)));
  });
  return { child, ended, printed };
}

/** Runs a command to its end. */
export const run = (t, command, args, options) => start(t, command, args, options).ended;

/** Sets variables of the environment until the end of the test. */
export function setEnvironment(t, variables) {
  const before = { ...process.env };
  Object.assign(process.env, variables);
  t.after(() => {
    for (const name of Object.keys(variables)) {
      if (before[name] === undefined) delete process.env[name];
      else process.env[name] = before[name];
    }
  });
}

function isAlive(pid) {
  try {
    process.kill(pid, 0);
  } catch {
    return false;
  }
  // A process that nobody has waited for yet is still there, but does nothing.
  const status = `/proc/${pid}/stat`;
  return !existsSync(status) || !/\) Z /.test(readFileSync(status, "utf8"));
}

/** Waits until a process has ended. */
export async function isGone(pid) {
  const limit = Date.now() + 5_000;
  while (isAlive(pid)) {
    if (Date.now() > limit) throw new Error(`process ${pid} is still there`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

/** The error of a promise that is rejected. */
export const rejection = (promise) => promise.then(() => Promise.reject(new Error("it was not rejected")), (error) => error);
