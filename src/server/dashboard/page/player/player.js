/** The bar at the bottom: the timeline for every viewer, the controls for those with control. */
import { h } from "../ui/dom.js";
import { lengthText } from "../ui/format.js";
import { icon } from "../ui/icons.js";
import { eachFrame, setText } from "../ui/frame-loop.js";
import { haveNoEvents } from "../ui/status.js";
import { hasPace, remainingTime } from "./actions.js";
import { controls } from "./controls.js";
import { isAwarded } from "../ui/goals.js";
import { positionText } from "./position-text.js";
import { scrubber } from "./scrubber.js";
import { shownLine } from "./shown-line.js";
import { visibleRange } from "./visible-range.js";

export function player(model) {
  const { control, mayControl, ui } = model;
  const { zoomable } = visibleRange(model);
  return h("footer", { key: "player", class: `player ${mayControl ? "player-held" : ""} ${ui.more ? "player-more" : ""}`, "aria-label": "Playback", onmousedown: keepFocus },
    h("div", { key: "line", class: "player-line" },
      h("p", { class: "place" },
        h("span", { key: "now", class: "place-now", ref: eachFrame((element) => setText(element, now(model))) })),
      scrubber(model),
      h("p", { class: "rest" },
        h("span", { key: "rest", class: "rest-word", ref: eachFrame((element) => setText(element, rest(model))) })),
      zoomable && !mayControl ? zoom(model) : null),
    mayControl && model.journal.plan ? faultsLine(model) : null,
    mayControl ? shownLine(model) : null,
    // Without a connection the controls stay visible but inert.
    mayControl ? h("div", { key: "knobs", class: "player-knobs", inert: !control }, controls(model, zoomable ? zoom(model) : null)) : null);
}

/** A press on a button does not move the focus, which decides what the next key does. */
function keepFocus(event) {
  if (!event.target.closest("select, input")) event.preventDefault();
}

/** The faults of the feed and of links. The plan may name what is still to come. */
function faultsLine(model) {
  const { plan } = model.journal;
  return h("p", { key: "faults", class: "faults" },
    icon("fault"),
    model.spoilers ? ["Faults: ", h("code", { title: plan }, plan)] : "The feed has faults",
    h("button", { type: "button", class: "plain", "aria-label": "Faults off", disabled: !model.control, onclick: () => switchOff(model) }, "Off"));
}

/** A change of link faults alone makes no new run, with which the journal would be fetched. */
async function switchOff(model) {
  await model.command({ command: "faults", to: "off" });
  model.journal.fetch();
}

/** In a round: switches the bar between the selected match and all. */
function zoom(model) {
  const { ui } = model;
  return h("button", {
    key: "zoom", type: "button", class: "plain way", "aria-pressed": ui.wholeTimeline ? "true" : "false", title: "Show all matches on the bar",
    onclick: () => ui.set({ wholeTimeline: !ui.wholeTimeline }),
  }, icon("films"), h("span", { class: "way-name" }, "Whole round"));
}

/** The position: the match clock, or, in the overview, the elapsed time. */
function now(model) {
  const { fixture } = model;
  if (!fixture) return lengthText(model.at());
  return positionText(model.readingOf(fixture.id), isAwarded(model.match)) || lengthText(model.at());
}

/** The remaining time; without spoilers nothing. */
function rest(model) {
  const { playback, spoilers } = model;
  if (playback.state === "ended") return haveNoEvents(model.fixtures) ? "" : "Ended";
  if (!spoilers) return "";
  const left = remainingTime(playback, model.at());
  if (left === null) return playback.speed === "max" ? "" : lengthText(model.length);
  return `${hasPace(model) ? "≈ " : ""}${lengthText(left)} left`;
}
