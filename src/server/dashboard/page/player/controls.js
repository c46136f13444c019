/** The playback controls. They show the state that the server has confirmed. */
import { h } from "../ui/dom.js";
import { icon } from "../ui/icons.js";
import { eachFrame } from "../ui/frame-loop.js";
import {
  goToGoal, playsHighlights, isLooping, playOrPause, setSpeed, speedOf, stepBack, stepForward, toggleHighlights, toggleLoop,
} from "./actions.js";
import { nextSpeed, speedNumber, speedsWith, speedText } from "../ui/speeds.js";

const PLAY = {
  playing: { sign: "pause", name: "Pause" },
  ended: { sign: "again", name: "Play again" },
  waiting: { sign: "play", name: "Begin now" },
  paused: { sign: "play", name: "Play" },
};

/** `zoom`: the button that switches the visible range, if there is a choice. */
export function controls(model, zoom) {
  const { playback, spoilers, ui } = model;
  const { sign, name } = PLAY[playback.state] ?? PLAY.paused;
  const speed = speedOf(playback);
  return h("div", { key: "knobs", class: "knobs" },
    h("div", { key: "ways", class: "knobs-ways", role: "group", "aria-label": "How it plays" },
      toggle("loop", "Loop", "R", isLooping(model), () => toggleLoop(model)),
      // Highlights slow down before each goal, which is a spoiler.
      spoilers ? toggle("highlights", "Highlights", "H", playsHighlights(model), () => toggleHighlights(model)) : null,
      zoom),
    h("div", { key: "transport", class: "knobs-transport", role: "group", "aria-label": "Playback" },
      iconButton("goal-back", "Previous goal", "Shift+G", () => goToGoal(model, "prev")),
      iconButton("step-back", "One event back", ",", () => stepBack(model), "less"),
      h("button", {
        key: "play", type: "button", class: "knob knob-play", "aria-label": name, title: `${name} (Space)`, "data-act": sign,
        onclick: () => playOrPause(model),
      }, icon(sign)),
      iconButton("step-on", "One event on", ".", () => stepForward(model), "less"),
      spoilers ? iconButton("goal-on", "Next goal", "G", () => goToGoal(model, "next")) : null),
    h("div", { key: "speed", class: "knobs-speed" },
      ui.narrow ? speedSelect(model, speed) : speedRadios(model, speed),
      h("button", {
        key: "more", type: "button", class: "knob more", "aria-label": "More", title: "More", "aria-expanded": ui.more ? "true" : "false",
        onclick: () => ui.set({ more: !ui.more }),
      }, icon("more"))));
}

function iconButton(sign, name, key, onclick, more = "") {
  return h("button", { key: sign, type: "button", class: `knob ${more}`, "aria-label": name, title: `${name} (${key})`, onclick }, icon(sign));
}

function toggle(sign, name, key, pressed, onclick) {
  return h("button", {
    key: sign, type: "button", class: "plain way", "aria-pressed": pressed ? "true" : "false", title: `${name} (${key})`, onclick,
  }, icon(sign), h("span", { class: "way-name" }, name));
}

/** All speeds as radio buttons: one tab stop, with arrow keys among them. */
function speedRadios(model, speed) {
  const onkeydown = (event) => {
    const by = { ArrowRight: 1, ArrowUp: 1, ArrowLeft: -1, ArrowDown: -1 }[event.key];
    const end = { Home: 0, End: -1 }[event.key];
    if (!by && end === undefined) return;
    event.preventDefault();
    event.stopPropagation();
    const next = by ? nextSpeed(speed, by) : speedsWith(speed).at(end);
    event.currentTarget.querySelector(`[data-speed="${next}"]`)?.focus();
    setSpeed(model, next);
  };
  return h("div", { key: "radios", class: "speeds", role: "radiogroup", "aria-label": "Speed", onkeydown },
    speedsWith(speed).map((other) => h("button", {
      key: other,
      type: "button",
      role: "radio",
      class: "speed",
      "data-speed": other,
      "aria-checked": other === speed ? "true" : "false",
      "aria-label": speedWords(other),
      title: speedWords(other),
      tabindex: other === speed ? "0" : "-1",
      onclick: () => setSpeed(model, other),
    }, speedText(other))));
}

function speedWords(speed) {
  if (speed === "max") return "As fast as possible";
  return speed === 1 ? "In real time" : `${speedNumber(speed)} times as fast as real time`;
}

/** Longer texts are drawn smaller on the smallest phones. */
const MAX_SHORT = 5;

function speedSelect(model, speed) {
  const show = eachFrame((element) => {
    const now = String(speedOf(model.playback));
    if (element.value !== now) element.value = now;
  });
  return h("select", {
    key: "select",
    class: `speed-select ${speedText(speed).length > MAX_SHORT ? "speed-long" : ""}`,
    "aria-label": "Speed",
    ref: show,
    onchange: ({ currentTarget }) => setSpeed(model, currentTarget.value === "max" ? "max" : Number(currentTarget.value)),
  }, speedsWith(speed).map((other) => h("option", { key: other, value: other }, speedText(other))));
}
