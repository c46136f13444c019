// Reading the page's address and building others, at the root of a host and below a path prefix.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

import { addressOf, pageAddress, readAddress, replayPath, streamAddress } from "../../src/server/dashboard/page/ui/address.js";
import { forgetToken, keepToken, takeTokenFromAddress, withoutToken } from "../../src/server/dashboard/page/ui/token.js";
import { Model } from "../../src/server/dashboard/page/model.js";
import { readParameters } from "../../src/server/dashboard/page/overlay/parameters.js";
import { openReplay, replayOf } from "../../src/server/dashboard/page/ui/api.js";

const HOST = "https://scores.example";

/** Sets the page's location, on a server with the path prefix `base`. */
function standAt(base, address, storage = new Map()) {
  const location = new URL(address, HOST);
  const replaced = [];
  globalThis.document = { documentElement: { dataset: { base } } };
  globalThis.window = {
    location,
    history: { state: null, replaceState: (_state, _title, url) => replaced.push(url) },
    sessionStorage: { getItem: (key) => storage.get(key) ?? null, setItem: (key, value) => storage.set(key, value), removeItem: (key) => storage.delete(key) },
  };
  return { replaced, storage };
}

for (const base of ["", "/tl", "/a/b"]) {
  test(`below "${base}" the page reads its address and builds all others`, async () => {
    standAt(base, `${base}/r/x7kq/?match=m`);
    const read = (path) => readAddress(new URL(path, HOST));
    assert.equal(read(`${base}/`).base, "");
    assert.equal(read(`${base}/r/x7kq`).base, "/r/x7kq");
    assert.equal(read(`${base}/r/x7kq/overlay/goal`).base, "/r/x7kq");
    assert.equal(read(`${base}/?replay=derby`).base, "/r/derby");
    assert.deepEqual(read(`${base}/?scenario=juv&from=45+1:12`).replaySpec, { scenario: "juv", from: "45+1:12" });
    assert.equal(readParameters(new URL(`${base}/r/x7kq/overlay/goal`, HOST)).base, "/r/x7kq");

    assert.equal(addressOf("/client.js").href, `${HOST}${base}/client.js`);
    assert.equal(pageAddress(""), `${HOST}${base}/`);
    assert.equal(pageAddress("/r/x7kq", { match: "m", from: "85:00", token: null }), `${HOST}${base}/r/x7kq/?match=m&from=85:00`);
    assert.equal(streamAddress("", { token: "secret" }), `wss://scores.example${base}/ws?token=secret`);
    assert.equal(streamAddress("/r/x7kq"), `wss://scores.example${base}/r/x7kq/ws`);

    const asked = [];
    globalThis.fetch = async (url, { headers }) => {
      asked.push([`${url}`, headers.Authorization]);
      return { ok: true, json: async () => ({}) };
    };
    await replayOf("x7kq", "secret").timeline();
    await openReplay({});
    assert.deepEqual(asked, [[`${HOST}${base}/r/x7kq/timeline`, "Bearer secret"], [`${HOST}${base}/api/replays`, undefined]]);
  });
}

test("a plus in a position is a sign or a blank, as the server decodes it", () => {
  const table = JSON.parse(readFileSync(new URL("fixtures/positions.json", import.meta.url), "utf8"));
  assert.ok(table.length > 20);
  const read = (query) => readAddress(new URL(`/?${query}`, HOST)).replaySpec;
  for (const [written, meant] of table) {
    for (const field of ["from", "until", "fr%6Fm"]) {
      const { [decodeURIComponent(field)]: value } = read(`a=1&${field}=${written}&b=2`);
      assert.equal(value, meant, `${field}=${written}`);
    }
  }
  // The only plus in a time is that of its offset.
  for (const written of ["20:45+01:00", "20:45%2B01:00", "20:45%2001:00"]) assert.equal(read(`wall=${written}`).wall, "20:45+01:00");
  assert.equal(read("pace=gap%3D5s+break%3D3s").pace, "gap=5s break=3s");
  assert.equal(read("scenario=4+3").scenario, "4 3");
});

