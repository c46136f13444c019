// The frames, commands and documents of touchline.v1, generated from the schemas of the server (touchline schema protocol):
// do not edit. Words that may grow are open: any other text is accepted beside those that are known.

/** A number for each side. */
export type Score = {
    home: number;
    away: number;
};

/**
 * The home or the away team.
 */
export type Side = "home" | "away";

/**
 * Where a match is in its course.
 */
export type Status = "scheduled" | "first_half" | "half_time" | "second_half" | "extra_time_break" | "extra_first_half" | "extra_half_time" | "extra_second_half" | "shootout_break" | "shootout" | "full_time" | "suspended" | "abandoned" | "postponed";

/** 1 and 2 the halves, 3 and 4 those of extra time, 5 the shoot-out. */
export type Period = number;

/** As a multiple of real time; max: as fast as clients read. A pace may put it above what can be asked for. */
export type Speed = number | "max";

/** A team. */
export type Team = {
    id: string;
    name: string;
    /** Some three letters, for scoreboards. */
    short: string;
    /** Shirt, then detail. */
    colours?: string[];
};

/** A match that is followed. */
export type ListedMatch = {
    id: string;
    competition?: string;
    /**
     * Format: date-time
     * The scheduled kick-off.
     */
    kickoff: string | null;
    home: Team;
    away: Team;
    /** How many events it will send, with the filter in force. */
    events: number;
};

/** A player or, on a card, a coach. */
export type Person = {
    id: string;
    name?: string;
    /** The shirt number; null if it is not known, and of a coach. */
    number?: number | null;
    /**
     * Only of a coach.
     */
    role?: "coach";
};

/** A point on the field, in metres. */
export type Point = {
    /** Metres from the left goal line, 0 to 105: home attacks towards 105 in both halves. */
    x: number;
    /** Metres from the upper touchline, 0 to 68. */
    y: number;
};

/** Where a fact comes from. */
export type Source = {
    provider: string;
    /** The provider's id of the event. */
    id?: string;
    note?: string;
};

/** What a scoreboard shows of a match now. */
export type Scoreboard = {
    status: Status;
    /** null outside play. */
    period: Period | null;
    /** Of the period or of the break; before the match it counts down. */
    clock: string;
    /** The minute as a scoreboard shows it, 45+2, or a word such as HT. */
    label: string | null;
    /** The minutes of stoppage time that are announced for this period. */
    announced: number | null;
    /** Whether the clock runs. */
    running: boolean;
    score: Score;
};

/** Where a replay is. */
export type Playback = {
    state: "waiting" | "playing" | "paused" | "ended";
    /** Rises by one with every change. */
    version: number;
    /** The speed in force. */
    speed: Speed;
    /** The speed asked for, while a pace has put another in force. */
    nominal?: Speed;
    /**
     * It begins again at each end; else left out.
     */
    loop?: true;
    /** The rules in force, as the command takes them; left out while there are none. */
    pace?: string;
    /** Where it was at wall, in ms. While playing, an event is due at wall + (event.at - at) / speed. */
    at: number;
    /** The length of the timeline, in ms. */
    length: number;
    /**
     * Format: date-time
     * RFC 3339 in UTC, with six digits of the second.
     */
    wall: string;
};

/** A row of a league table. */
export type TableRow = {
    /** The team's id. */
    team: string;
    name: string;
    played: number;
    won: number;
    drawn: number;
    lost: number;
    /** Goals scored. */
    for: number;
    /** Goals conceded. */
    against: number;
    /** Without those deducted. */
    points: number;
    /** Points deducted, if any. */
    deducted?: number;
};

/** A two-legged tie, seen from one of its legs. */
export type Tie = {
    leg: number;
    /** The other leg. */
    other: {
        /** null if only the result of that leg is known. */
        match: string | null;
        /** Seen from this match: its home team's goals are home. */
        score: Score | null;
    };
    /** The goals of both legs. */
    aggregate: Score;
    /** Whether away goals decide a level tie. */
    away_goals: boolean;
    /** Who goes through, once that is decided. */
    winner: Side | null;
};

/** What happened; a scenario may have types of its own. */
export type EventType = "goal" | "disallowed_goal" | "shot" | "save" | "penalty_awarded" | "penalty_missed" | "shootout_penalty" | "foul" | "yellow_card" | "second_yellow_card" | "red_card" | "substitution" | "injury" | "corner" | "free_kick" | "throw_in" | "goal_kick" | "kick_off" | "offside" | "added_time" | "var_review" | "var_decision" | "pass" | "cross" | "clearance" | "interception" | "duel" | "take_on" | "ball_out" | "carry" | "ball_receipt" | "pressure" | "touch" | "dribble" | "formation_change" | "position_change" | "player_off" | "player_on" | "drop_ball" | "lineup" | "period_start" | "period_end" | "match_end" | "suspended" | "resumed" | "abandoned" | "postponed" | "delayed" | "awarded" | "commentary" | (string & {});

/** An event in one of its revisions. */
export type MatchEvent = {
    /** Identifies the event within its match, for good. */
    id: string;
    /** Rises by one with each correction. */
    rev: number;
    op: "add" | "update" | "remove";
    type: EventType;
    /** Of the match, after this event. */
    status: Status;
    /** When it happened; null outside play. */
    period: Period | null;
    /** The running clock: 46:12 of period 1 is stoppage time. */
    clock: string;
    /** The break in which it happened, if that is not status. */
    clock_status?: Status;
    /** When the feed reported it, if later than it happened. */
    told?: string;
    told_period?: Period;
    told_status?: Status;
    /** The minute as a scoreboard shows it. */
    minute: number | null;
    /** The minute of stoppage time. */
    added: number | null;
    /** Both: 45+2; outside play a word such as HT. */
    label: string | null;
    /** Of a goal the side that it counts for. */
    side?: Side;
    /** Who did it; of an own goal a player of the other side. */
    player?: Person;
    /** Who comes on. */
    in?: Person;
    /** Who goes off. */
    out?: Person;
    /** Who played the last pass. */
    assist?: Person;
    /** Who was fouled. */
    fouled?: Person;
    opponent?: Person;
    /** Who passed to the player offside. */
    passer?: Person;
    /** Whom the pass was meant for. */
    recipient?: Person;
    /** The result; the words depend on the type. */
    outcome?: string;
    /**
     * What is reviewed.
     */
    question?: "goal" | "penalty" | "red_card" | "identity";
    /** The id of the event that this one refers to. */
    about?: string;
    reason?: string;
    situation?: "open_play" | "corner" | "free_kick" | "penalty" | "throw_in";
    body_part?: "head" | "left_foot" | "right_foot" | "other";
    /** Where at or beside the goal. */
    zone?: string;
    own_goal?: boolean;
    /** Expected goals: how likely the attempt was to be a goal. */
    xg?: number;
    /** It leads to an attempt. */
    key_pass?: boolean;
    /** false while the fact may still change. */
    confirmed?: boolean;
    /** Stoppage time that is announced, in minutes. */
    minutes?: number;
    /** The player's new position: GK for the goalkeeper. */
    position?: string;
    /**
     * Format: date-time
     * The new kick-off.
     */
    kickoff?: string;
    formation?: string;
    /** Metres from the left goal line, 0 to 105: home attacks towards 105 in both halves. */
    x?: number;
    /** Metres from the upper touchline, 0 to 68. */
    y?: number;
    /** Where the action ended. */
    end?: Point;
    /** The ids of other events of the same incident. */
    related?: string[];
    /** The event in words. */
    text?: string;
    source?: Source;
    /** Of a delayed: by how many minutes the new kick-off is later than scheduled. */
    delay?: number;
    /** After this event. */
    score: Score;
    /** After this event, once the shoot-out has begun. */
    shootout?: Score;
};

