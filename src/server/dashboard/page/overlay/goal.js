/** The card of a goal: nothing until one is told live. */
import { after, afterFrame, leaves, NONE, SLIDE } from "./goal-queue.js";
import { reason, shortOf } from "./parts.js";
import { colourStyle, teamColours } from "../ui/colours.js";
import { h } from "../ui/dom.js";
import { icon } from "../ui/icons.js";
import { minuteText } from "../ui/format.js";
import { shortName } from "../ui/names.js";

export class Goal {
  #queue = NONE;
  #drawn = null;

  constructor(feed, { hold }) {
    this.feed = feed;
    this.hold = hold;
  }

  told(frame, now) {
    this.#queue = afterFrame(this.#queue, frame, now, this.hold);
  }

  moved(now) {
    this.#queue = after(this.#queue, now);
    const { card } = this.#queue;
    const scene = card && { card, leaving: leaves(card, now) };
    const same = scene?.card === this.#drawn?.card && scene?.leaving === this.#drawn?.leaving;
    this.#drawn = scene;
    return !same;
  }

  /** In how many ms time alone changes what stands here. */
  rest(now) {
    const { card } = this.#queue;
    return card ? Math.max(1, (leaves(card, now) ? card.until + SLIDE : card.until) - now) : Infinity;
  }

  view() {
    const { card, leaving } = this.#drawn ?? {};
    const fixture = card && this.feed.fixtures.find(({ id }) => id === card.match);
    return fixture ? goalCard(card, fixture, leaving) : null;
  }
}

function goalCard({ came, kind, goal, told }, fixture, leaving) {
  const taken = kind === "no_goal";
  const side = goal.side === "away" ? "away" : "home";
  const title = taken ? "No goal" : goal.own_goal ? "Own goal" : "Goal";
  const penalty = goal.situation === "penalty" && !goal.own_goal ? "penalty" : null;
  const beside = taken ? reason(told) : [penalty, goal.assist && `assist ${shortName(goal.assist)}`].filter(Boolean).join(", ");
  return h("section", {
    // Taken back while it stands, a card stays where it is.
    key: came,
    class: ["goal-card", taken && "goal-taken", leaving && "goal-leaving"].filter(Boolean).join(" "),
    style: colourStyle(teamColours(fixture)),
    "aria-label": `${title}, ${fixture[side].name}`,
  },
    h("div", { class: `goal-side goal-${side}` },
      icon(taken ? "no-goal" : "ball"),
      h("span", { class: "goal-short" }, shortOf(fixture[side]))),
    h("div", { class: "goal-words" },
      h("h1", { key: title, class: "goal-title" }, title),
      h("p", { class: "goal-who" },
        goal.player ? h(taken ? "s" : "b", { key: taken ? "s" : "b" }, shortName(goal.player)) : null,
        h("span", { key: "minute", class: "goal-minute" }, minuteText(goal))),
      h("p", { class: "goal-beside" }, beside),
      h("p", { class: "goal-score" },
        h("span", { class: "goal-team" }, fixture.home.name),
        h("span", { class: "goals" }, h("b", null, told.score.home), "–", h("b", null, told.score.away)),
        h("span", { class: "goal-team" }, fixture.away.name))));
}
