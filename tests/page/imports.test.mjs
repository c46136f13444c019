// The import rules of the page's modules: views import ui/ and client.js but not each other, and no modules form a circle.
import assert from "node:assert/strict";
import { readdirSync, readFileSync, realpathSync } from "node:fs";
import { join, normalize } from "node:path";
import { test } from "node:test";

import { root } from "./chromium.mjs";

const page = new URL("../../src/server/dashboard/page/", import.meta.url).pathname;
const VIEWS = ["match", "overview", "player", "picker", "overlay"];

/** The imports of the modules in a folder, as `[module, imported]`, both relative to the page's folder. */
function imports(folder) {
  const modules = readdirSync(join(page, folder), { recursive: true }).filter((file) => file.endsWith(".js"));
  return modules.flatMap((name) => {
    const module = join(folder, name);
    const text = readFileSync(join(page, module), "utf8");
    return [...text.matchAll(/(?:from |import\()["`](\.[^"`$]+)/g)].map(([, imported]) => [module, normalize(join(module, "..", imported))]);
  });
}

test("views import only their own folder, ui/ and client.js", () => {
  const all = VIEWS.flatMap(imports);
  assert.ok(all.length > 100, `${all.length} imports`);
  const isAllowed = ([module, imported]) => [`${module.split("/")[0]}/`, "ui/"].some((folder) => imported.startsWith(folder)) || imported === "client.js";
  assert.deepEqual(all.filter((pair) => !isAllowed(pair)), []);
});

test("the page's client.js is that of the package", () => {
  assert.equal(realpathSync(join(page, "client.js")), join(root, "clients/js/touchline.js"));
});

test("ui/ imports only itself and client.js, and client.js imports nothing", () => {
  const wrong = imports("ui").filter(([, imported]) => !imported.startsWith("ui/") && imported !== "client.js");
  assert.deepEqual(wrong, []);
  assert.doesNotMatch(readFileSync(join(page, "client.js"), "utf8"), /^import /m);
});

test("no modules import each other in a circle", () => {
  const all = imports("");
  let left = new Set(all.flat());
  assert.ok(left.size > 60, `${left.size} modules`);
  // Modules whose imports are all gone are removed, until only circles are left.
  for (let size = Infinity; left.size < size; ) {
    size = left.size;
    left = new Set([...left].filter((module) => all.some(([from, to]) => from === module && left.has(to))));
  }
  assert.deepEqual([...left], []);
});
