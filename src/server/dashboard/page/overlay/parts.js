/** What overlays have in common: teams, scores and minutes in few letters. */
import { h } from "../ui/dom.js";
import { inWords, naming, who } from "../ui/words.js";

export const shortOf = (team) => team.short || team.name;

/** A short name of so many letters is never cut. */
const WHOLE = 4;

/** A team's short name, with the number of its letters for the style sheet. */
export function short(team) {
  const text = shortOf(team);
  const letters = [...text].length;
  return h("span", { class: `short ${letters > WHOLE ? "short-long" : ""}`, style: { "--letters": String(letters) } }, text);
}

/** A team's colours as a band. */
export const band = (side) => h("i", { class: `band band-${side}`, "aria-hidden": "true" });

/** `JUV 0–1 NAP`, each team with its band; without a `score` `JUV – NAP`. `glows`: the side that has just scored. */
export function scoreline(fixture, score, glows = null) {
  return h("span", { class: `scoreline ${glows ? "glows" : ""}` },
    band("home"),
    short(fixture.home),
    h("span", { class: "goals" }, score ? [h("b", { key: "home" }, score.home), "–", h("b", { key: "away" }, score.away)] : "–"),
    short(fixture.away),
    band("away"));
}

/** Why something was taken back, or what it was instead: "offside", "Own goal". */
export function reason(told) {
  if (told.reason) return inWords(told.reason);
  return told.op === "remove" ? "" : [naming(told).title, who(told)].filter(Boolean).join(", ");
}
