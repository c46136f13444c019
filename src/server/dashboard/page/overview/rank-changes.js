/**
 * How many places the teams of a table have won or lost through the matches of this replay.
 *
 * The stream has only the current table, not the one before the replay. But every started match counts in it as if it ended
 * now, and the scores are known: subtracting them gives the rows before.
 *
 * What remains unknown is the order of teams level on points: the competition's tie-breakers (`goal_difference`, `goals_for`,
 * `wins`, `head_to_head`, `fair_play`, `listed`) are only in the scenario. A page that has seen the table before the matches
 * compares with it. Any other sorts the previous table by each rule of the first three that explains all tables so far, and a
 * team has moved if all rules agree by how much. If they disagree, none explains the tables, or a score is unknown, nothing is
 * shown.
 */

const points = (row) => row.points;
/** The possible tie-breakers between teams level on points. */
const TIE_BREAKERS = {
  difference: (row) => row.for - row.against,
  scored: (row) => row.for,
  won: (row) => row.won,
};
/** The possible rules of an order. */
export const RULES = [[points], ...sequences(Object.values(TIE_BREAKERS)).map((rest) => [points, ...rest])];

/** All ordered selections of these keys. */
function sequences(keys) {
  return keys.flatMap((key) => [[key], ...sequences(keys.filter((other) => other !== key)).map((rest) => [key, ...rest])]);
}

/** Matches of these statuses do not count in a table, unless awarded. */
const UNCOUNTED = ["scheduled", "postponed", "abandoned"];
export const counts = ({ status, awarded }) => !UNCOUNTED.includes(status) || awarded;

/** The rules that explain the order of the rows. */
export const rulesExplaining = (rows, rules) => rules.filter((rule) => rows.every((row, at) => at === 0 || compare(rule)(rows[at - 1], row) <= 0));

/**
 * The places won (lost: negative) by team id, where known. `matches`: `{ home, away, status, score, awarded }`; `rules`: those
 * that explain the table; `initial`: the rows before the matches, if known.
 */
export function rankChanges(rows, matches, rules, initial = null) {
  const before = initial ?? rowsBefore(rows, matches);
  if (!before) return new Map();
  const orders = initial ? [initial] : rules.map((rule) => [...before].sort(compare(rule)));
  const rankings = orders.map((order) => new Map(order.map(({ team }, rank) => [team, rank])));
  const changes = new Map();
  rows.forEach(({ team }, rank) => {
    const moves = new Set(rankings.map((order) => order.get(team) - rank));
    if (moves.size === 1) changes.set(team, [...moves][0]);
  });
  return changes;
}

/** The rows without the matches of this replay; `null` if unknown. */
export function rowsBefore(rows, matches) {
  const before = new Map(rows.map((row) => [row.team, { ...row }]));
  for (const match of matches) {
    const { home, away, status, score } = match;
    if (!counts(match)) continue;
    if (!status || !score) return null;
    subtractResult(before.get(home), score.home, score.away);
    subtractResult(before.get(away), score.away, score.home);
  }
  return [...before.values()];
}

function subtractResult(row, scored, conceded) {
  if (!row) return;
  row.played -= 1;
  row.for -= scored;
  row.against -= conceded;
  row.points -= scored > conceded ? 3 : scored === conceded ? 1 : 0;
  row[scored > conceded ? "won" : scored === conceded ? "drawn" : "lost"] -= 1;
}

/** Descending, ties by name, as the server does. */
const compare = (rule) => (one, other) => {
  for (const key of rule) if (key(one) !== key(other)) return key(other) - key(one);
  return one.name < other.name ? -1 : one.name > other.name ? 1 : 0;
};
