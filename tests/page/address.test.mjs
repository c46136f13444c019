// Addresses: what the page's own says, and those that it builds, at the root of a host and below a path.
import assert from "node:assert/strict";
import { test } from "node:test";

import { addressOf, pageAddress, readAddress, streamAddress } from "../../src/server/dashboard/page/ui/address.js";
import { arrive, forgetToken, keepToken, withoutToken } from "../../src/server/dashboard/page/ui/token.js";
import { readParameters } from "../../src/server/dashboard/page/overlay/parameters.js";
import { getTimeline, openReplay } from "../../src/server/dashboard/page/ui/api.js";

const HOST = "https://scores.example";

/** Has the page stand at an address of a server whose path prefix is `base`. */
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

for (const base of ["", "/tl", "/a/r/b"]) {
  test(`below "${base}" the page reads its address and builds all others`, async () => {
    standAt(base, `${base}/r/x7kq/?match=m`);
    const read = (path) => readAddress(new URL(path, HOST));
    assert.equal(read(`${base}/`).base, "");
    assert.equal(read(`${base}/r/x7kq`).base, "/r/x7kq");
    assert.equal(read(`${base}/r/x7kq/overlay/goal`).base, "/r/x7kq");
    assert.equal(read(`${base}/?replay=derby`).base, "/r/derby");
    assert.deepEqual(read(`${base}/?scenario=juv&from=45+1:12`).programme, { scenario: "juv", from: "45+1:12" });
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
    await getTimeline("/r/x7kq", { token: "secret", spoilers: true });
    await openReplay({});
    assert.deepEqual(asked, [[`${HOST}${base}/r/x7kq/timeline`, "Bearer secret"], [`${HOST}${base}/api/replays`, undefined]]);
  });
}

test("a path that only begins like the prefix is not below it", () => {
  standAt("/r", "/r/r/x7kq/");
  assert.equal(readAddress(new URL("/r/r/x7kq/", HOST)).base, "/r/x7kq");
  assert.equal(readAddress(new URL("/r/x7kq/", HOST)).base, "");
  assert.equal(readAddress(new URL("/tl2/r/x/", HOST), "/tl").base, "");
});

test("a token is taken out of an address, and all else stays as it was written", () => {
  for (const [address, left] of [
    ["/?token=a", "/"], ["/?token", "/"], ["/?token=#top", "/#top"], ["/r/x/?match=m&token=a&from=45+1:12", "/r/x/?match=m&from=45+1:12"],
    ["/?token=a&token=b&spoilers=0", "/?spoilers=0"], ["/?%74oken=a&match=a%2Cb", "/?match=a%2Cb"], ["/?my-token=a&tokens=b", "/?my-token=a&tokens=b"],
  ]) {
    assert.equal(withoutToken(new URL(address, HOST)), left, address);
  }
});

test("a token is kept under its replay, and below its server's path", () => {
  const { storage, replaced } = standAt("/tl", "/tl/r/a/?token=of-a&theme=dark");
  const at = (base, address) => {
    standAt(base, address, storage);
    const { token, kept } = arrive();
    return [token, kept];
  };
  assert.equal(arrive().token, "of-a");
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

test("a storage that fails is no obstacle", () => {
  standAt("", "/r/a/?token=secret");
  Object.defineProperty(window, "sessionStorage", { get: () => { throw new Error("forbidden"); } });
  assert.equal(arrive().token, "secret");
  assert.equal(keepToken("/r/a", "secret"), false);
  forgetToken("/r/a");
});
