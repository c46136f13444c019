/**
 * Team colours. They fill bands, crests and bars, and never colour text on the page's background; text on them is black or
 * white, whichever reads better.
 */

/** For teams without colours. */
const FALLBACK = { home: "#3b5b92", away: "#b4572e" };

/** The colours of both sides, distinguishable from each other: `{ home: { band, trim, ink }, away: ... }`. */
export function teamColours(fixture) {
  const home = ofTeam(fixture?.home, FALLBACK.home);
  let away = ofTeam(fixture?.away, FALLBACK.away);
  if (distance(home.band, away.band) < 90) {
    const other = [away.trim, FALLBACK.away, FALLBACK.home].find((colour) => distance(home.band, colour) >= 90);
    away = { band: other, trim: away.band, ink: inkOn(other) };
  }
  return { home, away };
}

function ofTeam(team, fallback) {
  const [band = fallback, trim = inkOn(band)] = (team?.colours ?? []).filter((colour) => /^#[0-9a-f]{6}$/i.test(colour));
  return { band, trim, ink: inkOn(band) };
}

const channels = (colour) => [1, 3, 5].map((at) => parseInt(colour.slice(at, at + 2), 16));

function distance(one, other) {
  const [a, b] = [channels(one), channels(other)];
  return Math.hypot(...a.map((value, at) => value - b[at]));
}

/** Relative luminance, WCAG 2.2. */
function luminance(colour) {
  const [r, g, b] = channels(colour).map((value) => {
    const share = value / 255;
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}

/** Black or white, whichever reads better on a colour. */
const inkOn = (colour) => (luminance(colour) > 0.179 ? "#000000" : "#ffffff");

/** As CSS properties: `--home`, `--home-trim`, `--home-ink`, and the same for the away side. */
export function colourStyle({ home, away }) {
  const of = (side, { band, trim, ink }) => ({ [`--${side}`]: band, [`--${side}-trim`]: trim, [`--${side}-ink`]: ink });
  return { ...of("home", home), ...of("away", away) };
}
