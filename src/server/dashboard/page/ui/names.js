/**
 * Short forms of players' names, `K. Koulibaly` for "Kalidou Koulibaly". The family name cannot be identified; so the first
 * word becomes an initial where that is the custom, and all other names stay unchanged.
 */

/** Scripts with a custom of initials. */
const LETTERS = "\\p{Script=Latin}\\p{Script=Cyrillic}\\p{Script=Greek}\\p{Script=Armenian}\\p{Script=Georgian}";
/** Letters, with the marks, hyphens, apostrophes and full stops of names among them. */
const WORD = new RegExp(`^[${LETTERS}][${LETTERS}\\p{M}'’ʼ.\\-‐‑·]*$`, "u");
/** Words that begin a family name: "De Bruyne" has no first name to shorten. A lower-case first letter means the same. */
const PARTICLES = new Set(["de", "del", "della", "den", "der", "di", "do", "dos", "da", "du", "la", "le", "el", "al", "mac", "ter", "ten", "van", "von", "bin", "ibn", "abu", "san", "santa"]);
/** Suffixes, which are not a name. */
const SUFFIX = /^(jr|sr|jnr|snr|ii|iii|iv|junior|júnior|senior|filho|neto)\.?$/i;
/**
 * Icelandic and Vietnamese people are not called by their last word, nor Koreans with the family name first: "Son Heung-min".
 */
const ICELANDIC = /[þð]|dóttir$/iu;
const VIETNAMESE = /[\u031b\u0309]|[\u0302\u0306][\u0300\u0301\u0303\u0323]|\u0323[\u0302\u0306]/u;
const KOREAN_GIVEN = /^\p{Lu}\p{Ll}+-\p{Ll}+$/u;

/** Georgian names have no capitals. */
const isSmall = (word) => /^(?!\p{Script=Georgian})\p{Ll}/u.test(word);

export function shortName(player) {
  // U+0085 ends lines, but JavaScript does not treat it as white space.
  const words = (player?.name ?? "").normalize("NFC").split(/[\s\u0085]+/).filter(Boolean);
  const [first = "", ...rest] = words;
  return isNotAbbreviated(first, rest) ? words.join(" ") : [initials(first), ...rest].join(" ");
}

function isNotAbbreviated(first, rest) {
  if (!rest.length || ![first, ...rest].every((word) => WORD.test(word))) return true;
  if (isSmall(first) || PARTICLES.has(first.toLowerCase()) || first.endsWith(".") || SUFFIX.test(rest[0])) return true;
  const name = [first, ...rest].join(" ");
  return ICELANDIC.test(name) || VIETNAMESE.test(name.normalize("NFD")) || KOREAN_GIVEN.test(rest.at(-1));
}

/** `J.-P.` for "Jean-Pierre", `J.` for "J" and for "João". */
function initials(word) {
  const parts = word.split(/[-‐‑]/).filter((part, at) => part && (at === 0 || !isSmall(part)));
  return parts.map((part) => `${[...part][0]}.`).join("-");
}
