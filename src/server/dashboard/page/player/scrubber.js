/** The bar of the timeline: phases, moments, and the playhead, which whoever has control can take hold of. */
import { h } from "../ui/dom.js";
import { lengthText, percent } from "../ui/format.js";
import { icon } from "../ui/icons.js";
import { eachFrame } from "../ui/live.js";
import { reading } from "../client.js";
import { goToMarker } from "./actions.js";
import { bubble } from "./bubble.js";
import { arrange, labelOf, namedPlaces, signOf, takenBack } from "./markers.js";
import { placeWords } from "./places.js";
import { scrubOf } from "./scrub.js";
import { pieces, placeAt, roundPieces, shareOf, stretchOf } from "./stretch.js";

/** Marks nearer than this lie on each other, in rem. */
const REACH = 1.25;
/** A finger that has moved less has pressed, not dragged, in px. */
const STILL = 5;
/** So much of the match for an arrow key and for page up and down, in ms. */
const STEP = 60_000;
const PAGE = 300_000;

export function scrubber(model) {
  const { fixture, timeline, control, ui } = model;
  const scrub = scrubOf(model);
  const stretch = stretchOf(model);
  const within = ({ at }) => at >= stretch.from && at <= stretch.to;
  const parts = fixture ? pieces(model.phasesOf(fixture.id) ?? [], stretch) : roundPieces(timeline?.matches ?? [], stretch);
  const marks = arrange(model.markers.filter(within), { place: (at) => shareOf(at, stretch) * scrub.width, reach: REACH * scrub.rem, loudOnly: !fixture });
  scrub.marks = new Map(marks.map((mark) => [mark.key, mark]));
  scrub.named = namedPlaces(model.markers.filter(within));
  const stop = marks.some(({ key }) => key === ui.markAt) ? ui.markAt : marks[0]?.key;
  return h("div", {
    key: "scrubber",
    class: `scrubber ${control ? "scrubber-held" : ""} ${scrub.held ? "dragging" : ""}`,
    made: (element) => {
      watchWidth(element, model, scrub);
      eachFrame(mover(model, scrub))(element);
    },
    ...pointing(model, scrub),
  },
    h("div", { key: "track", class: "track", "aria-hidden": "true" },
      parts.map(({ kind, status, expected, from, to }) => h("span", {
        key: `${status} ${from}`,
        class: `piece piece-${kind} ${expected ? "piece-expected" : ""}`,
        style: { "--from": percent(shareOf(from, stretch)), "--long": percent((to - from) / (stretch.to - stretch.from)) },
      },
        h("i", { class: "fill", "data-from": from, "data-to": to }),
        kind === "break" && status === "half_time" && (to - from) * scrub.width > 26 * (stretch.to - stretch.from) ? h("b", null, "HT") : null)),
      scrub.named.map(({ at, name }) => h("i", { key: `named ${at} ${name}`, class: "named", style: { "--at": percent(shareOf(at, stretch)) } }))),
    h("div", { key: "head", class: "head", "aria-hidden": "true" }, h("i", { class: "head-knob" })),
    h("div", {
      key: control ? "slider" : "progress",
      class: "slider",
      role: control ? "slider" : "progressbar",
      tabindex: control ? "0" : null,
      "aria-label": "Place in the replay",
      onkeydown: control ? (event) => sliderKey(event, model, scrub) : null,
    }),
    h("ul", { key: "marks", class: "marks", "aria-label": "Moments", onkeydown: (event) => rove(event, ui) },
      marks.map((mark) => markItem(mark, model, scrub, stretch, mark.key === stop))),
    h("div", { key: "bubble", class: "bubble", "aria-hidden": "true", made: bubble(model, scrub) }));
}

function markItem(mark, model, scrub, stretch, stop) {
  const { key, lane, lead, all } = mark;
  const { control, ui } = model;
  const fixtureOf = (marker) => model.fixtures.find(({ id }) => id === marker.match);
  const said = all.map((marker) => {
    const { text, note } = labelOf(marker, fixtureOf(marker), !model.fixture);
    return note ? `${text}, ${note}` : text;
  });
  const fresh = ui.news.get(lead.match)?.event === lead.id;
  const props = {
    class: `mark mark-${lane} mark-${lead.type} ${takenBack(lead) ? "mark-gone" : ""} ${fresh ? "mark-fresh" : ""}`,
    "data-mark": key,
    "aria-label": `${all.length > 1 ? `${all.length} moments: ` : ""}${said.join("; ")}`,
    tabindex: stop ? "0" : "-1",
    onfocus: (event) => {
      ui.set({ markAt: key });
      if (event.currentTarget.matches(":focus-visible")) scrub.pointed = { at: mark.at, key, held: true };
    },
    onblur: () => (scrub.pointed = null),
  };
  const sign = [icon(signOf(lead)), all.length > 1 ? h("small", null, all.length) : null];
  return h("li", { key, style: { "--at": percent(shareOf(mark.at, stretch)) }, class: `mark-place mark-place-${lane}` },
    control
      // A press with a pointer is the scrubber's; this one is of a key, or of assistive technology.
      ? h("button", { key: "go", type: "button", ...props, onclick: ({ detail }) => detail === 0 && goToMarker(model, lead) }, sign)
      : h("span", { key: "look", role: "img", ...props }, sign));
}

