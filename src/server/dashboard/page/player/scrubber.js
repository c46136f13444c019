/** The timeline bar: phases, marks, and the playhead, which can be dragged with control. */
import { h } from "../ui/dom.js";
import { lengthText, percent } from "../ui/format.js";
import { icon } from "../ui/icons.js";
import { eachFrame } from "../ui/frame-loop.js";
import { reading } from "../client.js";
import { goToMarker } from "./actions.js";
import { tooltip } from "./tooltip.js";
import { clusterMarkers, isRemoved, labelOf, namedPositions, signOf } from "./markers.js";
import { spokenPosition } from "./position-text.js";
import { scrubOf } from "./scrub.js";
import { fractionOf, positionAt, roundSegments, segments, visibleRange } from "./visible-range.js";

/** Marks nearer than this are clustered, in rem. */
const CLUSTER_REACH = 1.25;
/** A pointer that moved less has clicked, not dragged, in px. */
const DRAG_THRESHOLD = 5;
/** The steps of an arrow key and of page up and down, in ms of the match. */
const STEP = 60_000;
const PAGE_STEP = 300_000;

export function scrubber(model) {
  const { fixture, timeline, control, ui } = model;
  const scrub = scrubOf(model);
  const range = visibleRange(model);
  const within = ({ at }) => at >= range.from && at <= range.to;
  const parts = fixture ? segments(model.phasesOf(fixture.id) ?? [], range) : roundSegments(timeline?.matches ?? [], range);
  const marks = clusterMarkers(model.markers.filter(within), { toPixels: (at) => fractionOf(at, range) * scrub.width, reach: CLUSTER_REACH * scrub.rem, majorOnly: !fixture });
  scrub.marks = new Map(marks.map((mark) => [mark.key, mark]));
  scrub.named = namedPositions(model.markers.filter(within));
  const stop = marks.some(({ key }) => key === ui.markAt) ? ui.markAt : marks[0]?.key;
  return h("div", {
    key: "scrubber",
    class: `scrubber ${control ? "scrubber-held" : ""} ${scrub.held ? "dragging" : ""}`,
    ref: (element) => {
      watchWidth(element, model, scrub);
      eachFrame(updater(model, scrub))(element);
    },
    ...pointerHandlers(model, scrub),
  },
    h("div", { key: "track", class: "track", "aria-hidden": "true" },
      parts.map(({ kind, status, expected, from, to }) => h("span", {
        key: `${status} ${from}`,
        class: `piece piece-${kind} ${expected ? "piece-expected" : ""}`,
        style: { "--from": percent(fractionOf(from, range)), "--long": percent((to - from) / (range.to - range.from)) },
      },
        h("i", { class: "fill", "data-from": from, "data-to": to }),
        kind === "break" && status === "half_time" && (to - from) * scrub.width > 26 * (range.to - range.from) ? h("b", null, "HT") : null)),
      scrub.named.map(({ at, name }) => h("i", { key: `named ${at} ${name}`, class: "named", style: { "--at": percent(fractionOf(at, range)) } }))),
    h("div", { key: "head", class: "head", "aria-hidden": "true" }, h("i", { class: "head-knob" })),
    h("div", {
      key: control ? "slider" : "progress",
      class: "slider",
      role: control ? "slider" : "progressbar",
      tabindex: control ? "0" : null,
      "aria-label": "Place in the replay",
      onkeydown: control ? (event) => sliderKey(event, model, scrub) : null,
    }),
    h("ul", { key: "marks", class: "marks", "aria-label": "Moments", onkeydown: (event) => moveAmongMarks(event, ui) },
      marks.map((mark) => markItem(mark, model, scrub, range, mark.key === stop))),
    h("div", { key: "bubble", class: "bubble", "aria-hidden": "true", ref: tooltip(model, scrub) }));
}

function markItem(mark, model, scrub, range, stop) {
  const { key, lane, lead, all } = mark;
  const { control, ui } = model;
  const fixtureOf = (marker) => model.fixtures.find(({ id }) => id === marker.match);
  const announced = all.map((marker) => {
    const { text, note } = labelOf(marker, fixtureOf(marker), !model.fixture);
    return note ? `${text}, ${note}` : text;
  });
  const fresh = ui.goalAlerts.get(lead.match)?.event === lead.id;
  const props = {
    class: `mark mark-${lane} mark-${lead.type} ${isRemoved(lead) ? "mark-gone" : ""} ${fresh ? "mark-fresh" : ""}`,
    "data-mark": key,
    "aria-label": `${all.length > 1 ? `${all.length} moments: ` : ""}${announced.join("; ")}`,
    tabindex: stop ? "0" : "-1",
    onfocus: (event) => {
      ui.set({ markAt: key });
      if (event.currentTarget.matches(":focus-visible")) scrub.hovered = { at: mark.at, key, held: true };
    },
    onblur: () => (scrub.hovered = null),
  };
  // A number would hide the bar.
  const sign = [icon(signOf(lead)), all.length > 1 && lane !== "on" ? h("small", null, all.length) : null];
  return h("li", { key, style: { "--at": percent(fractionOf(mark.at, range)) }, class: `mark-place mark-place-${lane}` },
    control
      // The scrubber handles presses by pointer; this one comes from a key or from assistive technology.
      ? h("button", { key: "go", type: "button", ...props, onclick: ({ detail }) => detail === 0 && goToMarker(model, lead) }, sign)
      : h("span", { key: "look", role: "img", ...props }, sign));
}

