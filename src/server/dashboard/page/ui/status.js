/** Where matches are, by what was told of them. */
import { mediaTime, reading } from "../client.js";

/** A match's status: as its last event says, or a tick since then, which also counts the whistles that a sparse feed leaves out. */
export function statusOf(state, id) {
  const match = state.matches[id];
  const told = match?.told.at(-1)?.n ?? match?.base;
  const { tick } = state;
  return (tick && !(tick.n < told) ? tick.matches[id]?.status : null) ?? match?.status ?? "scheduled";
}

/** What a match's clock reads at a place of the timeline, as `reading` of the client; `null` without phases. */
export function readingNow(state, phases, id, at) {
  if (!phases?.length) return null;
  const now = reading(phases, at);
  // Standing on the very moment of a whistle that has not been told yet: what it ends is still going on.
  const whistled = now.phase.from !== at || now.status === statusOf(state, id);
  return whistled ? now : (reading(phases.filter(({ from }) => from < at), at) ?? now);
}

/** Where the replay is on its timeline, in ms, at a moment of the server's clock; at full speed what was told says how far. */
export function placeNow({ playback, tick }, now) {
  const at = mediaTime(playback, now);
  return playback.speed === "max" && tick ? Math.max(at, tick.at) : at;
}
