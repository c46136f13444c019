// What polling apps cost a server: node benches/polling.mjs [POLLERS] [SECONDS] [BINARY]
//
// Each poller has a connection of its own and sends one request a second, spread over the second. The processor time is that of the
// server's process alone, by /proc, so Linux only.
import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { connect } from "node:net";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { setTimeout as wait } from "node:timers/promises";

const [pollers = "1000", seconds = "20", binary = "target/release/touchline"] = process.argv.slice(2);
const TICKS_A_SECOND = 100;

const processorTime = (pid) => {
  const [user, system] = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ")[1].split(" ").slice(11, 13);
  return (Number(user) + Number(system)) / TICKS_A_SECOND;
};

async function measure(name, scenario, speed, target) {
  const server = spawn(binary, ["serve", scenario, "--port", "0", "--from", "10:00", "--speed", speed, "--loop", "--log", "error"], {
    stdio: ["ignore", "pipe", "ignore"],
  });
  const [line] = await once(createInterface(server.stdout), "line");
  const { port } = new URL(JSON.parse(line).http);
  const request = `GET ${target} HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nx-apisports-key: any\r\n\r\n`;
  let answers = 0, bytes = 0, failed = 0;
  const sockets = [];
  for (let place = 0; place < Number(pollers); place++) {
    const socket = connect(Number(port), "127.0.0.1");
    socket.on("data", (data) => {
      bytes += data.length;
      if (data.subarray(0, 12).toString("latin1") === "HTTP/1.1 200") answers++;
      else if (data.subarray(0, 9).toString("latin1") === "HTTP/1.1 ") failed++;
    });
    socket.on("error", () => failed++);
    sockets.push(socket);
  }
  await wait(1_000);
  const timers = sockets.map((socket, place) => {
    const poll = () => socket.write(request);
    return setTimeout(() => { poll(); socket.timer = setInterval(poll, 1_000); }, (1_000 * place) / sockets.length);
  });
  await wait(2_000);
  const [before, answersBefore, bytesBefore, begun] = [processorTime(server.pid), answers, bytes, performance.now()];
  await wait(Number(seconds) * 1_000);
  const elapsed = (performance.now() - begun) / 1_000;
  const used = processorTime(server.pid) - before;
  console.log(
    `${name}: ${((100 * used) / elapsed).toFixed(1)} % of a core, ${((answers - answersBefore) / elapsed).toFixed(0)} answers/s, ` +
      `${((bytes - bytesBefore) / (answers - answersBefore) / 1024).toFixed(1)} KiB each, ${failed} failed`,
  );
  timers.forEach(clearTimeout);
  sockets.forEach((socket) => { clearInterval(socket.timer); socket.destroy(); });
  server.kill();
  await once(server, "exit");
}

const LIVE = "/r/main/dialect/api-football/fixtures?live=all";
const SCOREBOARD = "/r/main/dialect/espn/apis/site/v2/sports/soccer/all/scoreboard";
await measure("API-Football, one match at 1x", "juv", "1", LIVE);
await measure("API-Football, one match at 60x", "juv", "60", LIVE);
await measure("API-Football, ten matches at 60x", "last-day", "60", LIVE);
await measure("ESPN, one match at 60x", "juv", "60", SCOREBOARD);
await measure("ESPN, ten matches at 60x", "last-day", "60", SCOREBOARD);
await measure("our /state, one match at 60x", "juv", "60", "/state");
