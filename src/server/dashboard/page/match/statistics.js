/** The statistics of both sides, side by side. */
import { SIDES } from "../client.js";
import { h } from "../ui/dom.js";
import { playedScore } from "../ui/goals.js";
import { feedDetail } from "./feed-detail.js";

/**
 * In reading order. `main` ones are shown also if both are 0, `plain` ones in every feed, those with a `text` if they are
 * known.
 */
const COUNTS = [
  { count: "possession", name: "Possession", main: true, text: ({ possession }) => `${possession}%` },
  { count: "xg", name: "Expected goals", main: true, text: ({ xg }) => xg.toFixed(2) },
  { count: "shots", name: "Shots", main: true },
  { count: "shots_on_target", name: "On target", main: true },
  { count: "shots_off_target", name: "Off target" },
  { count: "shots_blocked", name: "Blocked" },
  { count: "woodwork", name: "Woodwork" },
  { count: "saves", name: "Saves" },
  { count: "passes", name: "Passes", main: true, text: passesInWords },
  { count: "corners", name: "Corners", main: true },
  { count: "offsides", name: "Offsides" },
  { count: "fouls", name: "Fouls", main: true },
  { count: "yellow_cards", name: "Yellow cards", main: true, plain: true },
  { count: "red_cards", name: "Red cards", plain: true },
  { count: "substitutions", name: "Substitutions", main: true, plain: true },
];

function passesInWords({ passes, passes_completed: completed }) {
  return passes ? `${passes} (${Math.round((100 * completed) / passes)}%)` : "0";
}

/**
 * The rows to show: `[{ count, name, home, away }]`, with the `text` of both if it differs from the number. In a feed of goals
 * and cards only, shots are left out: they would equal the goals.
 */
export function statisticRows(match) {
  const detail = feedDetail(match) === "detail";
  const value = (side, count) => match.statistics[side][count] ?? 0;
  const known = (count) => SIDES.every((side) => match.statistics[side][count] != null);
  const inWords = (text) => (text ? { text: { home: text(match.statistics.home), away: text(match.statistics.away) } } : {});
  const rows = COUNTS.filter(({ count, plain, text }) => (text ? known(count) : detail || plain))
    .map(({ count, name, main = false, text }) => ({ count, name, main, home: value("home", count), away: value("away", count), ...inWords(text) }))
    .filter(({ main, home, away }) => main || home || away);
  return detail ? rows : [{ count: "goals", name: "Goals", main: true, ...playedScore(match) }, ...rows];
}

export function statistics({ fixture, match }) {
  if (!match) return h("div", { key: "statistics", class: "statistics" });
  const detail = feedDetail(match);
  return h("div", { key: "statistics", class: "statistics" },
    h("h2", { class: "unseen" }, "Statistics"),
    h("div", { key: "head", class: "statistics-head", "aria-hidden": "true" },
      SIDES.map((side) => h("span", { key: side, class: `statistics-team statistics-${side}` }, h("span", { class: `chip chip-${side}` }), h("span", null, fixture[side].name)))),
    detail === "none"
      ? h("p", { key: "none", class: "empty" }, "Nothing has been counted yet.")
      : h("dl", { key: "rows" }, statisticRows(match).map((row) => counted(row, fixture))),
    detail === "plain" ? h("p", { key: "sparse", class: "statistics-note" }, "No shots, corners or fouls so far.") : null);
}

function counted({ count, name, main, home, away, text }, fixture) {
  const numbers = { home, away };
  const total = home + away || 1;
  return h("div", { key: count, class: `statistic ${main ? "statistic-main" : ""}` },
    h("dt", null, name),
    SIDES.map((side) => h("dd", { key: side, class: `counted counted-${side} ${numbers[side] * 2 > total ? "counted-more" : ""}` },
      h("span", { class: "unseen" }, fixture[side].name, " "),
      text?.[side] ?? numbers[side],
      h("i", { class: "bar", "aria-hidden": "true" }, h("i", { class: `bar-filled bar-${side}`, style: { "--share": String(numbers[side] / total) } })))));
}