/** Arrow keys move among the marks, which are one tab stop. */
function moveAmongMarks(event, ui) {
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

/** As in the ARIA pattern of a media seek slider. */
function sliderKey(event, model, scrub) {
  if (event.ctrlKey || event.altKey || event.metaKey) return;
  const { from, to } = visibleRange(model);
  const at = model.at();
  const place = {
    ArrowRight: at + STEP, ArrowUp: at + STEP, ArrowLeft: at - STEP, ArrowDown: at - STEP, PageUp: at + PAGE_STEP, PageDown: at - PAGE_STEP, Home: from, End: to,
  }[event.key];
  if (place === undefined) return;
  event.preventDefault();
  event.stopPropagation();
  scrub.go(place);
}

/** Pointer handlers: hover shows the tooltip; with control a press or drag moves the playhead. */
function pointerHandlers(model, scrub) {
  const placeOf = (event) => {
    const { left, width } = event.currentTarget.getBoundingClientRect();
    return positionAt((event.clientX - left) / width, visibleRange(model));
  };
  const point = (event) => {
    const key = event.target.closest?.("[data-mark]")?.dataset.mark;
    scrub.hovered = { at: placeOf(event), key };
  };
  return {
    // A press seeks. It does not move the focus, which decides what the next key does.
    onmousedown: (event) => event.preventDefault(),
    onpointerdown: (event) => {
      point(event);
      if (!model.control || event.button !== 0 || !event.isPrimary) return;
      const key = scrub.hovered.key;
      event.currentTarget.setPointerCapture(event.pointerId);
      scrub.press = { x: event.clientX, key, pointer: event.pointerId };
      scrub.begin();
      if (!key) scrub.move(placeOf(event));
      model.redraw();
    },
    onpointermove: (event) => {
      if (!scrub.press) return point(event);
      if (event.pointerId !== scrub.press.pointer) return;
      if (scrub.press.key && Math.abs(event.clientX - scrub.press.x) < DRAG_THRESHOLD) return;
      scrub.press.key = null;
      scrub.hovered = null;
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
      scrub.press = scrub.hovered = null;
      scrub.cancel();
    },
    onpointerleave: () => {
      if (!scrub.press) scrub.hovered = null;
    },
  };
}

/** The clusters depend on the bar's width. */
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

/** Updates what moves: the fills, the playhead, and their values for screen readers. */
function updater(model, scrub) {
  let announcedAt = -Infinity;
  let announced = null;
  return (element) => {
    scrub.settleWhenApplied();
    const range = visibleRange(model);
    const at = model.at();
    const share = fractionOf(at, range);
    for (const fill of element.querySelectorAll(".fill")) {
      const [from, to] = [Number(fill.dataset.from), Number(fill.dataset.to)];
      setTransform(fill, `scaleX(${Math.max(0, Math.min(1, (at - from) / (to - from))).toFixed(5)})`);
    }
    setTransform(element.querySelector(".head"), `translateX(${(share * scrub.exactWidth).toFixed(2)}px)`);
    element.classList.toggle("outside", at < range.from || at > range.to);

    // With the focus on the slider only seeks are announced, not each second.
    const slider = element.querySelector(".slider");
    const signature = `${model.playback.epoch} ${model.playback.state} ${model.dragged} ${model.timeline?.run} ${model.fixture?.id}`;
    if (signature === announced && (document.activeElement === slider || Math.abs(at - announcedAt) < 1000)) return;
    [announced, announcedAt] = [signature, at];
    const words = spokenPositionAt(model, at);
    const values = { "aria-valuemin": range.from, "aria-valuemax": Math.round(range.to), "aria-valuenow": Math.round(positionAt(share, range)), "aria-valuetext": words };
    for (const [name, value] of Object.entries(values)) slider.setAttribute(name, value);
  };
}

function setTransform(element, transform) {
  if (element.style.transform !== transform) element.style.transform = transform;
}

function spokenPositionAt(model, at) {
  if (!model.fixture) return `${lengthText(at)} of the round`;
  const phases = model.phasesOf(model.fixture.id);
  // At the playhead the reading of the scoreboard, elsewhere that of the phases.
  const there = at === model.at() ? model.readingOf(model.fixture.id) : phases?.length && reading(phases, at);
  return (there && spokenPosition(there)) || lengthText(at);
}
