/** What the events of a match say about its players: substitutions, cards, goals. */
import { minuteText } from "../ui/format.js";

const CARDS = ["yellow_card", "second_yellow_card", "red_card"];

/**
 * The minutes of each named player: `{ on, off, cards, goals, ownGoals }`, lists of minutes; cards also have their `type`.
 * Removed events do not count.
 */
export function appearances(happenings) {
  const players = new Map();
  const of = (player) => {
    if (!player?.id) return null;
    if (!players.has(player.id)) players.set(player.id, { on: [], off: [], cards: [], goals: [], ownGoals: [] });
    return players.get(player.id);
  };
  for (const { event, removed } of happenings) {
    if (removed) continue;
    const { type } = event;
    const minute = minuteText(event);
    if (type === "substitution") {
      of(event.in)?.on.push(minute);
      of(event.out)?.off.push(minute);
    } else if (type === "player_on") of(event.player)?.on.push(minute);
    else if (type === "player_off") of(event.player)?.off.push(minute);
    else if (type === "goal") of(event.player)?.[event.own_goal ? "ownGoals" : "goals"].push(minute);
    else if (CARDS.includes(type)) of(event.player)?.cards.push({ type, minute });
  }
  return players;
}

export const NO_APPEARANCE = Object.freeze({ on: [], off: [], cards: [], goals: [], ownGoals: [] });
