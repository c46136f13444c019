// A proxy between a page and a server, which can go silent or cut its connections.
import { once } from "node:events";
import { connect, createServer } from "node:net";

import { onTestEnd } from "./cleanup.mjs";

class Proxy {
  /** The address that a page opens. */
  http;
  #pairs = new Set();
  #isCut = false;
  #isSilent = false;
  #listener;

  constructor(server) {
    this.#listener = createServer((near) => {
      if (this.#isCut) return near.destroy();
      const far = connect(new URL(server.http).port, "127.0.0.1");
      const pair = [near, far];
      this.#pairs.add(pair);
      for (const [from, to] of [pair, [far, near]]) {
        from.on("data", (bytes) => this.#isSilent || to.write(bytes));
        from.on("error", () => {});
        from.on("close", () => {
          to.destroy();
          this.#pairs.delete(pair);
        });
      }
    });
  }

  async open() {
    await once(this.#listener.listen(0, "127.0.0.1"), "listening");
    this.http = `http://127.0.0.1:${this.#listener.address().port}`;
    return this;
  }

  /** Closes all connections and refuses new ones until `mend`. */
  cut() {
    this.#isCut = true;
    this.#pairs.forEach((pair) => pair.forEach((socket) => socket.destroy()));
  }

  mend() {
    this.#isCut = false;
  }

  /** Passes no more data, without closing. Data sent meanwhile is lost. */
  silence() {
    this.#isSilent = true;
  }

  close() {
    this.#listener.close();
    this.cut();
  }
}

/** Opens a proxy to a server. `server.http` is read at each connection, so the server may start later. */
export async function openProxy(t, server) {
  const opened = new Proxy(server);
  onTestEnd(t, () => opened.close());
  return opened.open();
}
