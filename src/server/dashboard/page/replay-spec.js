/** Describes the replay that an address specifies, for viewers who followed a link. */
import { getReplays, getScenarios } from "./ui/api.js";
import { count } from "./ui/format.js";
import { speedText } from "./ui/speeds.js";
import { titleOf, titleOfReplay } from "./ui/titles.js";

/** Values are cut to this many characters: the link's author may write anything. */
const MAX_SHOWN = 40;
const POSITION_NAMES = { ht: "half-time", ft: "full time", "next:goal": "the next goal" };

const truncated = (value) => {
  const text = [...String(value)];
  return text.length > MAX_SHOWN ? `${text.slice(0, MAX_SHOWN).join("")}…` : text.join("");
};
const positionName = (value) => POSITION_NAMES[value.toLowerCase()] ?? truncated(value);

/** A phrase for each field, in reading order. */
const PHRASES = {
  name: (value) => `as the replay ${truncated(value)}, for everyone`,
  speed: (value) => (value === "max" ? "as fast as possible" : `at ${/^\d+(\.\d+)?$/.test(value) ? speedText(Number(value)) : `${truncated(value)}×`} speed`),
  pace: (value) => `at the pace ${truncated(value)}`,
  fit: (value) => `in ${truncated(value)} altogether`,
  from: (value) => `from ${positionName(value)}`,
  until: (value) => `until ${positionName(value)}`,
  loop: () => "again and again",
  hold: (value) => `with the end shown for ${truncated(value)}`,
  paused: () => "paused at first",
  wait_for: (value) => `beginning with ${count(value, "viewer")}`,
  linger: (value) => `kept for ${truncated(value)} after its last viewer`,
  now: () => "as if it kicked off today",
  wall: (value) => `as if it kicked off at ${truncated(value)}`,
};

/** Describes how a replay plays: one phrase for each field except the scenario. */
export function describeReplaySpec(replaySpec) {
  const given = Object.entries(PHRASES).filter(([field]) => replaySpec[field] !== undefined && replaySpec[field] !== false);
  return given.map(([field, words]) => words(replaySpec[field]));
}

/** The title of the scenario, resolved as the server does: by its full name or by an unambiguous prefix. */
export async function titleOfReplaySpec({ scenario: requested }, spoilers) {
  const unknown = requested === undefined ? "What this server plays" : truncated(requested);
  try {
    const [scenarios, replays] = await Promise.all([getScenarios(), getReplays()]);
    if (requested === undefined) {
      const main = replays.find(({ id }) => id === "main");
      const title = main && titleOfReplay(main, scenarios, spoilers);
      return !title || title === "main" ? unknown : title;
    }
    const candidates = scenarios.filter(({ name }) => requested && name.startsWith(requested));
    const scenario = candidates.find(({ name }) => name === requested) ?? (candidates.length === 1 ? candidates[0] : null);
    return scenario ? titleOf(scenario, spoilers) : unknown;
  } catch {
    // The server reports the error when the replay is opened.
    return unknown;
  }
}
