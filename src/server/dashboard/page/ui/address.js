/** What the page's own address says: which replay, which match, what may be shown, and what is to be played. */

/** The fields that open a replay of one's own; as in the protocol's "Replays". */
const PROGRAMME = ["scenario", "speed", "pace", "fit", "from", "until", "loop", "hold", "paused", "wait_for", "linger", "now", "wall"];
const FLAGS = ["loop", "paused", "now"];

/** The path prefix of the server, which it writes into its pages: "" at the root of a host, else such as "/tl". */
const prefix = () => globalThis.document?.documentElement.dataset.base ?? "";

export function readAddress(location, root = prefix()) {
  const query = new URLSearchParams(location.search);
  const path = location.pathname.startsWith(`${root}/`) ? location.pathname.slice(root.length) : location.pathname;
  const base = /^\/r\/[^/]+/.exec(path)?.[0] ?? "";
  const programme = {};
  for (const field of PROGRAMME) {
    if (!query.has(field)) continue;
    // A plus sign in a query is a blank: 45+1:12 is written so by people.
    const value = query.get(field).replace(/^(\d+) (\d)/, "$1+$2");
    if (FLAGS.includes(field)) programme[field] = ["", "1", "true"].includes(value);
    else programme[field] = field === "wait_for" ? Number(value) : value;
  }
  const asked = Object.keys(programme).length > 0;
  const named = query.get("replay");
  return {
    /** The path of the replay that is looked at, below the server's prefix: by its path, or by its name, unless that is to be opened. "": `main`. */
    base: base || (named && !asked ? `/r/${encodeURIComponent(named)}` : ""),
    match: query.get("match"),
    token: query.get("token"),
    spoilers: query.get("spoilers") !== "0",
    theme: query.get("theme"),
    /** `null`: look at the replay that the path names. */
    programme: !base && asked ? { ...programme, ...(named ? { name: named } : {}) } : null,
    query,
  };
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
