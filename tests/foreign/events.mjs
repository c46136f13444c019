// A reader of server-sent events written with Node's `eventsource`, which does as browsers do: comes back by itself, with the
// last `id:` that it has seen, until it is told not to. Prints each frame on a line, and how often it had to come back.
import { createRequire } from "node:module";

const { EventSource } = createRequire(process.env.NODE_PATH + "/")("eventsource");
const source = new EventSource(process.argv[2]);
let opened = 0;

source.onopen = () => (opened += 1);
source.onmessage = ({ data }) => console.log(data);
source.onerror = () => {
  if (source.readyState === EventSource.CLOSED) console.log(JSON.stringify({ kind: "closed", opened }));
};
// For a test that fails: nothing that it reads takes so long.
setTimeout(() => {
  console.error("it does not end");
  process.exit(1);
}, 30_000).unref();
