/**
 * A client of Touchline's protocol `touchline.v1`, for browsers and for Node: no dependencies, one file.
 *
 *   import { subscribe } from "/client.js";
 *   subscribe("ws://127.0.0.1:8089/ws", { change: (state) => console.log(state.matches) });
 *
 * `reduce` folds frames into a state and is pure: the same frames give the same state, nothing that was handed out is
 * changed. Whoever folds a snapshot and the events after it holds exactly the server's state.
 */

/** The two sides of a match. */
export const SIDES = ["home", "away"];

/** What is known before anything has been told. */
export const NOTHING = Object.freeze({
  /** The last `hello`. */
  hello: null,
  /** How the replay moves: `state`, `speed`, `at`, `wall`, ... as in the protocol; `length` in ms of the timeline. */
  playback: null,
  /** The last `tick`. */
  tick: null,
  /** The number of the last event that is known to have been told; `null` until something after the snapshots says. */
  n: null,
  /** Events up to here were told before this reader came: they are backlog, not news. */
  head: 0,
  /** What is known of each match, by its id. */
  matches: Object.freeze({}),
  /** The last `table` of each competition and season. */
  tables: Object.freeze({}),
});

/** The state after a frame. Kinds that are not known, and answers to commands, change nothing. */
export function reduce(state, frame) {
  switch (frame.kind) {
    case "hello": {
      const { playback } = frame;
      const known = { ...state, hello: frame, playback, head: frame.head };
      return frame.resumed === "ok" ? known : { ...known, n: null, matches: {}, tables: {}, tick: null };
    }
    case "playback": {
      const anew = frame.epoch !== epochOf(state);
      const { kind, ...told } = frame;
      const known = { ...state, playback: { length: state.playback?.length, ...told } };
      return anew ? { ...known, n: null, head: 0, matches: {}, tables: {}, tick: null } : known;
    }
    case "snapshot":
      return { ...state, matches: { ...state.matches, [frame.match]: fromSnapshot(frame) } };
    case "event": {
      const before = state.matches[frame.match] ?? fromSnapshot({ match: frame.match, n: frame.n - 1, state: {} });
      return { ...state, n: frame.n, matches: { ...state.matches, [frame.match]: afterEvent(before, frame) } };
    }
    case "tick":
      return { ...state, n: frame.n, tick: frame };
    case "table":
      return { ...state, tables: { ...state.tables, [`${frame.competition} ${frame.season ?? ""}`]: frame } };
    default:
      return state;
  }
}

/** From where to go on after a cut: what `since=` takes; `null` if only snapshots can help. */
export function cursor(state) {
  return state.n === null ? null : `${state.hello.run}.${epochOf(state)}.${state.n}`;
}

const epochOf = (state) => state.playback?.epoch ?? state.hello?.epoch;

/**
 * The state with the complete past of a match, corrections and what was taken back included: `frames` is what
 * `/history?match=<id>&to=<base>` answers, with the `base` of the match.
 */
export function withHistory(state, id, frames) {
  const match = state.matches[id];
  if (!match) return state;
  const past = History.of([], frames).happenings;
  const whole = matchOf({ ...partsOf(match).known, complete: true }, History.of(past, match.told));
  return { ...state, matches: { ...state.matches, [id]: whole } };
}

/** Where the replay is on its timeline, in ms, at a moment of the server's clock (ms since 1970). */
export function mediaTime(playback, now) {
  const { state, at, wall, speed, length } = playback;
  if (state !== "playing" || typeof speed !== "number") return at;
  const then = at + Math.max(0, now - Date.parse(wall)) * speed;
  return length === undefined ? then : Math.min(then, length);
}

/**
 * What a match's clock reads at a place of the timeline, by the `phases` that `/timeline` tells of it: the phase, its
 * `status` and `period`, the clock in ms, and how long stoppage time has run (`null` before it). A match that has not begun, as
 * of a round that is played on one clock, is `scheduled`, and its clock counts down to it. `null` without phases.
 */
