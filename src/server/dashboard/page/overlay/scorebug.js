/** The scorebug: names, score, clock. */
import { band, teamLabel } from "./parts.js";
import { chooseMatch, lastKeyEvent, MIN_MATCH_MS, NO_MATCH, timeDistance } from "./match-choice.js";
import { playersDown } from "../client.js";
import { colourStyle, teamColours } from "../ui/colours.js";
import { h } from "../ui/dom.js";
import { clockText, lengthText, timeText, untilText } from "../ui/format.js";
import { eachFrame, setText } from "../ui/frame-loop.js";
import { kickoffOf, noMoreEventsText, resultOf, shownScore } from "../ui/status.js";
import { aggregateText } from "../ui/tie.js";
import { openVarReview } from "../ui/var-review.js";
import { IN_PLAY } from "../ui/labels.js";

/** The text in place of a clock that does not run. */
const WORDS = {
  half_time: "HT",
  extra_time_break: "ET",
  extra_half_time: "ET HT",
  shootout_break: "PENS",
  shootout: "PENS",
  full_time: "FT",
  suspended: "Suspended",
  abandoned: "Abandoned",
  postponed: "Postponed",
};
const EXTRA_TIME = ["extra_first_half", "extra_second_half"];

export class Scorebug {
  #shown = NO_MATCH;

  constructor(feed) {
    this.feed = feed;
  }

  onFrame() {}

  update(now) {
    const { feed } = this;
    const at = feed.at();
    const previous = this.#shown;
    this.#shown = chooseMatch(previous, feed.fixtures.filter(({ id }) => feed.match(id)).map(({ id }) => {
      const match = feed.match(id);
      return { id, status: match.status, lastEvent: lastKeyEvent(match), distance: timeDistance(feed.phasesOf(id), at) };
    }), now);
    return this.#shown.id !== previous.id;
  }

  /** In how many ms the overlay changes by time alone. */
  nextChangeIn(now) {
    if (this.feed.isMoving) return 0;
    const { id, since } = this.#shown;
    return id !== null && this.feed.fixtures.length > 1 && now < since + MIN_MATCH_MS ? since + MIN_MATCH_MS - now : Infinity;
  }

  view() {
    const { feed } = this;
    const fixture = feed.fixtures.find(({ id }) => id === this.#shown.id);
    const match = fixture && feed.match(fixture.id);
    return match ? bug(feed, fixture, match) : null;
  }
}

function bug(feed, fixture, match) {
  const score = shownScore(match.status, match.score);
  const aggregate = score && aggregateText(feed, fixture);
  return h("section", { key: fixture.id, class: "bug", style: colourStyle(teamColours(fixture)), "aria-label": "Score" },
    team(fixture, match, "home"),
    h("div", { class: "bug-middle" },
      h("h1", { key: "score", class: "bug-score", "data-score": score ? `${score.home}-${score.away}` : "-" },
        score ? h("b", { key: `home-${score.home}` }, score.home) : null, h("span", null, "–"), score ? h("b", { key: `away-${score.away}` }, score.away) : null),
      aggregate ? h("p", { key: "aggregate", class: "bug-aggregate" }, aggregate) : null),
    team(fixture, match, "away"),
    clock(feed, fixture, match));
}

function team(fixture, match, side) {
  const sentOff = playersDown(match, side);
  return h("div", { class: `bug-team bug-${side}` },
    h("span", { class: "bug-name" },
      teamLabel(fixture[side]),
      sentOff ? h("span", { class: "bug-cards", role: "img", "aria-label": `${sentOff} sent off` },
        Array.from({ length: Math.min(sentOff, 5) }, (_, at) => h("i", { key: at, class: "bug-card" }))) : null),
    band(side));
}

function clock(feed, fixture, match) {
  const { status, shootout } = match;
  const kicks = shootout ? `${shootout.home}–${shootout.away}` : null;
  const kickoff = match.neverBegins ? timeText(kickoffOf(fixture, match)) : "";
  const word = match.isCutShort || (match.neverBegins && !kickoff) ? noMoreEventsText(fixture) : (resultOf(status, match)?.short ?? WORDS[status]);
  const check = openVarReview(match) ? h("b", { key: "check", class: "bug-check" }, "VAR") : null;
  if (word) {
    return h("p", { key: `word-${word}`, class: `bug-clock ${word.length > 5 ? "bug-long" : ""}` },
      h("span", { key: "word", class: "bug-time" }, word),
      check,
      kicks ? h("span", { key: "kicks", class: "bug-beside bug-kicks" }, kicks) : null);
  }
  const time = () => {
    if (kickoff) return kickoff;
    const reading = feed.readingOf(fixture.id);
    if (!reading) return feed.match(fixture.id)?.clock?.replace(/^-/, "") ?? "";
    if (reading.status === "scheduled") return untilText(-reading.clock);
    // The clock's own phase decides: the status changes a moment before or after it.
    if (!IN_PLAY.includes(reading.status)) return feed.match(fixture.id)?.clock ?? "";
    return clockText(reading.stoppage === null ? reading.clock : reading.clock - reading.stoppage);
  };
  const beside = () => {
    const reading = feed.readingOf(fixture.id);
    if (reading?.stoppage != null && IN_PLAY.includes(reading.status)) return `+${lengthText(Math.floor(reading.stoppage / 1000) * 1000)}`;
    if (EXTRA_TIME.includes(status)) return "ET";
    if (kickoff) return "kick-off";
    return status === "scheduled" ? "to kick-off" : "";
  };
  const moving = (text) => eachFrame((element) => setText(element, text()));
  // A new status replaces the moving elements.
  return h("p", { key: `clock-${status}`, class: `bug-clock ${status === "scheduled" ? "bug-ahead" : ""}`, role: "timer", "aria-live": "off", "aria-label": "Match clock" },
    h("span", { key: "time", class: "bug-time", ref: moving(time) }),
    h("span", { key: "below", class: "bug-below" }, check, h("span", { key: "beside", class: "bug-beside", ref: moving(beside) })));
}
