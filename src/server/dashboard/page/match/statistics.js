/** What is counted of both sides, side by side. */
import { SIDES } from "../client.js";
import { h } from "../ui/dom.js";
import { depthOf } from "./depth.js";

/** In the order in which they are read; `main` ones stand there also while nobody has any, `plain` ones in every feed. */
const COUNTS = [
  { count: "shots", name: "Shots", main: true },
  { count: "shots_on_target", name: "On target", main: true },
  { count: "shots_off_target", name: "Off target" },
  { count: "shots_blocked", name: "Blocked" },
  { count: "woodwork", name: "Woodwork" },
  { count: "saves", name: "Saves" },
  { count: "corners", name: "Corners", main: true },
  { count: "offsides", name: "Offsides" },
  { count: "fouls", name: "Fouls", main: true },
  { count: "yellow_cards", name: "Yellow cards", main: true, plain: true },
  { count: "red_cards", name: "Red cards", plain: true },
  { count: "substitutions", name: "Substitutions", main: true, plain: true },
];

/**
 * The rows to be shown: `[{ count, name, home, away }]`. Where a feed tells goals and cards only, its shots are not counted:
 * they would be its goals.
 */
export function statisticRows(match) {
  const detail = depthOf(match) === "detail";
  const value = (side, count) => match.statistics[side][count] ?? 0;
  const rows = COUNTS.filter(({ plain }) => detail || plain)
    .map(({ count, name, main = false }) => ({ count, name, main, home: value("home", count), away: value("away", count) }))
    .filter(({ main, home, away }) => main || home || away);
  return detail ? rows : [{ count: "goals", name: "Goals", main: true, ...match.score }, ...rows];
}

export function statistics({ fixture, match }) {
  if (!match) return h("div", { key: "statistics", class: "statistics" });
  const depth = depthOf(match);
  return h("div", { key: "statistics", class: "statistics" },
    h("h2", { class: "unseen" }, "Statistics"),
    h("div", { key: "head", class: "statistics-head", "aria-hidden": "true" },
      SIDES.map((side) => h("span", { key: side, class: `statistics-team statistics-${side}` }, h("span", { class: `chip chip-${side}` }), h("span", null, fixture[side].name)))),
    depth === "none"
      ? h("p", { key: "none", class: "empty" }, "Nothing has been counted yet.")
      : h("dl", { key: "rows" }, statisticRows(match).map((row) => counted(row, fixture))),
    depth === "plain" ? h("p", { key: "sparse", class: "statistics-note" }, "No shots, corners or fouls have been told.") : null);
}

function counted({ count, name, main, home, away }, fixture) {
  const numbers = { home, away };
  const whole = home + away || 1;
  return h("div", { key: count, class: `statistic ${main ? "statistic-main" : ""}` },
    h("dt", null, name),
    SIDES.map((side) => h("dd", { key: side, class: `counted counted-${side} ${numbers[side] * 2 > whole ? "counted-more" : ""}` },
      h("span", { class: "unseen" }, fixture[side].name, " "),
      numbers[side],
      h("i", { class: "bar", "aria-hidden": "true" }, h("i", { class: `bar-filled bar-${side}`, style: { "--share": String(numbers[side] / whole) } })))));
}
