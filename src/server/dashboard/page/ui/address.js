/** What the page's own address says: which replay, which match, what may be shown, and what is to be played. */

/** The fields that open a replay of one's own; as in the protocol's "Replays". */
const PROGRAMME = ["scenario", "speed", "pace", "fit", "from", "until", "loop", "hold", "paused", "now", "wall"];
const FLAGS = ["loop", "paused", "now"];

export function readAddress(location) {
  const query = new URLSearchParams(location.search);
  const base = /^\/r\/[^/]+/.exec(location.pathname)?.[0] ?? "";
  const programme = {};
  for (const field of PROGRAMME) {
    if (!query.has(field)) continue;
    const value = query.get(field);
    programme[field] = FLAGS.includes(field) ? ["", "1", "true"].includes(value) : value;
  }
  return {
    base,
    match: query.get("match"),
    token: query.get("token"),
    spoilers: query.get("spoilers") !== "0",
    theme: query.get("theme"),
    /** `null`: look at the replay that the path names. */
    programme: !base && Object.keys(programme).length ? programme : null,
    query,
  };
}

/** The address of a stream of a replay. */
export function streamAddress(base, { token, ...parameters } = {}) {
  const url = new URL(`${base}/ws`, window.location.href);
  url.protocol = url.protocol === "https:" ? "wss:" : "ws:";
  for (const [name, value] of Object.entries({ ...parameters, token })) {
    if (value !== undefined && value !== null) url.searchParams.set(name, value);
  }
  return url.href;
}

/** The page of a replay, with these parameters. */
export function pageAddress(base, parameters = {}) {
  const url = new URL(`${base}/`, window.location.origin);
  for (const [name, value] of Object.entries(parameters)) {
    if (value !== undefined && value !== null && value !== "") url.searchParams.set(name, value);
  }
  // Colons stand in a query as they are, and people read this one.
  return url.href.replaceAll("%3A", ":");
}
