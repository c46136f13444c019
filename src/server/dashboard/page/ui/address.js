/** Reads the page's address (replay, match, spoilers, replay to open) and builds addresses of the server. */

/** The fields that specify a replay to open; see "Replays" in the protocol. */
const REPLAY_FIELDS = ["scenario", "speed", "pace", "fit", "from", "until", "loop", "hold", "paused", "wait_for", "linger", "now", "wall"];
const FLAGS = ["loop", "paused", "now"];
/** The fields whose values are positions of a timeline. */
const POSITIONS = ["from", "until"];

/** The server's path prefix, as rendered into the page: "" at the root of a host, else such as "/tl". */
const prefix = () => globalThis.document?.documentElement.dataset.base ?? "";

/** Whether a page of another site linked here, as rendered into the page. */
const isForeign = () => "foreign" in (globalThis.document?.documentElement.dataset ?? {});

/** The path of a replay, below the server's prefix. */
export const replayPath = (name) => `/r/${encodeURIComponent(name)}`;

export function readAddress(location, root = prefix()) {
  const query = new URLSearchParams(location.search);
  const path = location.pathname.startsWith(`${root}/`) ? location.pathname.slice(root.length) : location.pathname;
  const base = /^\/r\/[^/]+/.exec(path)?.[0] ?? "";
  const signed = new URLSearchParams(location.search.replaceAll("+", "%2B"));
  const replaySpec = {};
  for (const field of REPLAY_FIELDS) {
    if (!query.has(field)) continue;
    let value = query.get(field);
    if (POSITIONS.includes(field) && hasSign(signed.get(field))) value = signed.get(field);
    // Only the offset of a time has a blank, a decoded plus: `20:45+01:00`.
    if (field === "wall") value = value.trim().replaceAll(" ", "+");
    if (FLAGS.includes(field)) replaySpec[field] = ["", "1", "true"].includes(value);
    else replaySpec[field] = field === "wait_for" ? Number(value) : value;
  }
  const hasReplayFields = Object.keys(replaySpec).length > 0;
  const named = query.get("replay");
  return {
    /**
     * The path of the replay, below the server's prefix: from the path, or from `replay=` unless that names one to open. "":
     * `main`.
     */
    base: base || (named && !hasReplayFields ? replayPath(named) : ""),
    match: query.get("match"),
    token: query.get("token"),
    spoilers: query.get("spoilers") !== "0",
    theme: query.get("theme"),
    /** `null`: no replay to open; the path names it. */
    replaySpec: !base && hasReplayFields ? { ...replaySpec, ...(named ? { name: named } : {}) } : null,
    isForeign: isForeign(),
    query,
  };
}

/**
 * Whether a bare plus in a position is a sign (`+5m`, `45+2`) and not a blank, as in a marker's name (`Two+minutes+of+joy`).
 * The server decodes its queries by the same rule.
 */
function hasSign(text) {
  const position = text.trim();
  const isRelative = /^[+-]\d[^:]*$/.test(position);
  const isNumeric = /^[\d:+.%-]+$/.test(position);
  return (isRelative || isNumeric) && position.split("+").length === 2;
}

/** The full address of a path of the server. */
export const addressOf = (path) => new URL(`${prefix()}${path}`, window.location.origin);

/** The address of a replay's stream. */
export function streamAddress(base, { token, ...parameters } = {}) {
  const url = addressOf(`${base}/ws`);
  url.protocol = url.protocol === "https:" ? "wss:" : "ws:";
  for (const [name, value] of Object.entries({ ...parameters, token })) {
    if (value !== undefined && value !== null) url.searchParams.set(name, value);
  }
  return url.href;
}

/** The address of a replay's page, with these parameters. */
export function pageAddress(base, parameters = {}) {
  const url = addressOf(`${base}/`);
  for (const [name, value] of Object.entries(parameters)) {
    if (value !== undefined && value !== null && value !== "") url.searchParams.set(name, value);
  }
  // A query may contain colons, and unescaped ones are easier to read.
  return url.href.replaceAll("%3A", ":");
}
