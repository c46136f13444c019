// The harness reports errors of a page, and nothing else.
import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:http";

import { onTestEnd } from "./cleanup.mjs";
import { axe, heap, serve, test, TIMEOUT_MS, until, visit } from "./harness.mjs";

const POLICY = "default-src 'self'; style-src 'self' 'unsafe-inline'; script-src 'self' 'nonce-here'";

const script = (code) => `<script nonce="here">${code}</script>`;
const page = (body) =>
  `<!doctype html><html lang="en"><title>A page</title><link rel="icon" href="/icon.svg"><main><h1>A page</h1>${body}</main></html>`;

/** Serves one page and its icon; all other paths are 404. Returns its address. */
async function site(t, body) {
  const server = createServer(({ url }, response) => {
    const status = { "/": 200, "/icon.svg": 200 }[url] ?? 404;
    const type = url === "/icon.svg" ? "image/svg+xml" : "text/html; charset=utf-8";
    response.writeHead(status, { "content-type": type, "content-security-policy": POLICY });
    response.end(url === "/icon.svg" ? '<svg xmlns="http://www.w3.org/2000/svg"/>' : page(body));
  });
  await once(server.listen(0, "127.0.0.1"), "listening");
  t.after(() => {
    server.close();
    server.closeAllConnections();
  });
  return `http://127.0.0.1:${server.address().port}/`;
}

/** A test within the test, whose end can be inspected: `passed` is its result so far. */
function inner(t, passed = true) {
  const ends = [];
  const end = async () => {
    for (const one of ends.splice(0)) await one();
  };
  t.after(end);
  return { name: `${t.name} (inner)`, passed, after: (one) => ends.push(one), end };
}

/** The error at the end of a test that visits such a page; `undefined` without one. */
async function failure(t, body, expect) {
  const within = inner(t);
  const open = await visit(within, await site(t, body), { expect });
  await until(open, () => document.readyState === "complete", "it has been loaded");
  return within.end().then(
    () => undefined,
    (error) => error.message,
  );
}

test("a page without errors has no findings", async (t) => {
  assert.equal(await failure(t, script(`console.log("all is well"); fetch("/icon.svg")`)), undefined);
});

const WRONG = [
  ["console", `<p>`, script(`console.error("it is lost")`), /console: error: it is lost/, /it is lost/],
  ["console", `<p>`, script(`console.warn("it may be lost")`), /console: warning: it may be lost/, /may be lost/],
  ["error", `<p>`, script(`throw new Error("uncaught")`), /error: Error: uncaught/, /uncaught/],
  ["error", `<p>`, script(`Promise.reject(new Error("unhandled"))`), /error: Error: unhandled/, /unhandled/],
  ["status", `<img alt="" src="/none.png">`, "", /status: 404 http.*none\.png/, 404],
  ["csp", `<p>`, "<script>1</script>", /csp: script-src-elem forbids inline/, /inline/],
  ["csp", `<p>`, script(`try { eval("1") } catch {}`), /csp: script-src forbids eval/, /eval/],
];

for (const [kind, body, more, reported, expected] of WRONG) {
  test(`${kind}: ${body}${more} is reported, unless expected`, async (t) => {
    const message = await failure(t, body + more);
    assert.match(message ?? "nothing was found", reported);
    // A single error gives a single line, and one line has the screenshot.
    assert.equal(message.split("\n").filter((line) => /^ {2}\S/.test(line)).length, 2, message);
    assert.equal(await failure(t, body + more, { [kind]: [expected] }), undefined);
    const other = kind === "console" ? "error" : "console";
    assert.match((await failure(t, body + more, { [other]: [expected] })) ?? "nothing was found", reported);
  });
}

test("a request to another host is reported, also if the policy permits it", async (t) => {
  const other = await site(t, "");
  const link = `<a href="${other}">elsewhere</a>`;
  const within = inner(t);
  const open = await visit(within, await site(t, link));
  await open.click("a");
  await open.waitForURL(other);
  await assert.rejects(within.end(), ({ message }) => message.includes(`origin: a request to ${other}`));
});

test("a request that the policy blocks is reported as a violation and a request, not as a failure", async (t) => {
  const image = `${await site(t, "")}icon.svg`;
  const lines = (await failure(t, `<img alt="" src="${image}">`))?.split("\n  ").slice(1, -1).sort();
  assert.equal(lines?.length, 2, lines?.join("\n"));
  assert.match(lines[0], /^csp: img-src forbids http/);
  assert.equal(lines[1], `origin: a request to ${image}`);
});

