// The contract of a peer on Node's `ws`, with its default settings: a `send` for each subscriber and message. As fast as
// messages are taken, it holds back while anything that it sent is still waiting in this process.
import { createRequire } from "node:module";

// Found through NODE_PATH, which `import` does not look at.
const { WebSocketServer } = createRequire(import.meta.url)("ws");

const asked = { subscribers: 0, messages: 0, rate: 0 };
for (let i = 2; i + 1 < process.argv.length; i += 2) asked[process.argv[i].slice(2)] = Number(process.argv[i + 1]);

function message(n) {
  const head = `{"kind":"event","match":"fan-out","n":${n},"sent":${process.hrtime.bigint()},"text":"`;
  // Encoded once for everyone.
  return Buffer.from(`${head.padEnd(398, ".")}"}`);
}

function publish(n) {
  const data = message(n);
  for (const subscriber of server.clients) subscriber.send(data, { binary: false });
}

function waiting() {
  for (const subscriber of server.clients) if (subscriber.bufferedAmount > 0) return true;
  return false;
}

function burst(n) {
  if (!waiting()) publish(n++);
  if (n <= asked.messages) setImmediate(burst, n);
}

function paced(n, start) {
  for (; n <= asked.messages && performance.now() >= start + (n * 1000) / asked.rate; n++) publish(n);
  if (n <= asked.messages) setTimeout(paced, start + (n * 1000) / asked.rate - performance.now(), n, start);
}

let joined = 0;
const server = new WebSocketServer({ host: "127.0.0.1", port: 0 });
server.on("listening", () => console.log(server.address().port));
server.on("connection", () => {
  joined += 1;
  if (joined !== asked.subscribers) return;
  if (asked.rate > 0) paced(1, performance.now());
  else burst(1);
});
