/**
 * How many places the teams of a table have won or lost by the matches of this replay.
 *
 * Nobody tells the table from before: whoever comes in the middle is told only the one that stands. But that one is the
 * one before with every match that has begun counted as if it ended now, and the scores of these are known: taken out
 * again, they leave the rows as they were.
 *
 * What is left open is the order of teams that are level on points: by what a league decides it (`goal_difference`,
 * `goals_for`, `wins`) stands in the scenario only. So the table before is put in order by each of the rules that explain all
 * tables seen so far, and a team has moved if they all agree by how much. Where they do not, or a score is not known, nothing
 * is shown.
 */

const points = (row) => row.points;
/** What may decide between teams that are level on points. */
const TIEBREAKS = {
  difference: (row) => row.for - row.against,
  scored: (row) => row.for,
  won: (row) => row.won,
};
/** What may decide an order. */
export const RULES = [[points], ...sequences(Object.values(TIEBREAKS)).map((rest) => [points, ...rest])];

/** All orders of some or all of these. */
function sequences(keys) {
  return keys.flatMap((key) => [[key], ...sequences(keys.filter((other) => other !== key)).map((rest) => [key, ...rest])]);
}

/** Statuses whose matches do not stand in a table, unless a result is awarded. */
const UNCOUNTED = ["scheduled", "postponed", "abandoned"];

/** Those of the rules by which rows stand as they do. */
export const explaining = (rows, rules) => rules.filter((rule) => rows.every((row, at) => at === 0 || compare(rule)(rows[at - 1], row) <= 0));

/**
 * The places won (lost: less than 0) of each team of which it is known, by its id. `matches`: `{ home, away, status, score, awarded }`;
 * `rules`: those that explain the table.
 */
export function placesWon(rows, matches, rules) {
  const before = rowsBefore(rows, matches);
  if (!before) return new Map();
  const orders = rules.map((rule) => new Map([...before].sort(compare(rule)).map(({ team }, place) => [team, place])));
  const won = new Map();
  rows.forEach(({ team }, place) => {
    const moves = new Set(orders.map((order) => order.get(team) - place));
    if (moves.size === 1) won.set(team, [...moves][0]);
  });
  return won;
}

/** The rows without the matches of this replay, or `null` where that cannot be known. */
export function rowsBefore(rows, matches) {
  const before = new Map(rows.map((row) => [row.team, { ...row }]));
  for (const { home, away, status, score, awarded } of matches) {
    if (UNCOUNTED.includes(status) && !awarded) continue;
    if (!status || !score) return null;
    takeOut(before.get(home), score.home, score.away);
    takeOut(before.get(away), score.away, score.home);
  }
  return [...before.values()];
}

function takeOut(row, scored, conceded) {
  if (!row) return;
  row.played -= 1;
  row.for -= scored;
  row.against -= conceded;
  row.points -= scored > conceded ? 3 : scored === conceded ? 1 : 0;
  row[scored > conceded ? "won" : scored === conceded ? "drawn" : "lost"] -= 1;
}

/** The greater first, and equals by name, as the server does. */
const compare = (rule) => (one, other) => {
  for (const key of rule) if (key(one) !== key(other)) return key(other) - key(one);
  return one.name < other.name ? -1 : one.name > other.name ? 1 : 0;
};