/** The state of a match. */
export type MatchState = {
    status: Status;
    /** null outside play. */
    period: Period | null;
    /** The awarded one, if a result is awarded. */
    score: Score;
    /** As it was played, if a result is awarded. */
    played?: Score;
    /** Of the first half, once that is over. */
    half_time: Score | null;
    /** Once it has begun. */
    shootout: Score | null;
    /** What is known of the match beside its teams. */
    match: {
        competition?: string;
        season?: string;
        round?: string;
        venue?: string;
        /** Names, by role. */
        officials?: {
            [key: string]: string[];
        };
        /** How many more each side gets from extra time on. */
        extra_time_substitutions?: number;
    };
    lineups: {
        home: Lineup;
        away: Lineup;
    };
    /** Negative where a side has made more than its rules allow. */
    substitutions_left: {
        home: number;
        away: number;
    };
    /**
     * The additional substitutions of extra time are counted.
     */
    extra_time?: true;
    concussion_substitutions_left?: {
        home: number;
        away: number;
    };
    statistics: {
        home: Statistics;
        away: Statistics;
    };
    /** Only of a leg of a two-legged tie. */
    tie?: Tie;
    /** Those in force, in the order of their first reports. */
    events: MatchEvent[];
};

/** The players of a side, by where they are. */
export type Lineup = {
    formation?: string;
    /** The coach's name. */
    coach?: string;
    /** The coach, if cards can name him. */
    staff?: Coach[];
    /** On the field. */
    on: LineupPlayer[];
    bench: LineupPlayer[];
    /** Went off. */
    off: LineupPlayer[];
    sent_off: LineupPlayer[];
};

/** A player in a line-up. */
export type LineupPlayer = {
    id: string;
    name: string;
    number: number | null;
    /** The latest known: GK for the goalkeeper. */
    position?: string;
    captain?: true;
    /** 2 after a second_yellow_card; left out if 0. */
    yellow_cards?: number;
    /** Left out if 0. */
    goals?: number;
    /** Left out if 0. */
    own_goals?: number;
    /**
     * Sent off while not on the field.
     */
    from?: "bench" | "off";
    /**
     * Away for a while, not replaced.
     */
    temporary?: true;
    moves?: Moves;
};

/** A coach whom cards can name. */
export type Coach = {
    id: string;
    name: string;
    role: "coach";
    /** Left out if 0. */
    yellow_cards?: number;
    sent_off?: true;
    moves?: Moves;
};

/** How often somebody came and went, where the line-up does not show it. */
export type Moves = {
    /** A start counts. */
    came_on: number;
    went_off: number;
    away: number;
    sent_off: number;
};

/** What a side has done. */
export type Statistics = {
    shots: number;
    shots_on_target: number;
    shots_off_target: number;
    shots_blocked: number;
    woodwork: number;
    saves: number;
    corners: number;
    offsides: number;
    fouls: number;
    yellow_cards: number;
    red_cards: number;
    substitutions: number;
    /** null while the match has none, as the next two. */
    passes: number | null;
    passes_completed: number | null;
    /** The percentage of all passes. */
    possession: number | null;
    /** Expected goals; null while those of both sides are 0. */
    xg: number | null;
};

/** A frame of the stream, by its kind. Ignore kinds that you do not know. */
export type Frame = HelloFrame | SnapshotFrame | EventFrame | PlaybackFrame | TickFrame | TableFrame | EndFrame | ReplyFrame | ErrorFrame | CloseFrame;

/** The first frame of every connection. */
export type HelloFrame = {
    kind: "hello";
    protocol: "touchline.v1";
    /** The version of the server. */
    server: string;
    /** The name of the replay. */
    replay: string;
    /** Identifies what is played: scenario, feed faults, revision of the encoding. */
    run: string;
    /** An unbroken stretch of playback: rises with each seek, restart and lap. */
    epoch: number;
    /** How many events have been released: those up to it that follow are no news. */
    head: number;
    /** The number of this connection within the replay, from 1. */
    subscriber: number;
    /** Whether this connection may send playback commands. */
    control: boolean;
    /** Gives the right to control the replay: sent to whose address has opened it. */
    token?: string;
    /** ok: the missed events follow; reset: they cannot be sent, snapshots follow; null: no cursor was given. */
    resumed: ("ok" | "reset") | unknown;
    title: string;
    /** Those that this connection follows. */
    matches: ListedMatch[];
    playback: Playback;
};

/** The state of a match. */
export type SnapshotFrame = {
    kind: "snapshot";
    /** The id of the match. */
    match: string;
    /** The number of events of the timeline that are counted in. */
    n: number;
    /** The number of the match's last event. */
    seq: number;
    /** When the event n was due, in ms; 0 before the first. */
    at: number;
    state: MatchState;
};

/** An event, or a correction of one. It may have further fields, if its type is none of the list. A feed with the fault unknown may break any of this. */
export type EventFrame = {
    kind: "event";
    /** The id of the match. */
    match: string;
    /** The place in the timeline, from 1: the number to resume from. */
    n: number;
    /** The number within the match, from 1. */
    seq: number;
    /** Identifies the event within its match, for good. */
    id: string;
    /** Rises by one with each correction. */
    rev: number;
    op: "add" | "update" | "remove";
    type: EventType;
    /** Of the match, after this event. */
    status: Status;
    /** When it happened; null outside play. */
    period: Period | null;
    /** The running clock: 46:12 of period 1 is stoppage time. */
    clock: string;
    /** The break in which it happened, if that is not status. */
    clock_status?: Status;
    /** When the feed reported it, if later than it happened. */
    told?: string;
    told_period?: Period;
    told_status?: Status;
    /** The minute as a scoreboard shows it. */
    minute: number | null;
    /** The minute of stoppage time. */
    added: number | null;
    /** Both: 45+2; outside play a word such as HT. */
    label: string | null;
    /** When it is due on the timeline, in ms. */
    at: number;
    /** Of a goal the side that it counts for. */
    side?: Side;
    /** Who did it; of an own goal a player of the other side. */
    player?: Person;
    /** Who comes on. */
    in?: Person;
    /** Who goes off. */
    out?: Person;
    /** Who played the last pass. */
    assist?: Person;
    /** Who was fouled. */
    fouled?: Person;
    opponent?: Person;
    /** Who passed to the player offside. */
    passer?: Person;
    /** Whom the pass was meant for. */
    recipient?: Person;
    /** The result; the words depend on the type. */
    outcome?: string;
    /**
     * What is reviewed.
     */
    question?: "goal" | "penalty" | "red_card" | "identity";
    /** The id of the event that this one refers to. */
    about?: string;
    reason?: string;
    situation?: "open_play" | "corner" | "free_kick" | "penalty" | "throw_in";
    body_part?: "head" | "left_foot" | "right_foot" | "other";
    /** Where at or beside the goal. */
    zone?: string;
    own_goal?: boolean;
    /** Expected goals: how likely the attempt was to be a goal. */
    xg?: number;
    /** It leads to an attempt. */
    key_pass?: boolean;
    /** false while the fact may still change. */
    confirmed?: boolean;
    /** Stoppage time that is announced, in minutes. */
    minutes?: number;
    /** The player's new position: GK for the goalkeeper. */
    position?: string;
    /**
     * Format: date-time
     * The new kick-off.
     */
    kickoff?: string;
    formation?: string;
    /** Metres from the left goal line, 0 to 105: home attacks towards 105 in both halves. */
    x?: number;
    /** Metres from the upper touchline, 0 to 68. */
    y?: number;
    /** Where the action ended. */
    end?: Point;
    /** The ids of other events of the same incident. */
    related?: string[];
    /** The event in words. */
    text?: string;
    source?: Source;
    /** Of a delayed: by how many minutes the new kick-off is later than scheduled. */
    delay?: number;
    /** After this event. */
    score: Score;
    /** After this event, once the shoot-out has begun. */
    shootout?: Score;
    /** The previous revision, in a correction. */
    was?: MatchEvent;
    /** After a change of position: the positions of the players that it names, by id. */
    positions?: {
        [key: string]: string | null;
    };
    /**
     * Format: date-time
     * When it was sent, with stamp=1.
     */
    emitted?: string;
};

