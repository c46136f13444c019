/**
 * The confirmation before a link of another site opens a replay: what it would play, a button to play it, and an alternative.
 */
import { describeReplaySpec } from "./replay-spec.js";
import { pageAddress } from "./ui/address.js";
import { h } from "./ui/dom.js";
import { icon } from "./ui/icons.js";

export { titleOfReplaySpec } from "./replay-spec.js";

export function question(model) {
  const { title } = model.question;
  const facts = describeReplaySpec(model.address.replaySpec);
  // The link's author writes these values: `bdi` confines changes of text direction to each.
  return h("main", { key: "question", class: "question" },
    h("h1", null, "Play this match?"),
    h("p", { key: "title", class: "question-title", role: "status" }, h("bdi", null, title ?? "Looking up what it is…")),
    facts.length
      ? h("ul", { key: "facts", class: "question-facts", "aria-label": "How it plays" }, facts.map((fact, at) => h("li", { key: at }, h("bdi", null, fact))))
      : null,
    h("p", { key: "why", class: "question-why" }, "A link asks for it. Nothing plays until you press the button."),
    h("div", { key: "ways", class: "question-ways" },
      h("button", { key: "play", type: "button", class: "primary", onclick: () => model.confirmPlay() }, icon("play"), "Play this match"),
      h("a", { key: "instead", class: "button", href: pageAddress("", { spoilers: model.spoilers ? null : "0" }) }, "Watch what is on instead")));
}
