/** The header: what is shown, the state of the connection, and the buttons for everything else. */
import { h } from "./ui/dom.js";
import { eachFrame, setText } from "./ui/frame-loop.js";
import { icon } from "./ui/icons.js";
import { dateText } from "./ui/format.js";
import { speedText } from "./ui/speeds.js";
import { haveNoEvents, kickoffOf } from "./ui/status.js";

const SECOND = 1_000;

/** A button with only an icon has its name as label and tooltip. */
const labelled = (name, key) => ({ "aria-label": name, title: key ? `${name} (${key})` : name });

export function topline(model) {
  const { ui, fixture, fixtures, state } = model;
  const about = fixture ? (model.match?.about ?? {}) : {};
  const facts = fixture
    ? [fixture.competition, about.round && `Round ${about.round}`, dateText(kickoffOf(fixture, model.match)), about.venue]
    : [fixtures[0]?.competition, state?.hello && `${fixtures.length} matches`];
  return h("header", { key: "topline", class: "topline" },
    fixture && fixtures.length > 1
      ? h("button", { type: "button", key: "back", class: "plain back", ...labelled("All matches"), onclick: () => model.openMatch(null) }, icon("back"), h("span", { class: "door-name" }, "All matches"))
      : h("span", { key: "brand", class: "brand" }, h("span", { class: "brand-sign", "aria-hidden": "true" }), "Touchline"),
    h("p", { class: "facts" }, facts.filter(Boolean).map((fact, at) => h("span", { key: at }, fact))),
    h("div", { class: "topline-doors" },
      connectionStatus(model),
      h("button", { type: "button", class: "plain door", ...labelled("Matches"), "aria-haspopup": "dialog", onclick: () => ui.openDialog("picker") }, icon("films"), h("span", { class: "door-name" }, "Matches")),
      h("button", { type: "button", class: "plain door", ...labelled("Share"), "aria-haspopup": "dialog", onclick: () => ui.openDialog("share") }, icon("share"), h("span", { class: "door-name" }, "Share")),
      h("button", { type: "button", class: "plain door", ...labelled(ui.dark ? "Light colours" : "Dark colours", "T"), onclick: () => ui.toggleTheme() }, icon(ui.dark ? "sun" : "moon")),
      h("button", { type: "button", class: "plain door", ...labelled("Keys and help", "?"), "aria-haspopup": "dialog", onclick: () => ui.openDialog("help") }, icon("help"))));
}

/** The state of the connection. */
function connectionStatus(model) {
  const { connection, playback, stream, ui } = model;
  if (!playback) return null;
  const since = (element) => {
    const silent = Math.max(0, Math.round((Date.now() - connection.since) / 1000));
    setText(element, ui.narrow ? `No data ${silent} s` : `No data for ${silent} s`);
    return SECOND;
  };
  switch (connection.state) {
    case "live": {
      const ended = haveNoEvents(model.fixtures) ? "No events" : playback.loop ? "Begins again soon" : "Ended";
      const word = { waiting: "Waiting", playing: "Live", paused: "Paused", ended }[playback.state] ?? playback.state;
      const speed = playback.state === "playing" ? ` ${speedText(playback.speed)}` : "";
      return h("span", { key: "live", class: `line line-${playback.state}` }, h("i", { class: "lamp" }), `${word}${speed}`);
    }
    case "stale":
      return h("span", { key: `stale-${connection.since}`, class: "line line-stale" }, h("i", { class: "lamp" }), h("span", { ref: eachFrame(since) }));
    case "refused":
      return null;
    case "over":
      return h("span", { key: "over", class: "line line-ended" }, h("i", { class: "lamp" }), ui.narrow ? "Over" : "The replay is over");
    default:
      return h("span", { key: "lost", class: "line line-stale" }, h("i", { class: "lamp" }), h("span", null, ui.narrow ? "Lost" : "Connection lost, reconnecting…"),
        h("button", { type: "button", class: "plain again", title: "Reconnect now", onclick: () => stream.again() }, ui.narrow ? "Retry" : "Now"));
  }
}
