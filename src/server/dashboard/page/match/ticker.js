/** The ticker: the events of a match, newest first, grouped by minute, with their corrections. */
import { h } from "../ui/dom.js";
import { lineup } from "../client.js";
import { count, minuteText } from "../ui/format.js";
import { playedText } from "../ui/goals.js";
import { icon } from "../ui/icons.js";
import { shortName } from "../ui/names.js";
import { isAtEnd } from "../ui/status.js";
import { capitalised, eventDetails, eventLabel, isKeyEvent, participants, removalTitle, spaced } from "../ui/labels.js";

/** The number of lines drawn at first, and added by each press of the button. */
const PAGE_SIZE = 2_000;

export function ticker(model) {
  const { match, ui, fixture } = model;
  const all = (match?.happenings ?? []).filter((happening) => ui.showAll || isKeyEvent(happening));
  const lines = all.slice(-PAGE_SIZE * ui.pages).reverse();
  const earlier = all.length - lines.length;
  return [
    h("div", { key: "head", class: "panel-head" },
      h("h2", null, "Events"),
      h("div", { class: "choice", role: "group", "aria-label": "Which events" },
        [[false, "Key"], [true, "All"]].map(([showAll, name]) => h("button", {
          key: name, type: "button", "aria-pressed": ui.showAll === showAll ? "true" : "false", onclick: () => ui.set({ showAll, pages: 1 }),
        }, name)))),
    h("div", { key: "list", class: "ticker", tabindex: "0", role: "region", "aria-label": "Events, newest first", onscroll: (event) => ui.onScroll(event.currentTarget.scrollTop) },
      ui.unread && ui.unreadKey === `${model.epoch} ${fixture.id}` ? h("button", { key: "unread", type: "button", class: "unread primary", onclick: scrollToTop }, icon("up"), `${ui.unread} new`) : null,
      lines.length === 0 ? h("p", { class: "empty" }, emptyText(model)) : null,
      h("ol", { class: "ticker-lines", reversed: true }, lines.map((happening, at) => cachedLine(happening, at > 0 && minuteText(lines[at - 1].event) === minuteText(happening.event), fixture, noteOf(happening, match)))),
      earlier ? h("button", { key: "earlier", type: "button", class: "earlier", onclick: () => ui.set({ pages: ui.pages + 1 }) }, `${count(earlier, "earlier event")}`) : null),
  ];
}

/** The text of an empty list. */
function emptyText({ playback, match }) {
  if (!isAtEnd(playback)) return "Nothing has happened yet.";
  return match?.happenings.length ? "No key events." : "No events.";
}

/** A cache of drawn lines: unchanged ones are not drawn again. */
const lineCache = new WeakMap();

function cachedLine(happening, repeated, fixture, note) {
  const last = lineCache.get(happening);
  if (last?.repeated === repeated && last.fixture === fixture && last.note === note) return last.node;
  const node = line(happening, repeated, fixture, note);
  lineCache.set(happening, { repeated, fixture, note, node });
  return node;
}

/** What the match adds to an event: the score as played, and that a dismissed player was not on the field. */
function noteOf({ event, removed }, match) {
  if (removed) return null;
  if (event.type === "awarded") return playedText(match);
  if (!["red_card", "second_yellow_card"].includes(event.type) || !event.side) return null;
  const from = lineup(match, event.side).sent_off.find(({ id }) => id === event.player?.id)?.from;
  return from ? { bench: "on the bench", off: "replaced" }[from] : null;
}

/** The button disappears after its use, so the focus goes to the list. */
function scrollToTop(event) {
  const list = event.currentTarget.closest(".ticker");
  list.scrollTo({ top: 0, behavior: "smooth" });
  list.focus({ preventScroll: true });
}

function line(happening, repeated, fixture, note) {
  const { id, event, was, removed } = happening;
  const first = was[0] ?? event;
  const { sign, title, weight } = eventLabel(removed ? first : event);
  const changed = was.length > 0 && !removed;
  const provisional = !removed && event.confirmed === false && weight === "headline";
  const how = [eventDetails(event), event.xg == null ? "" : `xG ${event.xg.toFixed(2)}`].filter(Boolean).join(", ");
  const headed = title || participants(event) || event.side || provisional;
  const classes = ["line-item", weight, event.side, removed && "removed", changed && "changed"].filter(Boolean).join(" ");
  return h("li", { key: id, class: classes, "data-id": id, "data-type": event.type },
    h("span", { class: "minute" }, h("span", { class: repeated ? "unseen" : "minute-shown" }, minuteText(event))),
    icon(sign),
    h("div", { class: "deed" },
      !headed ? null : h("p", { key: "title", class: "deed-title" },
        title ? h(removed ? "s" : "b", { key: removed ? "s" : "b" }, title) : null,
        participants(event) ? h(removed ? "s" : "span", { key: "who", class: "deed-who" }, participants(event)) : null,
        note ? h("span", { key: "note", class: "deed-who" }, `(${note})`) : null,
        event.side ? h("span", { key: "team", class: "deed-team" }, weight === "headline" ? fixture[event.side].name : fixture[event.side].short) : null,
        weight === "headline" && event.type === "goal" && !removed
          ? h("span", { key: "score", class: "deed-score" }, `${event.score.home}–${event.score.away}`) : null,
        provisional ? h("span", { key: "check", class: "deed-check" }, "being checked") : null),
      removed ? h("p", { key: "taken", class: "correction" }, `${removalTitle(first)}${event.reason ? `: ${spaced(event.reason)}` : ""}`) : null,
      changed ? h("p", { key: "changed", class: "correction" }, correction(first, event, fixture)) : null,
      how && !removed ? h("p", { key: "how", class: "deed-how" }, how) : null,
      event.text && !removed ? h("p", { key: "text", class: "deed-text" }, event.text) : null));
}

/** The text of a correction: "Corrected: was Doe", "Corrected: was goal, Vanterra". */
function correction(first, event, fixture) {
  const titleOf = (one) => (eventLabel(one).title || capitalised(one.type)).toLowerCase();
  const was = titleOf(first);
  if (first.side !== event.side && first.side) return `Corrected: was ${was}, ${fixture[first.side].name}`;
  if (first.type !== event.type || was !== titleOf(event)) return `Corrected: was ${was}`;
  if (first.type === "position_change" && first.position === event.position && first.player?.id !== event.player?.id) return `Corrected: was ${shortName(first.player)}`;
  if (participants(first) !== participants(event) && participants(first)) return `Corrected: was ${participants(first)}`;
  if (minuteText(first) !== minuteText(event)) return `Corrected: was ${minuteText(first)}`;
  if (first.confirmed === false && event.confirmed) return "Confirmed";
  return "Corrected";
}