/** Left and right among the moments, which are one stop of the tabulator together. */
function rove(event, ui) {
  const all = [...event.currentTarget.querySelectorAll("[data-mark]")];
  const here = all.indexOf(event.target);
  const to = { ArrowRight: here + 1, ArrowLeft: here - 1, Home: 0, End: all.length - 1 }[event.key];
  if (here < 0 || to === undefined) return;
  event.preventDefault();
  event.stopPropagation();
  const next = all[Math.max(0, Math.min(to, all.length - 1))];
  ui.set({ markAt: next.dataset.mark });
  next.focus();
}

/** As the pattern of a media seek slider has it. */
function sliderKey(event, model, scrub) {
  if (event.ctrlKey || event.altKey || event.metaKey) return;
  const { from, to } = stretchOf(model);
  const at = model.at();
  const place = {
    ArrowRight: at + STEP, ArrowUp: at + STEP, ArrowLeft: at - STEP, ArrowDown: at - STEP, PageUp: at + PAGE, PageDown: at - PAGE, Home: from, End: to,
  }[event.key];
  if (place === undefined) return;
  event.preventDefault();
  event.stopPropagation();
  scrub.go(place);
}

/** What a pointer does: without control it asks, with it, it takes the playhead along. */
function pointing(model, scrub) {
  const placeOf = (event) => {
    const { left, width } = event.currentTarget.getBoundingClientRect();
    return placeAt((event.clientX - left) / width, stretchOf(model));
  };
  const point = (event) => {
    const key = event.target.closest?.("[data-mark]")?.dataset.mark;
    scrub.pointed = { at: placeOf(event), key };
  };
  return {
    // A press goes to a place; it does not take the focus, and with it what the next key means.
    onmousedown: (event) => event.preventDefault(),
    onpointerdown: (event) => {
      point(event);
      if (!model.control || event.button !== 0 || !event.isPrimary) return;
      const key = scrub.pointed.key;
      event.currentTarget.setPointerCapture(event.pointerId);
      scrub.press = { x: event.clientX, key, pointer: event.pointerId };
      scrub.begin();
      if (!key) scrub.move(placeOf(event));
      model.redraw();
    },
    onpointermove: (event) => {
      if (!scrub.press) return point(event);
      if (event.pointerId !== scrub.press.pointer) return;
      if (scrub.press.key && Math.abs(event.clientX - scrub.press.x) < STILL) return;
      scrub.press.key = null;
      scrub.pointed = null;
      scrub.move(placeOf(event));
    },
    onpointerup: (event) => {
      if (event.pointerId !== scrub.press?.pointer) return;
      const { key } = scrub.press;
      scrub.press = null;
      scrub.end();
      const mark = key && scrub.marks.get(key);
      if (mark) goToMarker(model, mark.lead);
    },
    onpointercancel: (event) => {
      if (event.pointerId !== scrub.press?.pointer) return;
      scrub.press = scrub.pointed = null;
      scrub.cancel();
    },
    onpointerleave: () => {
      if (!scrub.press) scrub.pointed = null;
    },
  };
}

/** How far apart marks have to be depends on how wide the bar is. */
function watchWidth(element, model, scrub) {
  const measure = () => {
    scrub.exactWidth = element.clientWidth;
    scrub.rem = parseFloat(getComputedStyle(document.documentElement).fontSize);
    const width = Math.round(scrub.exactWidth / 10) * 10;
    if (!width || width === scrub.width) return;
    scrub.width = width;
    model.redraw();
  };
  new ResizeObserver(measure).observe(element);
}

/** Moves what moves: the fills, the playhead, and what assistive technology reads of them. */
function mover(model, scrub) {
  let saidAt = -Infinity;
  let said = null;
  return (element) => {
    scrub.look();
    const stretch = stretchOf(model);
    const at = model.at();
    const share = shareOf(at, stretch);
    for (const fill of element.querySelectorAll(".fill")) {
      const [from, to] = [Number(fill.dataset.from), Number(fill.dataset.to)];
      moveTo(fill, `scaleX(${Math.max(0, Math.min(1, (at - from) / (to - from))).toFixed(5)})`);
    }
    moveTo(element.querySelector(".head"), `translateX(${(share * scrub.exactWidth).toFixed(2)}px)`);
    element.classList.toggle("outside", at < stretch.from || at > stretch.to);

    // Whoever has the focus there hears where it went, not each second of it.
    const slider = element.querySelector(".slider");
    const moved = `${model.playback.epoch} ${model.playback.state} ${model.dragged} ${model.timeline?.run} ${model.fixture?.id}`;
    if (moved === said && (document.activeElement === slider || Math.abs(at - saidAt) < 1000)) return;
    [said, saidAt] = [moved, at];
    const words = placeSaid(model, at);
    const values = { "aria-valuemin": stretch.from, "aria-valuemax": Math.round(stretch.to), "aria-valuenow": Math.round(placeAt(share, stretch)), "aria-valuetext": words };
    for (const [name, value] of Object.entries(values)) slider.setAttribute(name, value);
  };
}

function moveTo(element, transform) {
  if (element.style.transform !== transform) element.style.transform = transform;
}

function placeSaid(model, at) {
  if (!model.fixture) return `${lengthText(at)} of the round`;
  const phases = model.phasesOf(model.fixture.id);
  // Where the playhead is, as the board says; elsewhere by the phases.
  const there = at === model.at() ? model.readingOf(model.fixture.id) : phases?.length && reading(phases, at);
  return (there && placeWords(there)) || lengthText(at);
}
