/** Reads the parameters of an overlay's address; `main.js` lists them. */
import { readAddress } from "../ui/address.js";

/** The design widths, px. The style sheet has the same values. */
const WIDTHS = { scorebug: 480, ticker: 1280, goal: 640 };
const SCALES = { least: 0.25, most: 8 };
const HOLDS = { least: 1_000, most: 60_000, usual: 8_000 };
const THEMES = ["dark", "light"];
/** The longest value that names matches. */
const MAX_MATCH_LENGTH = 1_000;
const PARAMETERS = ["match", "width", "scale", "theme", "hold", "token"];

/** `note(text)` is called for each invalid parameter. */
export function readParameters(location, note = () => {}) {
  const { base, query } = readAddress(location);
  const kind = /\/overlay\/([a-z]+)$/.exec(location.pathname)?.[1];
  if (!Object.hasOwn(WIDTHS, kind ?? "")) {
    note(`There is no such overlay; there are: ${Object.keys(WIDTHS).join(", ")}`);
    return { kind: null };
  }
  const noteInvalid = (name, accepted) => note(`"${name}=${query.get(name)}" is left out of account; accepted: ${accepted}`);
  const read = (name, accepted, take) => {
    if (!query.has(name)) return null;
    const value = take(query.get(name));
    if (value === null) noteInvalid(name, accepted);
    return value;
  };
  for (const name of query.keys()) if (!PARAMETERS.includes(name)) noteInvalid(name, PARAMETERS.map((known) => `${known}=`).join(", "));

  const designWidth = WIDTHS[kind];
  const [narrowest, widest] = [designWidth * SCALES.least, designWidth * SCALES.most];
  const takesSeveral = kind !== "scorebug";
  return {
    kind,
    base,
    match: read("match", takesSeveral ? "ids of matches" : "the id of one match", (text) => matches(text, takesSeveral)),
    width: read("width", `${narrowest} to ${widest}`, (text) => number(text, narrowest, widest)),
    scale: read("scale", `${SCALES.least} to ${SCALES.most}`, (text) => number(text, SCALES.least, SCALES.most)),
    theme: read("theme", THEMES.join(", "), (text) => (THEMES.includes(text) ? text : null)) ?? THEMES[0],
    hold: read("hold", "1s to 60s", hold) ?? HOLDS.usual,
  };
}

/** The width of an overlay, px; `null`: as wide as the window. */
export function widthOf({ kind, width, scale }) {
  return width ?? (scale === null ? null : WIDTHS[kind] * scale);
}

function matches(text, takesSeveral) {
  const ids = text.split(",");
  const isValid = ids.every((id) => id) && text.length <= MAX_MATCH_LENGTH && (takesSeveral || ids.length === 1);
  return isValid ? text : null;
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
