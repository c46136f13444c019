/**
 * A client of Touchline's protocol `touchline.v1`, for browsers and Node: one file without dependencies. Node before version 22
 * has no WebSocket: there a connection takes the package `ws`.
 *
 *   import { subscribe } from "/client.js";
 *   subscribe("ws://127.0.0.1:8089/ws", { change: (state) => console.log(state.matches) });
 *
 * `reduce` folds frames into a state. It is pure: the same frames give the same state, and a state once returned never changes.
 * A client that folds a snapshot and the events after it holds exactly the server's state.
 *
 * A feed may have faults. Fields of events that have another type than the protocol's are left out, an event that is sent again
 * changes nothing, and one that comes late leaves the score and the status alone. Snapshots, and the scores of ticks, are the truth.
 */

/** The two sides of a match. */
export const SIDES = ["home", "away"];

/** The initial state, before any frame. */
export const NOTHING = Object.freeze({
  /** The last `hello`. */
  hello: null,
  /** The playback: `state`, `speed`, `at`, `wall`, ... as in the protocol; `length`, in ms, of the timeline. */
  playback: null,
  /** The last `tick`. */
  tick: null,
  /** The number of the last event known to be received; `null` until an event or a tick follows the snapshots. */
  n: null,
  /** Events up to this number were emitted before this client connected: they are backlog, not live. */
  head: 0,
  /** The state of each match, by its id. */
  matches: Object.freeze({}),
  /** The last `table` of each competition and season. */
  tables: Object.freeze({}),
});

/** Returns the state after a frame. Unknown kinds and replies to commands change nothing. */
export function reduce(state, frame) {
  switch (frame.kind) {
    case "hello": {
      const { playback } = frame;
      const known = { ...state, hello: frame, playback, head: frame.head };
      if (frame.resumed !== "ok") return { ...known, n: null, matches: {}, tables: {}, tick: null };
      return { ...known, matches: withChanges(state.matches, (match) => ({ ...fixtureOf(frame, match.id), running: runs(match, playback) })) };
    }
    case "playback": {
      const newEpoch = frame.epoch !== epochOf(state);
      const { kind, ...fields } = frame;
      const known = { ...state, playback: { length: state.playback?.length, ...fields } };
      if (newEpoch) return { ...known, n: null, head: 0, matches: {}, tables: {}, tick: null };
      return { ...known, matches: withChanges(state.matches, (match) => ({ running: runs(match, frame) })) };
    }
    case "snapshot":
      return { ...state, matches: { ...state.matches, [frame.match]: fromSnapshot(frame, state.hello) } };
    case "event": {
      if (!isText(frame.match) || !isText(frame.id) || !Number.isInteger(frame.n)) return state;
      const before = state.matches[frame.match] ?? fromSnapshot({ match: frame.match, n: frame.n - 1, state: {} }, state.hello);
      return { ...state, n: frame.n, matches: { ...state.matches, [frame.match]: applyEvent(before, readable(frame), state.playback) } };
    }
    case "tick":
      return { ...state, n: frame.n, tick: frame, matches: withChanges(state.matches, (match) => ofTick(match, frame)) };
    case "table":
      return { ...state, tables: { ...state.tables, [`${frame.competition} ${frame.season ?? ""}`]: frame } };
    default:
      return state;
  }
}

/** The cursor to resume from, as `since=` takes it; `null` if only snapshots can restore the state. */
export function cursor(state) {
  return state.n === null ? null : `${runOf(state)}.${epochOf(state)}.${state.n}`;
}

/** The run in force. It changes with the faults of the feed. */
export const runOf = (state) => state.playback?.run ?? state.hello?.run;

const epochOf = (state) => state.playback?.epoch ?? state.hello?.epoch;

/**
 * Adds the complete past of a match to the state, corrections and removed events included. `frames` is the response of
 * `/history?match=<id>&to=<base>`, with the `base` of the match.
 */
export function withHistory(state, id, frames) {
  const match = state.matches[id];
  if (!match) return state;
  const { known, history } = partsOf(match);
  // A feed may send a revision again, or after a later one.
  const revisions = new Map();
  const isNews = ({ id, rev }) => !(rev <= revisions.get(id)) && revisions.set(id, rev);
  const past = History.of([], frames.map(readable).filter(isNews)).happenings;
  const complete = matchOf({ ...known, complete: true }, History.of(withTruth(past, history.start), match.told));
  return { ...state, matches: { ...state.matches, [id]: complete } };
}

/** The position of the replay on its timeline, in ms, at a moment of the server's clock (ms since 1970). */
export function mediaTime(playback, now) {
  const { state, at, wall, speed, length } = playback;
  if (state !== "playing" || typeof speed !== "number") return at;
  const target = at + Math.max(0, now - Date.parse(wall)) * speed;
  return length === undefined ? target : Math.min(target, length);
}

/**
 * Reads a match's clock at a position of the timeline, from the `phases` of `/timeline`: the phase, its `status` and `period`,
 * the clock in ms, and the elapsed stoppage time (`null` before it). A match that has not begun is `scheduled` and its clock
 * counts down to kick-off, also in a round on one timeline. Returns `null` without phases.
 */
export function reading(phases, at) {
  const phase = phases.findLast((phase) => phase.from <= at) ?? phases[0];
  if (!phase) return null;
  if (at < phase.from) {
    const startsAt = phase.status === "scheduled" ? clockMs(phase.clock) : 0;
    return { phase, status: "scheduled", period: null, clock: startsAt + at - phase.from, stoppage: null };
  }
  const { status, period } = phase;
  // If a kick-off is late and no delay was announced, the clock stops at zero.
  const maxElapsed = status === "scheduled" ? Math.max(0, -clockMs(phase.clock)) : Infinity;
  const elapsed = Math.min(Math.min(at, phase.to ?? at) - phase.from, maxElapsed);
  const stoppage = phase.stoppage !== undefined && at >= phase.stoppage ? at - phase.stoppage : null;
  return { phase, status, period, clock: clockMs(phase.clock) + elapsed, stoppage };
}

/** The milliseconds of a clock such as `89:07` or `-1:00`. */
export function clockMs(clock) {
  const [, sign, minutes, seconds] = /^(-?)(\d+):(\d+(?:\.\d+)?)$/.exec(clock) ?? [null, "", 0, 0];
  return Math.round((sign ? -1 : 1) * (Number(minutes) * 60 + Number(seconds)) * 1000);
}

// Events of a feed with faults.

const isText = (value) => typeof value === "string";
const isScore = (value) => Number.isFinite(value?.home) && Number.isFinite(value?.away);
const isPerson = (value) => isText(value?.id) && isText(value.name ?? "");
const isObject = (value) => typeof value === "object";
const [PEOPLE, NUMBERS, TEXTS] = [
  ["player", "assist", "in", "out", "fouled", "recipient", "opponent"],
  ["seq", "rev", "at", "period", "minutes", "delay", "xg"],
  ["op", "status", "clock", "clock_status", "label", "text", "reason", "outcome", "situation", "body_part", "position", "question", "about"],
];
/** The types of an event's fields. All but `type` may be missing or `null`. */
const FIELD_TYPES = {
  side: (value) => SIDES.includes(value), score: isScore, shootout: isScore, positions: isObject, was: isObject,
  ...Object.fromEntries([[PEOPLE, isPerson], [NUMBERS, Number.isFinite], [TEXTS, isText]].flatMap(([names, is]) => names.map((name) => [name, is]))),
};

