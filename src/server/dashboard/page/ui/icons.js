/**
 * Icons on a field of 24 by 24, in the colour of the text; cards in their own. Each has its own shape, so colour is not needed
 * to distinguish them.
 */
import { h } from "./dom.js";

const line = { fill: "none", stroke: "currentColor", "stroke-width": 1.8, "stroke-linecap": "round", "stroke-linejoin": "round" };
const path = (d, more = {}) => ["path", { d, ...line, ...more }];
const solid = (d, more = {}) => ["path", { d, fill: "currentColor", ...more }];
const circle = (cx, cy, r, more = {}) => ["circle", { cx, cy, r, ...line, ...more }];
const card = (x, y, turn, kind) => ["rect", {
  x, y, width: 10, height: 14, rx: 1.6, class: `card-${kind}`, transform: `rotate(${turn} 12 12)`,
}];

const BALL = [
  circle(12, 12, 9, { fill: "var(--ball, #fff)", stroke: "var(--ball-line, #16181d)", "stroke-width": 1.5 }),
  solid("M12 7.6l4.2 3-1.6 5H9.4l-1.6-5z", { fill: "var(--ball-line, #16181d)" }),
  path("M12 7.6V3.4M16.2 10.6l4-1.6M14.6 15.6l2.6 3.6M9.4 15.6l-2.6 3.6M7.8 10.6l-4-1.6", { stroke: "var(--ball-line, #16181d)", "stroke-width": 1.4 }),
];
const CROSSED = path("M4 4l16 16", { "stroke-width": 2.6, class: "crossed" });