export function reading(phases, at) {
  const phase = phases.findLast((phase) => phase.from <= at) ?? phases[0];
  if (!phase) return null;
  if (at < phase.from) {
    const begins = phase.status === "scheduled" ? clockMs(phase.clock) : 0;
    return { phase, status: "scheduled", period: null, clock: begins + at - phase.from, stoppage: null };
  }
  const { status, period } = phase;
  // Nor does the clock run beyond a kick-off that is late and not told to be.
  const longest = status === "scheduled" ? Math.max(0, -clockMs(phase.clock)) : Infinity;
  const into = Math.min(Math.min(at, phase.to ?? at) - phase.from, longest);
  const stoppage = phase.stoppage !== undefined && at >= phase.stoppage ? at - phase.stoppage : null;
  return { phase, status, period, clock: clockMs(phase.clock) + into, stoppage };
}

/** The milliseconds of a clock such as `89:07` or `-1:00`. */
export function clockMs(clock) {
  const [, sign, minutes, seconds] = /^(-?)(\d+):(\d+(?:\.\d+)?)$/.exec(clock) ?? [null, "", 0, 0];
  return Math.round((sign ? -1 : 1) * (Number(minutes) * 60 + Number(seconds)) * 1000);
}

// One match.

const BEFORE_HALF_TIME = ["scheduled", "first_half", "postponed"];
/** These do not say how far the match has come. */
const INTERRUPTED = ["suspended", "abandoned"];
const LISTS = ["on", "off", "sent_off", "bench"];
const COUNTED = ["yellow_cards", "goals", "own_goals"];
/** The types of events that send a player off. */
const DISMISSALS = ["red_card", "second_yellow_card"];
const CARDS = ["yellow_card", ...DISMISSALS];
const NO_GOALS = Object.freeze({ home: 0, away: 0 });

/**
 * A match as `known`, with its history: `happenings` are what happened, in the order of its first telling, `{ id, event, was,
 * removed }` with the last revision and those before; `told` are the events since the snapshot.
 */
function matchOf(known, history) {
  const match = {
    ...known,
    get happenings() {
      return history.happenings;
    },
    get told() {
      return history.told;
    },
  };
  parts.set(match, { known, history });
  return match;
}

const parts = new WeakMap();

/** What a match was made of; a copy of one has its history written out. */
function partsOf(match) {
  if (parts.has(match)) return parts.get(match);
  const { happenings, told, ...known } = match;
  return { known, history: History.of(happenings, told, told.length) };
}

/**
 * The history of a match. Folding an event copies nothing: the histories that grow out of one another share one list, each
 * as far as its own length. `happenings` is computed when it is read, from where it was computed last.
 */
class History {
  #log;
  #length;
  #happenings = null;
  #told = null;

  constructor(log, length) {
    this.#log = log;
    this.#length = length;
  }

  /** Begins with `happenings`, which have the first `contained` of the events `told` in them. */
  static of(happenings, told = [], contained = 0) {
    const places = new Map(happenings.map(({ id }, place) => [id, place]));
    return new History({ start: happenings, contained, told: [...told], happenings, places, folded: contained }, told.length);
  }