/** An event without the fields that have another type than the protocol's; the same object if it has none. */
function readable(event) {
  let copy = null;
  const set = (name, value) => ((copy ??= { ...event })[name] = value);
  for (const name in FIELD_TYPES) {
    if (event[name] !== undefined && event[name] !== null && !FIELD_TYPES[name](event[name])) set(name, undefined);
  }
  if (!isText(event.type)) set("type", "unknown");
  if (event.was && isObject(event.was)) {
    const was = readable(event.was);
    if (was !== event.was) set("was", was);
  }
  return copy ?? event;
}

/** Key types that count in a state: a snapshot lists every such event in force. */
const LISTED_TYPES = ["goal", "penalty_missed", "yellow_card", "second_yellow_card", "red_card", "substitution"];

/**
 * The past of a match as its feed had it, with what the snapshot knows better: events that the feed lost or corrected silently,
 * and those that never were.
 */
function withTruth(past, snapshot) {
  if (!snapshot.length) return past;
  const standing = new Map(snapshot.map((happening) => [happening.id, happening]));
  const known = new Set(past.map(({ id }) => id));
  const all = past.filter(({ id, event, removed }) => removed || standing.has(id) || !LISTED_TYPES.includes(event.type)).map((happening) => {
    const now = standing.get(happening.id);
    return now ? { ...happening, event: { ...happening.event, ...now.event }, removed: false } : happening;
  });
  const momentOf = ({ period, clock }) => (period ?? 0) * 1e9 + clockMs(clock);
  for (const happening of snapshot.filter(({ id }) => !known.has(id))) {
    const next = all.findIndex(({ event }) => momentOf(event) > momentOf(happening.event));
    all.splice(next < 0 ? all.length : next, 0, happening);
  }
  return all;
}

// One match.

const BEFORE_HALF_TIME = ["scheduled", "first_half", "postponed"];
/** These statuses do not say how far the match has come. */
const INTERRUPTED = ["suspended", "abandoned"];
const LINEUP_LISTS = ["on", "off", "sent_off", "bench"];
const PLAYER_COUNTS = ["yellow_cards", "goals", "own_goals"];
/** The types of events that send a player off. */
const DISMISSALS = ["red_card", "second_yellow_card"];
const CARDS = ["yellow_card", ...DISMISSALS];
const NO_GOALS = Object.freeze({ home: 0, away: 0 });

/**
 * Builds a match from `known` and its history. `happenings` are its events in the order of their first delivery, as `{ id,
 * event, was, removed }` with the last revision and those before; `told` are the events since the snapshot.
 */
function matchOf(known, history) {
  const match = {
    ...known,
    get happenings() {
      return history.happenings;
    },
    get told() {
      return history.events;
    },
    /** The last event that changed the match since the snapshot: without those that were sent again. */
    get last() {
      return history.last;
    },
  };
  parts.set(match, { known, history });
  return match;
}

const parts = new WeakMap();

/** The parts of a match. A copied match has no entry here: its history is rebuilt from its fields. */
function partsOf(match) {
  if (parts.has(match)) return parts.get(match);
  const { happenings, told, last, ...known } = match;
  return { known, history: History.of(happenings, told, told.length) };
}

/**
 * The history of a match. Folding an event copies nothing: histories that continue one another share one list, each up to its
 * own length. `happenings` is computed on access, from the last computed state on.
 */
class History {
  #log;
  #length;
  #happenings = null;
  #events = null;

  constructor(log, length) {
    this.#log = log;
    this.#length = length;
  }

  /** Starts from `happenings`, which already contain the first `foldedAtStart` of `events`. */
  static of(happenings, events = [], foldedAtStart = 0) {
    const indexById = new Map(happenings.map(({ id }, index) => [id, index]));
    const latestById = new Map([...happenings.map(({ event }) => event), ...events].map((event) => [event.id, event]));
    return new History({ start: happenings, foldedAtStart, events: [...events], happenings, indexById, latestById, foldedCount: foldedAtStart }, events.length);
  }

