/** The goal card: nothing until a live goal. */
import { EMPTY_QUEUE, isLeaving, queueAfterFrame, queueAt, SLIDE_MS } from "./goal-queue.js";
import { reason, shortTeamName } from "./parts.js";
import { colourStyle, teamColours } from "../ui/colours.js";
import { h } from "../ui/dom.js";
import { icon } from "../ui/icons.js";
import { minuteText } from "../ui/format.js";
import { shortName } from "../ui/names.js";

export class Goal {
  #queue = EMPTY_QUEUE;
  #scene = null;

  constructor(feed, { hold }) {
    this.feed = feed;
    this.hold = hold;
  }

  onFrame(frame, now) {
    this.#queue = queueAfterFrame(this.#queue, frame, now, this.hold);
  }

  update(now) {
    this.#queue = queueAt(this.#queue, now);
    const { card } = this.#queue;
    const scene = card && { card, leaving: isLeaving(card, now) };
    const same = scene?.card === this.#scene?.card && scene?.leaving === this.#scene?.leaving;
    this.#scene = scene;
    return !same;
  }

  /** In how many ms the overlay changes by time alone. */
  nextChangeIn(now) {
    const { card } = this.#queue;
    return card ? Math.max(1, (isLeaving(card, now) ? card.until + SLIDE_MS : card.until) - now) : Infinity;
  }

  view() {
    const { card, leaving } = this.#scene ?? {};
    const fixture = card && this.feed.fixtures.find(({ id }) => id === card.match);
    return fixture ? goalCard(card, fixture, leaving) : null;
  }
}

function goalCard({ shownAt, kind, goal, event }, fixture, leaving) {
  const taken = kind === "no_goal";
  const side = goal.side === "away" ? "away" : "home";
  const title = taken ? "No goal" : goal.own_goal ? "Own goal" : "Goal";
  const penalty = goal.situation === "penalty" && !goal.own_goal ? "penalty" : null;
  const beside = taken ? reason(event) : [penalty, goal.assist && `assist ${shortName(goal.assist)}`].filter(Boolean).join(", ");
  return h("section", {
    // A card whose goal is removed keeps its element, and so its place.
    key: shownAt,
    class: ["goal-card", taken && "goal-taken", leaving && "goal-leaving"].filter(Boolean).join(" "),
    style: colourStyle(teamColours(fixture)),
    "aria-label": `${title}, ${fixture[side].name}`,
  },
    h("div", { class: `goal-side goal-${side}` },
      icon(taken ? "no-goal" : "ball"),
      h("span", { class: "goal-short" }, shortTeamName(fixture[side]))),
    h("div", { class: "goal-words" },
      h("h1", { key: title, class: "goal-title" }, title),
      h("p", { class: "goal-who" },
        goal.player ? h(taken ? "s" : "b", { key: taken ? "s" : "b" }, shortName(goal.player)) : null,
        h("span", { key: "minute", class: "goal-minute" }, minuteText(goal))),
      h("p", { class: "goal-beside" }, beside),
      h("p", { class: "goal-score" },
        h("span", { class: "goal-team" }, fixture.home.name),
        h("span", { class: "goals" }, h("b", null, event.score.home), "–", h("b", null, event.score.away)),
        h("span", { class: "goal-team" }, fixture.away.name))));
}
