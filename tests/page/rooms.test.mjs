// Who may import whom on the page: rooms know what lies under all of them, and not each other.
import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join, normalize } from "node:path";
import { test } from "node:test";

const page = new URL("../../src/server/dashboard/page/", import.meta.url).pathname;
const ROOMS = ["match", "overview", "player", "picker", "overlay"];

/** What each file of a folder imports, as `[file, imported]`, both from the page's folder. */
function imports(folder) {
  const files = readdirSync(join(page, folder), { recursive: true }).filter((file) => file.endsWith(".js"));
  return files.flatMap((name) => {
    const file = join(folder, name);
    const text = readFileSync(join(page, file), "utf8");
    return [...text.matchAll(/from "([^"]+)"/g)].map(([, imported]) => [file, normalize(join(file, "..", imported))]);
  });
}

test("rooms import themselves, ui/ and client.js", () => {
  const seen = ROOMS.flatMap(imports);
  assert.ok(seen.length > 100, `${seen.length} imports`);
  const within = (file, imported) => [`${file.split("/")[0]}/`, "ui/"].some((room) => imported.startsWith(room)) || imported === "client.js";
  assert.deepEqual(seen.filter(([file, imported]) => !within(file, imported)), []);
});

test("ui/ imports itself and client.js, which imports nothing", () => {
  const wrong = imports("ui").filter(([, imported]) => !imported.startsWith("ui/") && imported !== "client.js");
  assert.deepEqual(wrong, []);
  assert.doesNotMatch(readFileSync(join(page, "client.js"), "utf8"), /^import /m);
});
