/** The label over the bar: the clock at the pointer, and what happened there. */
import { reading } from "../client.js";
import { h, render } from "../ui/dom.js";
import { count, lengthText, percent } from "../ui/format.js";
import { icon } from "../ui/icons.js";
import { eachFrame } from "../ui/live.js";
import { labelOf, signOf } from "./markers.js";
import { whereText } from "./places.js";
import { shareOf, stretchOf } from "./stretch.js";

/** What lies within so many px of the pointer is meant. */
const NEAR = 6;
const MOST_LINES = 4;

/** Draws it by itself, since it moves with each frame: for a view's `made`. */
export function bubble(model, scrub) {
  return (element) => {
    // What stands in the bubble is not the page's to redraw.
    const sheet = element.appendChild(document.createElement("div"));
    sheet.className = "bubble-sheet";
    let drawn = null;
    eachFrame((element) => {
      const shown = scrub.held && model.dragged !== null ? { at: model.dragged } : scrub.pointed;
      element.classList.toggle("shown", Boolean(shown));
      if (!shown) return void (drawn = null);
      const stretch = stretchOf(model);
      const mark = scrub.marks.get(shown.key);
      const at = mark ? mark.at : shown.at;
      const next = `${Math.round(at / 1000)} ${shown.key} ${scrub.held} ${model.timeline?.n}`;
      element.style.setProperty("--at", percent(shareOf(at, stretch)));
      if (next === drawn) return;
      drawn = next;
      render(sheet, bubbleLines(model, scrub, at, mark, stretch));
    })(element);
  };
}

function bubbleLines(model, scrub, at, mark, stretch) {
  const near = (place) => Math.abs(shareOf(place.at, stretch) - shareOf(at, stretch)) * scrub.width <= NEAR;
  const marked = mark ? [mark] : [...scrub.marks.values()].filter(near);
  const found = [...marked.flatMap(({ all }) => all), ...scrub.named.filter(near)];
  const shown = found.slice(0, found.length > MOST_LINES ? MOST_LINES - 1 : MOST_LINES);
  return [
    shown.map((marker, place) => {
      const { text, note, gone } = labelOf(marker, model.fixtures.find(({ id }) => id === marker.match), !model.fixture);
      return h("p", { key: `line ${place} ${marker.id ?? marker.name}`, class: "bubble-line" },
        marker.name === undefined ? icon(signOf(marker)) : null,
        h(gone ? "s" : "b", null, text), note ? h("span", { class: "bubble-note" }, note) : null);
    }),
    found.length > shown.length ? h("p", { key: "more", class: "bubble-note" }, `and ${found.length - shown.length} more`) : null,
    h("p", { key: "clock", class: "bubble-clock" }, whereabouts(model, at)),
  ];
}

/** The clock at a place; of a round how far in, and what is played there. */
function whereabouts(model, at) {
  if (model.fixture) {
    const phases = model.phasesOf(model.fixture.id);
    const there = phases?.length ? reading(phases, at) : null;
    const outside = there && (at < phases[0].from || at > (phases.at(-1).to ?? Infinity));
    if (outside) return at < phases[0].from ? "Before this match" : "After this match";
    return there ? whereText(there) : lengthText(at);
  }
  const played = (model.timeline?.matches ?? []).filter(({ phases }) => phases?.length && phases[0].from <= at && at < phases.at(-1).from);
  const names = played.length === 1 ? `${played[0].home.short}–${played[0].away.short}` : played.length ? count(played.length, "match", "matches") : "no match";
  return `${lengthText(at)} · ${names}`;
}
