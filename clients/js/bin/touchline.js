#!/usr/bin/env node
// Runs the program with the same arguments, input and output, and exits as it does.
import { spawn } from "node:child_process";
import { constants } from "node:os";

import { findBinary } from "../binary.js";

function fail(message) {
  console.error(`touchline: ${message}`);
  process.exit(1);
}

function run(path) {
  let child;
  // Before the program starts: a signal in between would end this process alone.
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) {
    process.on(signal, () => {
      // Ctrl-C in a terminal reaches the program too, and a second signal would stop it without a graceful shutdown.
      if (signal !== "SIGINT" || !process.stdin.isTTY) child.kill(signal);
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
