/** The names of replays in the picker, and what is asked of the server. Pure. */

/** How long a replay for everyone stays after its last viewer: long enough to call a friend. */
const LINGER = "10m";
/** The longest name of a replay. */
const LONGEST = 64;

export const isName = (text) => new RegExp(`^[A-Za-z0-9_-]{1,${LONGEST}}$`).test(text);

/** A name for a replay of a scenario that no replay has yet. */
export function suggestedName(scenario, replays) {
  const plain = scenario.name.replace(/[^A-Za-z0-9_-]+/g, "-").replace(/^-+|-+$/g, "") || "match";
  const taken = new Set(replays.map(({ id }) => id));
  for (let number = 1; ; number += 1) {
    const ending = number === 1 ? "" : `-${number}`;
    const name = plain.slice(0, LONGEST - ending.length) + ending;
    if (!taken.has(name)) return name;
  }
}

/** What `POST /api/replays` is given: a replay of one's own, or, with a name, one for everyone. Both begin with their first viewer. */
export function programme(scenario, { speed, from, loop }, name = null) {
  const asked = { scenario: scenario.name, speed, wait_for: 1 };
  if (from.trim()) asked.from = from.trim();
  if (loop) asked.loop = true;
  return name === null ? asked : { ...asked, name, linger: LINGER };
}

/** Why something could not be opened, in words. */
export function refusal(error, name) {
  switch (error.code) {
    case "taken":
      return `There is a replay “${name}” already. Join it above, or choose another name.`;
    case "over_limit":
      return `There is no room: ${error.message}. Join one above, or try again later.`;
    default:
      // Without a status nothing was answered at all.
      return error.status === undefined ? "The server does not answer. Try again." : `This cannot be played: ${error.message}`;
  }
}