  with(event) {
    const { start, foldedAtStart, events } = this.#log;
    // Another history has already continued from this one.
    if (events.length > this.#length) return History.of(start, events.slice(0, this.#length), foldedAtStart).with(event);
    events.push(event);
    this.#log.latestById.set(event.id, event);
    return new History(this.#log, this.#length + 1);
  }

  /** The latest known revision of an event. */
  latest(id) {
    // Another history has continued from this one.
    if (this.#log.events.length > this.#length) return this.happenings.find((happening) => happening.id === id)?.event;
    return this.#log.latestById.get(id);
  }

  get start() {
    return this.#log.start;
  }

  get last() {
    return this.#log.events[this.#length - 1] ?? null;
  }

  get events() {
    return (this.#events ??= this.#log.events.slice(0, this.#length));
  }

  get happenings() {
    return (this.#happenings ??= this.#fold());
  }

  #fold() {
    const log = this.#log;
    if (log.foldedCount > this.#length) return History.of(log.start, this.events, log.foldedAtStart).happenings;
    if (log.foldedCount < this.#length) {
      log.happenings = withEvents(log.happenings, log.indexById, log.events.slice(log.foldedCount, this.#length));
      log.foldedCount = this.#length;
    }
    return log.happenings;
  }
}

/** The happenings after these events. `indexById` maps ids to indices; new ids are added to it. */
function withEvents(happenings, indexById, events) {
  const all = [...happenings];
  const copied = new Set();
  for (const event of events) {
    const { id, op } = event;
    const index = indexById.get(id) ?? all.length;
    const before = all[index];
    // A returned state may share this list of revisions, unless it was copied in this call.
    const was = copied.has(index) ? before.was : before ? [...before.was] : [];
    const last = before ? before.event : event.was;
    if (last) was.push(last);
    copied.add(index);
    indexById.set(id, index);
    all[index] = { id, event, was, removed: op === "remove" };
  }
  return all;
}

function fromSnapshot({ match, n, seq, state }, hello) {
  const score = state.score ?? NO_GOALS;
  const known = {
    id: match,
    /** The teams, the competition and the scheduled kick-off, as in hello. */
    ...fixtureOf(hello, match),
    /** The number of the last event in the snapshot. */
    base: n,
    /** The number of the last event of this match, or of the snapshot. */
    n,
    /** The number of this match's events in the snapshot. */
    seq,
    /** The highest such number received. */
    lastSeq: seq ?? 0,
    status: state.status ?? "scheduled",
    /** The scoreboard's clock at the last tick or event: `null` until one follows the snapshot. */
    ...NO_CLOCK,
    score,
    /** The score of the last event. A feed may be wrong about it for long, so only its changes count against that of a tick. */
    eventScore: score,
    firstHalf: { over: Boolean(state.half_time), score: state.half_time ?? state.played ?? score },
    shootout: state.shootout ?? null,
    /** The two-legged tie as in the snapshot; `tieOf` gives the current one. */
    tie: state.tie ?? null,
    /** Competition, season, round, venue, officials. */
    about: state.match ?? {},
    sheets: both((side) => ({ formation: state.lineups?.[side]?.formation, coach: state.lineups?.[side]?.coach })),
    players: Object.fromEntries(SIDES.flatMap((side) => fromLineup(side, state.lineups?.[side] ?? {}))),
    /** The coaches whom cards can name, by their ids. */
    staff: Object.fromEntries(SIDES.flatMap((side) => (state.lineups?.[side]?.staff ?? []).map(({ sent_off, moves, ...one }) =>
      [one.id, { ...one, side, yellow_cards: one.yellow_cards ?? 0, sentOff: moves?.sent_off ?? (sent_off ? 1 : 0) }]))),
    substitutionsLeft: state.substitutions_left ?? null,
    /** Extra substitutions for a concussion, where the rules have them. */
    concussionSubstitutionsLeft: state.concussion_substitutions_left ?? null,
    extraTime: state.extra_time === true,
    statistics: both((side) => state.statistics?.[side] ?? {}),
    /** Whether `happenings` holds every event, not only the important ones that stand. */
    complete: n === 0,
  };
  const happenings = (state.events ?? []).map((event) => ({ id: event.id, event, was: [], removed: false }));
  return matchOf(known, History.of(happenings));
}

const both = (of) => ({ home: of("home"), away: of("away") });

/** Teams that no hello has named, such as those of matches to which a connection has subscribed by a command. */
const UNNAMED = both((side) => ({ id: side, name: side, short: side, colours: [] }));
/** The matches of each hello, by their ids. */
const fixtures = new WeakMap();

/** What hello says of a match. */
function fixtureOf(hello, id) {
  if (hello && !fixtures.has(hello)) fixtures.set(hello, new Map((hello.matches ?? []).map((match) => [match.id, match])));
  const { home, away, competition = null, kickoff = null } = fixtures.get(hello)?.get(id) ?? UNNAMED;
  return { home, away, competition, kickoff };
}

function fromLineup(side, lineup) {
  return LINEUP_LISTS.flatMap((list) => (lineup[list] ?? []).map(({ from, temporary, moves, ...player }) => [player.id, {
    ...player,
    ...Object.fromEntries(PLAYER_COUNTS.map((count) => [count, player[count] ?? 0])),
    side,
    // These are counts, so that a correction can subtract its share in any order.
    cameOn: moves?.came_on ?? ((from ?? list) === "bench" ? 0 : 1),
    wentOff: moves?.went_off ?? ((from ?? list) === "off" || temporary ? 1 : 0),
    away: moves?.away ?? (temporary ? 1 : 0),
    sentOff: moves?.sent_off ?? (list === "sent_off" ? 1 : 0),
  }]));
}

function applyEvent(match, received, playback) {
  const { known, history } = partsOf(match);
  const before = history.latest(received.id);
  if (received.seq <= known.seq || (before && isKnown(before, received))) return match;
  const event = received.score ? received : { ...received, score: scoreAfter(known.score, before, received) };
  // A lost event was never counted.
  const counted = before ?? (known.complete || LISTED_TYPES.includes(event.was?.type) ? null : event.was);
  const isLate = event.seq < known.lastSeq;
  let next = known;
  if (counted && counted.op !== "remove") next = applied(next, counted, -1);
  if (event.op !== "remove") next = applied(next, event, 1);
  const more = known.extraTime || !inExtraTime(event) ? 0 : known.about.extra_time_substitutions ?? 0;
  if (more && next.substitutionsLeft) next = { ...next, substitutionsLeft: both((side) => next.substitutionsLeft[side] + more) };
  // Positions follow a change of position, or a correction of one.
  for (const [id, position] of Object.entries(event.positions ?? {})) {
    const of = next.players[id];
    if (of) next = { ...next, players: { ...next.players, [id]: { ...of, position: position ?? undefined } } };
  }
  const status = (isLate ? null : event.status) ?? next.status;
  const over = INTERRUPTED.includes(status) ? next.firstHalf.over || event.period > 1 : !BEFORE_HALF_TIME.includes(status);
  const after = {
    ...next,
    n: event.n,
    lastSeq: isLate ? known.lastSeq : (event.seq ?? known.lastSeq),
    status,
    ...(isLate ? {} : clockAfter({ ...event, status }, known, playback)),
    ...(isLate || isSameScore(event.score, next.eventScore) ? {} : { score: event.score, eventScore: event.score }),
    shootout: isLate ? next.shootout : (event.shootout ?? null),
    extraTime: known.extraTime || inExtraTime(event),
    firstHalf: over === next.firstHalf.over ? next.firstHalf : { ...next.firstHalf, over },
  };
  return matchOf(after, history.with(event));
}

/** The matches with the fields that `change(match)` names. A match in which none has another value stays the same object. */
function withChanges(matches, change) {
  const all = Object.values(matches).map((match) => [match, change(match)]);
  const changed = all.filter(([match, fields]) => Object.entries(fields).some(([name, value]) => !isSame(match[name], value)));
  if (!changed.length) return matches;
  const next = ([match, fields]) => {
    const { known, history } = partsOf(match);
    return [match.id, matchOf({ ...known, ...fields }, history)];
  };
  return { ...matches, ...Object.fromEntries(changed.map(next)) };
}

/** Whether two values of JSON are the same. */
const isSame = (one, other) => one === other || (isObject(one) && JSON.stringify(one) === JSON.stringify(other));

// The clock of a scoreboard, of which a snapshot says nothing.

const NO_CLOCK = Object.freeze({ period: null, clock: null, label: null, announced: null, running: false });
const PERIODS = { first_half: 1, second_half: 2, extra_first_half: 3, extra_second_half: 4, shootout: 5 };
/** What a scoreboard shows in place of the minute. */
const BREAK_LABELS = {
  scheduled: "pre", half_time: "HT", extra_time_break: "ET", extra_half_time: "ET", shootout_break: "PEN", full_time: "FT",
  suspended: "susp", abandoned: "abd", postponed: "ppd",
};
const FINAL_LABELS = ["FT", "abd", "ppd"];

/** Whether the clock of a match runs. */
const runs = ({ clock, label }, playback) => playback?.state === "playing" && clock !== null && !FINAL_LABELS.includes(label);

/** What a tick says of a match: the clock, and the score, as a feed may have lost a goal. */
function ofTick({ id, n, score }, tick) {
  const now = tick.matches?.[id];
  if (!now || n > tick.n) return {};
  const { period = null, clock = null, label = null, announced = null, running = false } = now;
  return { score: isScore(now.score) ? now.score : score, period, clock, label, announced, running };
}

/** The clock after an event. `known` is the match before. */
function clockAfter({ status, type, op, period, clock, clock_status, told, label, minutes }, known, playback) {
  const after = (clock, fields) => ({ clock, ...fields, running: runs({ clock, ...fields }, playback) });
  const current = PERIODS[status] ?? null;
  if (current === null) {
    // Before the match the clock counts down to a kick-off that may be delayed, which ticks know.
    if (status === "scheduled") return after(known.clock, { period: null, label: BREAK_LABELS.scheduled, announced: null });
    const isOfBreak = period === null && (clock_status ?? status) === status && told === undefined;
    const label = BREAK_LABELS[status] ?? null;
    // The clock of a break starts at the whistle.
    return after(isOfBreak ? clock : label === known.label ? known.clock : "00:00", { period: null, label, announced: null });
  }
  // An event that was reported later happened at another time than now.
  if (told !== undefined || period !== current || clock === undefined) return {};
  const announced = type === "added_time" ? (op === "remove" ? null : minutes) : current === known.period ? known.announced : null;
  return after(clock, { period, label, announced });
}

const isSameScore = (one, other) => one.home === other.home && one.away === other.away;

/** Whether a revision is not newer than the known one. */
const isKnown = (before, { rev = 0, op }) => rev < (before.rev ?? 0) || (rev === (before.rev ?? 0) && op === before.op);

/** The score after an event that does not say it. */
function scoreAfter(score, before, event) {
  const goals = (one, side) => (one?.type === "goal" && one.op !== "remove" && one.side === side ? 1 : 0);
  return both((side) => score[side] + goals(event, side) - goals(before, side));
}

/** Applies the contribution of an event to a match; `sign` is -1 where the event is taken back. */
function applied(match, event, sign) {
  const { side, type } = event;
  if (!SIDES.includes(side)) return match;
  const next = { ...match };
  const player = (about, count, times = sign) => {
    const of = next.players[about?.id];
    if (of) next.players = { ...next.players, [of.id]: { ...of, [count]: of[count] + times } };
    const coach = next.staff[about?.id];
    if (coach && CARDS.includes(type)) next.staff = { ...next.staff, [coach.id]: { ...coach, [count]: coach[count] + times } };
  };
  if (type === "goal" && event.period === 1) {
    const score = { ...match.firstHalf.score, [side]: match.firstHalf.score[side] + sign };
    next.firstHalf = { ...match.firstHalf, score };
  }
  switch (type) {
    case "goal":
      player(event.player, event.own_goal ? "own_goals" : "goals");
      break;
    case "yellow_card":
      player(event.player, "yellow_cards");
      break;
    case "second_yellow_card":
      player(event.player, "yellow_cards");
      player(event.player, "sentOff");
      break;
    case "red_card":
      player(event.player, "sentOff");
      break;
    case "substitution":
      // A substitution that does not name the player who goes off brings no player on.
      if (event.out) player(event.in, "cameOn");
      player(event.out, "wentOff");
      Object.assign(next, substitutionsAfter(next, event, sign));
      break;
    case "player_off":
      player(event.player, "wentOff");
      player(event.player, "away");
      break;
    case "player_on":
      player(event.player, "cameOn");
      player(event.player, "away", -sign);
      break;
  }
  const statistics = { ...match.statistics[side] };
  for (const name of statisticsOf(event)) statistics[name] = (statistics[name] ?? 0) + sign;
  const goals = expectedGoals(event);
  if (goals) statistics.xg = Math.round(10_000 * (statistics.xg ?? 0) + sign * goals) / 10_000;
  next.statistics = { ...match.statistics, [side]: statistics };
  if (goals || PASS_TYPES.includes(type)) next.statistics = withDerived(next.statistics);
  return next;
}

/** The substitutions left after one more, or one less. */
function substitutionsAfter({ substitutionsLeft: left, concussionSubstitutionsLeft: concussion }, { side, reason, period, status, clock_status }, sign) {
  const beforeKickoff = period === null && (clock_status ?? status) === "scheduled";
  if (!left || beforeKickoff) return {};
  const other = side === "home" ? "away" : "home";
  // A concussion substitution gives the other side one more.
  return concussion && reason === "concussion"
    ? { concussionSubstitutionsLeft: { ...concussion, [side]: concussion[side] - sign }, substitutionsLeft: { ...left, [other]: left[other] + sign } }
    : { substitutionsLeft: { ...left, [side]: left[side] - sign } };
}

/** Whether an event belongs to extra time, or to the break before it. */
const inExtraTime = ({ status, period }) =>
  period === 3 || period === 4 || ["extra_time_break", "extra_first_half", "extra_half_time", "extra_second_half"].includes(status);

const SHOT_STATISTICS = {
  saved: ["shots", "shots_on_target"],
  saved_woodwork: ["shots", "shots_on_target", "woodwork"],
  woodwork: ["shots", "woodwork"],
  blocked: ["shots", "shots_blocked"],
  off_target: ["shots", "shots_off_target"],
};
const STATISTICS = {
  save: ["saves"],
  corner: ["corners"],
  offside: ["offsides"],
  foul: ["fouls"],
  yellow_card: ["yellow_cards"],
  second_yellow_card: ["red_cards"],
  red_card: ["red_cards"],
  substitution: ["substitutions"],
};

const PASS_TYPES = ["pass", "cross"];
/** The outcomes of a completed pass; a pass without an outcome is completed too. */
const COMPLETED_OUTCOMES = ["accurate", "complete", "completed", "success", "successful"];

/** The statistics of its side that an event counts in. */
function statisticsOf({ type, outcome, own_goal }) {
  if (type === "goal") return own_goal ? [] : ["shots", "shots_on_target"];
  if (PASS_TYPES.includes(type)) return COMPLETED_OUTCOMES.includes((outcome ?? "complete").toLowerCase()) ? ["passes", "passes_completed"] : ["passes"];
  if (type === "shot" || type === "penalty_missed") return SHOT_STATISTICS[outcome] ?? ["shots"];
  return STATISTICS[type] ?? [];
}

/** The expected goals of an attempt in ten-thousandths, as the server sums them; 0 for other events. */
const expectedGoals = ({ type, own_goal, xg }) =>
  (["goal", "shot", "penalty_missed"].includes(type) && !own_goal && xg ? Math.round(10_000 * Math.fround(xg)) : 0);

/** Adds the statistics that depend on both sides: `null` while no pass, or no attempt with expected goals, stands. */
function withDerived(statistics) {
  const sum = (count) => SIDES.reduce((all, side) => all + (statistics[side][count] ?? 0), 0);
  const [passes, xg] = [sum("passes"), sum("xg")];
  const possession = { home: Math.floor((200 * (statistics.home.passes ?? 0) + passes) / (2 * passes)) };
  possession.away = 100 - possession.home;
  return both((side) => ({
    ...statistics[side],
    passes: passes ? statistics[side].passes ?? 0 : null,
    passes_completed: passes ? statistics[side].passes_completed ?? 0 : null,
    possession: passes ? possession[side] : null,
    xg: xg ? statistics[side].xg ?? 0 : null,
  }));
}

/**
 * The line-up of a side: the players `on`, on the `bench`, `off` and `sent_off`; `formation` and `coach` where known. A player
 * off for a while is `temporary`. A dismissed player who was not on the field has `from`: `bench` or `off`. `staff` are the
 * coaches whom cards can name, with `yellow_cards` and `sent_off`.
 */
export function lineup(match, side) {
  const lists = { on: [], bench: [], off: [], sent_off: [] };
  for (const player of Object.values(match.players)) {
    if (player.side !== side) continue;
    const { list, ...more } = listOf(player);
    lists[list].push({ ...player, ...more });
  }
  const staff = Object.values(match.staff).filter((one) => one.side === side);
  const listed = staff.map(({ side: _, sentOff, ...one }) => ({ ...one, ...(sentOff > 0 ? { sent_off: true } : {}) }));
  return { ...match.sheets[side], ...(listed.length ? { staff: listed } : {}), ...lists };
}

function listOf({ cameOn, wentOff, away, sentOff }) {
  const inPlay = cameOn > wentOff;
  const temporary = !inPlay && away > 0 && cameOn + away > wentOff;
  const left = wentOff > 0 ? "off" : "bench";
  if (sentOff > 0) return { list: "sent_off", ...(temporary ? { temporary } : inPlay ? {} : { from: left }) };
  return { list: inPlay ? "on" : left, ...(temporary ? { temporary } : {}) };
}

/**
 * The dismissals that leave a side with one player fewer: those of players on the field. If the feed has no line-ups, every
 * player named on a card counts as on the field.
 */
export function dismissals(match, side) {
  const lostIds = lostPlayerIds(match, side);
  return match.happenings.map(({ event, removed }) => (removed ? null : event)).filter((event) =>
    event?.side === side && DISMISSALS.includes(event.type) && event.player && event.player.role !== "coach" && (lostIds ? lostIds.delete(event.player.id) : true));
}

/** The last event of a type that was not removed, or `null`. */
export const lastStanding = (match, type) => match?.happenings.findLast(({ event, removed }) => !removed && event.type === type)?.event ?? null;

/**
 * The two-legged tie of a match in its current state, in the shape of a snapshot's; `null` if the match belongs to none. If the
 * other leg is not in the stream, its part is that of the snapshot.
 */
export function tieOf(state, id) {
  const match = state.matches[id];
  if (!match?.tie) return null;
  const { tie } = match;
  const other = state.matches[tie.other.match];
  const score = other ? swapped(other.score) : tie.other.score;
  const aggregate = both((side) => match.score[side] + score[side]);
  const second = tie.leg === 2 ? match : other;
  return { ...tie, other: { ...tie.other, score }, aggregate, winner: second ? winner() : tie.winner };

  function winner() {
    if (second.status !== "full_time" && !lastStanding(second, "awarded")) return null;
    const kicks = second.shootout && (tie.leg === 2 ? second.shootout : swapped(second.shootout));
    // The home team played away in the other leg.
    const away = tie.away_goals ? { home: score.home, away: match.score.away } : null;
    return leader(aggregate) ?? leader(away) ?? leader(kicks);
  }
}

const swapped = ({ home, away }) => ({ home: away, away: home });

/** The side with more goals, or `null`. */
const leader = (goals) => (!goals || goals.home === goals.away ? null : goals.home > goals.away ? "home" : "away");

/** By how many players a side is short on the field. */
export function playersDown(match, side) {
  return lostPlayerIds(match, side)?.size ?? dismissals(match, side).length;
}

/** The ids of the players that a side has lost on the field; `null` if its line-up is empty. */
function lostPlayerIds(match, side) {
  if (!Object.values(match.players).some((player) => player.side === side)) return null;
  return new Set(lineup(match, side).sent_off.filter(({ from }) => !from).map(({ id }) => id));
}

// Answers.

/**
 * What the server refuses, with the `code` and the `accepted` words of its `error`, and the `findings` in a scenario; over HTTP also
 * with the `status`.
 */
export class RequestError extends Error {
  constructor({ message, code, accepted, findings } = {}, status) {
    super(message);
    Object.assign(this, { name: "RequestError", code, accepted, findings, status });
  }
}

/** The errors that the caller threw, or aborted with: they keep their own stacks. */
const callersErrors = new WeakSet();

function asCallersOwn(error) {
  if (error instanceof Error) callersErrors.add(error);
  return error;
}

/**
 * The same function, but its promise is rejected with the stack of the call: test runners show the first line of the stack. With
 * `mayBeAwaitedLater` a rejection that nobody awaits is not reported.
 */
const withCallStack = (request, { mayBeAwaitedLater = false } = {}) => function called(...args) {
  const call = new Error();
  Error.captureStackTrace?.(call, called);
  const answer = request(...args).catch((error) => {
    // Only V8 begins a stack with the message.
    const head = () => `${error.name}: ${error.message}`;
    if (error instanceof Error && !callersErrors.has(error)) error.stack = call.stack.replace(/^Error:? ?(?=\n|$)/, head);
    throw error;
  });
  if (mayBeAwaitedLater) answer.catch(() => {});
  return answer;
};

const withCallStacks = (requests) => Object.fromEntries(Object.entries(requests).map(([name, request]) => [name, withCallStack(request)]));

const isFields = (value) => typeof value === "object" && value !== null && !Array.isArray(value);
const inWords = (value) => (isText(value) ? JSON.stringify(value) : String(value));

/** Refuses options that are not an object: their fields would be ignored. */
function assertOptions(method, example, options) {
  if (!isFields(options)) throw new TypeError(`the options of ${method} are an object such as ${example}, not ${inWords(options)}`);
}

/**
 * A promise with its `resolve` and `reject`. The time limit, in ms, and the signal reject it too: `late(when)` says what is late. `end` is
 * called once it is settled.
 */
function deferred({ timeout = ANSWER_MS, signal }, late, end) {
  const one = {};
  one.promise = new Promise((resolve, reject) => Object.assign(one, { resolve, reject }));
  const isLate = () => one.reject(Object.assign(new Error(late(`within ${timeout / 1000} s`)), { name: "TimeoutError" }));
  // A longer timer fires at once.
  const timer = timeout < 2 ** 31 ? setTimeout(isLate, timeout) : null;
  const abort = () => one.reject(asCallersOwn(signal.reason));
  if (signal?.aborted) abort();
  signal?.addEventListener("abort", abort, { once: true });
  const settled = () => {
    clearTimeout(timer);
    signal?.removeEventListener("abort", abort);
    end();
  };
  one.promise.then(settled, settled);
  return one;
}

/** The fields of a step, by what it was given: a position, a number of events, or these fields. */
function stepFields(to) {
  if (isText(to)) return { until: to };
  if (Number.isInteger(to)) return { count: to };
  if (isFields(to)) return to;
  throw new TypeError(`step takes a position, a number of events, or { until, count, match, or }, not ${inWords(to)}`);
}

/** The commands of playback as methods, by a function that sends a command and promises the answer. */
const controls = (send) => ({
  play: (fields) => send({ command: "play", ...fields }),
  pause: (fields) => send({ command: "pause", ...fields }),
  speed: (to, fields) => send({ command: "speed", to, ...fields }),
  pace: (to, fields) => send({ command: "pace", to, ...fields }),
  seek: (to, fields) => send({ command: "seek", to, ...fields }),
  /** `timeout` as a number is in ms. */
  async step(to, options = {}) {
    assertOptions("step", "{ wait_for: 1 }", options);
    const { timeout, ...fields } = options;
    const limit = timeout === undefined ? {} : { timeout: typeof timeout === "number" ? `${timeout / 1000}s` : timeout };
    return send({ command: "step", ...stepFields(to), ...fields, ...limit });
  },
  restart: (fields) => send({ command: "restart", ...fields }),
  loop: (to = true, fields) => send({ command: "loop", to, ...fields }),
  faults: (to, fields) => send({ command: "faults", to, ...fields }),
  fault: (word, fields) => send({ command: "fault", do: word, ...fields }),
});

// The connection.

/** After this silence, in ms, the data is stale. Ticks come every second while playing, else every five. */
const STALE_PLAYING_MS = 6_000;
const STALE_IDLE_MS = 9_000;
/** After this silence, in ms, the client reconnects. */
const LOST_PLAYING_MS = 8_000;
const LOST_IDLE_MS = 15_000;
const FIRST_RETRY_MS = 250;
const MAX_RETRY_MS = 8_000;
/** The clock offset is the smallest of this many recent ticks. */
const OFFSET_SAMPLES = 10;
/** The default time limit of answers, in ms, and the longest that the server lets a barrier wait. */
const ANSWER_MS = 10_000;
const MAX_BARRIER_MS = 60_000;
/** The `readyState` of an open WebSocket. */
const OPEN = 1;

/** The matches that an app displays in another way than before: their score or status has changed, or they are new. */
const displayChanges = (before, matches) => Object.values(matches).filter((match) => {
  const known = before[match.id];
  return match !== known && !(known && isSameScore(known.score, match.score) && known.status === match.status);
});

/** The `shows` command, as text. Values of other types are sent as text too: the server refuses what it cannot read. */
const showsCommand = ({ match, score, clock, n }) => JSON.stringify({
  command: "shows",
  match: String(match),
  score: isScore(score) ? `${score.home}-${score.away}` : String(score),
  clock: clock ? String(clock) : undefined,
  n: Number.isFinite(n) ? n : undefined,
});

/** The WebSocket of browsers and of Node from version 22 on; before it that of the package `ws`. */
async function importWebSocket() {
  const places = [
    async () => (await import("ws")).default,
    // If this package is linked, `ws` lies beside the program, or below the current folder if a test runner is the program.
    ...[process.argv[1], `${process.cwd()}/program`].map((path) => async () => (await import("node:module")).createRequire(path)("ws")),
  ];
  for (const place of places) {
    try {
      return await place();
    } catch {
      // The next place may have it.
    }
  }
  throw new Error("Node before version 22 has no WebSocket of its own: npm install ws");
}

/**
 * Subscribes to a stream and resumes after a lost connection.
 *
 * `url` is the address of a `/ws` with all its parameters, or a function that returns it for each attempt. `change(state)` is
 * called after each change of the state, `frame(frame, state)` after each frame, `connection(connection)` when the connection
 * changes: `{ state, ... }` with `connecting`, `live`, `stale` (`since`: when the last frame came), `lost` (`attempt`, `retry`:
 * when the next attempt starts), `refused` (`code`, `reason`, `error`) or `over`; the last two are final. `live` has
 * `caughtUp`, the number of events missed and now delivered (`null` after a first connection or a reset).
 *
 * The server can judge what the app shows, if the app reports it. Name the app in the address, as `client=NAME`: all its
 * connections then count as one client. An app that renders `state.matches` in `change` sets `shows: true`. The score of each match
 * is then sent once per connection, and after each change of its score or status, when `change` has returned. An app that renders
 * later calls `shows({ match, score, clock, n })` once it has rendered; `score` is `"0-1"` or `{ home, away }`, and `clock` and `n`
 * are optional. The latest of each match is also sent on each new connection. A server that does not know the command refuses it
 * once per connection.
 *
 * With `ack: true` each event is acknowledged once `change` has returned, and once the promise is fulfilled that it may return: a
 * step with `acknowledged` waits for that. `timeout` is the time limit of commands, in ms.
 *
 * Returns `{ state, connection, now(), until(predicate), command(object), shows(object), remember(id, frames), again(), close() }`
 * and a method for each command of playback. `now` is the current time of the server's clock, `until` promises the state of which
 * the predicate is true, `command` promises the reply, `again` reconnects at once. Every promise is settled: by an answer, a
 * refusal (a `RequestError`), a time limit, a lost connection, or `close`.
 */
export const subscribe = (url, options) => openSubscription(url, options, new Set());

/** While the first attempt to connect goes on, `starting` has a function that promises its end. */
function openSubscription(url, options = {}, starting) {
  assertOptions("subscribe", "{ ack: true }", options);
  const { change: onChange = () => {}, frame: onFrame = () => {}, connection: onConnection, shows: showsItself = false, ack = false, timeout } = options;
  let state = NOTHING;
  let connection = { state: "connecting" };
  let socket = null;
  let closed = false;
  let attempt = 0;
  let lastReceived = Date.now();
  let retryTimer = null;
  let refusalError = null;
  let watchdog = null;
  let offsets = [];
  let discardOffsets = false;
  let commandCount = 0;
  const pendingCommands = new Map();
  /** The last `shows` command of the app for each match, as text. */
  const shown = new Map();
  /** The matches whose display was reported on this connection. */
  let reported = {};
  let knowsShows = true;
  /** The events that are to be acknowledged, in their order. */
  const rendering = [];
  /** What waits for a state: `check()`, `reject(error)`. */
  const waiting = new Set();
  /** Makes the error that says why the subscription has ended, one for each call: a call's error has the stack of the call. */
  let endError = null;

  /** Promises the end of the first attempt to connect. */
  const started = (limits) => waitFor(() => !starting.has(started), limits, (when) => `the subscription did not begin ${when}`);
  starting.add(started);
  const markStarted = () => starting.delete(started) && check();

  const setConnection = (next) => {
    connection = next;
    markStarted();
    onConnection?.(connection, state);
  };

  function connect() {
    clearTimeout(retryTimer);
    const since = cursor(state);
    let address;
    try {
      address = new URL(typeof url === "function" ? url() : url);
      if (since) address.searchParams.set("since", since);
      if (globalThis.WebSocket) return open(globalThis.WebSocket, address);
    } catch (error) {
      return fail(error);
    }
    importWebSocket().then((WebSocket) => closed || socket || open(WebSocket, address)).catch((error) => closed || fail(error));
  }

  /** Ends the subscription where no connection can be opened. */
  function fail(error) {
    const isReported = onConnection || waiting.size > 0 || attempt > 0;
    endError = () => new Error(error.message, { cause: error });
    // A step that waits for the start of this subscription fails, too.
    rejectWaiting();
    finish({ state: "refused", code: null, reason: error.message, error }, endError);
    // Nobody else would report that the address is wrong.
    if (!isReported) throw error;
  }

  function open(WebSocket, address) {
    const opened = (socket = new WebSocket(address));
    refusalError = null;
    lastReceived = Date.now();
    // Old samples stay valid until the first tick, which may take seconds.
    discardOffsets = true;
    const isBrowsers = WebSocket === globalThis.WebSocket;
    opened.onmessage = ({ data }) => {
      try {
        if (opened === socket && !closed) receive(data);
      } catch (error) {
        if (isBrowsers) throw error;
        // What the app throws would stop the socket of `ws`.
        queueMicrotask(() => {
          throw error;
        });
      }
    };
    opened.onclose = ({ code, reason }) => opened === socket && onClose(code, reason);
    // The close follows. Node's `ws` throws an error that nothing listens for.
    opened.onerror = () => {};
  }

  function receive(data) {
    let frame;
    try {
      frame = JSON.parse(data);
    } catch {
      // The next connection resumes before it.
      return abandon("a message was not JSON");
    }
    lastReceived = Date.now();
    // A refusal is the last frame.
    refusalError = null;
    if (frame.kind === "tick") {
      offsets = [...(discardOffsets ? [] : offsets), lastReceived - Date.parse(frame.wall)].slice(-OFFSET_SAMPLES);
      discardOffsets = false;
    }
    if (frame.kind === "reply" || frame.kind === "error") {
      const command = pendingCommands.get(frame.id);
      pendingCommands.delete(frame.id);
      if (command) frame.kind === "reply" ? command.resolve(frame) : command.reject(new RequestError(frame));
      // All commands but `shows` and `ack` have an id, and an `ack` of an event that was received is not refused.
      else if (frame.code === "unknown_command") knowsShows = false;
      else if (frame.kind === "error") refusalError = frame;
    }
    const before = state;
    state = reduce(state, frame);
    if (frame.kind === "hello") {
      const caughtUp = frame.resumed === "ok" ? frame.head - before.n : null;
      reported = {};
      knowsShows = true;
      setConnection({ state: "live", caughtUp });
      shown.forEach(sendShows);
    } else if (connection.state === "stale") setConnection({ state: "live", caughtUp: null });
    // A connection that breaks before it brings anything new is retried more slowly.
    if (["event", "tick"].includes(frame.kind)) attempt = 0;
    try {
      onFrame(frame, state);
    } finally {
      try {
        const result = state === before ? null : onChange(state);
        if (showsItself && state !== before) report();
        // An event that changes nothing is awaited by a barrier too.
        if (ack && frame.kind === "event" && Number.isInteger(frame.n)) acknowledge(frame.n, result);
      } finally {
        if (state !== before) check();
      }
    }
  }

  /** Acknowledges an event once the app has rendered it and all before it. */
  async function acknowledge(n, result) {
    const event = { n, epoch: epochOf(state), socket, isSettled: false, isRendered: false };
    rendering.push(event);
    try {
      await result;
      event.isRendered = true;
    } finally {
      // An error of the app stays its own, and unhandled.
      event.isSettled = true;
      // Messages that came together are acknowledged together.
      queueMicrotask(sendAcknowledgement);
    }
  }

  function sendAcknowledgement() {
    const first = rendering.findIndex(({ isSettled }) => !isSettled);
    const last = rendering.splice(0, first < 0 ? rendering.length : first).findLast(({ isRendered }) => isRendered);
    // A barrier does not wait for what was sent on an earlier connection.
    if (last?.socket === socket && isOpen()) socket.send(JSON.stringify({ command: "ack", n: last.n, epoch: last.epoch }));
  }

  const isOpen = () => socket?.readyState === OPEN;

  const check = () => waiting.forEach((one) => one.check());

  /** Reports the matches whose display has changed, for an app that renders the state. */
  function report() {
    for (const { id, score, n } of displayChanges(reported, state.matches)) {
      sendShows(showsCommand({ match: id, score, n: state.n ?? n }));
    }
    reported = state.matches;
  }

  function sendShows(text) {
    const isLive = ["live", "stale"].includes(connection.state) && isOpen();
    if (isLive && knowsShows) socket.send(text);
  }

  /** Gives up a connection. A dead one may take minutes to report its close. */
  function abandon(reason) {
    const abandoned = socket;
    onClose(1006, reason);
    abandoned.close();
  }

  function onClose(code, reason) {
    socket = null;
    const isRefused = code >= 4500 && code < 5000;
    const refusal = () => new RequestError(refusalError ?? { message: reason });
    rejectCommands(isRefused ? refusal : () => new Error("the connection was lost before the answer came"));
    if (closed) return;
    if (isRefused) return finish({ state: "refused", code, reason, error: refusalError }, refusal);
    if (code === 1000) return finish({ state: "over", reason }, () => new Error(`the stream is over: ${reason}`));
    const delay = Math.min(FIRST_RETRY_MS * 2 ** attempt, MAX_RETRY_MS) * (0.75 + Math.random() / 2);
    attempt += 1;
    retryTimer = setTimeout(connect, delay);
    setConnection({ state: "lost", attempt, retry: Date.now() + delay });
  }

  function rejectCommands(newError) {
    for (const { reject } of pendingCommands.values()) reject(newError());
    pendingCommands.clear();
  }

  function rejectWaiting() {
    for (const { reject } of waiting) reject(endError());
    waiting.clear();
  }

  /** Ends the subscription for good: `last` is its connection then, if that is to be reported. */
  function finish(last, newError) {
    closed = true;
    endError ??= newError;
    clearTimeout(retryTimer);
    clearInterval(watchdog);
    rejectCommands(newError);
    markStarted();
    rejectWaiting();
    if (last) setConnection(last);
  }

  /** Promises the state once `isReached()`. */
  function waitFor(isReached, limits, late) {
    const one = deferred(limits, late, () => waiting.delete(one));
    one.check = () => {
      try {
        if (isReached()) one.resolve(state);
      } catch (error) {
        one.reject(error);
      }
    };
    waiting.add(one);
    one.check();
    if (closed) one.reject(endError());
    return one.promise;
  }

  /** Promises the state as soon as `predicate(state)` is true, which it may be now. */
  async function until(predicate, limits = {}) {
    if (typeof predicate !== "function") throw new TypeError(`until takes a function of the state, not ${inWords(predicate)}`);
    let typeError;
    const isReached = () => {
      try {
        typeError = null;
        return predicate(state);
      } catch (error) {
        if (error?.name !== "TypeError") throw asCallersOwn(error);
        // What it reads, such as a match, may still come.
        typeError = error;
        return false;
      }
    };
    const late = (when) => `the state did not become what was waited for ${when}${typeError ? `; the predicate threw ${typeError}` : ""}`;
    return waitFor(isReached, limits, late);
  }

  /** Sends a command, and promises the reply. */
  async function command(command, limits = {}) {
    if (!isOpen()) throw new Error("there is no connection");
    if (limits.signal?.aborted) throw asCallersOwn(limits.signal.reason);
    const id = (commandCount += 1);
    const text = JSON.stringify({ ...command, id });
    const answer = deferred({ timeout, ...limits }, (when) => `the server did not answer ${when}`, () => pendingCommands.delete(id));
    pendingCommands.set(id, answer);
    socket.send(text);
    return answer.promise;
  }

  function watch() {
    if (!socket || closed) return;
    const silentFor = Date.now() - lastReceived;
    const isPlaying = state.playback?.state === "playing";
    if (silentFor > (isPlaying ? LOST_PLAYING_MS : LOST_IDLE_MS)) abandon("nothing was heard");
    else if (connection.state === "live" && silentFor > (isPlaying ? STALE_PLAYING_MS : STALE_IDLE_MS)) setConnection({ state: "stale", since: lastReceived });
  }

  connect();
  // It would keep a process alive whose address is wrong.
  if (!closed) watchdog = setInterval(watch, 500);
  return {
    get state() {
      return state;
    },
    get connection() {
      return connection;
    },
    now: () => Date.now() - (offsets.length ? Math.min(...offsets) : 0),
    /** Adds the complete past of a match to the state, as `withHistory` does. */
    remember(id, frames) {
      state = withHistory(state, id, frames);
      onChange(state);
    },
    until: withCallStack(until, { mayBeAwaitedLater: true }),
    ...withCallStacks({ command, ...controls(command) }),
    shows(object) {
      const text = showsCommand(object ?? {});
      shown.set(object?.match, text);
      sendShows(text);
    },
    again() {
      if (socket || closed) return;
      setConnection({ state: "connecting" });
      connect();
    },
    close() {
      finish(null, () => new Error("the subscription was closed"));
      socket?.close();
    },
  };
}

// Control and documents over HTTP.

/** Requests a document, and promises its JSON. */
function request(address, { method, body, token, ...limits } = {}) {
  const controller = new AbortController();
  const answer = deferred(limits, (when) => `${address} did not answer ${when}`, () => controller.abort());
  const headers = token ? { Authorization: `Bearer ${token}` } : {};
  fetchJson(address, { method, body, headers, signal: controller.signal }).then(answer.resolve, answer.reject);
  return answer.promise;
}

async function fetchJson(address, options) {
  let answer;
  try {
    answer = await fetch(address, options);
  } catch (error) {
    // Node says why in the cause only.
    throw new Error(`${address} did not answer: ${error.cause?.message ?? error.message}`, { cause: error });
  }
  const body = await answer.json().catch(() => undefined);
  if (!answer.ok) throw new RequestError(body?.message ? body : { message: `${address} answered ${answer.status}` }, answer.status);
  return body;
}

/** The root of a server, and the token of a link with one, such as the server shows for control. */
function readServer(server, token) {
  const { origin, pathname, searchParams } = new URL(server);
  return { root: origin + pathname.replace(/\/+$/, ""), token: token ?? searchParams.get("token") };
}

const list = (name) => withCallStack(async (server, { token: given, ...limits } = {}) => {
  const { root, token } = readServer(server, given);
  return (await request(`${root}/api/${name}`, { token, ...limits }))[name];
});

/** The replays of a server, and what it can play. */
export const replays = list("replays");
export const scenarios = list("scenarios");

/**
 * Opens a replay of its own: `server` is an address such as `https:` and a host, below which the server has all its paths;
 * `options` are a scenario, or the fields of the request: `scenario`, `lines`, `speed`, `paused`, `faults`, ... Promises a replay as
 * `replayAt` returns it, with its token and the `findings` in the lines.
 */
export const openReplay = withCallStack(async (server, options = {}, { token: given, timeout, signal } = {}) => {
  const fields = isText(options) ? { scenario: options } : options;
  assertOptions("openReplay", '{ scenario: "juv" }', fields);
  const { root, token } = readServer(server, given);
  const { id, control, findings = [] } = await request(`${root}/api/replays`, { method: "POST", body: JSON.stringify(fields), token, timeout, signal });
  return Object.assign(replayAt(root, id, { token: control, timeout }), { findings });
});

/**
 * A replay of a server by its id, such as `main`; nothing is sent yet. `timeout` is the time limit of its requests, in ms.
 *
 * Returns `{ id, ws, http, control, subscribe(options), command(object), state(), timeline(), history(), tables(), journal(),
 * verdict(), close() }` and a method for each command of playback. `ws` and `http` are its addresses, `control` is its token. A
 * step is a barrier: it is answered when every subscriber has been sent all of it. It begins once those that `subscribe` has made
 * are connected, or have failed to connect at once.
 */
export function replayAt(server, id, { token: given, timeout } = {}) {
  // "..", as a part of an address, would be another replay.
  if (!/^[\w-]{1,64}$/.test(id)) throw new RangeError(`${JSON.stringify(id)} is no name of a replay`);
  const { root, token } = readServer(server, given);
  const http = `${root}/r/${encodeURIComponent(id)}`;
  const ws = `${http.replace(/^http/, "ws")}/ws`;
  const about = `${root}/api/replays/${encodeURIComponent(id)}`;
  const ask = (address, options) => request(address, { token, timeout, ...options });

  /** The subscriptions that are connecting for the first time. */
  const starting = new Set();

  async function command(command, limits = {}) {
    const body = JSON.stringify(command);
    // A test that subscribes and steps means a step that the subscription receives.
    if (command?.command === "step") await Promise.all(Array.from(starting, (started) => started({ timeout, ...limits })));
    // A barrier takes as long as it is allowed to.
    const [, number, unit] = /^([\d.]+)(ms|s)$/.exec(command?.timeout) ?? [];
    const wait = number ? number * (unit === "s" ? 1_000 : 1) : command?.timeout === undefined ? 0 : MAX_BARRIER_MS;
    return ask(`${about}/command`, { method: "POST", body, ...limits, timeout: limits.timeout ?? (timeout ?? ANSWER_MS) + wait });
  }

  const requests = {
    command,
    ...controls(command),
    /** The state of all matches, or of `match`, which may be the only option. `snapshot`: `key` or `full`. */
    async state(options = {}) {
      const fields = isText(options) ? { match: options } : options;
      assertOptions("state", '{ match: "juv-nap" }', fields);
      const { match, snapshot } = fields;
      return ask(`${http}/state${match === undefined ? "" : `/${encodeURIComponent(match)}`}${snapshot === undefined ? "" : `?snapshot=${snapshot}`}`);
    },
    timeline: ({ spoilers = true } = {}) => ask(`${http}/timeline${spoilers ? "" : "?spoilers=0"}`),
    /**
     * All events of a match up to number `to`, in pages. After a seek backwards the server has fewer, and refuses an end that
     * lies ahead: so the last page is requested without one.
     */
    async history(match, to) {
      // Half of a response's limit: the other half is for events emitted during the request.
      const pageSize = 5_000;
      const frames = [];
      for (let from = 1; from <= to; from += pageSize) {
        const end = from + pageSize <= to ? `&to=${from + pageSize - 1}` : "";
        frames.push(...(await ask(`${http}/history?match=${encodeURIComponent(match)}&from=${from}${end}`)));
      }
      return frames.filter(({ n }) => n <= to);
    },
    tables: async () => (await ask(`${http}/table`)).tables,
    /** What faults have done; with `all` also what they will do. */
    journal: ({ all = false } = {}) => ask(`${about}/journal${all ? "?all=1" : ""}`),
    verdict: () => ask(`${about}/verdict`),
    /** Closes it, if it is not closed yet. */
    async close(limits) {
      try {
        await ask(about, { method: "DELETE", ...limits });
      } catch (error) {
        if (error.status !== 404) throw error;
      }
    },
  };

  return {
    id,
    ws,
    http,
    control: token,
    /** Subscribes to its stream. The token makes the commands of the subscription's socket valid from other machines, too. */
    subscribe(options = {}) {
      assertOptions("subscribe", "{ ack: true }", options);
      return openSubscription(token ? `${ws}?token=${encodeURIComponent(token)}` : ws, { timeout, ...options }, starting);
    },
    ...withCallStacks(requests),
  };
}
