/** The whole page, as it should stand. */
import { lineups } from "./match/lineups.js";
import { pitch } from "./match/pitch.js";
import { race } from "./match/race.js";
import { scoreboard } from "./match/scoreboard.js";
import { statistics } from "./match/statistics.js";
import { ticker } from "./match/ticker.js";
import { overview } from "./overview/overview.js";
import { leagueTable } from "./overview/table.js";
import { player } from "./player/player.js";
import { pageAddress } from "./ui/address.js";
import { colourStyle } from "./ui/colours.js";
import { h } from "./ui/dom.js";
import { count, scoreText } from "./ui/format.js";
import { icon } from "./ui/icons.js";
import { later } from "./ui/later.js";
import { lineInWords } from "./ui/announce.js";
import { shownScore } from "./ui/status.js";
import { capital } from "./ui/words.js";
import { topline } from "./topline.js";

/** Nobody needs them to see a match. */
const DIALOGS = {
  picker: later(async (query) => (await import(`./picker/picker.js${query}`)).picker),
  share: later(async (query) => (await import(`./player/share.js${query}`)).share),
  help: later(async (query) => (await import(`./player/help.js${query}`)).help),
};

export function page(model) {
  const { ui, fixture, trouble } = model;
  const view = viewOf(model);
  return [
    h("div", {
      class: "page",
      key: "page",
      "data-connection": model.connection.state,
      "data-playback": model.playback?.state,
      "data-view": view,
      style: fixture ? colourStyle(model.colours) : {},
    }, topline(model), VIEWS[view](model), trouble || !model.state?.hello ? null : player(model)),
    h("div", { id: "announcements", key: "announcements", class: "unseen", role: "log", "aria-live": "polite", "aria-label": "What happens" }),
    h("div", { key: "line-said", class: "unseen", role: "status" }, lineInWords(model.connection)),
    notice(model),
    DIALOGS[ui.dialog]?.(model),
  ];
}

const VIEWS = { trouble: troubled, question: (model) => model.question.view(model), arriving, match: centre, overview };

function viewOf({ trouble, question, state, fixture }) {
  if (trouble) return "trouble";
  if (question) return "question";
  if (!state?.hello) return "arriving";
  return fixture ? "match" : "overview";
}

/** What the browser's tab says. */
export function titleOf({ fixture, fixtures, match, question, trouble }) {
  if (trouble) return `${trouble.title} · Touchline`;
  if (question) return "Play this match? · Touchline";
  if (fixture) return `${fixture.home.name} ${shownScore(match?.status, match?.score) === null ? "v" : scoreText(match?.score)} ${fixture.away.name}`;
  return fixtures.length ? `${count(fixtures.length, "match", "matches")} · Touchline` : "Touchline";
}

/** The panels that have a place of their own, and those that share one behind tabs. */
const PANELS = [
  { id: "ticker", name: "Events", view: ticker },
  { id: "pitch", name: "Pitch", view: (model) => h("div", { key: "ground", class: "ground" }, pitch(model), race(model)) },
  { id: "lineups", name: "Line-ups", view: lineups },
  { id: "statistics", name: "Stats", view: statistics },
  { id: "table", name: "Table", view: leagueTable, there: (model) => Object.keys(model.state.tables).length > 0 },
];
const BESIDE = ["lineups", "statistics", "table"];

function centre(model) {
  const { ui } = model;
  const panels = PANELS.filter(({ there }) => !there || there(model));
  const tabbed = ui.narrow ? panels : panels.filter(({ id }) => BESIDE.includes(id));
  const shown = tabbed.find(({ id }) => id === ui.tab) ?? tabbed[0];
  const open = ui.narrow ? [] : panels.filter(({ id }) => !BESIDE.includes(id));
  return h("main", { key: "centre", class: "centre" },
    scoreboard(model),
    h("div", { key: "panels", class: "panels" },
      open.map((panel) => h("section", { key: panel.id, class: `panel panel-${panel.id}`, "aria-label": panel.name }, panel.view(model))),
      h("section", { key: "tabbed", class: "panel panel-tabbed", "aria-label": "More about the match" },
        tabs(tabbed, shown, ui),
        h("div", {
          key: shown.id, id: `panel-${shown.id}`, class: `tab-panel panel-${shown.id}`, role: "tabpanel", tabindex: "0", "aria-labelledby": `tab-${shown.id}`,
        }, shown.view(model)))));
}

function tabs(tabbed, shown, ui) {
  const at = tabbed.indexOf(shown);
  const onkeydown = (event) => {
    const to = { ArrowRight: at + 1, ArrowLeft: at - 1, Home: 0, End: -1 }[event.key];
    if (to === undefined) return;
    event.preventDefault();
    event.stopPropagation();
    const next = tabbed.at(to % tabbed.length);
    ui.set({ tab: next.id });
    document.querySelector(`#tab-${next.id}`)?.focus();
  };
  return h("div", { key: "tabs", class: "tabs", role: "tablist", "aria-label": "More about the match", onkeydown },
    tabbed.map(({ id, name }) => h("button", {
      key: id,
      id: `tab-${id}`,
      type: "button",
      role: "tab",
      "aria-selected": id === shown.id ? "true" : "false",
      "aria-controls": id === shown.id ? `panel-${id}` : null,
      tabindex: id === shown.id ? "0" : "-1",
      onclick: () => ui.set({ tab: id }),
    }, name)));
}

function arriving(model) {
  const lost = model.connection.state === "lost";
  return h("main", { key: "arriving", class: "arriving" },
    h("p", { class: "arriving-word" }, lost ? "The server does not answer. Trying again…" : "Connecting…"));
}

function troubled(model) {
  const { title, text, code } = model.trouble;
  // What a wrong token keeps from being looked at may be looked at without.
  const bare = model.token && code === "not_authorised";
  return h("main", { key: "trouble", class: "trouble" },
    h("h1", null, title),
    h("p", null, sentence(text)),
    h("div", { class: "trouble-ways" },
      h("a", { class: "button", href: bare ? pageAddress(model.base, { match: model.chosen, spoilers: model.spoilers ? null : "0" }) : pageAddress("") },
        bare ? "Look without the token" : "To the main replay"),
      h("button", { type: "button", class: "button", onclick: () => model.ui.set({ dialog: "picker" }) }, icon("films"), "Choose a match")));
}

/** What a server says of an error has neither a capital nor a full stop. */
function sentence(text) {
  const words = capital(text ?? "");
  return /[.!?…]$/.test(words) || !words ? words : `${words}.`;
}

function notice({ notice }) {
  return h("div", { key: "notice", class: "notices", role: "status" },
    notice ? h("p", { class: `notice notice-${notice.tone}` }, notice.text) : null);
}
