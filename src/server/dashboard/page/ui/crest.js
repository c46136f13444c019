/** A team's crest: its short name on its colours, styled by the view. */
import { h } from "./dom.js";

/** More letters do not fit on a crest. */
const MAX_LETTERS = 4;

export const crest = ({ short }, name = "crest") =>
  h("span", { class: name, "aria-hidden": "true" }, h("span", null, [...String(short ?? "")].slice(0, MAX_LETTERS).join("")));
