/** The field as the laws of the game mark it, in metres: 105 by 68, origin top left, the home side attacks to the right. */
import { h } from "../ui/dom.js";

const LENGTH = 105;
const WIDTH = 68;
/** The visible area, with grass around the lines for corners, and the team names below. */
export const VIEW = "-4.5 -4.5 114 80";

const MIDDLE = { x: LENGTH / 2, y: WIDTH / 2 };
const STRIPES = 14;
const RADIUS = 9.15;
const PENALTY_AREA = { depth: 16.5, width: 40.32 };
const GOAL_AREA = { depth: 5.5, width: 18.32 };
const SPOT = 11;
const GOAL = { depth: 2, width: 7.32 };
const CORNER = 1;

export function field() {
  return h("g", { key: "field", class: "field" },
    h("rect", { class: "grass", x: -4.5, y: -4.5, width: 114, height: 80, rx: 1.6 }),
    stripes(),
    h("rect", { class: "line-drawn", x: 0, y: 0, width: LENGTH, height: WIDTH }),
    h("path", { class: "line-drawn", d: `M${MIDDLE.x} 0V${WIDTH}` }),
    h("circle", { class: "line-drawn", cx: MIDDLE.x, cy: MIDDLE.y, r: RADIUS }),
    spot(MIDDLE.x),
    end(""),
    // The other end is the same, rotated by 180° around the centre spot.
    end(`rotate(180 ${MIDDLE.x} ${MIDDLE.y})`));
}

const spot = (x) => h("circle", { class: "spot-drawn", cx: x, cy: MIDDLE.y, r: 0.45 });

function stripes() {
  const width = LENGTH / STRIPES;
  return Array.from({ length: STRIPES / 2 }, (_, at) => h("rect", { class: "stripe", x: (2 * at + 1) * width, y: 0, width, height: WIDTH }));
}

function end(transform) {
  const box = ({ depth, width }) => `M0 ${MIDDLE.y - width / 2}H${depth}v${width}H0`;
  const reach = Math.sqrt(RADIUS ** 2 - (PENALTY_AREA.depth - SPOT) ** 2);
  const arc = `M${PENALTY_AREA.depth} ${MIDDLE.y - reach}A${RADIUS} ${RADIUS} 0 0 1 ${PENALTY_AREA.depth} ${MIDDLE.y + reach}`;
  const goal = `M0 ${MIDDLE.y - GOAL.width / 2}h${-GOAL.depth}v${GOAL.width}h${GOAL.depth}`;
  const corners = `M${CORNER} 0A${CORNER} ${CORNER} 0 0 1 0 ${CORNER}M0 ${WIDTH - CORNER}A${CORNER} ${CORNER} 0 0 1 ${CORNER} ${WIDTH}`;
  return h("g", { transform },
    h("path", { class: "line-drawn", d: [box(PENALTY_AREA), box(GOAL_AREA), arc, corners].join("") }),
    h("path", { class: "goal-drawn", d: goal }),
    spot(SPOT));
}

/** The direction of attack of each side, below the field: "JUV →" and "← NAP". */
export function directions({ home, away }) {
  const y = 72.9;
  // Cut as on a crest.
  const short = (name) => [...String(name ?? "")].slice(0, 4).join("");
  return h("g", { key: "directions", class: "directions" },
    h("text", { class: "direction direction-home", x: 6.4, y }, short(home.short)),
    h("path", { class: "arrow-drawn", d: "M0 71.6h4m-1.5 -1.5l1.5 1.5l-1.5 1.5" }),
    h("text", { class: "direction direction-away", x: 98.6, y }, short(away.short)),
    h("path", { class: "arrow-drawn", d: "M105 71.6h-4m1.5 -1.5l-1.5 1.5l1.5 1.5" }));
}
