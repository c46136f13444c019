/** The scorecard of one match among several: a link to it. */
import { SIDES, clockMs, playersDown } from "../client.js";
import { pageAddress } from "../ui/address.js";
import { colourStyle, teamColours } from "../ui/colours.js";
import { crest } from "../ui/crest.js";
import { h } from "../ui/dom.js";
import { clockText, count, minuteText } from "../ui/format.js";
import { playedScore } from "../ui/goals.js";
import { icon } from "../ui/icons.js";
import { eachFrame, setText } from "../ui/live.js";
import { shortName } from "../ui/names.js";
import { isCutShort, statusWords } from "../ui/status.js";
import { tieWords } from "../ui/tie.js";
import { runningCheck } from "../ui/var.js";
import { IN_PLAY, STATUS, naming } from "../ui/words.js";
import { isOn, standing } from "./standing.js";
import { story } from "./story.js";

/** How many goals a card names. */
const NAMED = 2;

/** States for which the whole name is too long, or too quiet. */
const SHORT = {
  half_time: "HT",
  extra_time_break: "Before ET",
  extra_half_time: "ET, HT",
  shootout_break: "Before pens",
  shootout: "Pens",
  full_time: "FT",
};

/** `whole`: there is room for all that has happened. */
export function card(model, fixture, kickoff, whole) {
  const { id } = fixture;
  const match = model.state.matches[id];
  const { status, score } = standing(model, id);
  const begun = score !== null && status !== "scheduled" && status !== "postponed";
  const check = runningCheck(match);
  const goals = goalsOf(match);
  const tie = begun ? tieWords(model.state, fixture, ({ short }) => short) : null;
  const last = model.ui.news.get(id);
  const news = last?.epoch === model.epoch ? last : null;
  const link = { match: id, spoilers: model.spoilers ? null : "0" };
  const href = pageAddress(model.base, link);
  // A new tab has a session of its own, so the token goes along in the address, only for this click, and is taken out on arrival.
  const passToken = ({ currentTarget: card }) => {
    if (!model.token) return;
    card.href = pageAddress(model.base, { ...link, token: model.token });
    setTimeout(() => (card.href = href));
  };
  return h("a", {
    class: "scorecard", "data-match": id, href,
    style: colourStyle(teamColours(fixture)),
    "data-status": status ?? "unknown",
    "data-on": isOn(model.playback, status),
    "data-news": news?.kind,
    onclick: (event) => {
      // Whoever wants another tab or window gets one.
      if (event.ctrlKey || event.metaKey || event.shiftKey) return passToken(event);
      if (event.altKey) return;
      event.preventDefault();
      model.goTo(id);
    },
    onauxclick: (event) => event.button === 1 && passToken(event),
  },
    // One sentence for those who hear it, not the pieces that are drawn.
    h("span", { class: "unseen" }, spoken(fixture, { status, score: begun ? score : null, minute: minuteOf(model, id), words: statusWords(model.playback, status, match), kickoff, sentOff: sentOff(match), tie: begun ? tieWords(model.state, fixture) : null })),
    h("span", { class: "scorecard-face", "aria-hidden": "true" },
      h("span", { class: "scorecard-head" },
        state(model, id, status, kickoff),
        news
          ? h("span", { key: "news", class: "scorecard-news" }, icon(news.kind === "goal" ? "ball" : "no-goal"), news.kind === "goal" ? "Goal" : "No goal")
          : check
            ? h("span", { key: "check", class: "check" }, icon("var"), naming(check).title)
            : tie ? h("span", { key: "tie", class: "scorecard-tie" }, tie)
            : h("span", { key: "kickoff", class: "scorecard-kickoff" }, status === "scheduled" || status === null ? "" : kickoff)),
      SIDES.map((side) => team(side, fixture[side], {
        goals: begun ? score[side] : null,
        penalties: match?.shootout?.[side],
        off: sentOff(match)[side],
        fresh: news?.kind === "goal" && news.side === side,
      })),
      whole ? story(match, fixture, new Map(goals.map(({ event, at }) => [event.id, at]))) : lastOf(goals),
      h("span", { class: "scorecard-bands" }, h("i", { class: "scorecard-home" }), h("i", { class: "scorecard-away" }))));
}

