// The types of `touchline/testing`, `touchline/playwright` and `touchline/vitest`, as a user's files meet them.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";

import { foreign, project, root, run, skipWithout } from "./harness.mjs";

const skip = skipWithout("typescript", "@playwright/test", "vitest");

/** Compiles files of `projects/types` under --strict. */
async function compile(t, files, ...options) {
  const cwd = project(t, "types", ["@playwright/test", "vitest", "@types/node"], { isCopied: true });
  const flags = ["--noEmit", "--strict", "--target", "es2022", "--module", "nodenext", "--lib", "es2023,dom", ...options];
  const { code, output } = await run(t, process.execPath, [foreign("typescript/bin/tsc"), ...flags, ...files], { cwd });
  assert.equal(code, 0, output);
}

test("a file for touchline/testing compiles without the types of Node, and mistakes are found", { skip }, (t) => compile(t, ["testing.ts"], "--types", "touchline"));

// Both take the types of Node, and those of other packages.
test("files for the test runners compile, and mistakes are found", { skip }, (t) => compile(t, ["playwright.ts", "vitest.ts"], "--types", "node", "--skipLibCheck"));

test("the modules have the exports that their types declare", { skip }, async () => {
  for (const name of ["testing", "playwright", "vitest"]) {
    const declared = readFileSync(join(root, `clients/js/${name}.d.ts`), "utf8");
    const names = [...declared.matchAll(/^export (?:const|(default )?function) (\w+)/gm)].map(([, isDefault, name]) => (isDefault ? "default" : name));
    assert.deepEqual(Object.keys(await import(join(root, `clients/js/${name}.js`))).sort(), names.sort(), name);
  }
});
