/** What apps under test show, beside what is true. */
import { h } from "../ui/dom.js";
import { icon } from "../ui/icons.js";

export function shownLine(model) {
  const { fixture, match, shown } = model;
  if (!fixture || !match) return null;
  const shows = shown.shownAt(fixture.id, model.at());
  if (!shows.length) return null;
  const truth = `${match.score.home}-${match.score.away}`;
  return h("p", { key: "shown", class: "shown" },
    icon("eye"),
    shows.map(({ client, score }) => h("span", { key: client, class: score === truth ? "shown-right" : "shown-wrong", title: score === truth ? `${client} is right` : `true: ${truth}` },
      h("span", { class: "shown-client" }, client), ` ${score.replace("-", "–")}`, score === truth ? null : h("span", { key: "truth" }, ` (true: ${truth.replace("-", "–")})`))));
}
