/** The ticker: one line with the latest events; of several matches also the scores, in rotation. */
import { SLIDE_MS } from "./goal-queue.js";
import { isTickerEvent, keyOf, lineText, tickerLines } from "./ticker-lines.js";
import { scoreline, shortTeamName } from "./parts.js";
import { nextTurnAt, NO_LINE, rotated, withUpdate } from "./rotation.js";
import { colourStyle, teamColours } from "../ui/colours.js";
import { h } from "../ui/dom.js";
import { dateText, minuteText, timeText } from "../ui/format.js";
import { icon } from "../ui/icons.js";
import { kickoffOf, resultOf, shownScore } from "../ui/status.js";
import { STATUS } from "../ui/labels.js";

/** How long the score is highlighted after a goal, ms of real time. */
const GLOW_MS = 20_000;

export class Ticker {
  #rotation = NO_LINE;
  #lines = [];
  #glow = null;
  #epoch = null;
  #scene = "";

  constructor(feed) {
    this.feed = feed;
  }

  onFrame(frame, now, isLive) {
    const epoch = ["hello", "playback"].includes(frame.kind) ? frame.epoch : this.#epoch;
    if (epoch !== this.#epoch || (frame.kind === "hello" && frame.resumed !== "ok")) {
      this.#rotation = NO_LINE;
      this.#glow = null;
      this.#epoch = epoch;
    }
    if (!isLive) return;
    const key = keyOf(frame.match, frame.id);
    if (isTickerEvent({ event: frame, was: frame.was ? [frame.was] : [] })) this.#rotation = withUpdate(this.#rotation, key, now);
    if (frame.op === "add" && frame.type === "goal") this.#glow = { key, match: frame.match, side: frame.side, until: now + GLOW_MS };
    else if (this.#glow?.key === key) this.#glow = frame.type === "goal" && frame.op !== "remove" ? { ...this.#glow, side: frame.side } : null;
  }

  update(now, changed) {
    const { feed } = this;
    if (changed) this.#lines = tickerLines(feed.fixtures, (id) => feed.match(id));
    this.#rotation = rotated(this.#rotation, this.#lines.map(({ key }) => key), now);
    if (this.#glow && now >= this.#glow.until) this.#glow = null;
    const { key, since, left } = this.#rotation;
    this.leaving = now < since + SLIDE_MS ? left : null;
    const scene = `${key} ${since} ${this.leaving} ${this.#glow?.key}`;
    const same = scene === this.#scene;
    this.#scene = scene;
    return !same;
  }

  /** In how many ms the overlay changes by time alone: the lines rotate also while the replay is paused. */
  nextChangeIn(now) {
    const moments = [nextTurnAt(this.#rotation, this.#lines.map(({ key }) => key))];
    if (this.leaving) moments.push(this.#rotation.since + SLIDE_MS);
    if (this.#glow) moments.push(this.#glow.until);
    return Math.max(1, Math.min(...moments) - now);
  }

  view() {
    const { fixtures } = this.feed;
    const line = (key) => this.#lines.find((line) => line.key === key);
    const [current, leaving] = [line(this.#rotation.key), line(this.leaving)];
    if (!current) return null;
    const alone = fixtures.length === 1 ? fixtures[0] : null;
    return h("section", { class: "bar", "aria-label": "Ticker" },
      h("h1", { class: "unseen" }, "Ticker"),
      alone ? h("div", { class: "bar-score", style: colourStyle(teamColours(alone)) }, this.#score(alone)) : null,
      h("div", { class: "bar-lines" },
        [[leaving, "line-leaving"], [current, "line-standing"]].filter(([line]) => line).map(([line, name]) => h("div", {
          key: `${line.key} ${name}`, class: `line ${name}`,
        }, this.#line(line, !alone)))));
  }

  #line({ scores, fixture, match, happening }, withScore) {
    if (scores) return scores.map((one) => h("div", { key: one.id, class: "line-score", style: colourStyle(teamColours(one)) }, this.#score(one)));
    if (fixture) {
      return h("p", { class: "line-words" },
        h("b", null, `${fixture.home.name} v ${fixture.away.name}`),
        h("span", { class: "line-beside" }, [fixture.competition, dateText(fixture.kickoff)].filter(Boolean).join(", ")));
    }
    const of = this.feed.fixtures.find(({ id }) => id === match);
    const { sign, title, who, beside, minute, isStruck } = lineText(happening);
    const side = of[happening.event.side] ? happening.event.side : null;
    return [
      withScore ? h("div", { key: "score", class: "line-of", style: colourStyle(teamColours(of)) }, this.#score(of, false)) : null,
      h("p", { key: "words", class: "line-words" },
        h("span", { key: "minute", class: "line-minute" }, minute),
        icon(sign),
        side ? h("span", { key: "team", class: "line-team" }, shortTeamName(of[side])) : null,
        title ? h("b", { key: "title", class: "line-title" }, title) : null,
        who ? h(isStruck ? "s" : "span", { key: isStruck ? "s" : "who", class: "line-who" }, who) : null,
        beside ? h("span", { key: "beside", class: "line-beside" }, beside) : null),
    ];
  }

  #score(fixture, withNow = true) {
    const match = this.feed.match(fixture.id);
    const glows = this.#glow?.match === fixture.id ? this.#glow.side : null;
    return [
      scoreline(fixture, shownScore(match.status, match.score), glows),
      withNow ? h("span", { key: "now", class: "line-now" }, this.#now(fixture, match)) : null,
    ];
  }

  /** `89′`, `HT`, or the time of the kick-off. */
  #now(fixture, match) {
    const { status, isCutShort } = match;
    if (status === "scheduled") return timeText(kickoffOf(fixture, match));
    if (isCutShort) return "No more events";
    const result = resultOf(status, match);
    if (result) return result.short;
    return match.label ? minuteText(match).toUpperCase() : (STATUS[status] ?? "");
  }
}
