/** The scoreboard: score, clock, scorers and dismissals. */
import { dismissals, lastStanding } from "../client.js";
import { crest } from "../ui/crest.js";
import { h } from "../ui/dom.js";
import { LONG_DELAY, clockText, dateText, dayText, delayText, lengthText, minuteText, scoreText, timeText, untilText } from "../ui/format.js";
import { isAwarded, playedText } from "../ui/goals.js";
import { icon } from "../ui/icons.js";
import { eachFrame, setText } from "../ui/frame-loop.js";
import { shortName } from "../ui/names.js";
import { kickoffOf, neverBegins, noMoreEventsText, shownScore, statusText } from "../ui/status.js";
import { tieText } from "../ui/tie.js";
import { openVarReview } from "../ui/var-review.js";
import { eventLabel, FINISHED, IN_PLAY } from "../ui/labels.js";

export function scoreboard(model) {
  const { fixture, match, ui } = model;
  const score = shownScore(model.statusOf(fixture.id), match?.score ?? { home: 0, away: 0 });
  const goalAlert = ui.goalAlerts.get(fixture.id);
  const goal = goalAlert?.kind === "goal" && goalAlert.epoch === model.epoch ? goalAlert : null;
  return h("section", { key: "scoreboard", class: "scoreboard", "aria-label": "Score" },
    h("h1", { class: "unseen" }, `${fixture.home.name} against ${fixture.away.name}`),
    h("div", { class: "board" },
      team(fixture.home, "home"),
      h("p", { class: "score", "data-score": score ? `${score.home}-${score.away}` : "-" },
        h("span", { key: "said", class: "unseen" }, score ? `${fixture.home.name} ${score.home}, ${fixture.away.name} ${score.away}${isAwarded(match) ? ", awarded" : ""}` : "No score"),
        digit(score?.home, "home", goal), h("span", { class: "score-dash", "aria-hidden": "true" }, "–"), digit(score?.away, "away", goal)),
      team(fixture.away, "away"),
      clock(model),
      h("div", { class: "deeds-both" }, goalsAndDismissals(match, fixture, "home"), goalsAndDismissals(match, fixture, "away"))),
    h("div", { class: "bands", "aria-hidden": "true" },
      h("i", { class: "band band-home" }), h("i", { class: "band band-away" }),
      goal ? h("i", { key: `sweep-${goal.id}`, class: `sweep sweep-${goal.side}` }) : null));
}

function team(of, side) {
  return h("div", { class: `team team-${side}` },
    h("span", { class: "team-name" }, of.name),
    crest(of));
}

function digit(goals, side, goal) {
  // A new number gets a new element, which animates in.
  return h("span", { key: `${side}-${goals}`, class: `score-digit ${goal?.side === side ? "score-new" : ""}`, "aria-hidden": "true" }, goals);
}

/** The clock, calculated from the playback anchor, with stoppage time beside it; before the match, the time to kick-off. */
function clock(model) {
  const { fixture, match, playback, state } = model;
  const status = model.statusOf(fixture.id);
  const shootout = match?.shootout;
  const tie = shownScore(status, match?.score) ? tieText(state, fixture) : null;
  const check = openVarReview(match);
  const played = playedText(match);
  const kickoff = kickoffText(model, status);
  const announced = match?.announced && IN_PLAY.includes(status) ? `${match.announced} min added` : null;
  return h("div", { class: `clock-row ${playback.state === "paused" ? "clock-paused" : ""}` },
    h("p", { class: "clock", role: "timer", "aria-live": "off", "aria-label": "Match clock" },
      h("span", { key: "clock", class: "clock-time", ref: eachFrame(moveClock(model)) }),
      h("span", { key: "stoppage", class: "clock-stoppage", ref: eachFrame((element) => setText(element, model.fixture ? stoppage(model.readingOf(model.fixture.id)) : "")) })),
    h("p", { class: "status" },
      h("span", { key: "status", class: "status-word" }, statusWord(model, status)),
      played ? h("span", { key: "played" }, played) : null,
      kickoff ? h("span", { key: "kickoff" }, `Kick-off ${kickoff}`) : null,
      check ? h("span", { key: "check", class: "check" }, icon("var"), eventLabel(check).title) : null,
      announced ? h("span", { key: "announced", class: "announced" }, announced) : null,
      shootout ? h("span", { key: "shootout", class: "shootout" }, `${scoreText(shootout)}${status === "full_time" ? "" : " on penalties"}`) : null,
      tie ? h("span", { key: "tie", class: "tie" }, tie) : null,
      match?.firstHalf.over && !FINISHED.includes(status) && status !== "half_time"
        ? h("span", { key: "ht", class: "half-time" }, `HT ${match.firstHalf.score.home}–${match.firstHalf.score.away}`) : null));
}

