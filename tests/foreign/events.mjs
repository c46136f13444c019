// An SSE client with Node's `eventsource`, which behaves like a browser's: it reconnects by itself with the last `id:`, until
// the server refuses. Prints each frame on a line, and at the end how many connections it opened.
import { createRequire } from "node:module";

const { EventSource } = createRequire(process.env.NODE_PATH + "/")("eventsource");
const source = new EventSource(process.argv[2]);
let opened = 0;

source.onopen = () => (opened += 1);
source.onmessage = ({ data }) => console.log(data);
source.onerror = () => {
  if (source.readyState === EventSource.CLOSED) console.log(JSON.stringify({ kind: "closed", opened }));
};
// Ends a failing test: no stream in the tests takes this long.
setTimeout(() => {
  console.error("the stream does not end");
  process.exit(1);
}, 30_000).unref();
