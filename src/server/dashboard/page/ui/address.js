/** What the page's own address says: which replay, which match, what may be shown, and what is to be played. */

/** The fields that open a replay of one's own; as in the protocol's "Replays". */
const PROGRAMME = ["scenario", "speed", "pace", "fit", "from", "until", "loop", "hold", "paused", "wait_for", "linger", "now", "wall"];
const FLAGS = ["loop", "paused", "now"];
/** The fields whose values are positions of a timeline. */
const POSITIONS = ["from", "until"];

/** The path prefix of the server, which it writes into its pages: "" at the root of a host, else such as "/tl". */
const prefix = () => globalThis.document?.documentElement.dataset.base ?? "";

/** Whether a page of another site sent the viewer here, as the server writes it into the page. */
const isForeign = () => "foreign" in (globalThis.document?.documentElement.dataset ?? {});

/** The path of a replay, below the server's prefix. */
export const replayPath = (name) => `/r/${encodeURIComponent(name)}`;

export function readAddress(location, root = prefix()) {
  const query = new URLSearchParams(location.search);
  const path = location.pathname.startsWith(`${root}/`) ? location.pathname.slice(root.length) : location.pathname;
  const base = /^\/r\/[^/]+/.exec(path)?.[0] ?? "";
  const signed = new URLSearchParams(location.search.replaceAll("+", "%2B"));
  const programme = {};
  for (const field of PROGRAMME) {
    if (!query.has(field)) continue;
    let value = query.get(field);
    if (POSITIONS.includes(field) && hasSign(signed.get(field))) value = signed.get(field);
    // Of a time only the offset has a blank: `20:45+01:00`.
    if (field === "wall") value = value.trim().replaceAll(" ", "+");
    if (FLAGS.includes(field)) programme[field] = ["", "1", "true"].includes(value);
    else programme[field] = field === "wait_for" ? Number(value) : value;
  }
  const asked = Object.keys(programme).length > 0;
  const named = query.get("replay");
  return {
    /** The path of the replay that is looked at, below the server's prefix: by its path, or by its name, unless that is to be opened. "": `main`. */
    base: base || (named && !asked ? replayPath(named) : ""),
    match: query.get("match"),
    token: query.get("token"),
    spoilers: query.get("spoilers") !== "0",
    theme: query.get("theme"),
    /** `null`: look at the replay that the path names. */
    programme: !base && asked ? { ...programme, ...(named ? { name: named } : {}) } : null,
    isForeign: isForeign(),
    query,
  };
}

/**
 * Whether a bare plus in a position is its sign (`+5m`, `45+2`) and not a blank, as in a marker's name (`Two+minutes+of+joy`).
 * The server decodes its own queries by the same rule.
 */
function hasSign(text) {
  const position = text.trim();
  const isRelative = /^[+-]\d[^:]*$/.test(position);
  const isNumeric = /^[\d:+.%-]+$/.test(position);
  return (isRelative || isNumeric) && position.split("+").length === 2;
}

/** The whole address of a path of the server. */
export const addressOf = (path) => new URL(`${prefix()}${path}`, window.location.origin);

/** The address of a stream of a replay. */
export function streamAddress(base, { token, ...parameters } = {}) {
  const url = addressOf(`${base}/ws`);
  url.protocol = url.protocol === "https:" ? "wss:" : "ws:";
  for (const [name, value] of Object.entries({ ...parameters, token })) {
    if (value !== undefined && value !== null) url.searchParams.set(name, value);
  }
  return url.href;
}

/** The page of a replay, with these parameters. */
export function pageAddress(base, parameters = {}) {
  const url = addressOf(`${base}/`);
  for (const [name, value] of Object.entries(parameters)) {
    if (value !== undefined && value !== null && value !== "") url.searchParams.set(name, value);
  }
  // Colons stand in a query as they are, and people read this one.
  return url.href.replaceAll("%3A", ":");
}
