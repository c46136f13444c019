// Finds the program `touchline`: the one that TOUCHLINE_BINARY names, else the one of the platform's package.
import { statSync } from "node:fs";
import { createRequire } from "node:module";
import { resolve } from "node:path";

/** The platforms that have a package, as Node names them. */
export const PLATFORMS = ["linux-x64", "linux-arm64", "darwin-x64", "darwin-arm64", "win32-x64"];

const isFile = (path) => statSync(path, { throwIfNoEntry: false })?.isFile() ?? false;

/** The path of the program. `binary` is used unless TOUCHLINE_BINARY is set. */
export function findBinary(binary) {
  const named = process.env.TOUCHLINE_BINARY || undefined;
  const path = named ?? binary;
  if (path !== undefined) {
    // A name without a folder would be looked for on PATH.
    if (isFile(path)) return resolve(path);
    throw new Error(`${named === undefined ? "binary: " : "TOUCHLINE_BINARY="}${path}: there is no such file`);
  }
  const platform = `${process.platform}-${process.arch}`;
  const name = `@touchline/${platform}`;
  try {
    return createRequire(import.meta.url).resolve(`${name}/bin/touchline${process.platform === "win32" ? ".exe" : ""}`);
  } catch {
    const others = `there are packages for ${PLATFORMS.join(", ")}`;
    throw new Error(`no program for ${platform}: the package ${name} is not installed (${others}); TOUCHLINE_BINARY can name a program`);
  }
}
