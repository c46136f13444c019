/** What apps under test show, beside what is true; in a recorded run also the way to its failure. */
import { h } from "../ui/dom.js";
import { scoreText } from "../ui/format.js";
import { icon } from "../ui/icons.js";

/** How long before a failure the button lands, in ms of the timeline: what led to it is to be seen. */
const LEAD_MS = 5_000;

export function shownLine(model) {
  const { fixture, match, shown, state } = model;
  const { failure } = shown;
  const shows = fixture && match ? shown.shownAt(fixture.id, model.at()) : [];
  if (!shows.length && !failure) return null;
  return h("p", { key: "shown", class: "shown" },
    icon("eye"),
    // The feed may be wrong, a tick is not.
    shows.map(({ client, score }) => app(client, score, state.tick?.matches?.[fixture.id]?.score ?? match.score)),
    failure ? h("button", { key: "failure", type: "button", class: "plain", disabled: !model.control, title: "Go to just before it", onclick: () => goTo(model, failure) },
      icon("fault"), `${failure.client}: ${failure.what}`) : null);
}

function goTo(model, { match, at }) {
  if (model.fixture?.id !== match) model.openMatch(match);
  model.seekTo(Math.max(0, at - LEAD_MS));
}

function app(client, score, truth) {
  const isRight = score === `${truth.home}-${truth.away}`;
  return h("span", { key: client, class: isRight ? "" : "shown-wrong" },
    h("span", { class: "shown-client" }, client), ` ${score.replace("-", "–")}`,
    isRight ? null : h("span", { key: "truth" }, ` (true: ${scoreText(truth)})`));
}
