/** Several matches at once: a small scorecard of each, in an order that never changes, and the table beside them. */
import { count } from "../ui/format.js";
import { h } from "../ui/dom.js";
import { isAtEnd, kickoffOf } from "../ui/status.js";
import { titleOf } from "../ui/titles.js";
import { card } from "./card.js";
import { inOrder, kickoffWords } from "./kickoff.js";
import { standing, summed } from "./standing.js";
import { leagueTable } from "./table.js";

/** Up to so many matches have large cards that tell the whole story. */
const FEW = 4;
/** Up to so many have cards that grow with the screen. */
const SOME = 12;

export function overview(model) {
  const { fixtures, state } = model;
  const kickoffs = new Map(fixtures.map((fixture) => [fixture.id, kickoffOf(fixture, state.matches[fixture.id])]));
  const words = kickoffWords([...kickoffs.values()]);
  const whole = fixtures.length <= FEW && !model.ui.narrow;
  const sum = sumSentence(summed(fixtures.map(({ id }) => standing(model, id))), isAtEnd(model.playback));
  const size = fixtures.length <= FEW ? "overview-few" : fixtures.length <= SOME && "overview-some";
  const tables = Object.keys(state.tables).length > 0;
  return h("main", { key: "overview", class: ["overview", size, tables && "overview-beside"].filter(Boolean).join(" ") },
    h("div", { key: "head", class: "overview-head" },
      h("h1", null, titleOf({ title: state.hello.title, matches: fixtures }, model.spoilers)),
      h("p", { class: "overview-sum" }, sum.map(({ key, text }) => h("span", { key }, text)))),
    h("ul", { key: "matches", class: "scorecards", "aria-label": "Matches" },
      inOrder(fixtures).map((fixture) => h("li", { key: fixture.id }, card(model, fixture, words(kickoffs.get(fixture.id)), whole)))),
    tables ? h("aside", { key: "tables", class: "overview-tables", "aria-label": "Table", tabindex: "0" }, leagueTable(model)) : null);
}

/** What a round's matches come to, in parts of a sentence. */
export function sumSentence({ on, over, awarded, ahead, off, goals }, ended) {
  return [
    on > 0 && { key: "on", text: `${on} ${ended ? "unfinished" : "in play"}` },
    over > 0 && { key: "over", text: `${over} finished` },
    awarded > 0 && { key: "awarded", text: `${awarded} awarded` },
    ahead > 0 && { key: "ahead", text: `${ahead} to come` },
    off > 0 && { key: "off", text: `${off} called off` },
    goals !== null && on + over + awarded > 0 && { key: "goals", text: `${count(goals, "goal")}${on + ahead > 0 ? " so far" : ""}` },
  ].filter(Boolean);
}
