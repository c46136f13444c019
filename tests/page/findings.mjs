// Records invisible errors of a page: console messages, failed requests, policy violations.

/** The kinds of findings. A test expects them by patterns of their text, or by status codes. */
const KINDS = ["console", "error", "failed", "status", "csp", "origin"];

/** Records the findings of a context, whose pages should load only from the host of `url`. */
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
      // The event reports it too, with the blocked address.
      if (message.text().includes("violates the following Content Security Policy")) return;
      this.#add("console", `${type}: ${message.text()} (${url}:${lineNumber + 1})`, url);
    });
    context.on("weberror", (error) => this.#add("error", error.error().stack || String(error.error())));
    context.on("requestfailed", (request) => {
      const why = request.failure()?.errorText ?? "";
      // ERR_ABORTED: cancelled by the page or by leaving it. csp: the event reports it.
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

  /** The unexpected findings, one line each: `expected` is `{ console: [/regex/], status: [404] }`. */
  unexpected(expected = {}) {
    const unknownKind = Object.keys(expected).find((kind) => !KINDS.includes(kind));
    if (unknownKind) throw new Error(`unknown kind of finding "${unknownKind}"; accepted: ${KINDS.join(", ")}`);
    // The console has its own line for a failed request.
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
