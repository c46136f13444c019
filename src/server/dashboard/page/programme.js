/** What an address asks to be played, in words: for viewers who have not asked for it themselves. */
import { getReplays, getScenarios } from "./ui/api.js";
import { count } from "./ui/format.js";
import { speedText } from "./ui/speeds.js";
import { titleOf, titleOfReplay } from "./ui/titles.js";

/** So much of a value is shown, in characters: the author of a link may write anything there. */
const SHOWN = 40;
const PLACES = { ht: "half-time", ft: "full time", "next:goal": "the next goal" };

const shown = (value) => {
  const text = [...String(value)];
  return text.length > SHOWN ? `${text.slice(0, SHOWN).join("")}…` : text.join("");
};
const place = (value) => PLACES[value.toLowerCase()] ?? shown(value);

/** The fields in words, in the order in which they are read. */
const WORDS = {
  name: (value) => `as the replay ${shown(value)}, for everyone`,
  speed: (value) => (value === "max" ? "as fast as possible" : `at ${/^\d+(\.\d+)?$/.test(value) ? speedText(Number(value)) : `${shown(value)}×`} speed`),
  pace: (value) => `at the pace ${shown(value)}`,
  fit: (value) => `in ${shown(value)} altogether`,
  from: (value) => `from ${place(value)}`,
  until: (value) => `until ${place(value)}`,
  loop: () => "again and again",
  hold: (value) => `with the end shown for ${shown(value)}`,
  paused: () => "paused at first",
  wait_for: (value) => `beginning with ${count(value, "viewer")}`,
  linger: (value) => `kept for ${shown(value)} after its last viewer`,
  now: () => "as if it kicked off today",
  wall: (value) => `as if it kicked off at ${shown(value)}`,
};

/** How a programme plays: a phrase for each of its fields but the scenario. */
export function programmeInWords(programme) {
  const given = Object.entries(WORDS).filter(([field]) => programme[field] !== undefined && programme[field] !== false);
  return given.map(([field, words]) => words(programme[field]));
}

/** The title of what a programme plays, as the server resolves its scenario: the whole name, or the only one that begins so. */
export async function titleOfProgramme({ scenario: word }, spoilers) {
  const unknown = word === undefined ? "What this server plays" : shown(word);
  try {
    const [scenarios, replays] = await Promise.all([getScenarios(), getReplays()]);
    if (word === undefined) {
      const main = replays.find(({ id }) => id === "main");
      const title = main && titleOfReplay(main, scenarios, spoilers);
      return !title || title === "main" ? unknown : title;
    }
    const candidates = scenarios.filter(({ name }) => word && name.startsWith(word));
    const scenario = candidates.find(({ name }) => name === word) ?? (candidates.length === 1 ? candidates[0] : null);
    return scenario ? titleOf(scenario, spoilers) : unknown;
  } catch {
    // The server says what is wrong when it is asked to play it.
    return unknown;
  }
}
