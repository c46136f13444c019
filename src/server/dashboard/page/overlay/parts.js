/** What overlays have in common: teams, scores and minutes in few letters. */
import { h } from "../ui/dom.js";
import { inWords, naming, who } from "../ui/words.js";

export const shortOf = (team) => team.short || team.name;

/** A team's colours as a band. */
export const band = (side) => h("i", { class: `band band-${side}`, "aria-hidden": "true" });

/** `JUV 0–1 NAP`, each team with its band; without a `score` `JUV – NAP`. `glows`: the side that has just scored. */
export function scoreline(fixture, score, glows = null) {
  return h("span", { class: `scoreline ${glows ? "glows" : ""}` },
    band("home"),
    h("span", { class: "short" }, shortOf(fixture.home)),
    h("span", { class: "goals" }, score ? [h("b", { key: "home" }, score.home), "–", h("b", { key: "away" }, score.away)] : "–"),
    h("span", { class: "short" }, shortOf(fixture.away)),
    band("away"));
}

/** Why something was taken back, or what it was instead: "offside", "Own goal". */
export function reason(told) {
  if (told.reason) return inWords(told.reason);
  return told.op === "remove" ? "" : [naming(told).title, who(told)].filter(Boolean).join(", ");
}