  with(event) {
    const { start, contained, told } = this.#log;
    // Another history has gone on from here.
    if (told.length > this.#length) return History.of(start, told.slice(0, this.#length), contained).with(event);
    told.push(event);
    return new History(this.#log, this.#length + 1);
  }

  get told() {
    return (this.#told ??= this.#log.told.slice(0, this.#length));
  }

  get happenings() {
    return (this.#happenings ??= this.#fold());
  }

  #fold() {
    const log = this.#log;
    if (log.folded > this.#length) return History.of(log.start, this.told, log.contained).happenings;
    if (log.folded < this.#length) {
      log.happenings = withTellings(log.happenings, log.places, log.told.slice(log.folded, this.#length));
      log.folded = this.#length;
    }
    return log.happenings;
  }
}

/** The happenings after these events; `places` has the place of each id, and learns those of new ones. */
function withTellings(happenings, places, events) {
  const all = [...happenings];
  const own = new Set();
  for (const event of events) {
    const { id, op } = event;
    const place = places.get(id) ?? all.length;
    const before = all[place];
    // The list of revisions may be in a state that was handed out, unless it was made here.
    const was = own.has(place) ? before.was : before ? [...before.was] : [];
    const last = before ? before.event : event.was;
    if (last) was.push(last);
    own.add(place);
    places.set(id, place);
    all[place] = { id, event, was, removed: op === "remove" };
  }
  return all;
}

function fromSnapshot({ match, n, seq, state }) {
  const score = state.score ?? NO_GOALS;
  const known = {
    id: match,
    /** The snapshot was taken after this event. */
    base: n,
    /** The last event that is known of this match, or that of the snapshot. */
    n,
    /** So many events of the match had been told by then. */
    seq,
    status: state.status ?? "scheduled",
    score,
    firstHalf: { over: Boolean(state.half_time), score: state.half_time ?? state.played ?? score },
    shootout: state.shootout ?? null,
    /** The two-legged tie as the snapshot tells of it; `tieOf` says how it stands now. */
    tie: state.tie ?? null,
    /** Competition, season, round, venue, officials. */
    about: state.match ?? {},
    sheets: both((side) => ({ formation: state.lineups?.[side]?.formation, coach: state.lineups?.[side]?.coach })),
    players: Object.fromEntries(SIDES.flatMap((side) => fromLineup(side, state.lineups?.[side] ?? {}))),
    /** The coaches whom cards can name, by their ids. */
    staff: Object.fromEntries(SIDES.flatMap((side) => (state.lineups?.[side]?.staff ?? []).map(({ sent_off, moves, ...one }) =>
      [one.id, { ...one, side, yellow_cards: one.yellow_cards ?? 0, sentOff: moves?.sent_off ?? (sent_off ? 1 : 0) }]))),
    substitutionsLeft: state.substitutions_left ?? null,
    /** Those for a concussion, where the rules have them. */
    concussionSubstitutionsLeft: state.concussion_substitutions_left ?? null,
    extraTime: state.extra_time === true,
    statistics: both((side) => state.statistics?.[side] ?? {}),
    /** Whether `happenings` is all that has been told, not only what stands and is important. */
    complete: n === 0,
  };
  const happenings = (state.events ?? []).map((event) => ({ id: event.id, event, was: [], removed: false }));
  return matchOf(known, History.of(happenings));
}

const both = (of) => ({ home: of("home"), away: of("away") });

function fromLineup(side, lineup) {
  return LISTS.flatMap((list) => (lineup[list] ?? []).map(({ from, temporary, moves, ...player }) => [player.id, {
    ...player,
    ...Object.fromEntries(COUNTED.map((count) => [count, player[count] ?? 0])),
    side,
    // Counts, so that a correction can take back its share in any order.
    cameOn: moves?.came_on ?? ((from ?? list) === "bench" ? 0 : 1),
    wentOff: moves?.went_off ?? ((from ?? list) === "off" || temporary ? 1 : 0),
    away: moves?.away ?? (temporary ? 1 : 0),
    sentOff: moves?.sent_off ?? (list === "sent_off" ? 1 : 0),
  }]));
}

function afterEvent(match, event) {
  const { known, history } = partsOf(match);
  let next = known;
  if (event.was && event.was.op !== "remove") next = counted(next, event.was, -1);
  if (event.op !== "remove") next = counted(next, event, 1);
  const more = known.extraTime || !inExtraTime(event) ? 0 : known.about.extra_time_substitutions ?? 0;
  if (more && next.substitutionsLeft) next = { ...next, substitutionsLeft: both((side) => next.substitutionsLeft[side] + more) };
  // After a change of position, or a correction of one.
  for (const [id, position] of Object.entries(event.positions ?? {})) {
    const of = next.players[id];
    if (of) next = { ...next, players: { ...next.players, [id]: { ...of, position: position ?? undefined } } };
  }
  const status = event.status ?? next.status;
  const over = INTERRUPTED.includes(status) ? next.firstHalf.over || event.period > 1 : !BEFORE_HALF_TIME.includes(status);
  const after = {
    ...next,
    n: event.n,
    status,
    score: event.score ?? next.score,
    shootout: event.shootout ?? null,
    extraTime: known.extraTime || inExtraTime(event),
    firstHalf: over === next.firstHalf.over ? next.firstHalf : { ...next.firstHalf, over },
  };
  return matchOf(after, history.with(event));
}

/** What an event adds to a match, or, taken back, takes away from it. */
function counted(match, event, by) {
  const { side, type } = event;
  if (!SIDES.includes(side)) return match;
  const next = { ...match };
  const player = (about, count, times = by) => {
    const of = next.players[about?.id];
    if (of) next.players = { ...next.players, [of.id]: { ...of, [count]: of[count] + times } };
    const coach = next.staff[about?.id];
    if (coach && CARDS.includes(type)) next.staff = { ...next.staff, [coach.id]: { ...coach, [count]: coach[count] + times } };
  };
  if (type === "goal" && event.period === 1) {
    const score = { ...match.firstHalf.score, [side]: match.firstHalf.score[side] + by };
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
      // A change that does not name who goes off brings nobody on.
      if (event.out) player(event.in, "cameOn");
      player(event.out, "wentOff");
      Object.assign(next, changesLeft(next, event, by));
      break;
    case "player_off":
      player(event.player, "wentOff");
      player(event.player, "away");
      break;
    case "player_on":
      player(event.player, "cameOn");
      player(event.player, "away", -by);
      break;
  }
  const statistics = { ...match.statistics[side] };
  for (const name of contributions(event)) statistics[name] = (statistics[name] ?? 0) + by;
  const goals = attempted(event);
  if (goals) statistics.xg = Math.round(10_000 * (statistics.xg ?? 0) + by * goals) / 10_000;
  next.statistics = { ...match.statistics, [side]: statistics };
  if (goals || PASSES.includes(type)) next.statistics = compared(next.statistics);
  return next;
}

/** The changes that are left after one more, or one less. */
function changesLeft({ substitutionsLeft: left, concussionSubstitutionsLeft: concussion }, { side, reason, period, status, clock_status }, by) {
  const beforeKickoff = period === null && (clock_status ?? status) === "scheduled";
  if (!left || beforeKickoff) return {};
  const other = side === "home" ? "away" : "home";
  // A change for a concussion gives the other side one more.
  return concussion && reason === "concussion"
    ? { concussionSubstitutionsLeft: { ...concussion, [side]: concussion[side] - by }, substitutionsLeft: { ...left, [other]: left[other] + by } }
    : { substitutionsLeft: { ...left, [side]: left[side] - by } };
}

/** Whether an event belongs to extra time, or to the break before it. */
const inExtraTime = ({ status, period }) =>
  period === 3 || period === 4 || ["extra_time_break", "extra_first_half", "extra_half_time", "extra_second_half"].includes(status);

const SHOTS = {
  saved: ["shots", "shots_on_target"],
  saved_woodwork: ["shots", "shots_on_target", "woodwork"],
  woodwork: ["shots", "woodwork"],
  blocked: ["shots", "shots_blocked"],
  off_target: ["shots", "shots_off_target"],
};
const CONTRIBUTIONS = {
  save: ["saves"],
  corner: ["corners"],
  offside: ["offsides"],
  foul: ["fouls"],
  yellow_card: ["yellow_cards"],
  second_yellow_card: ["red_cards"],
  red_card: ["red_cards"],
  substitution: ["substitutions"],
};

const PASSES = ["pass", "cross"];
/** The outcomes that say that a pass arrived; so does none at all. */
const COMPLETED = ["accurate", "complete", "completed", "success", "successful"];

/** The statistics of its side that an event counts in. */
function contributions({ type, outcome, own_goal }) {
  if (type === "goal") return own_goal ? [] : ["shots", "shots_on_target"];
  if (PASSES.includes(type)) return COMPLETED.includes((outcome ?? "complete").toLowerCase()) ? ["passes", "passes_completed"] : ["passes"];
  if (type === "shot" || type === "penalty_missed") return SHOTS[outcome] ?? ["shots"];
  return CONTRIBUTIONS[type] ?? [];
}

/** The expected goals of an attempt in ten-thousandths, as the server sums them; 0 of anything else. */
const attempted = ({ type, own_goal, xg }) =>
  (["goal", "shot", "penalty_missed"].includes(type) && !own_goal && xg ? Math.round(10_000 * Math.fround(xg)) : 0);

/** Both sides with what follows from both: `null` where no pass, or no attempt with expected goals, stands. */
function compared(statistics) {
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
 * The line-up of a side: who is `on`, on the `bench`, `off`, `sent_off`; `formation` and `coach` where they are known. A player
 * who is off for a while is `temporary`; one sent off who was not on the field was sent off `from` the `bench`, or after being `off`.
 * `staff` are the coaches whom cards can name, with `yellow_cards` and `sent_off`.
 */
export function lineup(match, side) {
  const lists = { on: [], bench: [], off: [], sent_off: [] };
  for (const player of Object.values(match.players)) {
    if (player.side !== side) continue;
    const { list, ...more } = placeOf(player);
    lists[list].push({ ...player, ...more });
  }
  const staff = Object.values(match.staff).filter((one) => one.side === side);
  const shown = staff.map(({ side: _, sentOff, ...one }) => ({ ...one, ...(sentOff > 0 ? { sent_off: true } : {}) }));
  return { ...match.sheets[side], ...(shown.length ? { staff: shown } : {}), ...lists };
}

function placeOf({ cameOn, wentOff, away, sentOff }) {
  const inPlay = cameOn > wentOff;
  const temporary = !inPlay && away > 0 && cameOn + away > wentOff;
  const left = wentOff > 0 ? "off" : "bench";
  if (sentOff > 0) return { list: "sent_off", ...(temporary ? { temporary } : inPlay ? {} : { from: left }) };
  return { list: inPlay ? "on" : left, ...(temporary ? { temporary } : {}) };
}

/**
 * The cards that leave a side with one player fewer: of players who were on the field. Where a feed names no players
 * beforehand, whoever is named on a card counts as one of them.
 */
export function dismissals(match, side) {
  const lost = lostPlayers(match, side);
  return match.happenings.map(({ event, removed }) => (removed ? null : event)).filter((event) =>
    event?.side === side && DISMISSALS.includes(event.type) && event.player && event.player.role !== "coach" && (lost ? lost.delete(event.player.id) : true));
}

/** The last event of a type that stands; `null` if there is none. */
export const lastStanding = (match, type) => match?.happenings.findLast(({ event, removed }) => !removed && event.type === type)?.event ?? null;

/**
 * The two-legged tie that a match belongs to, as it stands, in the shape of a snapshot's; `null` if it belongs to none. Where
 * the match of the other leg is not followed, its part is what the snapshot said.
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
    // The home team was away in the other leg.
    const away = tie.away_goals ? { home: score.home, away: match.score.away } : null;
    return ahead(aggregate) ?? ahead(away) ?? ahead(kicks);
  }
}

const swapped = ({ home, away }) => ({ home: away, away: home });

/** The side with more; `null` where there is none. */
const ahead = (goals) => (!goals || goals.home === goals.away ? null : goals.home > goals.away ? "home" : "away");

/** How many players fewer a side has on the field. */
export function playersDown(match, side) {
  return lostPlayers(match, side)?.size ?? dismissals(match, side).length;
}

/** The ids of the players whom a side has lost on the field; `null` where its sheet is empty. */
function lostPlayers(match, side) {
  if (!Object.values(match.players).some((player) => player.side === side)) return null;
  return new Set(lineup(match, side).sent_off.filter(({ from }) => !from).map(({ id }) => id));
}

// The connection.

/** Not a word from the server for so long, in ms, and the data is called stale: ticks come each second, or each five. */
const STALE_PLAYING = 6_000;
const STALE_OTHERWISE = 9_000;
/** For so long, and another connection is tried. */
const LOST = 15_000;
const FIRST_WAIT = 250;
const LONGEST_WAIT = 8_000;
/** From how many of the last ticks the difference of the two clocks is taken. */
const CLOCK_SAMPLES = 10;

/**
 * Follows a stream, and comes back after a cut to where it was.
 *
 * `url` is that of a `/ws` with all its parameters, or a function that is asked for it at every attempt. `change(state)` is
 * called when anything was told, `frame(frame, state)` with each frame and the state after it, `connection(connection)` when
 * the line changes: `{ state, ... }` with `connecting`, `live`, `stale` (`since`: the moment of the last word), `lost`
 * (`attempt`, `retry`: the moment of the next), `refused` (`code`, `reason`, `error`) and `over`; the last two are final.
 * A `live` one says how many events were caught up (`caughtUp`; `null` after a first or a fresh start).
 *
 * Answers `{ state, connection, now(), command(object), remember(id, frames), again(), close() }`: `now` is the moment by the server's clock,
 * `command` promises the reply, `again` tries at once.
 */
export function subscribe(url, { change = () => {}, frame: told = () => {}, connection: line = () => {} } = {}) {
  let state = NOTHING;
  let connection = { state: "connecting" };
  let socket = null;
  let closed = false;
  let attempt = 0;
  let heard = Date.now();
  let retry = null;
  let refusal = null;
  let skews = [];
  let skewed = false;
  let commands = 0;
  const waiting = new Map();

  const become = (next) => line((connection = next), state);

  function connect() {
    clearTimeout(retry);
    const since = cursor(state);
    const address = new URL(typeof url === "function" ? url() : url);
    if (since) address.searchParams.set("since", since);
    const mine = (socket = new WebSocket(address));
    refusal = null;
    heard = Date.now();
    // The old ones hold until there is a new one: it may be seconds until the first tick.
    skewed = true;
    mine.onmessage = ({ data }) => mine === socket && take(JSON.parse(data));
    mine.onclose = ({ code, reason }) => mine === socket && ended(code, reason);
  }

  function take(frame) {
    heard = Date.now();
    if (frame.kind === "tick") {
      skews = [...(skewed ? [] : skews), heard - Date.parse(frame.wall)].slice(-CLOCK_SAMPLES);
      skewed = false;
    }
    if (frame.kind === "reply" || frame.kind === "error") {
      const command = waiting.get(frame.id);
      waiting.delete(frame.id);
      if (command) frame.kind === "reply" ? command.resolve(frame) : command.reject(Object.assign(new Error(frame.message), frame));
      else if (frame.kind === "error") refusal = frame;
    }
    const had = state;
    state = reduce(state, frame);
    if (frame.kind === "hello") {
      const caughtUp = frame.resumed === "ok" ? frame.head - had.n : null;
      attempt = 0;
      become({ state: "live", caughtUp });
    } else if (connection.state === "stale") become({ state: "live", caughtUp: null });
    try {
      told(frame, state);
    } finally {
      if (state !== had) change(state);
    }
  }

  function ended(code, reason) {
    socket = null;
    for (const { reject } of waiting.values()) reject(new Error("the connection was lost before the answer came"));
    waiting.clear();
    if (closed) return;
    const refused = code >= 4500 && code < 5000;
    if (refused || code === 1000) {
      clearInterval(watch);
      closed = true;
      return become(refused ? { state: "refused", code, reason, error: refusal } : { state: "over", reason });
    }
    const wait = Math.min(FIRST_WAIT * 2 ** attempt, LONGEST_WAIT) * (0.75 + Math.random() / 2);
    attempt += 1;
    retry = setTimeout(connect, wait);
    become({ state: "lost", attempt, retry: Date.now() + wait });
  }

  const watch = setInterval(() => {
    if (!socket || closed) return;
    const silence = Date.now() - heard;
    if (silence > LOST) {
      // A connection that nobody answers on may take minutes to say that it is closed.
      const dead = socket;
      ended(1006, "nothing was heard");
      dead.close();
    } else if (connection.state === "live") {
      const limit = state.playback?.state === "playing" ? STALE_PLAYING : STALE_OTHERWISE;
      if (silence > limit) become({ state: "stale", since: heard });
    }
  }, 500);

  connect();
  return {
    get state() {
      return state;
    },
    get connection() {
      return connection;
    },
    now: () => Date.now() - (skews.length ? Math.min(...skews) : 0),
    /** Has `history` of a match taken into the state. */
    remember(id, frames) {
      state = withHistory(state, id, frames);
      change(state);
    },
    command(command) {
      return new Promise((resolve, reject) => {
        if (socket?.readyState !== WebSocket.OPEN) return reject(new Error("there is no connection"));
        const id = (commands += 1);
        waiting.set(id, { resolve, reject });
        socket.send(JSON.stringify({ ...command, id }));
      });
    },
    again() {
      if (socket || closed) return;
      become({ state: "connecting" });
      connect();
    },
    close() {
      closed = true;
      clearTimeout(retry);
      clearInterval(watch);
      socket?.close();
    },
  };
}