/** How the replay moves: sent with every change. */
export type PlaybackFrame = {
    kind: "playback";
    state: "waiting" | "playing" | "paused" | "ended";
    /** Rises by one with every change. */
    version: number;
    /** Identifies what is played: scenario, feed faults, revision of the encoding. */
    run: string;
    /** An unbroken stretch of playback: rises with each seek, restart and lap. */
    epoch: number;
    /** The speed in force. */
    speed: Speed;
    /** The speed asked for, while a pace has put another in force. */
    nominal?: Speed;
    /**
     * It begins again at each end; else left out.
     */
    loop?: true;
    /** The rules in force, as the command takes them; left out while there are none. */
    pace?: string;
    /** Where it was at wall, in ms. While playing, an event is due at wall + (event.at - at) / speed. */
    at: number;
    /**
     * Format: date-time
     * RFC 3339 in UTC, with six digits of the second.
     */
    wall: string;
    cause: "start" | "play" | "pause" | "seek" | "speed" | "step" | "restart" | "loop" | "pace" | "faults" | "stall" | "end" | "resync" | (string & {});
    /** The name of the sender of the command, if it gave one. */
    by?: string;
};

/** The clock of every match. */
export type TickFrame = {
    kind: "tick";
    /** All events up to this one that are followed have been sent. */
    n: number;
    /** The position on the timeline, in ms. */
    at: number;
    /**
     * Format: date-time
     * RFC 3339 in UTC, with six digits of the second.
     */
    wall: string;
    /** By the id of the match, at most 20. */
    matches: {
        [key: string]: Scoreboard;
    };
};

/** A league table: every match that has begun counts as if it ended now. */
export type TableFrame = {
    kind: "table";
    /** How many events have been released. */
    n: number;
    competition: string;
    season?: string;
    /** The first team first. */
    rows: TableRow[];
};

/** A match has no more events. */
export type EndFrame = {
    kind: "end";
    /** The id of the match. */
    match: string;
    /** How many events have been released. */
    n: number;
    status: Status;
    score: Score;
    tie?: Tie;
};

/** The answer to a command. */
export type ReplyFrame = {
    kind: "reply";
    /** The id of the command. */
    id?: Record<string, never> | unknown[] | string | number | boolean | null;
    ok: true;
    /** Of a step: how many events had been released before. */
    from?: number;
    /** Of a step: how many are released now. */
    to?: number;
    /** Of a step: false if it went to the end instead. */
    reached?: boolean;
    /**
     * Of a seek: the timeline does not have the moment; it went to the nearest one.
     */
    beyond?: true;
    playback?: PlaybackAfter;
    /** Of the match that the position named, or of the only one. */
    now?: MatchNow;
    /** How many matches are in play, if there are several. */
    in_play?: number;
    /** Of a ping. */
    payload?: Record<string, never> | unknown[] | string | number | boolean | null;
    /**
     * Format: date-time
     * Of a ping.
     */
    wall?: string;
};

/** Why something was refused. */
export type ErrorFrame = {
    kind: "error";
    /** The id of the command. */
    id?: Record<string, never> | unknown[] | string | number | boolean | null;
    code: "bad_request" | "bad_parameter" | "bad_argument" | "bad_json" | "bad_scenario" | "unknown_command" | "unknown_type" | "tls_required" | "not_authorised" | "forbidden" | "unknown_replay" | "unknown_match" | "unknown_scenario" | "not_found" | "method_not_allowed" | "upgrade_required" | "too_slow" | "stale" | "taken" | "lasting" | "closing" | "too_long" | "expectation_failed" | "over_limit" | "not_implemented" | "full" | "unavailable" | "stopping" | "behind" | (string & {});
    /** For people. */
    message: string;
    /** Everything that would be accepted in that place. */
    accepted?: string[];
};

/** The end of a stream of server-sent events or lines. */
export type CloseFrame = {
    kind: "close";
    /** As the close code of a WebSocket. */
    code: number;
    reason: string;
};

/** Where the replay is after a command. */
export type PlaybackAfter = {
    state: "waiting" | "playing" | "paused" | "ended";
    /** Rises by one with every change. */
    version: number;
    /** Identifies what is played: scenario, feed faults, revision of the encoding. */
    run: string;
    /** An unbroken stretch of playback: rises with each seek, restart and lap. */
    epoch: number;
    /** The speed in force. */
    speed: Speed;
    /** The speed asked for, while a pace has put another in force. */
    nominal?: Speed;
    /**
     * It begins again at each end; else left out.
     */
    loop?: true;
    /** The rules in force, as the command takes them; left out while there are none. */
    pace?: string;
    /** Where it was at wall, in ms. While playing, an event is due at wall + (event.at - at) / speed. */
    at: number;
    /**
     * Format: date-time
     * RFC 3339 in UTC, with six digits of the second.
     */
    wall: string;
};

/** What a scoreboard shows of a match. */
export type MatchNow = {
    /** The id of the match. */
    match: string;
    status: Status;
    /** null outside play. */
    period: Period | null;
    /** Of the period or of the break; before the match it counts down. */
    clock: string;
    /** The minute as a scoreboard shows it, 45+2, or a word such as HT. */
    label: string | null;
    /** The minutes of stoppage time that are announced for this period. */
    announced: number | null;
    /** Whether the clock runs. */
    running: boolean;
    score: Score;
};