test("a WebSocket to another host, and a refused one, are reported", async (t) => {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address();
  await new Promise((closed) => server.close(closed));
  const body = script(`new WebSocket("ws://127.0.0.1:${port}/").onerror = () => document.title = "refused"`);
  const within = inner(t);
  const open = await visit(within, await site(t, body), { bypassCSP: true });
  await until(open, () => document.title === "refused", "the socket has been refused");
  await assert.rejects(within.end(), ({ message }) => {
    assert.match(message, new RegExp(`origin: a request to ws://127.0.0.1:${port}/`));
    assert.match(message, /console: error: WebSocket connection to .* failed/);
    return true;
  });
});

test("console messages during the end of a test are reported", async (t) => {
  const within = inner(t);
  const open = await visit(within, await site(t, ""));
  await open.evaluate(() => {
    setTimeout(() => {
      const end = performance.now() + 200;
      while (performance.now() < end);
      console.error("late");
    });
  });
  await assert.rejects(within.end(), /console: error: late/);
});

test("cleanup runs in reverse order, and goes on after a failure", async (t) => {
  const within = inner(t);
  const closed = [];
  for (const name of ["server", "page"]) {
    onTestEnd(within, () => {
      closed.push(name);
      throw new Error(`${name} is wrong`);
    });
  }
  await assert.rejects(within.end(), { message: "page is wrong\nserver is wrong" });
  assert.deepEqual(closed, ["page", "server"]);
});

test("an unknown kind of finding is refused, with the known ones", async (t) => {
  assert.match((await failure(t, "", { consol: [/x/] })) ?? "accepted", /"consol"; accepted: console, error/);
});

test("a failed wait names what it waited for", async (t) => {
  const open = await visit(t, await site(t, ""));
  open.setDefaultTimeout(200);
  await assert.rejects(
    until(open, () => document.querySelector("h2"), "there is a second heading"),
    /timed out waiting until there is a second heading: .*\n.*h2/s,
  );
  open.setDefaultTimeout(TIMEOUT_MS);
  assert.equal(await until(open, (tag) => document.querySelector(tag)?.textContent, "there is one", "h1"), "A page");
});

test("axe passes an accessible page and reports the violations of another", async (t) => {
  const open = await visit(t, await site(t, "<p>Text"));
  await axe(open);
  await open.evaluate(() => {
    const image = document.createElement("img");
    image.src = "/icon.svg";
    document.querySelector("main").append(image);
    document.body.append(document.createElement("main"));
  });
  await assert.rejects(axe(open), ({ message }) => {
    assert.match(message, /image-alt \(critical\).*\n {2}img\n {2}<img src="\/icon\.svg">/);
    assert.match(message, /landmark-no-duplicate-main \(moderate\)/, "a best practice");
    return true;
  });
});

test("released memory is not counted", async (t) => {
  const open = await visit(t, await site(t, ""));
  const before = await heap(open);
  await open.evaluate(() => {
    const paragraph = (_, i) => Object.assign(document.createElement("p"), { big: Array(1000).fill(i) });
    globalThis.held = Array.from({ length: 1000 }, paragraph);
  });
  const during = await heap(open);
  assert.ok(during.bytes > before.bytes + 1_000_000, JSON.stringify({ before, during }));
  assert.ok(during.nodes >= before.nodes + 900, JSON.stringify({ before, during }));
  await open.evaluate(() => delete globalThis.held);
  const afterwards = await heap(open);
  assert.ok(afterwards.bytes < before.bytes + 500_000, JSON.stringify({ before, afterwards }));
  assert.ok(afterwards.nodes < before.nodes + 100, JSON.stringify({ before, afterwards }));
});

test("the program is served, controlled, and restarted on its port", async (t) => {
  const server = await serve(t, "juv", "--paused");
  const { http } = server;
  assert.equal((await server.command({ command: "seek", to: "next:goal" })).playback.epoch, 2);
  await assert.rejects(server.command("step HT"), /404 .*not_found.*ahead are FT/);
  assert.equal((await server.command("step FT")).ok, true);
  const replay = await server.open({ scenario: "var", paused: true });
  assert.equal((await server.command({ command: "step", count: 1 }, replay.id)).to, 1);
  await assert.rejects(server.command("sek HT"), /400 .*did you mean/);
  await server.restart();
  assert.equal(server.http, http);
  assert.equal((await server.command("step HT")).ok, true);
  await server.stop();
  await assert.rejects(fetch(http));
});

test("the program's log is shown only if the test fails", async (t) => {
  const shown = [];
  t.mock.method(console, "error", (text) => shown.push(text));
  const well = inner(t);
  await serve(well, "juv");
  await well.end();
  assert.deepEqual(shown, []);
  const badly = inner(t, false);
  const server = await serve(badly, "juv");
  // The ready line comes shortly before the log line with the title.
  while (!server.log()?.includes("Juventus")) await new Promise(setImmediate);
  await badly.end();
  assert.match(shown.join("\n"), /log of the server:\n.*Juventus/s);
  await assert.rejects(fetch(server.http), "it was stopped");
  await assert.rejects(serve(inner(t), "no-such-match"), /did not start:\n.*no-such-match/s);
});
