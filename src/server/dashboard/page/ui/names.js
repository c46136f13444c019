/**
 * Short forms of players' names, `K. Koulibaly` of "Kalidou Koulibaly". Which of several words is the family's cannot be known;
 * the first word becomes its initial where that is the custom, and all other names keep their form.
 */

/** Scripts with a custom of initials. */
const LETTERS = "\\p{Script=Latin}\\p{Script=Cyrillic}\\p{Script=Greek}\\p{Script=Armenian}\\p{Script=Georgian}";
/** Letters, with the marks, hyphens, apostrophes and stops of names among them. */
const WORD = new RegExp(`^[${LETTERS}][${LETTERS}\\p{M}'’ʼ.\\-‐‑·]*$`, "u");
/** The word before which nothing has been left out: "De Bruyne" is a family name. A small first letter says the same. */
const PARTICLES = new Set(["de", "del", "della", "den", "der", "di", "do", "dos", "da", "du", "la", "le", "el", "al", "mac", "ter", "ten", "van", "von", "bin", "ibn", "abu", "san", "santa"]);
/** What follows a name without being one. */
const SUFFIX = /^(jr|sr|jnr|snr|ii|iii|iv|junior|júnior|senior|filho|neto)\.?$/i;
/** People of Iceland and Vietnam are not called by their last word, nor Koreans whose family comes first: "Son Heung-min". */
const ICELANDIC = /[þð]|dóttir$/iu;
const VIETNAMESE = /[\u031b\u0309]|[\u0302\u0306][\u0300\u0301\u0303\u0323]|\u0323[\u0302\u0306]/u;
const KOREAN_GIVEN = /^\p{Lu}\p{Ll}+-\p{Ll}+$/u;

/** Georgian has no capitals in names. */
const isSmall = (word) => /^(?!\p{Script=Georgian})\p{Ll}/u.test(word);

export function shortName(player) {
  // U+0085 ends lines, and is no blank to JavaScript.
  const words = (player?.name ?? "").normalize("NFC").split(/[\s\u0085]+/).filter(Boolean);
  const [first = "", ...rest] = words;
  return keepsForm(first, rest) ? words.join(" ") : [initials(first), ...rest].join(" ");
}

function keepsForm(first, rest) {
  if (!rest.length || ![first, ...rest].every((word) => WORD.test(word))) return true;
  if (isSmall(first) || PARTICLES.has(first.toLowerCase()) || first.endsWith(".") || SUFFIX.test(rest[0])) return true;
  const name = [first, ...rest].join(" ");
  return ICELANDIC.test(name) || VIETNAMESE.test(name.normalize("NFD")) || KOREAN_GIVEN.test(rest.at(-1));
}

/** `J.-P.` of "Jean-Pierre", `J.` of "J" and of "João". */
function initials(word) {
  const parts = word.split(/[-‐‑]/).filter((part, at) => part && (at === 0 || !isSmall(part)));
  return parts.map((part) => `${[...part][0]}.`).join("-");
}
