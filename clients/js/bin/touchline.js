#!/usr/bin/env node
// Runs the program with the same arguments, input and output, and exits as it does.
import { spawn } from "node:child_process";
import { closeSync, openSync } from "node:fs";
import { constants } from "node:os";

import { findBinary } from "../binary.js";

function fail(message) {
  console.error(`touchline: ${message}`);
  process.exit(1);
}

/** Longer than a graceful shutdown of the program, in ms. */
const SHUTDOWN_MS = 4_000;

/** Whether this process has a terminal, which sends Ctrl-C and its own end to the program, too. */
function hasTerminal() {
  if (process.platform === "win32") return true;
  try {
    closeSync(openSync("/dev/tty"));
    return true;
  } catch {
    return false;
  }
}

function run(path) {
  let child;
  const isShared = hasTerminal();
  // Before the program starts: a signal in between would end this process alone.
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP", "SIGQUIT"]) {
    process.on(signal, () => {
      // Nothing says whether a signal was sent to this process alone. A second one would end the program without a graceful shutdown,
      // so one that a terminal may have sent is passed on only to a program that has not ended by itself.
      if (isShared && signal !== "SIGTERM") setTimeout(() => child.kill(signal), SHUTDOWN_MS);
      else child.kill(signal);
    });
  }
  child = spawn(path, process.argv.slice(2), { stdio: "inherit" });
  child.on("error", (error) => fail(`cannot start ${path}: ${error.message}`));
  child.on("exit", (code, signal) => process.exit(code ?? 128 + constants.signals[signal]));
}

try {
  run(findBinary());
} catch (error) {
  fail(error.message);
}