test("a replay's name is escaped as one path segment", () => {
  assert.equal(replayPath("derby"), "/r/derby");
  assert.equal(replayPath("a/b?c"), "/r/a%2Fb%3Fc");
  const storage = new Map();
  standAt("", "/?replay=a%2Fb&scenario=juv&token=secret", storage);
  takeTokenFromAddress();
  assert.equal(streamAddress(replayPath("a/b")), "wss://scores.example/r/a%2Fb/ws");
  assert.deepEqual([...storage.keys()], ["touchline token /r/a%2Fb"]);
});

test("the page asks before it plays only if another site links to it and it would open a replay", async () => {
  for (const [address, foreign, asks] of [["/?scenario=juv", true, true], ["/?scenario=juv", false, false], ["/", true, false], ["/r/x/?speed=2", true, false]]) {
    standAt("", address);
    if (foreign) document.documentElement.dataset.foreign = "";
    const read = readAddress(new URL(address, HOST));
    assert.equal(read.isForeign, foreign, address);
    const done = [];
    const model = Object.assign(new Model(read, { redraw: () => {} }), { askToPlay: () => done.push("ask"), play: () => done.push("play") });
    model.start();
    assert.deepEqual(done, [asks ? "ask" : "play"], address);
  }
});

test("a path that only starts like the prefix is not below it", () => {
  standAt("/tl", "/tl/r/x7kq/");
  assert.equal(readAddress(new URL("/tl/r/x7kq/", HOST)).base, "/r/x7kq");
  assert.equal(readAddress(new URL("/tl2/r/x7kq/", HOST)).base, "");
});

test("withoutToken removes the token and leaves the rest of an address unchanged", () => {
  for (const [address, left] of [
    ["/?token=a", "/"], ["/?token", "/"], ["/?token=#top", "/#top"], ["/r/x/?match=m&token=a&from=45+1:12", "/r/x/?match=m&from=45+1:12"],
    ["/?token=a&token=b&spoilers=0", "/?spoilers=0"], ["/?%74oken=a&match=a%2Cb", "/?match=a%2Cb"], ["/?my-token=a&tokens=b", "/?my-token=a&tokens=b"],
  ]) {
    assert.equal(withoutToken(new URL(address, HOST)), left, address);
  }
});

test("a token is stored under its replay and its server's path", () => {
  const { storage, replaced } = standAt("/tl", "/tl/r/a/?token=of-a&theme=dark");
  const at = (base, address) => {
    standAt(base, address, storage);
    const { token, kept } = takeTokenFromAddress();
    return [token, kept];
  };
  assert.equal(takeTokenFromAddress().token, "of-a");
  assert.deepEqual(replaced, ["/tl/r/a/?theme=dark"]);
  assert.deepEqual(at("/tl", "/tl/r/a/"), ["of-a", true]);
  for (const [base, other] of [["/tl", "/tl/r/b/"], ["/tl", "/tl/"], ["", "/r/a/"], ["/two", "/two/r/a/"]]) {
    assert.deepEqual(at(base, other), [null, true], other);
  }
  assert.deepEqual(at("/tl", "/tl/?replay=a"), ["of-a", true], "the same replay by its name");
  assert.deepEqual(at("/tl", "/tl/?token=of-main"), ["of-main", false]);
  assert.deepEqual(at("/tl", "/tl/r/main/overlay/goal"), ["of-main", true]);
  assert.deepEqual(at("/tl", "/tl/r/a/?token=new"), ["new", false]);
  assert.deepEqual(at("/tl", "/tl/?replay=a&scenario=juv"), ["new", true], "it may be there already");
  assert.deepEqual(at("/tl", "/tl/?scenario=juv&token=of-nothing"), [null, false], "what it opens has one of its own");
  assert.ok(![...storage.values()].includes("of-nothing"));
  forgetToken("/r/a");
  assert.deepEqual(at("/tl", "/tl/r/a/"), [null, true]);
});

test("a forbidden storage is tolerated", () => {
  standAt("", "/r/a/?token=secret");
  Object.defineProperty(window, "sessionStorage", { get: () => { throw new Error("forbidden"); } });
  assert.equal(takeTokenFromAddress().token, "secret");
  assert.equal(keepToken("/r/a", "secret"), false);
  forgetToken("/r/a");
});