/** The kick-off of a match that never begins, or begins at another time than scheduled. */
function kickoffText({ fixture, match, playback }, status) {
  const kickoff = kickoffOf(fixture, match);
  if (neverBegins(playback, status)) return [dateText(kickoff), timeText(kickoff)].filter(Boolean).join(", ");
  const late = status === "scheduled" ? lastStanding(match, "delayed") : null;
  if (!late) return "";
  if (dateText(kickoff) !== dateText(fixture.kickoff)) return `${dayText(kickoff)}, ${timeText(kickoff)}`;
  return [timeText(kickoff), Math.abs(late.delay) < LONG_DELAY && delayText(late.delay)].filter(Boolean).join(", ");
}

/** The clock, or, while the replay waits for its kick-off time, the time until then. */
const moveClock = (model) => (element) => {
  if (!model.fixture) return setText(element, "");
  const until = untilKickOff(model);
  const stands = neverBegins(model.playback, model.statusOf(model.fixture.id));
  setText(element, until ?? (stands ? "" : running(model.readingOf(model.fixture.id), model)));
  return until ? SECOND : Infinity;
};

function running(reading, { match }) {
  if (!reading) return match?.clock?.replace(/^-/, "") ?? "";
  if (reading.status === "scheduled") return untilText(-reading.clock);
  return IN_PLAY.includes(reading.status) ? clockText(reading.clock - (reading.stoppage ?? 0)) : "";
}

const stoppage = (reading) => (reading?.stoppage == null || !IN_PLAY.includes(reading.status) ? "" : `+${lengthText(Math.floor(reading.stoppage / 1000) * 1000)}`);

/** The real time until a replay that waits for its kick-off time begins; `null` if it waits for nothing. */
function untilKickOff({ fixture, playback, stream }) {
  if (playback.state !== "waiting") return null;
  const left = Date.parse(fixture.kickoff) - stream.now();
  return left > 0 && left < DAY ? lengthText(left) : "";
}

const SECOND = 1_000;
const DAY = 24 * 60 * 60 * SECOND;

function statusWord(model, status) {
  const until = untilKickOff(model);
  if (until !== null) return until ? "to kick-off" : "Waiting to begin";
  if (neverBegins(model.playback, status)) return noMoreEventsText(model.fixture);
  return status === "scheduled" ? "to kick-off" : statusText(model.playback, status, model.match);
}

/** The goals of a side and the dismissals that left it with fewer players, one line for each player. */
function goalsAndDismissals(match, fixture, side) {
  const lines = new Map();
  const cards = new Set(match ? dismissals(match, side) : []);
  for (const { event, removed } of match?.happenings ?? []) {
    const sentOff = cards.has(event);
    if (removed || event.side !== side || !(event.type === "goal" || sentOff)) continue;
    const key = `${event.player?.id ?? event.id} ${sentOff}`;
    const more = [event.own_goal && "og", event.situation === "penalty" && "pen"].filter(Boolean);
    const label = `${minuteText(event)}${more.length ? ` (${more.join(", ")})` : ""}`;
    const line = lines.get(key) ?? { sign: sentOff ? "red-card" : "ball", name: shortName(event.player), labels: [] };
    line.labels.push(label);
    lines.set(key, line);
  }
  return h("ul", { class: `deeds deeds-${side}`, "aria-label": `Goals and dismissals, ${fixture[side].name}` },
    [...lines].map(([key, { sign, name, labels }]) => h("li", { key }, icon(sign), sign === "ball" ? null : h("span", { key: "sent-off", class: "unseen" }, "Sent off: "),
      name ? h("span", { key: "name", class: "deed-by" }, name) : null, h("span", { key: "when", class: "deed-when" }, labels.join(", ")))));
}
