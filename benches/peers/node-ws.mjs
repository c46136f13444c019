// A peer on Node's `ws` with default settings: one `send` per subscriber and message. In a burst it waits while any of its
// sent bytes are still buffered in this process.
import { createRequire } from "node:module";

// Found through NODE_PATH, which `import` ignores.
const { WebSocketServer } = createRequire(import.meta.url)("ws");

const args = { subscribers: 0, messages: 0, rate: 0 };
for (let i = 2; i + 1 < process.argv.length; i += 2) args[process.argv[i].slice(2)] = Number(process.argv[i + 1]);

function message(n) {
  const head = `{"kind":"event","match":"fan-out","n":${n},"sent":${process.hrtime.bigint()},"text":"`;
  // Encoded once for all subscribers.
  return Buffer.from(`${head.padEnd(398, ".")}"}`);
}

function publish(n) {
  const data = message(n);
  for (const subscriber of server.clients) subscriber.send(data, { binary: false });
}

function hasPendingBytes() {
  for (const subscriber of server.clients) if (subscriber.bufferedAmount > 0) return true;
  return false;
}

function burst(n) {
  if (!hasPendingBytes()) publish(n++);
  if (n <= args.messages) setImmediate(burst, n);
}

function paced(n, start) {
  for (; n <= args.messages && performance.now() >= start + (n * 1000) / args.rate; n++) publish(n);
  if (n <= args.messages) setTimeout(paced, start + (n * 1000) / args.rate - performance.now(), n, start);
}

let subscribed = 0;
const server = new WebSocketServer({ host: "127.0.0.1", port: 0 });
server.on("listening", () => console.log(server.address().port));
server.on("connection", () => {
  subscribed += 1;
  if (subscribed !== args.subscribers) return;
  if (args.rate > 0) paced(1, performance.now());
  else burst(1);
});
