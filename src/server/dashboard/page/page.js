/** The whole page: header, view, player bar, dialogs. */
import { lineups } from "./match/lineups.js";
import { pitch } from "./match/pitch.js";
import { shotChart } from "./match/shot-chart.js";
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
import { lazyView, loadStyle } from "./ui/lazy-view.js";
import { connectionAnnouncement } from "./ui/announce.js";
import { shownScore } from "./ui/status.js";
import { capitalised } from "./ui/labels.js";
import { topline } from "./topline.js";

/** Loaded on demand: a match is visible without them. */
const DIALOGS = {
  picker: lazyView(async (query) => {
    const [module] = await Promise.all([import(`./picker/picker.js${query}`), loadStyle(new URL(`./style/picker.css${query}`, import.meta.url).href)]);
    return module.picker;
  }),
  share: lazyView(async (query) => (await import(`./player/share.js${query}`)).share),
  help: lazyView(async (query) => (await import(`./player/help.js${query}`)).help),
};

export function page(model) {
  const { ui, fixture, failure } = model;
  const view = viewOf(model);
  return [
    h("div", {
      class: "page",
      key: "page",
      "data-connection": model.connection.state,
      "data-playback": model.playback?.state,
      "data-view": view,
      style: fixture ? colourStyle(model.colours) : {},
    }, topline(model), VIEWS[view](model), failure || !model.state?.hello ? null : player(model)),
    h("div", { id: "announcements", key: "announcements", class: "unseen", role: "log", "aria-live": "polite", "aria-label": "What happens" }),
    h("div", { key: "line-said", class: "unseen", role: "status" }, connectionAnnouncement(model.connection)),
    notice(model),
    DIALOGS[ui.dialog]?.(model),
  ];
}

const VIEWS = { trouble: errorView, question: (model) => model.question.view(model), arriving: connectingView, match: matchView, overview };

function viewOf({ failure, question, state, fixture }) {
  if (failure) return "trouble";
  if (question) return "question";
  if (!state?.hello) return "arriving";
  return fixture ? "match" : "overview";
}

/** The title of the browser's tab. */
export function titleOf({ fixture, fixtures, match, question, failure }) {
  if (failure) return `${failure.title} · Touchline`;
  if (question) return "Play this match? · Touchline";
  if (fixture) return `${fixture.home.name} ${shownScore(match?.status, match?.score) === null ? "v" : scoreText(match?.score)} ${fixture.away.name}`;
  return fixtures.length ? `${count(fixtures.length, "match", "matches")} · Touchline` : "Touchline";
}

/** The panels: with a column of their own, or in tabs. */
const PANELS = [
  { id: "ticker", name: "Events", view: ticker },
  { id: "pitch", name: "Pitch", view: (model) => h("div", { key: "ground", class: "ground" }, pitch(model), shotChart(model)) },
  { id: "lineups", name: "Line-ups", view: lineups },
  { id: "statistics", name: "Stats", view: statistics },
  { id: "table", name: "Table", view: leagueTable, there: (model) => Object.keys(model.state.tables).length > 0 },
];
const TABBED = ["lineups", "statistics", "table"];

function matchView(model) {
  const { ui } = model;
  const panels = PANELS.filter(({ there }) => !there || there(model));
  const tabbed = ui.narrow ? panels : panels.filter(({ id }) => TABBED.includes(id));
  const shown = tabbed.find(({ id }) => id === ui.tab) ?? tabbed[0];
  const open = ui.narrow ? [] : panels.filter(({ id }) => !TABBED.includes(id));
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

function connectingView(model) {
  const lost = model.connection.state === "lost";
  return h("main", { key: "arriving", class: "arriving" },
    h("p", { class: "arriving-word" }, lost ? "The server does not answer. Trying again…" : "Connecting…"));
}

function errorView(model) {
  const { title, text, code } = model.failure;
  // A wrong token prevents watching; the link without it may work.
  const withoutToken = model.token && code === "not_authorised";
  return h("main", { key: "trouble", class: "trouble" },
    h("h1", null, title),
    h("p", null, sentence(text)),
    h("div", { class: "trouble-ways" },
      h("a", { class: "button", href: withoutToken ? pageAddress(model.base, { match: model.chosen, spoilers: model.spoilers ? null : "0" }) : pageAddress("") },
        withoutToken ? "Look without the token" : "To the main replay"),
      h("button", { type: "button", class: "button", onclick: () => model.ui.openDialog("picker") }, icon("films"), "Choose a match")));
}

/** Error messages of a server have neither a capital nor a full stop. */
function sentence(text) {
  const words = capitalised(text ?? "");
  return /[.!?…]$/.test(words) || !words ? words : `${words}.`;
}

function notice({ notice }) {
  return h("div", { key: "notice", class: "notices", role: "status" },
    notice ? h("p", { class: `notice notice-${notice.tone}` }, notice.text) : null);
}