const SIGNS = {
  ball: BALL,
  "ball-outline": [circle(12, 12, 8.5), path("M12 8.2l3.6 2.6-1.4 4.2H9.8l-1.4-4.2z", { "stroke-width": 1.4 })],
  "no-goal": [...BALL, CROSSED],
  miss: [circle(12, 12, 8.5), path("M8.5 8.5l7 7M15.5 8.5l-7 7")],
  penalty: [circle(12, 12, 2.2, { fill: "currentColor" }), path("M4 20V5h16v15")],
  "yellow-card": [card(7, 5, 8, "yellow")],
  "red-card": [card(7, 5, 8, "red")],
  "second-yellow": [card(4.5, 4.5, -8, "yellow"), card(9.5, 5.5, 8, "red")],
  fault: [path("M12 4l8 8-8 8-8-8z", { fill: "var(--card)", "stroke-width": 2.4 }), solid("M12 8.500l3.5 3.5-3.5 3.5-3.5-3.5z")],
  eye: [path("M2.500 12S6 5.500 12 5.500 21.500 12 21.500 12 18 18.500 12 18.500 2.500 12 2.500 12z"), circle(12, 12, 2.8)],
  swap: [path("M7 20V5M3.5 8.5L7 5l3.5 3.5", { class: "in" }), path("M17 4v15M13.5 15.5L17 19l3.5-3.5", { class: "out" })],
  "came-on": [path("M12 20V5M6 10.500L12 4.500l6 6", { class: "in", "stroke-width": 2.6 })],
  "went-off": [path("M12 4v15M6 13.500l6 6 6-6", { class: "out", "stroke-width": 2.6 })],
  var: [["rect", { x: 3, y: 5, width: 18, height: 12, rx: 1.6, ...line }], path("M8.500 20.500h7"), solid("M9.8 7.800v6.400l5.400-3.200z")],
  whistle: [path("M3 9h10l8-2v4l-4.4.9A5.5 5.5 0 1 1 7 13L3 12z"), circle(11, 14, 1.4)],
  clock: [circle(12, 12, 8.5), path("M12 7v5l3.4 2")],
  shot: [circle(12, 12, 8), circle(12, 12, 3.4), path("M12 2.5v3M12 18.500v3M2.5 12h3M18.5 12h3")],
  glove: [path("M7 21v-5L4.5 11.500a1.5 1.5 0 0 1 2.6-1.500L9 12.500V5a1.4 1.4 0 0 1 2.8 0v5-6a1.4 1.4 0 0 1 2.8 0v6-5a1.4 1.4 0 0 1 2.8 0v9l-1.4 3v4z")],
  injury: [["rect", { x: 3.5, y: 3.5, width: 17, height: 17, rx: 4, ...line }], path("M12 8v8M8 12h8", { "stroke-width": 2.4 })],
  corner: [path("M6 21V3"), solid("M6.8 3.500L18 7.2 6.8 11z"), path("M6 21a6 6 0 0 1 6-0")],
  offside: [path("M5 21L9 4"), solid("M9.6 4.200h10l-2 8.200h-10z", { opacity: 0.85 })],
  foul: [path("M5 19l5-5M14 5l5 5M9 10l5 5M12 7l5 5-6.5 1.500L7 9z")],
  sheet: [["rect", { x: 5, y: 3.5, width: 14, height: 17, rx: 1.8, ...line }], path("M8.5 8h7M8.5 12h7M8.5 16h4")],
  voice: [path("M4 5h16v11h-9l-4.5 4v-4H4z")],
  dot: [circle(12, 12, 3, { fill: "currentColor" })],

  play: [solid("M7 4.500v15l12.5-7.500z")],
  pause: [solid("M6.5 4.500h4v15h-4zM13.5 4.500h4v15h-4z")],
  again: [path("M5 12a7 7 0 1 0 2.2-5.100M5 4v4.500h4.5")],
  "step-back": [solid("M18 5v14l-9-7z"), path("M6.5 5v14", { "stroke-width": 2.4 })],
  "step-on": [solid("M6 5v14l9-7z"), path("M17.5 5v14", { "stroke-width": 2.4 })],
  "goal-back": [solid("M21 5.500v13l-7.5-6.500zM13.5 5.500v13L6 12z"), path("M3.8 5.500v13", { "stroke-width": 2.4 })],
  "goal-on": [solid("M3 5.500v13l7.5-6.500zM10.5 5.500v13L18 12z"), path("M20.2 5.500v13", { "stroke-width": 2.4 })],
  loop: [path("M4 11a5 5 0 0 1 5-5h9M15 3l3 3-3 3M20 13a5 5 0 0 1-5 5H6M9 21l-3-3 3-3")],
  highlights: [path("M12 3l2.7 5.8 6.3.8-4.6 4.4 1.2 6.200L12 17.100l-5.6 3.1 1.2-6.200L3 9.600l6.3-.8z")],
  more: [5.5, 12, 18.5].map((cx) => circle(cx, 12, 1.2, { fill: "currentColor" })),
  share: [path("M12 15V3.500M8 7l4-4 4 4M6 11H5v10h14V11h-1")],
  films: [["rect", { x: 3, y: 5, width: 18, height: 14, rx: 2, ...line }], path("M3 9.500h18M8 5l2 4.500M14 5l2 4.5")],
  help: [path("M9 9.200A3 3 0 1 1 12.6 12c-.5.2-.6.6-.6 1.200V14"), circle(12, 17.6, 0.8, { fill: "currentColor" })],
  sun: [circle(12, 12, 4), path("M12 2.500v2.500M12 19v2.500M2.5 12h2.500M19 12h2.500M5.3 5.300l1.8 1.800M16.9 16.900l1.8 1.800M5.3 18.700l1.8-1.800M16.9 7.100l1.8-1.8")],
  moon: [path("M20 14.500A8.5 8.5 0 0 1 9.5 4 8.5 8.5 0 1 0 20 14.500z")],
  close: [path("M6 6l12 12M18 6L6 18", { "stroke-width": 2.2 })],
  back: [path("M14.5 5l-7 7 7 7", { "stroke-width": 2.2 })],
  up: [solid("M12 7l6 9H6z")],
  down: [solid("M12 17l6-9H6z")],
  eye: [path("M2.5 12S6 5.5 12 5.5 21.5 12 21.5 12 18 18.5 12 18.5 2.5 12 2.5 12z"), circle(12, 12, 2.8)],
};

/** An icon, hidden from screen readers: the text beside it has the meaning. */
export function icon(name, props = {}) {
  const shapes = (SIGNS[name] ?? SIGNS.dot).map(([tag, attributes]) => h(tag, attributes));
  return h("svg", { viewBox: "0 0 24 24", "aria-hidden": "true", ...props, class: `icon icon-${name} ${props.class ?? ""}`.trim() }, shapes);
}

/** The shapes of an icon, for use in another drawing. */
export const shapesOf = (name) => (SIGNS[name] ?? SIGNS.dot).map(([tag, attributes]) => h(tag, attributes));
