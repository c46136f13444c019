/** The overview of several matches: a scorecard of each, in a fixed order, and the table. */
import { count } from "../ui/format.js";
import { h } from "../ui/dom.js";
import { isAtEnd, kickoffOf } from "../ui/status.js";
import { titleOf } from "../ui/titles.js";
import { card } from "./card.js";
import { byKickoff, kickoffFormatter } from "./kickoff.js";
import { matchSummary, totalsOf } from "./match-summary.js";
import { leagueTable } from "./table.js";

/** Up to this many matches have large cards with all key events. */
const MAX_LARGE = 4;
/** Up to this many have cards that grow with the screen. */
const MAX_GROWING = 12;

export function overview(model) {
  const { fixtures, state } = model;
  const kickoffs = new Map(fixtures.map((fixture) => [fixture.id, kickoffOf(fixture, state.matches[fixture.id])]));
  const formatKickoff = kickoffFormatter([...kickoffs.values()]);
  const showAll = fixtures.length <= MAX_LARGE && !model.ui.narrow;
  const totals = roundSummaryParts(totalsOf(fixtures.map(({ id }) => matchSummary(model, id))), isAtEnd(model.playback));
  const size = fixtures.length <= MAX_LARGE ? "overview-few" : fixtures.length <= MAX_GROWING && "overview-some";
  const tables = Object.keys(state.tables).length > 0;
  return h("main", { key: "overview", class: ["overview", size, tables && "overview-beside"].filter(Boolean).join(" ") },
    h("div", { key: "head", class: "overview-head" },
      h("h1", null, titleOf({ title: state.hello.title, matches: fixtures }, model.spoilers)),
      h("p", { class: "overview-sum" }, totals.map(({ key, text }) => h("span", { key }, text)))),
    h("ul", { key: "matches", class: "scorecards", "aria-label": "Matches" },
      byKickoff(fixtures).map((fixture) => h("li", { key: fixture.id }, card(model, fixture, formatKickoff(kickoffs.get(fixture.id)), showAll)))),
    tables ? h("aside", { key: "tables", class: "overview-tables", "aria-label": "Table", tabindex: "0" }, leagueTable(model)) : null);
}

/** The totals of a round, as parts of a sentence. */
export function roundSummaryParts({ on, over, awarded, ahead, off, goals }, ended) {
  return [
    on > 0 && { key: "on", text: `${on} ${ended ? "unfinished" : "in play"}` },
    over > 0 && { key: "over", text: `${over} finished` },
    awarded > 0 && { key: "awarded", text: `${awarded} awarded` },
    ahead > 0 && { key: "ahead", text: `${ahead} to come` },
    off > 0 && { key: "off", text: `${off} called off` },
    goals !== null && on + over + awarded > 0 && { key: "goals", text: `${count(goals, "goal")}${on + ahead > 0 ? " so far" : ""}` },
  ].filter(Boolean);
}
