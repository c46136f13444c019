/** One scenario: teams, facts, and two buttons to play it. */
import { titleOf } from "../ui/titles.js";
import { crest } from "../ui/crest.js";
import { h } from "../ui/dom.js";
import { colourStyle, teamColours } from "../ui/colours.js";
import { count, dateText, lengthText } from "../ui/format.js";
import { icon } from "../ui/icons.js";
import { speedText } from "../ui/speeds.js";

/** Up to this many matches are named. */
const MAX_NAMED = 12;
/** A description up to this length is not folded. */
const MAX_UNFOLDED = 150;

export function scenarioCard(model, store, scenario) {
  const { name, about, matches, sources } = scenario;
  const title = titleOf(scenario, model.spoilers);
  const refused = store.refused?.scenario === name ? store.refused : null;
  return h("li", { key: name, class: "picker-card", "data-scenario": name },
    h("div", { class: "picker-names" },
      matches.length === 1 ? [crestOf(matches[0], "home"), crestOf(matches[0], "away")] : null,
      h("div", { key: "words" },
        h("h4", null, title),
        h("p", { class: "picker-facts" }, facts(scenario, store.choices.speed, model.spoilers).map((fact) => h("span", { key: fact }, fact))))),
    matches.length > 1 ? h("ul", { key: "matches", class: "picker-matches", "aria-label": "Matches" },
      matches.slice(0, MAX_NAMED).map((match) => h("li", { key: match.id, style: colourStyle(teamColours(match)), title: `${match.home.name} v ${match.away.name}` },
        h("i", { class: "picker-flag picker-flag-home" }), `${match.home.short}–${match.away.short}`, h("i", { class: "picker-flag picker-flag-away" }))),
      matches.length > MAX_NAMED ? h("li", { key: "more" }, `and ${matches.length - MAX_NAMED} more`) : null) : null,
    // The description may tell the result.
    about && model.spoilers ? aboutText(store, name, about) : null,
    sources?.length ? h("details", { key: "sources", class: "picker-sources" },
      h("summary", null, "Sources"),
      h("ul", null, sources.map((source, at) => h("li", { key: at }, source)))) : null,
    h("div", { key: "ways", class: "picker-ways" }, store.naming === name ? nameForm(store, scenario, refused) : actions(store, scenario, title)),
    refused ? h("p", { key: "refused", id: "picker-refused", class: "picker-refused", role: "alert" }, refused.text) : null);
}

/** The description; a long one can be unfolded. */
function aboutText(store, name, about) {
  const isLong = about.length > MAX_UNFOLDED;
  const isExpanded = store.expanded.has(name);
  return h("div", { key: "about", class: "picker-about" },
    h("p", { class: isLong && !isExpanded ? "picker-folded" : "" }, about),
    isLong ? h("button", {
      type: "button", class: "plain", "aria-expanded": isExpanded ? "true" : "false", onclick: () => store.toggleAbout(name),
    }, isExpanded ? "Less" : "More") : null);
}

/** The competition, date, number of events and duration. The last two are spoilers. */
function facts({ matches, events, length }, speed, spoilers) {
  const [{ competition, kickoff } = {}] = matches;
  const lasts = speed === "max" ? null : `${lengthText(length / speed)} at ${speedText(speed)}`;
  return [competition, kickoff && dateText(kickoff), ...(spoilers ? [count(events, "event"), lasts] : [])].filter(Boolean);
}

function crestOf(match, side) {
  return h("span", { key: side, style: colourStyle(teamColours(match)) }, crest(match[side], `picker-crest picker-crest-${side}`));
}

function actions(store, scenario, title) {
  const busy = store.opening?.scenario === scenario.name && !store.opening.shared;
  return [
    h("button", {
      key: "mine", type: "button", class: "primary", "aria-busy": busy ? "true" : null, "aria-label": `Watch it yourself: ${title}`, onclick: () => store.open(scenario),
    }, icon("play"), busy ? "Opening…" : "Watch it yourself"),
    h("button", {
      key: "shared", type: "button", "aria-label": `For everyone: ${title}`, onclick: () => store.nameFor(scenario),
    }, icon("share"), "For everyone…"),
  ];
}

/** The form for a shared replay: it is listed under a name. */
function nameForm(store, scenario, refused) {
  const wrong = refused?.field === "name";
  const busy = store.opening?.shared;
  return h("form", {
    key: "naming", class: "picker-naming", onsubmit: (event) => {
      event.preventDefault();
      store.open(scenario, store.name);
    },
  },
    h("label", null, h("span", null, "Name, for all to see"),
      h("input", {
        id: "picker-name", type: "text", value: store.name, maxlength: "64", autocomplete: "off", autocapitalize: "none", spellcheck: "false",
        "aria-invalid": wrong ? "true" : null, "aria-describedby": wrong ? "picker-refused" : null,
        ref: (input) => queueMicrotask(() => {
          input.focus();
          input.select();
        }),
        oninput: ({ target }) => store.rename(target.value),
      })),
    h("div", { class: "picker-naming-ways" },
      h("button", { type: "submit", class: "primary", "aria-busy": busy ? "true" : null }, busy ? "Opening…" : "Start it for everyone"),
      h("button", { type: "button", onclick: () => store.stopNaming() }, "Cancel")));
}
