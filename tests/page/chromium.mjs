// Where the browser and what drives it are found, and how it is started.
import { accessSync, constants, existsSync } from "node:fs";
import { createRequire } from "node:module";
import { delimiter, join } from "node:path";
import { fileURLToPath } from "node:url";

/** The repository's folder. */
export const root = fileURLToPath(new URL("../..", import.meta.url));
const packages = join(process.env.TOUCHLINE_FOREIGN ?? join(root, "target/foreign"), "node/node_modules");

/** A file of a package that tests/foreign/install has installed. */
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

/** What a browser cannot be started without and is not here; `undefined` where everything is. */
export function missing() {
  const [major, minor] = process.versions.node.split(".").map(Number);
  if (major < 20 || (major === 20 && minor < 12)) return `Node 20.12 or newer (this is ${process.versions.node})`;
  const lacking = ["playwright-core", "axe-core"].find((name) => !existsSync(foreign(name)));
  return lacking ?? (onPath("chromium") ? undefined : "chromium");
}

/** The host of another site: a server on this machine, for a browser keeps pages of other networks from it by itself. */
export const FOREIGN_HOST = "evil.example";

/** Starts a Chromium without a window. */
export function launch() {
  const { chromium } = createRequire(foreign(""))("playwright-core");
  // Its sandbox is refused to root, and in most containers to everybody.
  return chromium.launch({ executablePath: onPath("chromium"), args: ["--no-sandbox", `--host-resolver-rules=MAP ${FOREIGN_HOST} 127.0.0.1`] });
}