function lastOf(goals) {
  return h("span", { key: "goals", class: "scorecard-goals" }, goals.slice(-NAMED).reverse().map(({ event, at }, place) => h("span", { key: event.id, class: "scorecard-goal" },
    h("span", { class: "scorecard-minute" }, minuteText(event)),
    h("span", { class: "scorecard-scorer" }, scorer(event)),
    // On the last line that there is room for; how many that are is the style sheet's to say.
    goals.length > place + 1 ? h("span", { key: "more", class: "scorecard-more" }, `+${goals.length - place - 1} more`) : null,
    h("span", { class: "scorecard-at" }, `${at.home}–${at.away}`))));
}

function team(side, { name, short }, { goals, penalties, off, fresh }) {
  return h("span", { key: side, class: `scorecard-team scorecard-${side}-team` },
    crest({ short }, "scorecard-crest"),
    h("span", { class: "scorecard-name" }, name),
    off ? h("span", { key: "off", class: "scorecard-off" }, icon("red-card"), off > 1 ? off : null) : null,
    penalties === undefined ? null : h("span", { key: "penalties", class: "scorecard-penalties" }, `(${penalties})`),
    // Another element for another number, so that it may come in by itself.
    h("b", { key: `goals-${goals}`, class: `scorecard-score ${fresh ? "score-new" : ""}` }, goals ?? ""));
}

/** The clock while it runs; else the word for how the match stands, or when it kicks off. */
function state(model, id, status, kickoff) {
  if (IN_PLAY.includes(status) && status !== "shootout" && !isCutShort(model.playback, status)) {
    const move = (part) => eachFrame((element) => {
      const text = part(model.readingOf(id), model.state?.tick?.matches?.[id]);
      if (text !== null) setText(element, text);
    });
    return h("span", { key: "clock", class: "scorecard-state" },
      h("span", { key: "time", class: "scorecard-clock", made: move(regular) }),
      h("span", { key: "stoppage", class: "scorecard-stoppage", made: move(stoppage) }));
  }
  const word = statusWords(model.playback, status, model.state?.matches[id], SHORT);
  return h("span", { key: "word", class: "scorecard-state" }, status === "scheduled" || status === null ? kickoff || STATUS.scheduled : word);
}

/** The clock without stoppage time. `null` while the timeline is ahead of what was told: what stands there stays. */
function regular(reading, tick) {
  if (!reading) return tick?.clock ?? "";
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
  // The score that was told with a goal knows nothing of an earlier one that was taken back since. Counted from the end,
  // because a match that was not followed from its beginning has goals that nobody has named.
  const at = match && { ...playedScore(match) };
  return goals.reverse().map((event) => {
    const after = { ...at };
    at[event.side] -= 1;
    return { event, at: after };
  }).reverse();
}

function scorer(event) {
  const more = [event.own_goal && "og", event.situation === "penalty" && "pen"].filter(Boolean);
  return [shortName(event.player) || "Goal", more.length ? `(${more.join(", ")})` : ""].filter(Boolean).join(" ");
}

const sentOff = (match) => ({ home: match ? playersDown(match, "home") : 0, away: match ? playersDown(match, "away") : 0 });

/** The minute that is being played, from 1; `null` outside play. */
function minuteOf(model, id) {
  const reading = model.readingOf(id);
  return reading && IN_PLAY.includes(reading.status) && reading.status !== "shootout" ? Math.floor(reading.clock / 60_000) + 1 : null;
}

/** What a card says to those who hear it: "Milan 0, Benevento 1, 63 minutes". */
export function spoken({ home, away }, { status, score, minute, words, kickoff, sentOff = {}, tie = null }) {
  const teams = score ? `${home.name} ${score.home}, ${away.name} ${score.away}` : `${home.name} against ${away.name}`;
  const cards = [[home, sentOff.home], [away, sentOff.away]].filter(([, cards]) => cards > 0).map(([{ name }, cards]) => `${name} ${count(cards, "red card")}`);
  const now = IN_PLAY.includes(status) && typeof minute === "number" ? count(minute, "minute")
    : status === "scheduled" || !status ? kickoff && `kick-off ${kickoff}`
    : words.toLowerCase();
  return [teams, ...cards, now, tie].filter(Boolean).join(", ");
}
