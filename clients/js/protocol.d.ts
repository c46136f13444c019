// A placeholder, to be replaced by a file that is generated from the server's schemas.

export type Side = "home" | "away";
export interface Score { home: number; away: number }
export interface Team { id: string; name: string; short: string; colours: string[] }
export type Status =
  | "scheduled" | "first_half" | "half_time" | "second_half" | "extra_time_break" | "extra_first_half" | "extra_half_time"
  | "extra_second_half" | "shootout_break" | "shootout" | "full_time" | "suspended" | "abandoned" | "postponed";

export interface Playback {
  state: "waiting" | "playing" | "paused" | "ended";
  version: number;
  run?: string;
  epoch?: number;
  speed: number | "max";
  nominal?: number | "max";
  loop?: boolean;
  pace?: string;
  at: number;
  length?: number;
  wall: string;
}

export interface HelloFrame {
  kind: "hello";
  protocol: string;
  server: string;
  replay: string;
  run: string;
  epoch: number;
  head: number;
  subscriber: number;
  control: boolean;
  token?: string;
  resumed: "ok" | "reset" | null;
  title: string;
  matches: { id: string; competition?: string; kickoff?: string; home: Team; away: Team; events: number }[];
  playback: Playback;
}
export interface SnapshotFrame { kind: "snapshot"; match: string; n: number; seq: number; at: number; state: MatchState }
export interface EventFrame {
  kind: "event";
  match: string;
  n: number;
  seq: number;
  id: string;
  rev: number;
  op: "add" | "update" | "remove";
  type: string;
  status: Status;
  period: number | null;
  clock: string;
  label: string | null;
  at: number;
  side?: Side;
  score: Score;
  player?: { id: string; name: string; number: number | null; role?: string };
  [field: string]: unknown;
}
export interface PlaybackFrame extends Playback { kind: "playback"; cause: string; by?: string }
export interface TickFrame {
  kind: "tick";
  n: number;
  at: number;
  wall: string;
  matches: Record<string, { status: Status; period: number | null; clock: string; label: string | null; announced: number | null; running: boolean; score: Score }>;
}
export interface TableFrame { kind: "table"; n: number; competition: string; season?: string; rows: Record<string, unknown>[] }
export interface EndFrame { kind: "end"; match: string; n: number; status: Status; score: Score }
export interface ReplyFrame { kind: "reply"; id?: unknown; ok: boolean; playback?: Playback; from?: number; to?: number; reached?: boolean; beyond?: boolean; subscribers?: number; [field: string]: unknown }
export interface ErrorFrame { kind: "error"; id?: unknown; code: string; message: string; accepted?: string[] }
export interface CloseFrame { kind: "close"; code: number; reason: string }
export type Frame = HelloFrame | SnapshotFrame | EventFrame | PlaybackFrame | TickFrame | TableFrame | EndFrame | ReplyFrame | ErrorFrame | CloseFrame;

export interface MatchState { status: Status; period: number | null; score: Score; [field: string]: unknown }
export interface StateDocument { run: string; epoch: number; n?: number; playback: Playback; matches?: Record<string, unknown>[]; [field: string]: unknown }
export interface OpenedReplay { id: string; ws: string; http: string; control: string; run: string; epoch: number; playback: Playback }
export interface OpenRequest {
  name?: string;
  scenario?: string;
  lines?: string | object[];
  speed?: number | string;
  pace?: string;
  fit?: string;
  from?: string;
  until?: string;
  loop?: boolean;
  hold?: string;
  paused?: boolean;
  wait_for?: number;
  linger?: string;
  now?: boolean;
  faults?: string;
  seed?: number;
  wall?: string;
}

interface Sent { if_version?: number; by?: string }
export type Command =
  | ({ command: "play" | "pause" | "restart" } & Sent)
  | ({ command: "speed"; to: number | string } & Sent)
  | ({ command: "pace"; to: string } & Sent)
  | ({ command: "seek"; to: string; match?: string; lead?: string } & Sent)
  | ({ command: "step"; until?: string; count?: number; match?: string; or?: "end"; wait_for?: number; acknowledged?: boolean; timeout?: string } & Sent)
  | ({ command: "loop"; to: boolean } & Sent)
  | ({ command: "faults"; to: string; seed?: number } & Sent)
  | { command: "fault"; do: string; [parameter: string]: string | number }
  | { command: "subscribe"; match?: string[]; types?: string[] }
  | { command: "ack"; n: number; epoch?: number }
  | { command: "shows"; match: string; score: string; clock?: string; n?: number }
  | { command: "ping"; payload?: unknown };
