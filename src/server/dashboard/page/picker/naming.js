/** Names of new replays, and the requests that open them. Pure. */

/** How long a shared replay stays after its last viewer. */
const LINGER = "10m";
/** The longest name of a replay. */
const MAX_LENGTH = 64;

export const isName = (text) => new RegExp(`^[A-Za-z0-9_-]{1,${MAX_LENGTH}}$`).test(text);

/** A free name for a replay of a scenario. */
export function suggestedName(scenario, replays) {
  const plain = scenario.name.replace(/[^A-Za-z0-9_-]+/g, "-").replace(/^-+|-+$/g, "") || "match";
  const taken = new Set(replays.map(({ id }) => id));
  for (let number = 1; ; number += 1) {
    const ending = number === 1 ? "" : `-${number}`;
    const name = plain.slice(0, MAX_LENGTH - ending.length) + ending;
    if (!taken.has(name)) return name;
  }
}

/** The body of `POST /api/replays`: a private replay, or, with a name, a shared one. Both start with their first viewer. */
export function replaySpec(scenario, { speed, from, loop }, name = null) {
  const body = { scenario: scenario.name, speed, wait_for: 1 };
  if (from.trim()) body.from = from.trim();
  if (loop) body.loop = true;
  return name === null ? body : { ...body, name, linger: LINGER };
}

/** The text of an error. */
export function errorText(error, name) {
  switch (error.code) {
    case "taken":
      return `There is a replay “${name}” already. Join it above, or choose another name.`;
    case "over_limit":
      return `There is no room: ${error.message}. Join one above, or try again later.`;
    default:
      // Without a status there was no response.
      return error.status === undefined ? "The server does not answer. Try again." : `This cannot be played: ${error.message}`;
  }
}
