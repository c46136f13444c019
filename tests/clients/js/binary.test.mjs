// How the program is found, and `npx touchline`, which runs it.
import assert from "node:assert/strict";
import { chmodSync, cpSync, existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { delimiter, join, relative } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";

import { findBinary, PLATFORMS } from "../../../clients/js/binary.js";
import { binary, root, run, setEnvironment, start, temporaryFolder } from "./harness.mjs";

const platform = `${process.platform}-${process.arch}`;
const shim = join(root, "clients/js/bin/touchline.js");

/** An installed package in a new folder, as npm lays it out; `program` is that of the platform's package, if it is installed. */
function installation(t, program) {
  const modules = join(temporaryFolder(t), "node_modules");
  cpSync(join(root, "clients/js"), join(modules, "touchline"), { recursive: true });
  const path = join(modules, "@touchline", platform, "bin/touchline");
  if (program) {
    mkdirSync(join(path, ".."), { recursive: true });
    writeFileSync(join(path, "../../package.json"), "{}");
    writeFileSync(path, program);
    chmodSync(path, 0o755);
  }
  return { path, shim: join(modules, "touchline/bin/touchline.js") };
}

test("the platforms are those that dist/targets.json packs", () => {
  const targets = JSON.parse(readFileSync(join(root, "dist/targets.json"), "utf8"));
  assert.deepEqual([...PLATFORMS].sort(), Object.values(targets).map(({ npm }) => npm).sort());
  for (const { npm, os, cpu } of Object.values(targets)) assert.equal(npm, `${os}-${cpu}`);
});

test("the argument names the program, else TOUCHLINE_BINARY does, also where another one is installed", async (t) => {
  setEnvironment(t, { TOUCHLINE_BINARY: "/elsewhere/touchline" });
  assert.equal(findBinary(binary), binary);
  assert.throws(() => findBinary("/nowhere/touchline"), { message: "binary: /nowhere/touchline: there is no such file" });
  setEnvironment(t, { TOUCHLINE_BINARY: binary });
  setEnvironment(t, { TOUCHLINE_BINARY: relative(process.cwd(), binary) });
  assert.equal(findBinary(), binary);
  setEnvironment(t, { TOUCHLINE_BINARY: root });
  assert.throws(() => findBinary(), { message: `TOUCHLINE_BINARY=${root}: there is no such file` });
  const { shim } = installation(t, "#!/bin/sh\necho installed");
  const { output } = await run(t, process.execPath, [shim, "--version"], { env: { TOUCHLINE_BINARY: binary } });
  assert.match(output, /^touchline \d/);
});

test("a name is looked up on PATH, but not where npm puts the shim", async (t) => {
  const folder = temporaryFolder(t);
  const shims = join(folder, "node_modules/.bin");
  mkdirSync(shims, { recursive: true });
  for (const path of [join(shims, "league"), join(shims, "own"), join(folder, "own")]) writeFileSync(path, "#!/bin/sh\necho $0", { mode: 0o755 });
  setEnvironment(t, { TOUCHLINE_BINARY: "own", PATH: [shims, `${shims}/`, folder].join(delimiter) });
  assert.equal(findBinary(), join(folder, "own"));
  assert.equal(findBinary("own"), join(folder, "own"));
  setEnvironment(t, { TOUCHLINE_BINARY: "league" });
  assert.throws(() => findBinary(), { message: "TOUCHLINE_BINARY=league: there is no such program on PATH" });
});

test("without TOUCHLINE_BINARY the package of the platform has the program", async (t) => {
  const { shim } = installation(t, '#!/bin/sh\necho "installed: $*"');
  const { code, output } = await run(t, process.execPath, [shim, "juv", "--speed", "6 0"]);
  assert.deepEqual([code, output], [0, "installed: juv --speed 6 0\n"]);
});

test("without that package one line says what is missing", async (t) => {
  const { shim } = installation(t);
  const { code, output } = await run(t, process.execPath, [shim, "juv"]);
  assert.equal(code, 1);
  assert.equal(
    output,
    `touchline: no program for ${platform}: the package @touchline/${platform} is not installed (there are packages for ` +
      "linux-x64, linux-arm64, darwin-x64, darwin-arm64, win32-x64); TOUCHLINE_BINARY can name a program\n",
  );
});

test("a file that is no program is one line", async (t) => {
  const file = join(temporaryFolder(t), "program");
  writeFileSync(file, "");
  const { code, output } = await run(t, process.execPath, [shim, "juv"], { env: { TOUCHLINE_BINARY: file } });
  assert.deepEqual([code, output], [1, `touchline: cannot start ${file}: spawn ${file} EACCES\n`]);
});

test("exit codes are passed on", async (t) => {
  const { shim, path } = installation(t, '#!/bin/sh\nif [ "$1" = die ]; then kill -9 $$; fi\nexit "$1"');
  for (const [argument, code] of [["0", 0], ["3", 3], ["die", 137]]) {
    assert.equal((await run(t, process.execPath, [shim, argument])).code, code, `${path} ${argument}`);
  }
  assert.equal((await run(t, process.execPath, [shim, "--no-such-option"], { env: { TOUCHLINE_BINARY: binary } })).code, 2);
});

for (const signal of ["SIGINT", "SIGTERM", "SIGHUP", "SIGQUIT"]) {
  test(`${signal} is passed on, and the program's exit code is the shim's`, { timeout: 20_000 }, async (t) => {
    const { shim } = installation(t, `#!/bin/sh\ntrap 'echo stopping; exit 42' ${signal.slice(3)}\necho ready\nwhile :; do sleep 0.05; done`);
    const { child, ended, printed } = start(t, process.execPath, [shim]);
    await printed(/ready/);
    child.kill(signal);
    assert.deepEqual(await ended, { code: 42, signal: null, output: "ready\nstopping\n" });
  });
}

/** A program that takes a moment to stop, and then prints to a file how many signals it has received. */
const COUNTING = `#!/bin/sh
count=0
trap 'count=$((count + 1))' INT HUP
echo ready
while [ $count = 0 ]; do sleep 0.05; done
for _ in 1 2 3 4 5 6; do sleep 0.05; done
echo $count > "$1.new"
mv "$1.new" "$1"
exit 42`;

for (const [event, what] of [["ctrl-c", "Ctrl-C in a terminal"], ["hangup", "the end of a terminal"], ["signal", "a signal for the shim alone"]]) {
  test(`${what} reaches the program once, also if standard input is no terminal`, { skip: process.platform === "win32", timeout: 20_000 }, async (t) => {
    const { shim } = installation(t, COUNTING);
    const file = join(temporaryFolder(t), "count");
    const { code, output } = await run(t, "python3", [fileURLToPath(new URL("terminal.py", import.meta.url)), event, process.execPath, shim, file]);
    if (event !== "hangup") assert.equal(code, 42, output);
    const limit = Date.now() + 10_000;
    while (!existsSync(file)) {
      assert.ok(Date.now() < limit, "the program has not stopped");
      await new Promise((next) => setTimeout(next, 20));
    }
    assert.equal(readFileSync(file, "utf8"), "1\n");
  });
}

test("a server stops gracefully", async (t) => {
  const { child, ended, printed } = start(t, process.execPath, [shim, "juv", "--port", "0"], { env: { TOUCHLINE_BINARY: binary } });
  await printed(/"ready":true/);
  child.kill("SIGTERM");
  const { code, output } = await ended;
  assert.equal(code, 0);
  assert.match(output, /stopped\n$/);
});
