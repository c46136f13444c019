/** What an overlay's address asks for; see `main.js` for what is accepted. */
import { readAddress } from "../ui/address.js";

/** How wide each is drawn, px. Its stylesheet has the same. */
const WIDTHS = { scorebug: 480, ticker: 1280, goal: 640 };
const SCALES = { least: 0.25, most: 8 };
const HOLDS = { least: 1_000, most: 60_000, usual: 8_000 };
const THEMES = ["dark", "light"];
/** The longest text that names matches. */
const LONGEST = 1_000;
const KNOWN = ["match", "width", "scale", "theme", "hold", "token"];

/** `note(text)` is called for each that is wrong. */
export function readParameters(location, note = () => {}) {
  const { base, query } = readAddress(location);
  const kind = /\/overlay\/([a-z]+)$/.exec(location.pathname)?.[1];
  if (!Object.hasOwn(WIDTHS, kind ?? "")) {
    note(`There is no such overlay; there are: ${Object.keys(WIDTHS).join(", ")}`);
    return { kind: null };
  }
  const wrong = (name, accepted) => note(`"${name}=${query.get(name)}" is left out of account; accepted: ${accepted}`);
  const read = (name, accepted, take) => {
    if (!query.has(name)) return null;
    const value = take(query.get(name));
    if (value === null) wrong(name, accepted);
    return value;
  };
  for (const name of query.keys()) if (!KNOWN.includes(name)) wrong(name, KNOWN.map((known) => `${known}=`).join(", "));

  const usual = WIDTHS[kind];
  const [narrowest, widest] = [usual * SCALES.least, usual * SCALES.most];
  const several = kind !== "scorebug";
  return {
    kind,
    base,
    match: read("match", several ? "ids of matches" : "the id of one match", (text) => matches(text, several)),
    width: read("width", `${narrowest} to ${widest}`, (text) => number(text, narrowest, widest)),
    scale: read("scale", `${SCALES.least} to ${SCALES.most}`, (text) => number(text, SCALES.least, SCALES.most)),
    theme: read("theme", THEMES.join(", "), (text) => (THEMES.includes(text) ? text : null)) ?? THEMES[0],
    hold: read("hold", "1s to 60s", hold) ?? HOLDS.usual,
  };
}

/** How wide an overlay is to be, px; `null`: as wide as the window. */
export function widthOf({ kind, width, scale }) {
  return width ?? (scale === null ? null : WIDTHS[kind] * scale);
}

function matches(text, several) {
  const ids = text.split(",");
  const sound = ids.every((id) => id) && text.length <= LONGEST && (several || ids.length === 1);
  return sound ? text : null;
}

function number(text, least, most) {
  const value = /^\d+(\.\d+)?$/.test(text) ? Number(text) : NaN;
  return value >= least && value <= most ? value : null;
}

/** The milliseconds of `8s`, `1.5s`, `1m`. */
function hold(text) {
  const [, value, unit] = /^(\d+(?:\.\d+)?)(ms|s|m)$/.exec(text) ?? [];
  const ms = Number(value) * { ms: 1, s: 1_000, m: 60_000 }[unit];
  return ms >= HOLDS.least && ms <= HOLDS.most ? ms : null;
}