/** A command on a WebSocket. */
export type Command = PlayCommand | PauseCommand | SpeedCommand | PaceCommand | SeekCommand | StepCommand | RestartCommand | LoopCommand | FaultsCommand | FaultCommand | SubscribeCommand | AckCommand | ShowsCommand | PingCommand;

/** A command over HTTP. */
export type HttpCommand = PlayCommand | PauseCommand | SpeedCommand | PaceCommand | SeekCommand | BarrierCommand | RestartCommand | LoopCommand | FaultsCommand | FaultCommand;

/** Plays; at the end, from the beginning. */
export type PlayCommand = {
    command: "play";
    /** Refuse the command with stale if playback has another version. */
    if_version?: number | null;
    /** The name of the sender: playback frames show it. */
    by?: string | null;
    /** Any JSON of at most 200 bytes: the answer repeats it. */
    id?: Record<string, never> | unknown[] | string | number | boolean | null;
};

/** Pauses. */
export type PauseCommand = {
    command: "pause";
    /** Refuse the command with stale if playback has another version. */
    if_version?: number | null;
    /** The name of the sender: playback frames show it. */
    by?: string | null;
    /** Any JSON of at most 200 bytes: the answer repeats it. */
    id?: Record<string, never> | unknown[] | string | number | boolean | null;
};

/** Changes the speed. */
export type SpeedCommand = {
    command: "speed";
    /** A multiple of real time, or max. */
    to: number | string;
    /** Refuse the command with stale if playback has another version. */
    if_version?: number | null;
    /** The name of the sender: playback frames show it. */
    by?: string | null;
    /** Any JSON of at most 200 bytes: the answer repeats it. */
    id?: Record<string, never> | unknown[] | string | number | boolean | null;
};

/** Changes the rules for the speed. */
export type PaceCommand = {
    command: "pace";
    /** Rules joined by +, as break=3s+goal:lead=30s,speed=5; highlights; or off. */
    to: string;
    /** Refuse the command with stale if playback has another version. */
    if_version?: number | null;
    /** The name of the sender: playback frames show it. */
    by?: string | null;
    /** Any JSON of at most 200 bytes: the answer repeats it. */
    id?: Record<string, never> | unknown[] | string | number | boolean | null;
};

/** Goes to a position, forward or back. */
export type SeekCommand = {
    command: "seek";
    /** 89:07, 45+2, HT, 50%, +5m, next:goal, the name of a marker or the id of an event. */
    to: string;
    /**
     * How much earlier to land.
     * @example 90s
     * @example 3m
     * @example 1m30s
     */
    lead?: string | null;
    /** The match whose clock is meant. */
    match?: string | null;
    /** Refuse the command with stale if playback has another version. */
    if_version?: number | null;
    /** The name of the sender: playback frames show it. */
    by?: string | null;
    /** Any JSON of at most 200 bytes: the answer repeats it. */
    id?: Record<string, never> | unknown[] | string | number | boolean | null;
};

/** Pauses, and moves forward by events. */
export type StepCommand = {
    command: "step";
    /** How many events: 1 if until is left out as well. */
    count?: number | null;
    /** To a position that is ahead, all events of its instant included. */
    until?: string | null;
    /** The match whose clock is meant. */
    match?: string | null;
    /**
     * Go to the end where there is no such position ahead.
     */
    or?: "end" | null;
    /** Refuse the command with stale if playback has another version. */
    if_version?: number | null;
    /** The name of the sender: playback frames show it. */
    by?: string | null;
    /** Any JSON of at most 200 bytes: the answer repeats it. */
    id?: Record<string, never> | unknown[] | string | number | boolean | null;
};

/** Pauses, and moves forward by events; answered when every subscriber has been sent all of it. */
export type BarrierCommand = {
    command: "step";
    /** How many events: 1 if until is left out as well. */
    count?: number | null;
    /** To a position that is ahead, all events of its instant included. */
    until?: string | null;
    /** The match whose clock is meant. */
    match?: string | null;
    /**
     * Go to the end where there is no such position ahead.
     */
    or?: "end" | null;
    /** First waits for this many subscribers. */
    wait_for?: number | null;
    /** Also waits until each has acknowledged. */
    acknowledged?: boolean | null;
    /** The limit for all of this, 5s, up to 60s. */
    timeout?: string | null;
    /** Refuse the command with stale if playback has another version. */
    if_version?: number | null;
    /** The name of the sender: playback frames show it. */
    by?: string | null;
    /** Any JSON of at most 200 bytes: the answer repeats it. */
    id?: Record<string, never> | unknown[] | string | number | boolean | null;
};

/** Goes to where playback began. */
export type RestartCommand = {
    command: "restart";
    /** Refuse the command with stale if playback has another version. */
    if_version?: number | null;
    /** The name of the sender: playback frames show it. */
    by?: string | null;
    /** Any JSON of at most 200 bytes: the answer repeats it. */
    id?: Record<string, never> | unknown[] | string | number | boolean | null;
};

/** Begins again at each end, or not. */
export type LoopCommand = {
    command: "loop";
    to: boolean;
    /** Refuse the command with stale if playback has another version. */
    if_version?: number | null;
    /** The name of the sender: playback frames show it. */
    by?: string | null;
    /** Any JSON of at most 200 bytes: the answer repeats it. */
    id?: Record<string, never> | unknown[] | string | number | boolean | null;
};

/** Replaces the plan of faults. */
export type FaultsCommand = {
    command: "faults";
    /** A plan, as drop:at=next:goal; or off. */
    to: string;
    /** The seed of what chance decides; as before if left out. */
    seed?: number | null;
    /** Refuse the command with stale if playback has another version. */
    if_version?: number | null;
    /** The name of the sender: playback frames show it. */
    by?: string | null;
    /** Any JSON of at most 200 bytes: the answer repeats it. */
    id?: Record<string, never> | unknown[] | string | number | boolean | null;
};

/** Adds one fault, or makes it happen now. */
export type FaultCommand = {
    command: "fault";
    /** The word of the fault, as cut. */
    do: string;
    at?: (string | number) | null;
    by?: (string | number) | null;
    client?: (string | number) | null;
    code?: (string | number) | null;
    every?: (string | number) | null;
    for?: (string | number) | null;
    from?: (string | number) | null;
    match?: (string | number) | null;
    p?: (string | number) | null;
    rate?: (string | number) | null;
    size?: (string | number) | null;
    subscriber?: (string | number) | null;
    times?: (string | number) | null;
    types?: (string | number) | null;
    until?: (string | number) | null;
    what?: (string | number) | null;
    with?: (string | number) | null;
    /** Refuse the command with stale if playback has another version. */
    if_version?: number | null;
    /** Any JSON of at most 200 bytes: the answer repeats it. */
    id?: Record<string, never> | unknown[] | string | number | boolean | null;
};

/** Replaces the filter of this connection. */
export type SubscribeCommand = {
    command: "subscribe";
    /** Ids of matches; all if left out. */
    match?: (string | string[]) | null;
    /** Types and groups of types; all if left out. */
    types?: (string | string[]) | null;
    /** Any JSON of at most 200 bytes: the answer repeats it. */
    id?: Record<string, never> | unknown[] | string | number | boolean | null;
};

