/** The types of `touchline.js`. Those of frames, commands and documents are the protocol's. */
import type {
  Command, CommandAnswer, EventFrame, Finding, Frame, HelloFrame, HttpCommand, JournalDocument, LeagueTable, ListedScenario, MatchState, MatchStateDocument,
  OpenRequest, Phase, Playback, PlaybackAfter, ReplayDocument, ReplyFrame, Score, Side, StateDocument, TableFrame, Team, TickFrame, Tie, TimelineDocument, VerdictDocument,
} from "./protocol.js";

export type * from "./protocol.js";

// The folded state. A state once returned never changes.

export interface State {
  readonly hello: HelloFrame | null;
  readonly playback: Playback | null;
  readonly tick: TickFrame | null;
  /** The number of the last event known to be received; `null` until an event or a tick follows the snapshots. */
  readonly n: number | null;
  /** Events up to this number were emitted before this client connected. */
  readonly head: number;
  /** By their ids. A match that has not changed is the same object. */
  readonly matches: Readonly<Record<string, Match>>;
  /** By competition and season. */
  readonly tables: Readonly<Record<string, TableFrame>>;
}

type Goals = Readonly<Score>;
type Sides<T> = { readonly home: T; readonly away: T };

export interface Match {
  readonly id: string;
  readonly home: Team;
  readonly away: Team;
  readonly competition: string | null;
  /** The scheduled kick-off, RFC 3339. */
  readonly kickoff: string | null;
  readonly status: MatchState["status"];
  readonly score: Goals;
  /** Once the shoot-out has begun. */
  readonly shootout: Goals | null;
  /** What a scoreboard shows, as of the last tick or event: `89:07`, `89`; `null` until one follows the snapshot. */
  readonly clock: string | null;
  readonly label: string | null;
  /** 1 to 5 in play, else `null`. */
  readonly period: number | null;
  /** The minutes of stoppage time that are announced for the period. */
  readonly announced: number | null;
  readonly running: boolean;
  /** The number of the last event in the snapshot, and of the last event of the match. */
  readonly base: number;
  readonly n: number;
  readonly seq: number | undefined;
  readonly lastSeq: number;
  readonly eventScore: Goals;
  readonly firstHalf: { readonly over: boolean; readonly score: Goals };
  /** As in the snapshot; `tieOf` gives the current one. */
  readonly tie: Tie | null;
  /** Competition, season, round, venue, officials. */
  readonly about: MatchState["match"];
  readonly sheets: Sides<{ readonly formation?: string; readonly coach?: string }>;
  readonly players: Readonly<Record<string, Player>>;
  readonly staff: Readonly<Record<string, Person>>;
  readonly substitutionsLeft: Goals | null;
  readonly concussionSubstitutionsLeft: Goals | null;
  readonly extraTime: boolean;
  readonly statistics: Sides<Readonly<Record<string, number | null>>>;
  /** Whether `happenings` holds every event, not only the important ones that stand. */
  readonly complete: boolean;
  readonly happenings: readonly Happening[];
  /** The events since the snapshot. */
  readonly told: readonly EventFrame[];
  readonly last: EventFrame | null;
}

/** An event in its last revision, with those before it. */
export interface Happening { readonly id: string; readonly event: EventFrame; readonly was: readonly EventFrame[]; readonly removed: boolean }

export interface Person { readonly id: string; readonly name: string; readonly side: Side; readonly yellow_cards: number; readonly [field: string]: unknown }
export interface Player extends Person {
  readonly number: number | null;
  readonly position?: string;
  readonly captain?: boolean;
  readonly goals: number;
  readonly own_goals: number;
}
export interface Lineup {
  formation?: string;
  coach?: string;
  staff?: { id: string; name: string; role: string; yellow_cards: number; sent_off?: true }[];
  on: Player[];
  bench: Player[];
  off: Player[];
  sent_off: Player[];
}
export interface Reading { phase: Phase; status: MatchState["status"]; period: number | null; clock: number; stoppage: number | null }

export const SIDES: readonly ["home", "away"];
export const NOTHING: State;
export function reduce(state: State, frame: Frame): State;
export function cursor(state: State): string | null;
export function runOf(state: State): string | undefined;
export function withHistory(state: State, id: string, frames: readonly EventFrame[]): State;
export function mediaTime(playback: Playback, now: number): number;
export function reading(phases: readonly Phase[], at: number): Reading | null;
export function clockMs(clock: string): number;
export function lineup(match: Match, side: Side): Lineup;
export function dismissals(match: Match, side: Side): EventFrame[];
export function playersDown(match: Match, side: Side): number;
export function lastStanding(match: Match | null | undefined, type: string): EventFrame | null;
export function tieOf(state: State, id: string): Tie | null;

// Answers.

