// Finds the program `touchline`: the one that is named, else the one that TOUCHLINE_BINARY names, else that of the platform's package.
import { statSync } from "node:fs";
import { createRequire } from "node:module";
import { basename, delimiter, join, resolve } from "node:path";

/** The platforms that have a package, as Node names them. */
export const PLATFORMS = ["linux-x64", "linux-arm64", "darwin-x64", "darwin-arm64", "win32-x64"];

const isFile = (path) => statSync(path, { throwIfNoEntry: false })?.isFile() ?? false;

const EXTENSION = process.platform === "win32" ? ".exe" : "";

/** The program of a name on PATH; `undefined` if there is none. npm adds folders to PATH that have this package's own `touchline`. */
function findOnPath(name) {
  const isOfNpm = (folder) => /node_modules[\\/]+\.bin[\\/]*$/.test(folder);
  const folders = (process.env.PATH ?? "").split(delimiter).filter((folder) => folder && !isOfNpm(folder));
  return folders.flatMap((folder) => [name, name + EXTENSION].map((file) => join(folder, file))).find(isFile);
}

/** The path of a program that is named by its path, or by a name on PATH. */
function findNamed(program, namedBy) {
  const isName = basename(program) === program;
  const path = isName ? findOnPath(program) : isFile(program) && program;
  if (path) return resolve(path);
  throw new Error(`${namedBy}${program}: there is no such ${isName ? "program on PATH" : "file"}`);
}

/** The path of the program. `binary` names it in place of TOUCHLINE_BINARY. */
export function findBinary(binary) {
  if (binary !== undefined) return findNamed(binary, "binary: ");
  if (process.env.TOUCHLINE_BINARY) return findNamed(process.env.TOUCHLINE_BINARY, "TOUCHLINE_BINARY=");
  const platform = `${process.platform}-${process.arch}`;
  const name = `@touchline/${platform}`;
  try {
    return createRequire(import.meta.url).resolve(`${name}/bin/touchline${EXTENSION}`);
  } catch {
    const others = `there are packages for ${PLATFORMS.join(", ")}`;
    throw new Error(`no program for ${platform}: the package ${name} is not installed (${others}); TOUCHLINE_BINARY can name a program`);
  }
}