/** Acknowledges an event and all before it. */
export type AckCommand = {
    command: "ack";
    n: number;
    /** The epoch of that event, if it is not the present one. */
    epoch?: number | null;
    /** Any JSON of at most 200 bytes: the answer repeats it. */
    id?: Record<string, never> | unknown[] | string | number | boolean | null;
};

/** Says what the app shows of a match. */
export type ShowsCommand = {
    command: "shows";
    /** The id of the match. */
    match: string;
    /** 0-1 */
    score: string;
    /** The match clock that is shown, 89:07 or 45+2:10. */
    clock?: string | null;
    /** The number of the last event that is included. */
    n?: number | null;
    /** Any JSON of at most 200 bytes: the answer repeats it. */
    id?: Record<string, never> | unknown[] | string | number | boolean | null;
};

/** Asks for the time of the server. */
export type PingCommand = {
    command: "ping";
    /** Comes back. */
    payload?: Record<string, never> | unknown[] | string | number | boolean | null;
    /** Any JSON of at most 200 bytes: the answer repeats it. */
    id?: Record<string, never> | unknown[] | string | number | boolean | null;
};

/** What an app shows of a match, over HTTP. */
export type ShowsRequest = {
    /** The name of the client, as in the address of its stream. */
    client: string;
    /** The id of the match. */
    match: string;
    /** 0-1 */
    score: string;
    /** The match clock that is shown, 89:07 or 45+2:10. */
    clock?: string | null;
    /** The number of the last event that is included. */
    n?: number | null;
};

/** What is to be played, and how. */
export type OpenRequest = {
    /** The replay's name: it is listed; one that cannot be guessed if left out. */
    name?: string | null;
    /** A scenario to be played, instead of one that the server has: its file as a text, or its lines. */
    lines?: (string | Line[]) | null;
    /** The name of a scenario that the server has, or its beginning. */
    scenario?: string | null;
    /** 60 if left out. */
    speed?: (number | string) | null;
    /** Where playback is faster or slower. */
    pace?: string | null;
    /**
     * Choose the one speed with which the whole lasts this long.
     * @example 90s
     * @example 3m
     * @example 1m30s
     */
    fit?: string | null;
    /** Where it begins. */
    from?: string | null;
    /** Where it ends. */
    until?: string | null;
    /** Begin again at each end. */
    loop?: boolean | null;
    /**
     * How long the end is shown before the next lap.
     * @example 90s
     * @example 3m
     * @example 1m30s
     */
    hold?: string | null;
    /** Begin paused. */
    paused?: boolean | null;
    /** Begin when this many subscribers are connected. */
    wait_for?: number | null;
    /** How long it stays after its last subscriber: a length, or forever. */
    linger?: string | null;
    /** Move the kick-offs as if the first were now. */
    now?: boolean | null;
    /** Play as if it had kicked off then: 20:45, or a moment. */
    wall?: string | null;
    /** What goes wrong: a plan of faults, or off. */
    faults?: string | null;
    /** The seed of what chance decides about faults. */
    seed?: number | null;
};

/** Why a request was refused: an error frame. */
export type Refusal = {
    kind: "error";
    code: "bad_request" | "bad_parameter" | "bad_argument" | "bad_json" | "bad_scenario" | "unknown_command" | "unknown_type" | "tls_required" | "not_authorised" | "forbidden" | "unknown_replay" | "unknown_match" | "unknown_scenario" | "not_found" | "method_not_allowed" | "upgrade_required" | "too_slow" | "stale" | "taken" | "lasting" | "closing" | "too_long" | "expectation_failed" | "over_limit" | "not_implemented" | "full" | "unavailable" | "stopping" | "behind" | (string & {});
    /** For people. */
    message: string;
    /** Everything that would be accepted in that place. */
    accepted?: string[];
    /** In the lines that were sent, at most 100; left out if there are none. */
    findings?: Finding[];
    /** How many more there are. */
    unlisted?: number;
};

/** What a command has done. */
export type CommandAnswer = {
    ok: true;
    /** Of a step: how many events had been released before. */
    from?: number;
    /** Of a step: how many are released now. */
    to?: number;
    /** Of a step: false if it went to the end instead. */
    reached?: boolean;
    /**
     * Of a seek: the timeline does not have the moment; it went to the nearest one.
     */
    beyond?: true;
    playback?: PlaybackAfter;
    /** Of the match that the position named, or of the only one. */
    now?: MatchNow;
    /** How many matches are in play, if there are several. */
    in_play?: number;
    /** Of a step: for how many subscribers it waited. */
    subscribers?: number;
};

/** It is known what the app shows. */
export type ShowsAnswer = {
    ok: true;
};

/** A match and its state. */
export type MatchStatus = {
    /** The id of the match. */
    match: string;
    /** The number of events of the timeline that are counted in. */
    n: number;
    /** The number of the match's last event. */
    seq: number;
    /** When the event n was due, in ms; 0 before the first. */
    at: number;
    /** What a scoreboard shows beside the score. */
    now: {
        status: Status;
        /** null outside play. */
        period: Period | null;
        /** Of the period or of the break; before the match it counts down. */
        clock: string;
        /** The minute as a scoreboard shows it, 45+2, or a word such as HT. */
        label: string | null;
        /** The minutes of stoppage time that are announced for this period. */
        announced: number | null;
        /** Whether the clock runs. */
        running: boolean;
    };
    /** To the byte that of a snapshot. */
    state: MatchState;
};

/** The state of the matches. */
export type StateDocument = {
    /** Identifies what is played: scenario, feed faults, revision of the encoding. */
    run: string;
    /** An unbroken stretch of playback: rises with each seek, restart and lap. */
    epoch: number;
    /** How many events have been released. */
    n: number;
    playback: Playback;
    /** Without a choice, the 20 nearest in time. */
    matches: MatchStatus[];
};

/** The state of one match. */
export type MatchStateDocument = {
    /** Identifies what is played: scenario, feed faults, revision of the encoding. */
    run: string;
    /** An unbroken stretch of playback: rises with each seek, restart and lap. */
    epoch: number;
    playback: Playback;
    /** The id of the match. */
    match: string;
    /** The number of events of the timeline that are counted in. */
    n: number;
    /** The number of the match's last event. */
    seq: number;
    /** When the event n was due, in ms; 0 before the first. */
    at: number;
    /** What a scoreboard shows beside the score. */
    now: {
        status: Status;
        /** null outside play. */
        period: Period | null;
        /** Of the period or of the break; before the match it counts down. */
        clock: string;
        /** The minute as a scoreboard shows it, 45+2, or a word such as HT. */
        label: string | null;
        /** The minutes of stoppage time that are announced for this period. */
        announced: number | null;
        /** Whether the clock runs. */
        running: boolean;
    };
    /** To the byte that of a snapshot. */
    state: MatchState;
};

/** Event frames of the past. */
export type HistoryDocument = EventFrame[];

/** The league tables. */
export type TableDocument = {
    /** Identifies what is played: scenario, feed faults, revision of the encoding. */
    run: string;
    /** An unbroken stretch of playback: rises with each seek, restart and lap. */
    epoch: number;
    /** How many events have been released. */
    n: number;
    tables: LeagueTable[];
};

