// The types of the client: TypeScript reads them, and they name exactly what the module has.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { test } from "node:test";

import * as client from "../../clients/js/touchline.js";
import { foreign, root } from "./chromium.mjs";

const skip = !existsSync(foreign("typescript")) && process.env.CI !== "true" && "SKIPPED: no typescript; tests/all says how to install it";
const declarations = join(root, "clients/js/touchline.d.ts");

test("an app compiles, and mistakes are found", { skip }, () => {
  const { status, stdout } = spawnSync(process.execPath, [foreign("typescript/bin/tsc"), "-p", join(root, "tests/page/types")], { encoding: "utf8" });
  assert.equal(status, 0, stdout);
});

/** The names that the types of a module declare as values, and the members of its interfaces. */
function declared() {
  const ts = createRequire(foreign(""))("typescript");
  const program = ts.createProgram([declarations], { strict: true, lib: ["lib.es2023.d.ts", "lib.dom.d.ts"], types: [] });
  const checker = program.getTypeChecker();
  const exported = checker.getExportsOfModule(checker.getSymbolAtLocation(program.getSourceFile(declarations)));
  const values = exported.filter(({ flags }) => flags & ts.SymbolFlags.Value).map(({ name }) => name);
  const membersOf = (name) => checker.getDeclaredTypeOfSymbol(exported.find((one) => one.name === name)).getProperties().map(({ name }) => name).sort();
  return { values, membersOf };
}

test("the module and its types have the same exports, and their objects the same members", { skip }, (t) => {
  const { values, membersOf } = declared();
  assert.deepEqual(values.sort(), Object.keys(client).sort());
  const replay = client.replayAt("http://127.0.0.1:1", "main");
  const had = globalThis.WebSocket;
  globalThis.WebSocket = class {
    close() {}
  };
  const stream = replay.subscribe();
  t.after(() => {
    stream.close();
    globalThis.WebSocket = had;
  });
  const hello = { kind: "hello", matches: [], playback: {} };
  const state = [hello, { kind: "snapshot", match: "m", n: 0, seq: 0, state: {} }].reduce(client.reduce, client.NOTHING);
  for (const [name, object] of Object.entries({ Replay: replay, Subscription: stream, State: client.NOTHING, Match: state.matches.m })) {
    assert.deepEqual(membersOf(name), Object.keys(object).sort(), name);
  }
  const error = new client.RequestError({ message: "no" }, 404);
  assert.deepEqual(membersOf("RequestError").filter((member) => member !== "cause" && !(member in error)), []);
});
