// What goes wrong on a page without anybody seeing it: what the browser tells its console, what it could not load, what it
// was forbidden.

/** What can be found, each with how a test says that it expects it: patterns of the text, or the numbers themselves. */
const KINDS = ["console", "error", "failed", "status", "csp", "origin"];

/** Collects from now on what goes wrong in a context whose pages should load nothing but from the host of `url`. */
export class Findings {
  #found = [];
  #host;

  static async of(context, url) {
    const findings = new Findings();
    findings.#host = new URL(url).host;
    await findings.#listen(context);
    return findings;
  }

  #add(kind, text, url) {
    this.#found.push({ kind, text, url });
  }

  async #listen(context) {
    context.on("console", (message) => {
      const type = message.type();
      if (!["error", "warning", "assert"].includes(type)) return;
      const { url, lineNumber } = message.location();
      // The event says the same, and what was blocked.
      if (message.text().includes("violates the following Content Security Policy")) return;
      this.#add("console", `${type}: ${message.text()} (${url}:${lineNumber + 1})`, url);
    });
    context.on("weberror", (error) => this.#add("error", error.error().stack ?? String(error.error())));
    context.on("requestfailed", (request) => {
      const why = request.failure()?.errorText ?? "";
      // Aborted: by the page itself, or because it was left. csp: told by the event.
      if (why !== "net::ERR_ABORTED" && why !== "csp") this.#add("failed", `${request.url()}: ${why}`, request.url());
    });
    context.on("response", (response) => {
      if (response.status() >= 400) this.#add("status", `${response.status()} ${response.url()}`, response.url());
    });
    context.on("request", (request) => this.#judge(request.url()));
    context.on("page", (page) => page.on("websocket", (socket) => this.#judge(socket.url())));
    await context.exposeBinding("touchlineViolation", (_, text) => this.#add("csp", text));
    await context.addInitScript(() =>
      document.addEventListener("securitypolicyviolation", (event) => {
        const where = `${event.sourceFile || event.documentURI}:${event.lineNumber}`;
        globalThis.touchlineViolation(`${event.effectiveDirective} forbids ${event.blockedURI} (${where})`);
      }),
    );
  }

  #judge(url) {
    const { protocol, host } = new URL(url);
    if (/^(http|ws)s?:$/.test(protocol) && host !== this.#host) this.#add("origin", `a request to ${url}`);
  }

  /** A line for each that was not expected: `{ console: [/regex/], status: [404] }`. */
  unexpected(expected = {}) {
    const stranger = Object.keys(expected).find((kind) => !KINDS.includes(kind));
    if (stranger) throw new Error(`nothing is found of the kind "${stranger}"; accepted: ${KINDS.join(", ")}`);
    // A console has a line of its own for what could not be loaded.
    const loads = new Set(this.#found.filter(({ kind }) => kind === "status" || kind === "failed").map(({ url }) => url));
    const isToldTwice = ({ kind, text, url }) =>
      kind === "console" && text.startsWith("error: Failed to load resource") && loads.has(url);
    const isExpected = ({ kind, text }) =>
      (expected[kind] ?? []).some((it) => (it instanceof RegExp ? it.test(text) : text.startsWith(`${it} `)));
    return this.#found
      .filter((finding) => !isToldTwice(finding) && !isExpected(finding))
      .map(({ kind, text }) => `${kind}: ${text}`);
  }
}
