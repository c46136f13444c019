// The contracts of the server, as tools that we did not write read them.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";

import { foreign, root } from "./chromium.mjs";
import { protocolTypes } from "./protocol-types.mjs";
import { serve } from "./server.mjs";

const node = (name) => join(foreign(""), name);
const python = join(root, "target/foreign/python");
const isMissing = !["@redocly/cli", "@asyncapi/parser", "openapi-typescript", "vscode-json-languageservice"].every((name) => existsSync(node(name)));
const skip = (isMissing || !existsSync(join(python, "check_jsonschema"))) && process.env.CI !== "true" && "SKIPPED: tools for contracts are missing; tests/all says how to install them";

/** A folder that is removed after the test. */
function folder(t) {
  const path = mkdtempSync(join(tmpdir(), "contracts-"));
  t.after(() => rmSync(path, { recursive: true }));
  return path;
}

function run(command, ...words) {
  const { status, stdout, stderr } = spawnSync(command, words, { encoding: "utf8", env: { ...process.env, PYTHONPATH: python, CI: "true", REDOCLY_TELEMETRY: "off" } });
  return { status, output: stdout + stderr };
}

function succeeds(command, ...words) {
  const { status, output } = run(command, ...words);
  assert.equal(status, 0, output);
}

/** Fetches documents of a server into files. */
async function fetched(t, ...paths) {
  const [server, into] = [await serve(t, "juv", "--paused"), folder(t)];
  return Promise.all(paths.map(async (path) => {
    const answer = await fetch(server.http + path);
    assert.equal(answer.headers.get("content-type"), "application/json");
    assert.equal((await fetch(server.http + path, { headers: { "if-none-match": answer.headers.get("etag") } })).status, 304);
    const file = join(into, path.split("/").pop());
    writeFileSync(file, await answer.text());
    return file;
  }));
}

test("the types of the client are those of the schemas", { skip }, async () => {
  const written = readFileSync(join(root, "clients/js/protocol.d.ts"), "utf8");
  assert.equal(written, await protocolTypes(), "node tests/page/protocol-types.mjs > clients/js/protocol.d.ts");
});

test("AsyncAPI's parser finds nothing wrong", { skip }, async (t) => {
  const [file] = await fetched(t, "/asyncapi.json");
  const { Parser } = createRequire(node("package.json"))("@asyncapi/parser");
  const { diagnostics } = await new Parser().parse(readFileSync(file, "utf8"));
  assert.deepEqual(diagnostics.map(({ message, path }) => `${path.join("/")}: ${message}`), []);
});

test("OpenAPI's linter and validator find nothing wrong", { skip }, async (t) => {
  const [file] = await fetched(t, "/openapi.json");
  succeeds(process.execPath, node("@redocly/cli/bin/cli.js"), "lint", "--extends", "minimal", file);
  succeeds("python3", "-m", "openapi_spec_validator", file);
});

test("a client generated from OpenAPI compiles under strict", { skip }, async (t) => {
  const [file] = await fetched(t, "/openapi.json");
  const generated = file.replace("openapi.json", "api.ts");
  succeeds(process.execPath, node("openapi-typescript/bin/cli.js"), file, "-o", generated);
  const app = file.replace("openapi.json", "app.ts");
  writeFileSync(app, `
    import type { components, paths } from "./api.js";
    type Frame = components["schemas"]["Frame"];
    type Opening = NonNullable<paths["/api/replays"]["post"]["requestBody"]>["content"]["application/json"];
    export const opening: Opening = { scenario: "juv", speed: 60, paused: true };
    export const goal = (frame: Frame) => frame.kind === "event" && frame.type === "goal" ? frame.player?.name : undefined;
    export const score = (frame: Frame): number => frame.kind === "end" ? frame.score.home : 0;
    // @ts-expect-error: no such field
    export const wrong: Opening = { sped: 60 };
    // @ts-expect-error: a reply has no score
    export const missing = (frame: Frame) => frame.kind === "reply" ? frame.score : 0;
  `);
  succeeds(process.execPath, node("typescript/bin/tsc"), "--strict", "--noEmit", "--module", "nodenext", "--target", "es2023", app);
});

test("check-jsonschema finds nothing wrong with a line of the shipped files, and finds a mistake", { skip }, async (t) => {
  const [schema] = await fetched(t, "/schema/scenario-line.json");
  const into = folder(t);
  const check = (files) => run("python3", "-m", "check_jsonschema", "--schemafile", schema, ...files);
  const lines = readdirSync(join(root, "scenarios")).flatMap((name) => readFileSync(join(root, "scenarios", name), "utf8").trim().split("\n").map((line, index) => {
    const file = join(into, `${name}.${index + 1}.json`);
    writeFileSync(file, line);
    return file;
  }));
  const { status, output } = check(lines);
  assert.equal(status, 0, output);
  assert.ok(lines.length > 800, `${lines.length} lines`);
  const wrong = join(into, "wrong.json");
  writeFileSync(wrong, `{"type":"shot","period":1,"clock":"16:04","side":"home","outcome":"on_target"}`);
  const found = check([wrong]);
  assert.ok(found.status !== 0 && found.output.includes("wrong.json"), found.output);
});

test("a JSON language server completes and checks a line of a scenario", { skip }, async (t) => {
  const [schema] = await fetched(t, "/schema/scenario-line.json");
  const { getLanguageService, TextDocument } = createRequire(node("package.json"))("vscode-json-languageservice");
  const service = getLanguageService({ schemaRequestService: async () => readFileSync(schema, "utf8") });
  service.configure({ schemas: [{ uri: "urn:touchline:v1:scenario-line", fileMatch: ["*.json"], schema: JSON.parse(readFileSync(schema, "utf8")) }] });
  const open = (text) => {
    const [document, at] = [TextDocument.create("file:///line.json", "json", 1, text.replace("|", "")), text.indexOf("|")];
    return { document, json: service.parseJSONDocument(document), at };
  };
  const completions = async (text) => {
    const { document, json, at } = open(text);
    return (await service.doComplete(document, document.positionAt(at), json)).items.map(({ label }) => label);
  };
  const problems = async (text) => {
    const { document, json } = open(text);
    return (await service.doValidation(document, json)).map(({ message }) => message);
  };
  const shot = (more) => `{"type":"shot","period":1,"clock":"16:04","side":"home"${more}}`;
  assert.deepEqual(await problems(shot("")), []);
  const outcomes = await completions(shot(`,"outcome":|`));
  assert.deepEqual(["off_target", "saved", "blocked", "woodwork", "saved_woodwork"].map((word) => `"${word}"`).filter((word) => !outcomes.includes(word)), []);
  assert.ok(!outcomes.includes(`"scored"`), `${outcomes}: of a shoot-out only`);
  const fields = await completions(shot(`,|`));
  assert.deepEqual(["player", "outcome", "xg", "text"].filter((field) => !fields.includes(field)), []);
  assert.ok((await completions(`{"type":|}`)).includes(`"goal"`));
  for (const [wrong, message] of [[`,"outcome":"on_target"`, "off_target"], [`,"plyer":"h9"`, `"player"`], [`,"xg":2`, "1"]]) {
    const found = await problems(shot(wrong));
    assert.ok(found.some((problem) => problem.includes(message)), `${wrong}: ${found}`);
  }
});
