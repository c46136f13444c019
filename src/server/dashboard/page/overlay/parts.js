/** Parts that overlays share: team names, colours, scores. */
import { h } from "../ui/dom.js";
import { eventLabel, participants, spaced } from "../ui/labels.js";

export const shortTeamName = (team) => team.short || team.name;

/** A short name of up to this many letters is never cut. */
const MAX_UNCUT = 4;

/** A team's short name, with the number of its letters for the style sheet. */
export function teamLabel(team) {
  const text = shortTeamName(team);
  const letters = [...text].length;
  return h("span", { class: `short ${letters > MAX_UNCUT ? "short-long" : ""}`, style: { "--letters": String(letters) } }, text);
}

/** A team's colours as a band. */
export const band = (side) => h("i", { class: `band band-${side}`, "aria-hidden": "true" });

/** `JUV 0–1 NAP`, each team with its band; without a `score` `JUV – NAP`. `glows`: the side that has just scored. */
export function scoreline(fixture, score, glows = null) {
  return h("span", { class: `scoreline ${glows ? "glows" : ""}` },
    band("home"),
    teamLabel(fixture.home),
    h("span", { class: "goals" }, score ? [h("b", { key: "home" }, score.home), "–", h("b", { key: "away" }, score.away)] : "–"),
    teamLabel(fixture.away),
    band("away"));
}

/** The reason for a removal, or what the event became: "offside", "Own goal". */
export function reason(event) {
  if (event.reason) return spaced(event.reason);
  return event.op === "remove" ? "" : [eventLabel(event).title, participants(event)].filter(Boolean).join(", ");
}
