/** The tooltip over the bar: the clock at the pointer, and the events there. */
import { reading } from "../client.js";
import { h, render } from "../ui/dom.js";
import { count, lengthText, percent } from "../ui/format.js";
import { icon } from "../ui/icons.js";
import { eachFrame } from "../ui/frame-loop.js";
import { labelOf, signOf } from "./markers.js";
import { positionWithPhase } from "./position-text.js";
import { fractionOf, visibleRange } from "./visible-range.js";

/** Marks within this distance of the pointer are listed, in px. */
const REACH_PX = 6;
const MAX_LINES = 4;

/** A `ref` that updates the tooltip on each frame, apart from the page's rendering. */
export function tooltip(model, scrub) {
  return (element) => {
    // The page's rendering leaves the children of the tooltip alone.
    const sheet = element.appendChild(document.createElement("div"));
    sheet.className = "bubble-sheet";
    let drawn = null;
    eachFrame((element) => {
      const shown = scrub.held && model.dragged !== null ? { at: model.dragged } : scrub.hovered;
      element.classList.toggle("shown", Boolean(shown));
      if (!shown) return void (drawn = null);
      const range = visibleRange(model);
      const mark = scrub.marks.get(shown.key);
      const at = mark ? mark.at : shown.at;
      const next = `${Math.round(at / 1000)} ${shown.key} ${scrub.held} ${model.timeline?.n}`;
      element.style.setProperty("--at", percent(fractionOf(at, range)));
      if (next === drawn) return;
      drawn = next;
      render(sheet, tooltipLines(model, scrub, at, mark, range));
    })(element);
  };
}

function tooltipLines(model, scrub, at, mark, range) {
  const near = (place) => Math.abs(fractionOf(place.at, range) - fractionOf(at, range)) * scrub.width <= REACH_PX;
  const marked = mark ? [mark] : [...scrub.marks.values()].filter(near);
  const found = [...marked.flatMap(({ all }) => all), ...scrub.named.filter(near)];
  const shown = found.slice(0, found.length > MAX_LINES ? MAX_LINES - 1 : MAX_LINES);
  return [
    shown.map((marker, place) => {
      const { text, note, gone } = labelOf(marker, model.fixtures.find(({ id }) => id === marker.match), !model.fixture);
      return h("p", { key: `line ${place} ${marker.id ?? marker.name}`, class: "bubble-line" },
        marker.name === undefined ? icon(signOf(marker)) : null,
        h(gone ? "s" : "b", null, text), note ? h("span", { class: "bubble-note" }, note) : null);
    }),
    found.length > shown.length ? h("p", { key: "more", class: "bubble-note" }, `and ${found.length - shown.length} more`) : null,
    h("p", { key: "clock", class: "bubble-clock" }, positionLine(model, at)),
  ];
}

/** The clock at a position; in the overview the elapsed time and the matches in play. */
function positionLine(model, at) {
  if (model.fixture) {
    const phases = model.phasesOf(model.fixture.id);
    const there = phases?.length ? reading(phases, at) : null;
    const outside = there && (at < phases[0].from || at > (phases.at(-1).to ?? Infinity));
    if (outside) return at < phases[0].from ? "Before this match" : "After this match";
    return there ? positionWithPhase(there) : lengthText(at);
  }
  const played = (model.timeline?.matches ?? []).filter(({ phases }) => phases?.length && phases[0].from <= at && at < phases.at(-1).from);
  const names = played.length === 1 ? `${played[0].home.short}–${played[0].away.short}` : played.length ? count(played.length, "match", "matches") : "no match";
  return `${lengthText(at)} · ${names}`;
}
