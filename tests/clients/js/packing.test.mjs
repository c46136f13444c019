// `dist/npm.mjs`: what it packs can be installed without a registry. `tests/packages` does so with the real program; here it is a script.
import assert from "node:assert/strict";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";

import { root, run, temporaryFolder } from "./harness.mjs";

const script = join(root, "dist/npm.mjs");
const targets = JSON.parse(readFileSync(join(root, "dist/targets.json"), "utf8"));
const platform = `${process.platform}-${process.arch}`;
const target = Object.keys(targets).find((triple) => targets[triple].npm === platform);
const VERSION = "7.8.9";

const pack = (t, options, ...more) => run(t, process.execPath, [script, ...Object.entries(options).flatMap(([name, value]) => [`--${name}`, value]), ...more]);

/** Installs tarballs in a new folder, without a registry and with an empty cache. */
async function install(t, ...tarballs) {
  const cwd = temporaryFolder(t);
  const { code, output } = await run(t, "npm", ["install", "--offline", "--cache", join(cwd, "cache"), ...tarballs], { cwd });
  assert.equal(code, 0, output);
  const describe = (name) => JSON.parse(readFileSync(join(cwd, "node_modules", name, "package.json"), "utf8"));
  return { cwd, describe, npx: (...args) => run(t, "npx", ["touchline", ...args], { cwd, env: { npm_config_offline: "true" } }) };
}

test("the packages are installed offline, and run", async (t) => {
  const out = temporaryFolder(t);
  const binary = join(out, "program");
  writeFileSync(binary, "#!/bin/sh\necho program $*\n");
  // The programs for other targets are not installed, and are nowhere.
  const { code, output } = await pack(t, { binary, target, out, version: VERSION }, "--every-target");
  assert.equal(code, 0, output);
  const [main, program] = output.trim().split("\n");
  assert.deepEqual([main, program], [`touchline-${VERSION}.tgz`, `touchline-${platform}-${VERSION}.tgz`].map((name) => join(out, name)));

  await t.test("both: the program runs", async (t) => {
    const { cwd, describe, npx } = await install(t, main, program);
    assert.deepEqual(await npx("check", "a b"), { code: 0, signal: null, output: "program check a b\n" });
    const { optionalDependencies } = describe("touchline");
    assert.deepEqual(optionalDependencies, Object.fromEntries(Object.values(targets).map(({ npm }) => [`@touchline/${npm}`, VERSION])));
    const { os, cpu, version } = describe(`@touchline/${platform}`);
    assert.deepEqual([os, cpu, version], [[process.platform], [process.arch], VERSION]);
    assert.deepEqual(readdirSync(join(cwd, "node_modules/@touchline", platform)).sort(), ["LICENSE-APACHE", "LICENSE-MIT", "README.md", "bin", "package.json"]);
  });

  await t.test("the main one alone: one line says what is missing", async (t) => {
    const { npx } = await install(t, main);
    const { code, output } = await npx("--version");
    assert.equal(code, 1);
    assert.match(output, new RegExp(`^touchline: no program for ${platform}: the package @touchline/${platform} is not installed .*\n$`));
  });
});

test("the readme has no link to what is not packed", () => {
  const links = [...readFileSync(join(root, "clients/js/README.md"), "utf8").matchAll(/\]\(([^)]*)\)/g)].map(([, link]) => link);
  assert.deepEqual(links.filter((link) => !/^(https:|#)/.test(link)), []);
});

test("without a registry the package depends on the program that is packed beside it, and on no other name", async (t) => {
  const out = temporaryFolder(t);
  const { output } = await pack(t, { binary: script, target, out, version: VERSION });
  const [main] = output.trim().split("\n");
  const description = await run(t, "tar", ["-xOzf", main, "package/package.json"]);
  assert.deepEqual(JSON.parse(description.output).optionalDependencies, { [`@touchline/${platform}`]: VERSION });
});

test("the checked-in package names no package that a registry would be asked for", () => {
  const { optionalDependencies, dependencies } = JSON.parse(readFileSync(join(root, "clients/js/package.json"), "utf8"));
  assert.deepEqual([optionalDependencies, dependencies], [undefined, undefined]);
});

test("wrong options are one line each", async (t) => {
  const right = { binary: script, target, out: temporaryFolder(t), version: VERSION };
  const { version, ...incomplete } = right;
  for (const [options, line] of [
    [incomplete, "--version is missing: it takes --binary PATH --target TRIPLE --out FOLDER --version V"],
    [{ ...right, target: "riscv" }, `--target riscv: it is one of ${Object.keys(targets).join(", ")}`],
    [{ ...right, version: "latest" }, "--version latest: it is a version such as 0.1.0"],
    [{ ...right, binary: "/nowhere/touchline" }, "--binary /nowhere/touchline: it is not a file"],
    [{ ...right, target: "toString" }, `--target toString: it is one of ${Object.keys(targets).join(", ")}`],
    [{ ...right, version: "1.2.3-a..b" }, "--version 1.2.3-a..b: it is a version such as 0.1.0"],
    [{ ...right, binary: root }, `--binary ${root}: it is not a file`],
  ]) {
    assert.deepEqual(await pack(t, options), { code: 1, signal: null, output: `dist/npm.mjs: ${line}\n` });
  }
});
