/** The help dialog: the page and its keys. */
import { dialog } from "../ui/dialog.js";
import { h } from "../ui/dom.js";
import { icon } from "../ui/icons.js";

const KEYS = [
  ["Playing", [
    [["Space", "K"], "Play or pause; at the end, again"],
    [["↑", "↓"], "Faster, slower; so do > and <"],
    [["."], "One event on, and stop there"],
    [[","], "One event back, and stop there"],
    [["H"], "Highlights: hurry between events, slow down before goals"],
    [["R"], "Loop: begin again at the end"],
  ]],
  ["Going to a place", [
    [["G"], "To a little before the next goal"],
    [["Shift", "G"], "To a little before the previous goal", "+"],
    [["←", "→"], "A minute of the match back, on"],
    [["J", "L"], "Five minutes back, on"],
    [["0", "9"], "To that tenth of the bar", "to"],
    [["Home", "End"], "To the beginning, to the end"],
  ]],
  ["The page", [
    [["T"], "Light or dark colours"],
    [["F"], "The whole screen"],
    [["?"], "This help"],
    [["Esc"], "Close what is open"],
  ]],
];

const SIGNS = [
  ["ball", "Goal"], ["no-goal", "No goal; whatever was taken back is struck through"], ["yellow-card", "Card"], ["swap", "Substitution"], ["var", "Video check"],
];

export function help(model) {
  return dialog(model, { name: "help", title: "Keys and help", wide: true },
    h("p", { class: "help-about" }, "This page follows a football match as it is replayed by this server: what happened is told at the second at which it happened, as fast as the replay runs. Everything shown comes over the same stream that any program can subscribe to."),
    h("p", { class: "help-about" }, control(model)),
    h("div", { class: "help-keys" }, KEYS.map(([title, keys]) => h("section", { key: title },
      h("h3", null, title),
      h("table", null, h("tbody", null, keys.map(([names, does, between]) => h("tr", { key: does },
        h("th", { scope: "row" }, combination(names, between)),
        h("td", null, does))))))),
      h("section", { key: "bar" },
        h("h3", null, "The bar"),
        h("ul", { class: "help-signs" },
          SIGNS.map(([sign, means]) => h("li", { key: sign }, icon(sign), means)),
          h("li", { key: "stoppage" }, h("span", { class: "help-hatch", "aria-hidden": "true" }), "Stoppage time"),
          h("li", { key: "named" }, h("span", { class: "help-tick", "aria-hidden": "true" }), "A place that the match is known for")))));
}

function control({ state, control }) {
  if (!state?.hello) return "It is not connected yet.";
  return control
    ? "You control this replay: everyone who follows it sees what you do. Drag the playhead, press a mark, or use the keys."
    : "You follow this replay and cannot control it. Keys that would move it do nothing here.";
}

const combination = (names, between) => names.map((name, at) => [at ? h("span", { class: "key-between" }, between ? ` ${between} ` : " ") : null, h("kbd", null, name)]);
