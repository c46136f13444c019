/** The bar at the bottom: the timeline for everybody, the knobs for whoever has control. */
import { h } from "../ui/dom.js";
import { lengthText } from "../ui/format.js";
import { icon } from "../ui/icons.js";
import { eachFrame, setText } from "../ui/live.js";
import { haveNoEvents } from "../ui/status.js";
import { paced, restOf } from "./actions.js";
import { controls } from "./controls.js";
import { placeText } from "./places.js";
import { scrubber } from "./scrubber.js";
import { stretchOf } from "./stretch.js";

export function player(model) {
  const { control, mayControl, ui } = model;
  const { zoomable } = stretchOf(model);
  return h("footer", { key: "player", class: `player ${mayControl ? "player-held" : ""} ${ui.more ? "player-more" : ""}`, "aria-label": "Playback", onmousedown: keepFocus },
    h("div", { key: "line", class: "player-line" },
      h("p", { class: "place" },
        h("span", { key: "now", class: "place-now", made: eachFrame((element) => setText(element, now(model))) })),
      scrubber(model),
      h("p", { class: "rest" },
        h("span", { key: "rest", class: "rest-word", made: eachFrame((element) => setText(element, rest(model))) })),
      zoomable && !mayControl ? zoom(model) : null),
    // Without a connection the knobs stand where they stood, and do nothing.
    mayControl ? h("div", { key: "knobs", class: "player-knobs", inert: !control }, controls(model, zoomable ? zoom(model) : null)) : null);
}

/** A press on a knob does not take the focus, and with it what the next key means. */
function keepFocus(event) {
  if (!event.target.closest("select, input")) event.preventDefault();
}

/** Of a round the bar shows the match that is looked at, or everything. */
function zoom(model) {
  const { ui } = model;
  return h("button", {
    key: "zoom", type: "button", class: "plain way", "aria-pressed": ui.wholeTimeline ? "true" : "false", title: "Show all matches on the bar",
    onclick: () => ui.set({ wholeTimeline: !ui.wholeTimeline }),
  }, icon("films"), h("span", { class: "way-name" }, "Whole round"));
}

/** Where it is: the clock, or, of a round, how long it has played. */
function now(model) {
  const { fixture } = model;
  if (!fixture) return lengthText(model.at());
  return placeText(model.readingOf(fixture.id)) || lengthText(model.at());
}

/** How long the rest takes. Who hides what is to come is not told how much of it there is. */
function rest(model) {
  const { playback, spoilers } = model;
  if (playback.state === "ended") return haveNoEvents(model.fixtures) ? "" : "Ended";
  if (!spoilers) return "";
  const left = restOf(playback, model.at());
  if (left === null) return playback.speed === "max" ? "" : lengthText(model.length);
  return `${paced(model) ? "≈ " : ""}${lengthText(left)} left`;
}