/** A league table. */
export type LeagueTable = {
    competition: string;
    season?: string;
    /** The first team first. */
    rows: TableRow[];
};

/** The course of the matches. */
export type TimelineDocument = {
    /** As in hello. */
    run: string;
    /** Only with spoilers=0: how many events have been released. */
    n?: number;
    /** In ms; with spoilers=0 as far as it is known. */
    length: number;
    matches: TimelineMatch[];
    /** In order of time. */
    markers: (EventMarker | NamedMarker)[];
};

/** A match of a timeline. */
export type TimelineMatch = {
    id: string;
    competition?: string;
    /**
     * Format: date-time
     * The scheduled kick-off.
     */
    kickoff: string | null;
    home: Team;
    away: Team;
    /** Without gaps; none before its first event, with spoilers=0. */
    phases: Phase[];
};

/** A stretch of the timeline with one status. */
export type Phase = {
    status: Status;
    period: Period | null;
    /** The clock at from. */
    clock: string;
    /** In ms. */
    from: number;
    /** Where stoppage time begins, in ms. */
    stoppage?: number;
    /** In ms; null while it is unknown. */
    to: number | null;
    /**
     * It is not over, and to is a forecast.
     */
    expected?: true;
};

/** An event of a key type, once: at and n are of its first report, all else of the latest revision. */
export type EventMarker = {
    /** In ms. */
    at: number;
    n: number;
    /** The id of the match. */
    match: string;
    id: string;
    /**
     * Of the latest revision: remove if it does not stand.
     */
    op: "add" | "update" | "remove";
    type: EventType;
    period: Period | null;
    clock: string;
    label: string | null;
    side?: Side;
    /** Who did it; of an own goal a player of the other side. */
    player?: Person;
    /** Who comes on. */
    in?: Person;
    /** Who goes off. */
    out?: Person;
    /** The result; the words depend on the type. */
    outcome?: string;
    /**
     * What is reviewed.
     */
    question?: "goal" | "penalty" | "red_card" | "identity";
    /** The id of the event that this one refers to. */
    about?: string;
    reason?: string;
    situation?: "open_play" | "corner" | "free_kick" | "penalty" | "throw_in";
    own_goal?: boolean;
    /** false while the fact may still change. */
    confirmed?: boolean;
    /** The player's new position: GK for the goalkeeper. */
    position?: string;
    /** After it; only events count that stand. */
    score: Score;
    shootout?: Score;
    text?: string;
    /** Where the latest revision is. */
    corrected?: {
        /** In ms. */
        at: number;
        n: number;
        /** The first type, if it has changed. */
        was?: string;
    };
};

/** A place that the scenario names. */
export type NamedMarker = {
    /** In ms. */
    at: number;
    /** The id of the match. */
    match: string;
    name: string;
};

/** A replay. */
export type ReplayDocument = {
    /** Its name. */
    id: string;
    title: string;
    /** Identifies what is played: scenario, feed faults, revision of the encoding. */
    run: string;
    /** An unbroken stretch of playback: rises with each seek, restart and lap. */
    epoch: number;
    /** How many events have been released. */
    head: number;
    /** Whether it is listed: opened under a name, or present from the start. */
    shared: boolean;
    subscribers: number;
    /** How long it stays without subscribers: 60s, or forever. */
    linger: string;
    playback: Playback;
};

/** The replays. */
export type ReplaysDocument = {
    replays: ReplayDocument[];
};

/** A replay that has been opened. */
export type OpenedReplay = {
    /** Its name. */
    id: string;
    /** Where to subscribe. */
    ws: string;
    /** The beginning of the addresses of its documents. */
    http: string;
    /** The token that gives the right to control it. */
    control?: string;
    /** Identifies what is played: scenario, feed faults, revision of the encoding. */
    run: string;
    /** An unbroken stretch of playback: rises with each seek, restart and lap. */
    epoch: number;
    playback: Playback;
    /** In the lines that were sent, at most 100; left out if there are none. */
    findings?: Finding[];
    /** How many more there are. */
    unlisted?: number;
};

/** Something about the lines of a scenario, as check reports it. */
export type Finding = {
    severity: "note" | "warning" | "error";
    /** From 1; left out if it is about the whole. */
    line?: number;
    /** In characters, from 1; left out if it is about the whole line. */
    column?: number;
    message: string;
};

/** A scenario that the server has. */
export type ListedScenario = {
    name: string;
    title: string;
    /** What it is good for. */
    about?: string;
    matches: ListedMatch[];
    /** Of all matches. */
    events: number;
    /** Of the timeline, in ms. */
    length: number;
    /** Where its facts come from. */
    sources?: string[];
};

/** What can be played. */
export type ScenariosDocument = {
    scenarios: ListedScenario[];
};

/** What the faults of a replay have done. */
export type JournalDocument = {
    /** Identifies what is played: scenario, feed faults, revision of the encoding. */
    run: string;
    /** An unbroken stretch of playback: rises with each seek, restart and lap. */
    epoch: number;
    /** How many events have been released. */
    n: number;
    /** The plan in force, or off. */
    faults: string;
    /** Left out without faults. */
    seed?: number;
    /** To the feed, in the order in which it shows. */
    entries: {
        /** The event with which it shows; of a lost event the next one. */
        n: number;
        /** When it shows, in ms. */
        at: number;
        /** The id of the match. */
        match: string;
        /** null if the feed never mentions the event. */
        seq: number | null;
        /** The id of the event. */
        id: string;
        rev: number;
        /** The place of the fault in the plan, from 1. */
        fault: number;
        kind: "late" | "drop" | "duplicate" | "reorder" | "burst" | "vanish" | "correct" | "reissue" | "unknown" | "clock" | "swap" | "delay" | "stall" | "cut" | "refuse" | "throttle" | "fragment" | "corrupt" | "half_open" | "slow_handshake" | "http_error" | "slow_body" | "limit" | (string & {});
        /** In words. */
        what: string;
    }[];
    /** To connections and documents, at most the last 1000. */
    links: {
        /**
         * Format: date-time
         * RFC 3339 in UTC, with six digits of the second.
         */
        wall: string;
        /** On the timeline, in ms. */
        at: number;
        subscriber: number | null;
        /** The name of the client. */
        client?: string;
        /** The place of the fault in the plan, from 1; left out if it happened by command. */
        fault?: number;
        kind: "late" | "drop" | "duplicate" | "reorder" | "burst" | "vanish" | "correct" | "reissue" | "unknown" | "clock" | "swap" | "delay" | "stall" | "cut" | "refuse" | "throttle" | "fragment" | "corrupt" | "half_open" | "slow_handshake" | "http_error" | "slow_body" | "limit" | (string & {});
        /** In words. */
        what: string;
    }[];
};

