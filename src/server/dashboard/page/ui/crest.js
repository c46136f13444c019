/** A team's sign: its short name on its colours, which the room's style gives it. */
import { h } from "./dom.js";

/** The most signs that have room on a crest. */
const MOST = 4;

export const crest = ({ short }, name = "crest") =>
  h("span", { class: name, "aria-hidden": "true" }, h("span", null, [...String(short ?? "")].slice(0, MOST).join("")));
