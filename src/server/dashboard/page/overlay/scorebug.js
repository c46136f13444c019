/** The scorebug: names, score, clock. */
import { band, short } from "./parts.js";
import { distance, lastTold, NOBODY, STAY, which } from "./which.js";
import { playersDown } from "../client.js";
import { colourStyle, teamColours } from "../ui/colours.js";
import { h } from "../ui/dom.js";
import { clockText, lengthText, timeText, untilText } from "../ui/format.js";
import { eachFrame, setText } from "../ui/live.js";
import { kickoffOf, nothingMore, resultOf, shownScore } from "../ui/status.js";
import { aggregateWords } from "../ui/tie.js";
import { runningCheck } from "../ui/var.js";
import { IN_PLAY } from "../ui/words.js";

/** What stands in place of a clock that does not run. */
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
  #shown = NOBODY;

  constructor(feed) {
    this.feed = feed;
  }

  told() {}

  moved(now) {
    const { feed } = this;
    const at = feed.at();
    const had = this.#shown;
    this.#shown = which(had, feed.fixtures.filter(({ id }) => feed.match(id)).map(({ id }) => {
      const match = feed.match(id);
      return { id, status: match.status, told: lastTold(match), distance: distance(feed.phasesOf(id), at) };
    }), now);
    return this.#shown.id !== had.id;
  }

  /** In how many ms time alone changes what stands here. */
  rest(now) {
    if (this.feed.moves) return 0;
    const { id, since } = this.#shown;
    return id !== null && this.feed.fixtures.length > 1 && now < since + STAY ? since + STAY - now : Infinity;
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
  const aggregate = score && aggregateWords(feed, fixture);
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
      short(fixture[side]),
      sentOff ? h("span", { class: "bug-cards", role: "img", "aria-label": `${sentOff} sent off` },
        Array.from({ length: Math.min(sentOff, 5) }, (_, at) => h("i", { key: at, class: "bug-card" }))) : null),
    band(side));
}

function clock(feed, fixture, match) {
  const { status, shootout } = match;
  const kicks = shootout ? `${shootout.home}–${shootout.away}` : null;
  const kickoff = match.neverBegins ? timeText(kickoffOf(fixture, match)) : "";
  const word = match.isCutShort || (match.neverBegins && !kickoff) ? nothingMore(fixture) : (resultOf(status, match)?.short ?? WORDS[status]);
  const check = runningCheck(match) ? h("b", { key: "check", class: "bug-check" }, "VAR") : null;
  if (word) {
    return h("p", { key: `word-${word}`, class: `bug-clock ${word.length > 5 ? "bug-long" : ""}` },
      h("span", { key: "word", class: "bug-time" }, word),
      check,
      kicks ? h("span", { key: "kicks", class: "bug-beside bug-kicks" }, kicks) : null);
  }
  const time = () => {
    if (kickoff) return kickoff;
    const reading = feed.readingOf(fixture.id);
    if (!reading) return feed.tick(fixture.id)?.clock.replace(/^-/, "") ?? "";
    if (reading.status === "scheduled") return untilText(-reading.clock);
    // By the clock's own phase: the status is told a moment after, or before.
    if (!IN_PLAY.includes(reading.status)) return feed.tick(fixture.id)?.clock ?? "";
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
  // A status makes anew what moves with it.
  return h("p", { key: `clock-${status}`, class: `bug-clock ${status === "scheduled" ? "bug-ahead" : ""}`, role: "timer", "aria-live": "off", "aria-label": "Match clock" },
    h("span", { key: "time", class: "bug-time", made: moving(time) }),
    h("span", { key: "below", class: "bug-below" }, check, h("span", { key: "beside", class: "bug-beside", made: moving(beside) })));
}