/** What the server refuses. */
export class RequestError extends Error {
  constructor(error?: { message?: string; code?: string; accepted?: string[]; findings?: Finding[] }, status?: number);
  readonly code: string | undefined;
  readonly accepted: string[] | undefined;
  /** In the lines of a scenario. */
  readonly findings: Finding[] | undefined;
  /** Over HTTP. */
  readonly status: number | undefined;
}

/** The time limit in ms, 10 s by default; `Infinity`: none. */
export interface Limits { timeout?: number; signal?: AbortSignal }

export interface Sender {
  if_version?: number;
  /** Shown to all subscribers. */
  by?: string;
}
/** What `step` waits for over HTTP. */
export interface Barrier {
  wait_for?: number;
  acknowledged?: boolean;
  /** In ms, or a text such as `5s`; up to a minute. */
  timeout?: number | string;
}
export type Answer = CommandAnswer & { playback: PlaybackAfter };

/** The commands of playback. `StepOptions` are what a step takes beside its aim. */
export interface Controls<StepOptions = {}> {
  play(options?: Sender): Promise<Answer>;
  pause(options?: Sender): Promise<Answer>;
  speed(to: number | "max", options?: Sender): Promise<Answer>;
  pace(to: string, options?: Sender): Promise<Answer>;
  seek(to: string, options?: Sender & { match?: string; lead?: string }): Promise<Answer>;
  /** To a position, by a number of events, or as the fields say. */
  step(to: string | number | { until?: string; count?: number; match?: string; or?: "end" }, options?: Sender & { match?: string; or?: "end" } & StepOptions): Promise<Answer>;
  restart(options?: Sender): Promise<Answer>;
  loop(to?: boolean, options?: Sender): Promise<Answer>;
  faults(plan: string, options?: Sender & { seed?: number }): Promise<Answer>;
  fault(word: string, parameters?: Record<string, string | number>): Promise<Answer>;
}

// The connection.

export type Connection =
  | { state: "connecting" }
  | { state: "live"; caughtUp: number | null }
  | { state: "stale"; since: number }
  | { state: "lost"; attempt: number; retry: number }
  | { state: "refused"; code: number | null; reason: string; error: { code?: string; message: string; accepted?: string[] } | null }
  | { state: "over"; reason: string };

export interface SubscribeOptions {
  /** Called after each change. With `ack` a promise that it returns is awaited. */
  change?(state: State): unknown;
  frame?(frame: Frame, state: State): void;
  connection?(connection: Connection, state: State): void;
  /** Reports the scores of the state as shown, once `change` has returned. */
  shows?: boolean;
  /** Acknowledges each event once `change` is done. */
  ack?: boolean;
  /** The time limit of commands, in ms. */
  timeout?: number;
}

export interface Shown { match: string; score: string | Goals; clock?: string; n?: number }

export interface Subscription extends Controls {
  readonly state: State;
  readonly connection: Connection;
  /** The time of the server's clock, in ms since 1970. */
  now(): number;
  /** Promises the state as soon as the predicate is true. While it throws a TypeError, as before the first snapshot, it is not. */
  until(predicate: (state: State) => unknown, limits?: Limits): Promise<State>;
  command(command: Command, limits?: Limits): Promise<ReplyFrame>;
  shows(shown: Shown): void;
  remember(id: string, frames: readonly EventFrame[]): void;
  /** Reconnects at once. */
  again(): void;
  close(): void;
}

export function subscribe(url: string | URL | (() => string | URL), options?: SubscribeOptions): Subscription;

// Control and documents over HTTP.

export interface ServerOptions extends Limits {
  token?: string | null;
}

export interface Replay extends Controls<Barrier> {
  readonly id: string;
  readonly ws: string;
  readonly http: string;
  /** The token. */
  readonly control: string | null;
  subscribe(options?: SubscribeOptions): Subscription;
  command(command: HttpCommand, limits?: Limits): Promise<Answer>;
  /** Of a match, by its id. */
  state(options: string | { match: string; snapshot?: "key" | "full" }): Promise<MatchStateDocument>;
  state(options?: { snapshot?: "key" | "full" }): Promise<StateDocument>;
  timeline(options?: { spoilers?: boolean }): Promise<TimelineDocument>;
  history(match: string, to: number): Promise<EventFrame[]>;
  tables(): Promise<LeagueTable[]>;
  journal(options?: { all?: boolean }): Promise<JournalDocument>;
  verdict(): Promise<VerdictDocument>;
  /** Closes it; one that is gone already counts as closed. */
  close(limits?: Limits): Promise<void>;
}

/** A text is the scenario. */
export function openReplay(server: string | URL, options?: string | OpenRequest, settings?: ServerOptions): Promise<Replay & { readonly findings: Finding[] }>;
export function replayAt(server: string | URL, id: string, settings?: Omit<ServerOptions, "signal">): Replay;
export function replays(server: string | URL, settings?: ServerOptions): Promise<ReplayDocument[]>;
export function scenarios(server: string | URL, settings?: ServerOptions): Promise<ListedScenario[]>;
