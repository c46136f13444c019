/** The scorecard of one match of several; it links to the match. */
import { SIDES, clockMs, playersDown } from "../client.js";
import { pageAddress } from "../ui/address.js";
import { colourStyle, teamColours } from "../ui/colours.js";
import { crest } from "../ui/crest.js";
import { h } from "../ui/dom.js";
import { clockText, count, minuteText } from "../ui/format.js";
import { playedScore, playedText } from "../ui/goals.js";
import { icon } from "../ui/icons.js";
import { eachFrame, setText } from "../ui/frame-loop.js";
import { shortName } from "../ui/names.js";
import { isCutShort, statusText } from "../ui/status.js";
import { tieText } from "../ui/tie.js";
import { openVarReview } from "../ui/var-review.js";
import { eventLabel, IN_PLAY, STATUS } from "../ui/labels.js";
import { isInProgress, matchSummary } from "./match-summary.js";
import { keyEvents } from "./key-events.js";

/** How many goals a card names. */
const MAX_GOALS = 2;

/** Statuses whose full name is too long for a card. */
const SHORT = {
  half_time: "HT",
  extra_time_break: "Before ET",
  extra_half_time: "ET, HT",
  shootout_break: "Before pens",
  shootout: "Pens",
  full_time: "FT",
};

/** `showAll`: the card has room for all key events. */
export function card(model, fixture, kickoff, showAll) {
  const { id } = fixture;
  const match = model.state.matches[id];
  const { status, score } = matchSummary(model, id);
  const begun = score !== null && status !== "scheduled" && status !== "postponed";
  const check = openVarReview(match);
  const played = playedText(match);
  const goals = goalsOf(match);
  const tie = begun ? tieText(model.state, fixture, ({ short }) => short) : null;
  const lastAlert = model.ui.goalAlerts.get(id);
  const goalAlert = lastAlert?.epoch === model.epoch ? lastAlert : null;
  const link = { match: id, spoilers: model.spoilers ? null : "0" };
  const href = pageAddress(model.base, link);
  // A new tab has its own session storage, so the address passes the token, for this click only; the new page removes it.
  const passToken = ({ currentTarget: card }) => {
    if (!model.token) return;
    card.href = pageAddress(model.base, { ...link, token: model.token });
    setTimeout(() => (card.href = href));
  };
  return h("a", {
    class: "scorecard", "data-match": id, href,
    style: colourStyle(teamColours(fixture)),
    "data-status": status ?? "unknown",
    "data-on": isInProgress(model.playback, status),
    "data-news": goalAlert?.kind,
    onclick: (event) => {
      // A modified click opens another tab or window, as usual.
      if (event.ctrlKey || event.metaKey || event.shiftKey) return passToken(event);
      if (event.altKey) return;
      event.preventDefault();
      model.openMatch(id);
    },
    onauxclick: (event) => event.button === 1 && passToken(event),
  },
    // Screen readers get one sentence instead of the drawn pieces.
    h("span", { class: "unseen" }, spokenText(fixture, { status, score: begun ? score : null, minute: minuteOf(model, id), words: statusText(model.playback, status, match), played, kickoff, sentOff: sentOff(match), tie: begun ? tieText(model.state, fixture) : null })),
    h("span", { class: "scorecard-face", "aria-hidden": "true" },
      h("span", { class: "scorecard-head" },
        state(model, id, status, kickoff),
        goalAlert
          ? h("span", { key: "news", class: "scorecard-news" }, icon(goalAlert.kind === "goal" ? "ball" : "no-goal"), goalAlert.kind === "goal" ? "Goal" : "No goal")
          : check
            ? h("span", { key: "check", class: "check" }, icon("var"), eventLabel(check).title)
            : tie ? h("span", { key: "tie", class: "scorecard-tie" }, tie)
            : played ? h("span", { key: "played", class: "scorecard-kickoff" }, played)
            : h("span", { key: "kickoff", class: "scorecard-kickoff" }, status === "scheduled" || status === null ? "" : kickoff)),
      SIDES.map((side) => team(side, fixture[side], {
        goals: begun ? score[side] : null,
        penalties: match?.shootout?.[side],
        off: sentOff(match)[side],
        fresh: goalAlert?.kind === "goal" && goalAlert.side === side,
      })),
      showAll ? keyEvents(match, fixture, new Map(goals.map(({ event, at }) => [event.id, at]))) : lastGoals(goals),
      h("span", { class: "scorecard-bands" }, h("i", { class: "scorecard-home" }), h("i", { class: "scorecard-away" }))));
}