/** What another server of the same version needs to play the same at every moment. */
export type RecordDocument = {
    /** The form of this document: 1. */
    format: number;
    /** The version of the program that wrote it. */
    server: string;
    /** The name of the replay. */
    replay: string;
    /** As in hello. */
    run: string;
    /** Tells the replay from others of that name. */
    instance: number;
    /** The instances on all servers through which it came, this one last. */
    servers: number[];
    /** Rises with each change that does not follow from the record by arithmetic. */
    revision: number;
    /** Whether it is listed. */
    listed: boolean;
    /** How many subscribers playback waits for at its beginning. */
    wait_for: number;
    /** How much later than in the scenario kick-offs are. */
    kickoff_offset_ms: number;
    /** The plan of feed faults; left out without any. */
    faults?: string;
    /** What decides about them. */
    seed: number;
    /** Who made the latest change. */
    by?: string;
    /** Where playback is, and where every lap begins and ends, for servers alone. */
    playback: {
        [key: string]: Record<string, never> | unknown[] | string | number | boolean | null;
    };
};

/** What a command has done, and the record after it. */
export type SubmittedDocument = {
    /** For servers alone. */
    applied: {
        [key: string]: Record<string, never> | unknown[] | string | number | boolean | null;
    };
    record: RecordDocument;
};

/** What clients have shown, and whether that was right. */
export type VerdictDocument = {
    clients: ClientReport[];
    /** In order, at most the first 10,000 times. */
    shown: {
        client: string;
        /** The id of the match. */
        match: string;
        /** When, on the timeline, in ms. */
        at: number;
        /** 0-1 */
        score: string;
        /** The true score then. */
        truth: string | null;
        clock: string | null;
        n: number | null;
    }[];
    /**
     * The replay plays a trace.
     */
    recorded?: true;
    /** The first failure of the trace that is played. */
    failure?: {
        client: string;
        replay: string;
        match: string | null;
        /** On the timeline, in ms. */
        at: number;
        /** In words. */
        what: string;
    };
};

/** What has been found about a client. */
export type ClientReport = {
    /** Its name. */
    client: string;
    /** Of a trace: the replay that it followed. */
    replay?: string;
    connections: number;
    /** How many reports of what it shows were judged. */
    judged: number;
    not_judged: number;
    /** How often it showed a wrong score. */
    wrong_periods: number;
    /** Of these with this reason, as the next three. */
    missed: number;
    stale: number;
    duplicated: number;
    out_of_order: number;
    longest_wrong: WrongPeriod | null;
    /** The first ones. */
    wrong: WrongPeriod[];
    /** How many faults and disconnects that it did not ask for hit it. */
    faults: number;
    longest_recovery: Recovery | null;
    /** The earliest fault from which it has not recovered. */
    not_recovered: Recovery | null;
    /** The first ones. */
    recoveries: Recovery[];
    reconnects: {
        total: number;
        resumed: number;
        reset: number;
        without_cursor: number;
    };
    /** For how long what it was sent was not the truth; not judged. */
    feed_wrong_for_ms: number;
};

/** A time in which an app showed a wrong score. */
export type WrongPeriod = {
    /** The id of the match. */
    match: string;
    /** When it began, since the beginning of the judgement. */
    at_ms: number;
    for_ms: number;
    /** The match clock then. */
    clock: string | null;
    /** 0-1 */
    shown: string;
    n: number | null;
    truth: string | null;
    /** The score that the client was sent last. */
    sent: string | null;
    /** The score that it missed. */
    missed: string | null;
    reason: "duplicated" | "out_of_order" | "missed" | "stale" | "other" | "late" | (string & {});
};

/** The time from a fault until an app shows the truth again. */
export type Recovery = {
    /** What happened. */
    what: string;
    /** When, since the beginning of the judgement. */
    at_ms: number;
    /** How long it took, or has taken so far. */
    for_ms: number;
    recovered: boolean;
};

/** A line of a scenario file. null is the same as leaving a field out, but in a correction. */
export type Line = ScenarioLine | MatchLine | TableLine | TieLine | FixtureLine | EventLine | CorrectionLine | MarkerLine | FaultLine;

/** The first line of a file. */
export type ScenarioLine = {
    kind: "scenario";
    version: 1;
    /** A headline. */
    title: string;
    /** What the scenario is good for. */
    about?: string | null;
    /** Where its facts come from. */
    sources?: string[] | null;
};

/** A match: its kick-off, its rules and both teams. */
export type MatchLine = {
    kind: "match";
    /** Unique in the scenario. */
    id: string;
    /**
     * Format: date-time
     * The scheduled kick-off, with an offset or Z.
     */
    kickoff: string;
    home: TeamSheet;
    away: TeamSheet;
    competition?: string | null;
    season?: string | null;
    round?: string | null;
    venue?: string | null;
    /** A name or names, by role. */
    officials?: {
        [key: string]: (string | string[]) | null;
    } | null;
    rules?: {
        /** Changes allowed to each side; 5 by default. */
        substitutions?: number | null;
        /** How many more from extra time on. */
        extra_time_substitutions?: number | null;
        /** How many more for a concussion. */
        concussion_substitutions?: number | null;
        /** Whether a player who was replaced may return. */
        return_substitutions?: boolean | null;
        /** Of a half; 45 by default. */
        period_minutes?: number | null;
        /** Of a half of extra time; 15 by default. */
        extra_time_minutes?: number | null;
        /** Whether there may be extra time. */
        extra_time?: boolean | null;
        /** Whether there is a video assistant. */
        var?: boolean | null;
    } | null;
    /** When each period began. */
    period_starts?: {
        /** Format: date-time */
        1?: string | null;
        /** Format: date-time */
        2?: string | null;
        /** Format: date-time */
        3?: string | null;
        /** Format: date-time */
        4?: string | null;
        /** Format: date-time */
        5?: string | null;
    } | null;
};

/** A team and its players. */
export type TeamSheet = {
    id: string;
    name: string;
    /** Some three letters; by default the first three of the name. */
    short?: string | null;
    /** Shirt, then detail. */
    colours?: string[] | null;
    /** As 4-3-3. */
    formation?: string | null;
    coach?: (string | {
        /** By which cards name the coach. */
        id: string;
        name: string;
    }) | null;
    players?: PlayerSheet[] | null;
};

/** A player on the team sheet. */
export type PlayerSheet = {
    /** Unique in the match. */
    id: string;
    /** In full. */
    name: string;
    /** The shirt number. */
    number?: number | null;
    /** GK marks the goalkeeper, all else is free. */
    position?: string | null;
    /** Whether the player is among the eleven. */
    starts?: boolean | null;
    captain?: boolean | null;
};

/** A league table before the matches of the file. */
export type TableLine = {
    kind: "table";
    competition: string;
    season?: string | null;
    /** The first key that differs decides. */
    order?: ("points" | "goal_difference" | "goals_for" | "wins" | "head_to_head" | "fair_play" | "listed")[] | null;
    rows?: {
        /** The team's id. */
        team: string;
        name?: string | null;
        played?: number | null;
        won?: number | null;
        drawn?: number | null;
        lost?: number | null;
        for?: number | null;
        against?: number | null;
        deducted?: number | null;
        /** By default 3 for each win and 1 for each draw, less deducted. */
        points?: number | null;
    }[] | null;
};

/** A two-legged tie. */
export type TieLine = {
    kind: "tie";
    /** The ids of both matches; instead of the first its result. */
    legs: (string | Score)[];
    /** Whether away goals decide a level tie. */
    away_goals?: boolean | null;
};

