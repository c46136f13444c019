/** The live league table, with the places won or lost through the current matches. */
import { h } from "../ui/dom.js";
import { count } from "../ui/format.js";
import { icon } from "../ui/icons.js";
import { animateRows } from "./row-animation.js";
import { counts, rankChanges, RULES, rulesExplaining } from "./rank-changes.js";
import { isInProgress, matchSummary } from "./match-summary.js";

export function leagueTable(model) {
  const { fixture, state } = model;
  const all = Object.entries(state.tables).filter(([, { competition }]) => !fixture || competition === fixture.competition);
  if (all.length === 0) return h("p", { key: "tables", class: "empty" }, "There is no table for this competition.");
  return h("div", { key: "tables", class: "league-tables" }, all.map(([key, table]) => {
    const inTable = matchesOf(model, table);
    const playing = new Set(inTable.filter(({ status }) => isInProgress(model.playback, status)).flatMap(({ home, away }) => [home, away]));
    const shownTeams = fixture ? [fixture.home.id, fixture.away.id] : [];
    const changes = rankChanges(table.rows, inTable, narrowRankingRules(model, key, table), initialRows(model, key, table, inTable));
    return tableOf(key, table, changes, { playing, shownTeams });
  }));
}

/** The possible rules of each table, by run: every table seen may exclude some. */
const rules = new Map();

function narrowRankingRules(model, key, table) {
  const known = `${model.state.hello.run} ${key}`;
  const left = rulesExplaining(table.rows, rules.get(known) ?? RULES);
  rules.set(known, left);
  return left;
}

/** The rows of each table before the matches of its run, if this page has seen them. */
const initial = new Map();

function initialRows(model, key, { rows }, matches) {
  const known = `${model.state.hello.run} ${key}`;
  if (matches.every((match) => match.status && !counts(match))) initial.set(known, rows);
  return initial.get(known);
}

/** The matches that may count in a table, as `rankChanges` takes them. */
function matchesOf(model, { competition, season }) {
  return model.fixtures
    .filter((fixture) => {
      const seasonOf = model.state.matches[fixture.id]?.about.season;
      return fixture.competition === competition && (!season || !seasonOf || seasonOf === season);
    })
    .map(({ id, home, away }) => ({ home: home.id, away: away.id, ...matchSummary(model, id) }));
}

const COLUMNS = [
  { short: "P", name: "Played", of: ({ played }) => played },
  { short: "W", name: "Won", of: ({ won }) => won, wide: true },
  { short: "D", name: "Drawn", of: ({ drawn }) => drawn, wide: true },
  { short: "L", name: "Lost", of: ({ lost }) => lost, wide: true },
  { short: "GD", name: "Goal difference", of: (row) => signed(row.for - row.against), kind: "league-difference" },
  { short: "Pts", name: "Points", of: ({ points }) => minus(points), kind: "league-points" },
];
const cellClass = ({ wide, kind }) => ["league-number", wide && "league-wide", kind].filter(Boolean).join(" ");
const signed = (number) => (number > 0 ? `+${number}` : minus(number));
const minus = (number) => (number < 0 ? `−${-number}` : number);

function tableOf(key, { competition, season, rows }, changes, { playing, shownTeams }) {
  return h("table", { key, class: "league" },
    h("caption", null, h("b", null, [competition, season].filter(Boolean).join(" ")), " ", h("span", null, playing.size > 0 ? "as it stands" : "")),
    h("thead", null, h("tr", null,
      h("th", { scope: "col", class: "league-place" }, h("span", { class: "unseen" }, "Place")),
      h("th", { scope: "col", class: "league-move" }, h("span", { class: "unseen" }, "Places won or lost")),
      h("th", { scope: "col", class: "league-team" }, "Team"),
      COLUMNS.map((column) => h("th", { key: column.short, scope: "col", class: cellClass(column) }, h("abbr", { title: column.name }, column.short))))),
    h("tbody", { ref: animateRows() }, rows.map((row, place) => h("tr", {
      key: row.team, "data-team": row.team, "data-on": playing.has(row.team), class: shownTeams.includes(row.team) ? "league-looked" : null,
    },
      h("td", { class: "league-place" }, place + 1),
      h("td", { class: "league-move" }, move(changes.get(row.team))),
      h("th", { scope: "row", class: "league-team" }, h("span", null,
        h("span", { class: "league-name" }, row.name || row.team),
        row.deducted ? h("span", { key: "deducted", class: "league-deducted" }, h("span", { "aria-hidden": "true", title: `${count(row.deducted, "point")} deducted` }, `−${row.deducted}`), h("span", { class: "unseen" }, `${count(row.deducted, "point")} deducted`)) : null,
        playing.has(row.team) ? h("span", { key: "on", class: "league-on" }, h("span", { class: "unseen" }, "playing now")) : null)),
      COLUMNS.map((column) => h("td", { key: column.short, class: cellClass(column) }, column.of(row)))))));
}

function move(places) {
  if (!places) return null;
  const up = places > 0;
  return h("span", { class: up ? "league-up" : "league-down" },
    icon(up ? "up" : "down"), Math.abs(places),
    h("span", { class: "unseen" }, ` ${up ? "up" : "down"} ${count(Math.abs(places), "place")}`));
}
