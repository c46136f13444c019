/** What the events of a match say of its players: when they came on and went off, and for what they are remembered. */

const CARDS = ["yellow_card", "second_yellow_card", "red_card"];

/**
 * Of each player who is named, the minutes as scoreboards have them: `{ on, off, cards, goals, ownGoals }`, lists of labels, of the
 * cards with their `type`. What was taken back does not count.
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
    const { type, label } = event;
    if (type === "substitution") {
      of(event.in)?.on.push(label);
      of(event.out)?.off.push(label);
    } else if (type === "player_on") of(event.player)?.on.push(label);
    else if (type === "player_off") of(event.player)?.off.push(label);
    else if (type === "goal") of(event.player)?.[event.own_goal ? "ownGoals" : "goals"].push(label);
    else if (CARDS.includes(type)) of(event.player)?.cards.push({ type, label });
  }
  return players;
}

export const NO_APPEARANCE = Object.freeze({ on: [], off: [], cards: [], goals: [], ownGoals: [] });