/** A match that is announced and not played. */
export type FixtureLine = {
    kind: "fixture";
    competition?: string | null;
    round?: string | null;
    /** Format: date-time */
    kickoff?: string | null;
    home: string;
    away: string;
};

/** An event, as it is first reported. */
export type EventLine = ({
    /** May be left out. */
    kind?: "event" | null;
    /** A type that is none of the list is played as it is, with all its fields. */
    type: EventType;
    /** May be left out. */
    op?: "add" | null;
    /** For corrections and references; unique in the match. */
    id?: string | null;
    /** 16:04, or 16:04.250; it runs on through the period. */
    clock: string;
    /** The id of the match; may be left out if there is one. */
    match?: string | null;
    /** In play. */
    period?: Period | null;
    /**
     * Outside play, instead of period.
     */
    status?: "scheduled" | "half_time" | "extra_time_break" | "extra_half_time" | "shootout_break" | "full_time" | "suspended" | "abandoned" | "postponed" | null;
    /** When the feed reports it, if later than it happened. */
    told?: string | null;
    /** Of told, if it is not that of the event. */
    told_period?: Period | null;
    /** Of told, outside play. */
    told_status?: Status | null;
    /** The official minute, if not that of the clock. */
    minute?: (number | string) | null;
    /** The same as text, 45+2. */
    label?: (number | string) | null;
    /** Of a goal the side that it counts for. */
    side?: Side | null;
    /** Who did it; of an own goal a player of the other side. */
    player?: string | null;
    /** false while the fact may still change. */
    confirmed?: boolean | null;
    /** Metres from the left goal line, 0 to 105: home attacks towards 105 in both halves. */
    x?: number | null;
    /** Metres from the upper touchline, 0 to 68. */
    y?: number | null;
    /** Where the action ended. */
    end?: Point | null;
    /** The ids of other events of the same incident. */
    related?: string[] | null;
    /** The event in words. */
    text?: string | null;
    source?: Source | null;
} & {
    [key: string]: unknown;
}) & (unknown & unknown & unknown & unknown & unknown & unknown & unknown & unknown & unknown & unknown & unknown & unknown & unknown & unknown & unknown & unknown & unknown & unknown & unknown & unknown & unknown & unknown & unknown);

/** A correction: it changes or removes an earlier event. It names what it changes; null withdraws a fact. */
export type CorrectionLine = {
    /** May be left out. */
    kind?: "event" | null;
    op: "update" | "remove";
    /** Of the event that it corrects. */
    id: string;
    /** Only if it changes. */
    type?: EventType | null;
    /** Only if it changes. */
    clock?: string | null;
    /** The id of the match; may be left out if there is one. */
    match?: string | null;
    /** In play. */
    period?: Period | null;
    /**
     * Outside play, instead of period.
     */
    status?: "scheduled" | "half_time" | "extra_time_break" | "extra_half_time" | "shootout_break" | "full_time" | "suspended" | "abandoned" | "postponed" | null;
    /** When the feed reports it, if later than it happened. */
    told?: string | null;
    /** Of told, if it is not that of the event. */
    told_period?: Period | null;
    /** Of told, outside play. */
    told_status?: Status | null;
    /** The official minute, if not that of the clock. */
    minute?: (number | string) | null;
    /** The same as text, 45+2. */
    label?: (number | string) | null;
    /** Of a goal the side that it counts for. */
    side?: Side | null;
    /** Who did it; of an own goal a player of the other side. */
    player?: string | null;
    /** Who comes on. */
    in?: string | null;
    /** Who goes off. */
    out?: string | null;
    /** Who played the last pass. */
    assist?: string | null;
    /** Who was fouled. */
    fouled?: string | null;
    opponent?: string | null;
    /** Who passed to the player offside. */
    passer?: string | null;
    /** Whom the pass was meant for. */
    recipient?: string | null;
    /** The result; the words depend on the type. */
    outcome?: string | null;
    /**
     * What is reviewed.
     */
    question?: "goal" | "penalty" | "red_card" | "identity" | null;
    /** The id of the event that this one refers to. */
    about?: string | null;
    reason?: string | null;
    situation?: "open_play" | "corner" | "free_kick" | "penalty" | "throw_in" | null;
    body_part?: "head" | "left_foot" | "right_foot" | "other" | null;
    /** Where at or beside the goal. */
    zone?: string | null;
    own_goal?: boolean | null;
    /** Expected goals: how likely the attempt was to be a goal. */
    xg?: number | null;
    /** It leads to an attempt. */
    key_pass?: boolean | null;
    /** false while the fact may still change. */
    confirmed?: boolean | null;
    /** Stoppage time that is announced, in minutes. */
    minutes?: number | null;
    /** The player's new position: GK for the goalkeeper. */
    position?: string | null;
    /**
     * Format: date-time
     * The new kick-off.
     */
    kickoff?: string | null;
    /** The awarded result. */
    score?: Score | null;
    formation?: string | null;
    /** Metres from the left goal line, 0 to 105: home attacks towards 105 in both halves. */
    x?: number | null;
    /** Metres from the upper touchline, 0 to 68. */
    y?: number | null;
    /** Where the action ended. */
    end?: Point | null;
    /** The ids of other events of the same incident. */
    related?: string[] | null;
    /** The event in words. */
    text?: string | null;
    source?: Source | null;
};

/** A named place on the timeline. */
export type MarkerLine = {
    kind: "marker";
    /** The id of the match; may be left out if there is one. */
    match?: string | null;
    /** In play. */
    period?: Period | null;
    /**
     * Outside play, instead of period.
     */
    status?: "scheduled" | "half_time" | "extra_time_break" | "extra_half_time" | "shootout_break" | "full_time" | "suspended" | "abandoned" | "postponed" | null;
    clock: string;
    name: string;
};

/** Something that goes wrong in the feed, or on connections, from this place on. */
export type FaultLine = {
    kind: "fault";
    /** The id of the match; may be left out if there is one. */
    match?: string | null;
    /** In play. */
    period?: Period | null;
    /**
     * Outside play, instead of period.
     */
    status?: "scheduled" | "half_time" | "extra_time_break" | "extra_half_time" | "shootout_break" | "full_time" | "suspended" | "abandoned" | "postponed" | null;
    clock: string;
    /** What goes wrong; an unknown word is kept. */
    do: "late" | "drop" | "duplicate" | "reorder" | "burst" | "vanish" | "correct" | "reissue" | "unknown" | "clock" | "swap" | "delay" | "stall" | "cut" | "refuse" | "throttle" | "fragment" | "corrupt" | "half_open" | "slow_handshake" | "http_error" | "slow_body" | "limit" | (string & {});
    by?: (string | number) | null;
    client?: (string | number) | null;
    code?: (string | number) | null;
    every?: (string | number) | null;
    for?: (string | number) | null;
    p?: (string | number) | null;
    rate?: (string | number) | null;
    size?: (string | number) | null;
    subscriber?: (string | number) | null;
    times?: (string | number) | null;
    types?: (string | number) | null;
    until?: (string | number) | null;
    what?: (string | number) | null;
    with?: (string | number) | null;
};
