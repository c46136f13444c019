// Finds and starts the browser and its driver.
import { accessSync, constants, existsSync } from "node:fs";
import { createRequire } from "node:module";
import { delimiter, join } from "node:path";
import { fileURLToPath } from "node:url";

/** The repository's folder. */
export const root = fileURLToPath(new URL("../..", import.meta.url));
const packages = join(process.env.TOUCHLINE_FOREIGN ?? join(root, "target/foreign"), "node/node_modules");

/** A file of a package installed by tests/foreign/install. */
export const foreign = (path) => join(packages, path);

function onPath(program) {
  const isThere = (path) => {
    try {
      accessSync(path, constants.X_OK);
      return true;
    } catch {
      return false;
    }
  };
  return (process.env.PATH ?? "").split(delimiter).map((folder) => join(folder, program)).find(isThere);
}

/** The first missing requirement of a browser test; `undefined` if there is none. */
export function missing() {
  const [major, minor] = process.versions.node.split(".").map(Number);
  if (major < 20 || (major === 20 && minor < 12)) return `Node 20.12 or newer (this is ${process.versions.node})`;
  const missingPart = ["playwright-core", "axe-core"].find((name) => !existsSync(foreign(name)));
  return missingPart ?? (chromium() ? undefined : "chromium");
}

/** The path of Chromium. Its headless shell, where that is installed, takes a third less time. */
const chromium = () => onPath("chromium-headless-shell") ?? onPath("chromium");

/** The host of another site. It resolves to this machine: browsers block requests of pages on other networks by themselves. */
export const FOREIGN_HOST = "evil.example";

/** Starts a headless Chromium. */
export function launch() {
  const playwright = createRequire(foreign(""))("playwright-core");
  // The sandbox does not work as root, nor in most containers.
  return playwright.chromium.launch({ executablePath: chromium(), args: ["--no-sandbox", `--host-resolver-rules=MAP ${FOREIGN_HOST} 127.0.0.1`] });
}
