// A WebSocket subscriber with Node's `ws`, in its usual style. Behaves as subscribe.py does.
import { createRequire } from "node:module";

const WebSocket = createRequire(process.env.NODE_PATH + "/")("ws");
const [url, ...commands] = process.argv.slice(2);
const socket = new WebSocket(url, "touchline.v1");

socket.on("open", () => commands.forEach((command) => socket.send(command)));
socket.on("message", (data) => {
  const text = data.toString();
  console.log(text);
  const frame = JSON.parse(text);
  if (frame.kind === "playback" && frame.state === "ended") socket.close();
});
socket.on("close", (code) => console.log(JSON.stringify({ kind: "closed", code })));
socket.on("error", (error) => {
  console.error(error.message);
  process.exit(1);
});
