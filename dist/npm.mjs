// Packs the npm packages: `touchline`, and the one with the program for a target. Prints the paths of both tarballs.
//
//   node dist/npm.mjs --binary target/dist/touchline --target x86_64-unknown-linux-gnu --out target/npm --version 0.1.0
//
// `touchline` depends on the one program that is packed beside it. With --every-target it depends on those for all targets, as npm then
// installs the right one: for a registry that has all of them, and on which nobody else can take their names.
import { execFileSync } from "node:child_process";
import { chmodSync, copyFileSync, cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";

const root = fileURLToPath(new URL("..", import.meta.url));
const targets = JSON.parse(readFileSync(join(root, "dist/targets.json"), "utf8"));
const LICENCES = ["LICENSE-MIT", "LICENSE-APACHE"];

function readOptions() {
  const text = { type: "string" };
  const { values } = parseArgs({ options: { binary: text, target: text, out: text, version: text, "every-target": { type: "boolean" } } });
  for (const name of ["binary", "target", "out", "version"]) {
    if (values[name] === undefined) throw new Error(`--${name} is missing: it takes --binary PATH --target TRIPLE --out FOLDER --version V`);
  }
  if (!Object.hasOwn(targets, values.target)) throw new Error(`--target ${values.target}: it is one of ${Object.keys(targets).join(", ")}`);
  if (!/^(0|[1-9]\d*)(\.(0|[1-9]\d*)){2}(-[\dA-Za-z-]+(\.[\dA-Za-z-]+)*)?$/.test(values.version)) throw new Error(`--version ${values.version}: it is a version such as 0.1.0`);
  if (!statSync(values.binary, { throwIfNoEntry: false })?.isFile()) throw new Error(`--binary ${values.binary}: it is not a file`);
  return values;
}

/** Runs npm, and returns its output. On Windows it is a script, which only a shell runs; and that splits what is not quoted. */
function npm(...args) {
  const isWindows = process.platform === "win32";
  return execFileSync("npm", isWindows ? args.map((arg) => `"${arg}"`) : args, { encoding: "utf8", shell: isWindows });
}

/** Packs a folder, to which it adds the licences, and returns the path of the tarball. */
function pack(folder, description, out) {
  for (const licence of LICENCES) copyFileSync(join(root, licence), join(folder, licence));
  const files = [...description.files, ...LICENCES];
  writeFileSync(join(folder, "package.json"), `${JSON.stringify({ ...description, files }, null, 2)}\n`);
  const [{ filename }] = JSON.parse(npm("pack", "--json", "--ignore-scripts", "--pack-destination", out, folder));
  return join(out, filename);
}

function packMain(folder, { target, version, "every-target": isForAll }, out) {
  cpSync(join(root, "clients/js"), folder, { recursive: true, filter: (path) => !path.includes("node_modules") });
  const description = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
  const programs = isForAll ? Object.values(targets) : [targets[target]];
  // Only here: an installation from a checkout must not look for packages that a registry may not have.
  const optionalDependencies = Object.fromEntries(programs.map(({ npm }) => [`@touchline/${npm}`, version]));
  return pack(folder, { ...description, version, optionalDependencies }, out);
}

function packProgram(folder, { binary, target, version }, out) {
  const { npm, os, cpu, libc } = targets[target];
  const program = `bin/touchline${os === "win32" ? ".exe" : ""}`;
  mkdirSync(join(folder, "bin"), { recursive: true });
  copyFileSync(binary, join(folder, program));
  chmodSync(join(folder, program), 0o755);
  writeFileSync(join(folder, "README.md"), `# @touchline/${npm}\nThe program of the package \`touchline\` for ${target}. Install \`touchline\`, which chooses it.\n`);
  const description = {
    name: `@touchline/${npm}`,
    version,
    description: `The program of Touchline for ${target}`,
    license: "MIT OR Apache-2.0",
    os: [os],
    cpu: [cpu],
    ...(libc ? { libc: [libc] } : {}),
    files: [program],
    // Package managers that keep packages zipped must unpack this one.
    preferUnplugged: true,
  };
  return pack(folder, description, out);
}

const folder = mkdtempSync(join(tmpdir(), "touchline-npm-"));
try {
  const options = readOptions();
  const out = resolve(options.out);
  mkdirSync(out, { recursive: true });
  console.log(packMain(join(folder, "main"), options, out));
  console.log(packProgram(join(folder, "program"), options, out));
} catch (error) {
  console.error(`dist/npm.mjs: ${error.message}`);
  process.exitCode = 1;
} finally {
  rmSync(folder, { recursive: true });
}