function lastGoals(goals) {
  return h("span", { key: "goals", class: "scorecard-goals" }, goals.slice(-MAX_GOALS).reverse().map(({ event, at }, place) => h("span", { key: event.id, class: "scorecard-goal" },
    h("span", { class: "scorecard-minute" }, minuteText(event)),
    h("span", { class: "scorecard-scorer" }, scorer(event)),
    // The style sheet shows this only on the last visible line.
    goals.length > place + 1 ? h("span", { key: "more", class: "scorecard-more" }, `+${goals.length - place - 1} more`) : null,
    h("span", { class: "scorecard-at" }, `${at.home}–${at.away}`))));
}

function team(side, { name, short }, { goals, penalties, off, fresh }) {
  return h("span", { key: side, class: `scorecard-team scorecard-${side}-team` },
    crest({ short }, "scorecard-crest"),
    h("span", { class: "scorecard-name" }, name),
    off ? h("span", { key: "off", class: "scorecard-off" }, icon("red-card"), off > 1 ? off : null) : null,
    penalties === undefined ? null : h("span", { key: "penalties", class: "scorecard-penalties" }, `(${penalties})`),
    // A new number gets a new element, which animates in.
    h("b", { key: `goals-${goals}`, class: `scorecard-score ${fresh ? "score-new" : ""}` }, goals ?? ""));
}

/** The clock while it runs; else the status, or the kick-off. */
function state(model, id, status, kickoff) {
  if (IN_PLAY.includes(status) && status !== "shootout" && !isCutShort(model.playback, status)) {
    const move = (part) => eachFrame((element) => {
      const text = part(model.readingOf(id), model.state?.matches[id]);
      if (text !== null) setText(element, text);
    });
    return h("span", { key: "clock", class: "scorecard-state" },
      h("span", { key: "time", class: "scorecard-clock", ref: move(clockWithoutStoppage) }),
      h("span", { key: "stoppage", class: "scorecard-stoppage", ref: move(stoppage) }));
  }
  const word = statusText(model.playback, status, model.state?.matches[id], SHORT);
  return h("span", { key: "word", class: "scorecard-state" }, status === "scheduled" || status === null ? kickoff || STATUS.scheduled : word);
}

/** The clock without stoppage time; `null`, which keeps the text, while the timeline is ahead of the events. */
function clockWithoutStoppage(reading, match) {
  if (!reading) return match?.clock ?? "";
  if (!IN_PLAY.includes(reading.status)) return null;
  return clockText(reading.clock - (reading.stoppage ?? 0));
}

function stoppage(reading) {
  if (!reading) return "";
  if (!IN_PLAY.includes(reading.status)) return null;
  return reading.stoppage === null ? "" : `+${clockText(reading.stoppage)}`;
}

/** The goals that stand, in the order of play, each with the score after it: `{ event, at }`. */
export function goalsOf(match) {
  const goals = (match?.happenings ?? []).filter(({ event, removed }) => event.type === "goal" && !removed).map(({ event }) => event);
  goals.sort((one, other) => (one.period ?? 0) - (other.period ?? 0) || clockMs(one.clock ?? "") - clockMs(other.clock ?? ""));
  // A goal's own score does not reflect a later removal of an earlier goal. The scores are counted from the end, because goals
  // before the snapshot may be missing.
  const at = match && { ...playedScore(match) };
  return goals.reverse().map((event) => {
    const after = { ...at };
    // A feed may have lost what has lowered the score.
    at[event.side] = Math.max(0, at[event.side] - 1);
    return { event, at: after };
  }).reverse();
}

function scorer(event) {
  const more = [event.own_goal && "og", event.situation === "penalty" && "pen"].filter(Boolean);
  return [shortName(event.player) || "Goal", more.length ? `(${more.join(", ")})` : ""].filter(Boolean).join(" ");
}

const sentOff = (match) => ({ home: match ? playersDown(match, "home") : 0, away: match ? playersDown(match, "away") : 0 });

/** The current minute, from 1; `null` outside play. */
function minuteOf(model, id) {
  const reading = model.readingOf(id);
  return reading && IN_PLAY.includes(reading.status) && reading.status !== "shootout" ? Math.floor(reading.clock / 60_000) + 1 : null;
}

/** The card for screen readers: "Milan 0, Benevento 1, 63 minutes". */
export function spokenText({ home, away }, { status, score, minute, words, played = null, kickoff, sentOff = {}, tie = null }) {
  const teams = score ? `${home.name} ${score.home}, ${away.name} ${score.away}` : `${home.name} against ${away.name}`;
  const cards = [[home, sentOff.home], [away, sentOff.away]].filter(([, cards]) => cards > 0).map(([{ name }, cards]) => `${name} ${count(cards, "red card")}`);
  const now = IN_PLAY.includes(status) && typeof minute === "number" ? count(minute, "minute")
    : status === "scheduled" || !status ? kickoff && `kick-off ${kickoff}`
    : words.toLowerCase();
  return [teams, ...cards, now, played, tie].filter(Boolean).join(", ");
}
