/**
 * The page's model: the state of the stream, the timeline, the selected match, and commands. Views read it and draw; every
 * change of it requests a redraw.
 */
import { RequestError, runOf, subscribe } from "./client.js";
import { Journal } from "./journal.js";
import { ShownScores } from "./shown.js";
import { openReplay, replayOf } from "./ui/api.js";
import { replayPath, streamAddress } from "./ui/address.js";
import { forgetToken, keepToken } from "./ui/token.js";
import { teamColours } from "./ui/colours.js";
import { paceToRestore } from "./ui/pace.js";
import { currentPosition, currentReading, onVisibleChange, statusOf } from "./ui/status.js";

/** Without spoilers the timeline grows with each event. It is fetched at most once per this interval, in ms. */
const TIMELINE_INTERVAL_MS = 400;
/** Up to this many matches the server sends snapshots of all; beyond it only of matches that are named. */
const MAX_DEFAULT_SNAPSHOTS = 20;
/** A failed fetch of the history is retried after this time, in ms. */
const HISTORY_RETRY_MS = 2_000;
/** How long a notice is shown, in ms. */
const NOTICE_MS = 6_000;

export class Model {
  /** `onEvent(event, model)` is called with each live event, `redraw()` when the page has to be drawn again. */
  constructor(address, { redraw, onEvent = () => {} }) {
    this.address = address;
    this.base = address.base;
    this.token = address.token;
    /** Whether the token comes from the tab's storage, not from the link. */
    this.tokenKept = address.kept;
    this.spoilers = address.spoilers;
    this.redraw = redraw;
    this.onEvent = onEvent;
    this.stream = null;
    this.timeline = null;
    this.journal = new Journal(this);
    this.shown = new ShownScores(this);
    /** The error that replaces the page: `{ title, text, code }`. */
    this.failure = null;
    /** The question before a link of another site plays a match: `{ view, title }`; `title` is `null` until it is known. */
    this.question = null;
    /** Whether the viewer has just confirmed, by a button that is gone now. */
    this.hasAgreed = false;
    /** A short message: `{ text, tone }`. */
    this.notice = null;
    /** The pace to restore when highlights are switched off. */
    this.paceToRestore = null;
    /** The position that the playhead is dragged to, in ms; `null` without a drag. */
    this.dragged = null;
    /** The id of the selected match; `null`: all. */
    this.chosen = address.match;
    this.fetching = new Set();
    this.lastPosition = 0;
  }

  /** Starts as the address asks. A link of another site opens nothing before the viewer confirms. */
  start() {
    return this.address.replaySpec && this.address.isForeign ? this.askToPlay() : this.play();
  }

  /** Shows what would be played. Only reads. */
  async askToPlay() {
    try {
      // Loaded on demand: most visits need no question.
      const { question: view, titleOfReplaySpec } = await import("./question.js");
      const question = (this.question = { view, title: null });
      this.redraw();
      question.title = await titleOfReplaySpec(this.address.replaySpec, this.spoilers);
      this.redraw();
    } catch {
      this.fail("This page is incomplete", new Error("the server did not send all of it; load it again"));
    }
  }

  confirmPlay() {
    this.question = null;
    this.hasAgreed = true;
    this.redraw();
    return this.play();
  }

  /** Opens the replay that the address specifies, if any, and subscribes to it. */
  async play() {
    if (this.address.replaySpec) {
      try {
        const { replaySpec } = this.address;
        // Playback waits for the page, unless it starts at a wall-clock time or paused.
        const wait = replaySpec.wall || replaySpec.paused ? {} : { wait_for: 1 };
        const replay = await openReplay({ ...wait, ...replaySpec });
        [this.base, this.token, this.tokenKept] = [replayPath(replay.id), replay.control, true];
        keepToken(this.base, this.token);
      } catch (error) {
        // The first visitor opens a named replay, the others join it.
        if (error.code !== "taken") return this.fail("This match cannot be played", error);
        this.base = replayPath(this.address.replaySpec.name);
      }
    }
    this.follow();
  }

  follow() {
    this.stream = subscribe(() => streamAddress(this.base, { token: this.token }), {
      frame: (frame, state) => this.onFrame(frame, state),
      change: onVisibleChange(() => this.redraw()),
      connection: (connection) => this.onConnection(connection),
    });
  }

  /** The replay went with the restarted server: opens another at the same position. */
  async reopenReplay() {
    const { state, length } = this.playback;
    // A pace may have put another speed in force than the requested one.
    const speed = this.playback.nominal ?? this.playback.speed;
    const { fit, wall, now, ...replaySpec } = this.address.replaySpec;
    const from = seekPercent(this.lastPosition, length);
    this.address = { ...this.address, replaySpec: { ...replaySpec, speed, from, paused: state === "paused" } };
    this.stream.close();
    await this.play();
    this.notify("The server had forgotten this replay. Another one goes on where it was.");
  }

  /** A stored token may have outlived its replay. Watching needs none. */
  resubscribeWithoutToken() {
    this.token = null;
    // One notice is enough: no second one about the connection.
    this.wasLost = false;
    this.follow();
    this.notify("The right to control this replay has ended.", "warning");
  }

  fail(title, error) {
    this.failure = { title, text: error.message, code: error.code };
    this.redraw();
  }

  get state() {
    return this.stream?.state ?? null;
  }

  /** The replay of the stream, for requests over HTTP. */
  get replay() {
    return replayOf(this.state.hello.replay, this.token);
  }

  get connection() {
    return this.stream?.connection ?? { state: "connecting" };
  }

  get playback() {
    return this.state?.playback ?? null;
  }

  /** The epoch: one unbroken run of playback. Events of another epoch are not live. */
  get epoch() {
    return this.playback?.epoch ?? this.state?.hello?.epoch;
  }

  /** Whether an epoch has begun and its snapshots are incomplete. Drawing now would flash an empty match. */
  get isBetweenEpochs() {
    const { state, connection } = this;
    return connection.state === "live" && Boolean(state?.hello) && state.tick === null && state.n === null;
  }

  /** Whether the clock and the playhead run. */
  get isMoving() {
    return this.playback?.state === "playing" && this.connection.state === "live";
  }

  /** Whether the viewer has the right to control the replay; `control`: whether commands can be sent now. */
  get mayControl() {
    return Boolean(this.state?.hello?.control);
  }

  get control() {
    return this.mayControl && ["live", "stale"].includes(this.connection.state);
  }

  /** All matches of the stream, as in hello. */
  get fixtures() {
    return this.state?.hello?.matches ?? [];
  }

  /** The selected match, or the only one. */
  get fixture() {
    const { fixtures } = this;
    return fixtures.length === 1 ? fixtures[0] : (fixtures.find(({ id }) => id === this.chosen) ?? null);
  }

  get match() {
    return this.state?.matches[this.fixture?.id] ?? null;
  }

  get colours() {
    return teamColours(this.fixture);
  }

  /** The length of the timeline, in ms, as far as the viewer may know it. */
  get length() {
    return (this.spoilers ? this.playback?.length : this.timeline?.length) ?? this.timeline?.length ?? 0;
  }

  /** The position of the playhead, in ms: of the drag, else of the replay. */
  at() {
    const streamPosition = this.streamPosition();
    return this.dragged ?? streamPosition;
  }

  /** The position of the replay; the last known one while the connection is lost. */
  streamPosition() {
    if (!this.playback) return 0;
    if (this.connection.state !== "live") return this.lastPosition;
    return (this.lastPosition = currentPosition(this.state, this.stream.now()));
  }

  phasesOf(id) {
    return this.timeline?.matches.find((match) => match.id === id)?.phases ?? null;
  }

  statusOf(id) {
    return statusOf(this.state, id);
  }

  /** A match's clock at the playhead, as the client's `reading`; `null` until the timeline is loaded. */
  readingOf(id) {
    return currentReading(this.state, this.phasesOf(id), id, this.at());
  }

  /** The markers on the scrubber, of the selected match. */
  get markers() {
    const { fixture } = this;
    return [...(this.timeline?.markers ?? []), ...this.journal.markersUntil(this.at())].filter((marker) => !fixture || marker.match === fixture.id);
  }

  /** Opens one match, or the overview, as a step in the browser's history. The focus moves along. */
  openMatch(id) {
    this.ui.focus = id === null ? `[data-match="${CSS.escape(this.chosen)}"]` : ".back";
    const url = new URL(window.location.href);
    if (id === null) url.searchParams.delete("match");
    else url.searchParams.set("match", id);
    window.history.pushState(null, "", url);
    this.choose(id);
  }

  choose(id) {
    this.chosen = id;
    this.fetchHistory();
    this.redraw();
  }

  notify(text, tone = "info") {
    const notice = (this.notice = { text, tone });
    setTimeout(() => {
      if (this.notice !== notice) return;
      this.notice = null;
      this.redraw();
    }, NOTICE_MS);
    this.redraw();
  }

  /** Sends a command. If it fails, a notice shows the server's message, or the text of `words`. */
  async command(command, words = ({ message }) => message) {
    try {
      const answer = await this.stream.command(command);
      // The notice about the previous command is out of date.
      this.notice = null;
      return answer;
    } catch (error) {
      this.notify(words(error), "warning");
      return null;
    }
  }

  /** Seeks to a position of the timeline, in ms. */
  async seekTo(at) {
    const { length } = this.playback;
    const answer = await this.command({ command: "seek", to: seekPercent(at, length) });
    // A seek to the end leaves the replay paused. A step to the end ends it, so that Play starts again.
    if (at < length || answer?.playback.state !== "paused") return answer;
    return this.command({ command: "step", until: "100%" });
  }

  onFrame(frame, state) {
    if (["hello", "playback"].includes(frame.kind)) this.paceToRestore = paceToRestore(this.base, this.paceToRestore, state.playback.pace);
    switch (frame.kind) {
      case "hello":
        if (frame.matches.length > MAX_DEFAULT_SNAPSHOTS) this.followAll(frame.matches.map(({ id }) => id));
        // A resumed stream sends no snapshots.
        this.fetchHistory();
        if (this.timeline?.run !== frame.run) this.timeline = null;
        this.run = frame.run;
        this.failure = null;
        if (this.hasAgreed) this.ui.focus = ".knob-play";
        this.hasAgreed = false;
        this.fetchTimeline();
        this.journal.fetch();
        this.shown.fetch();
        break;
      case "snapshot":
        this.fetchHistory();
        break;
      case "playback":
        // The faults of the feed have changed.
        if (!this.spoilers || frame.run !== this.run) this.fetchTimeline();
        if (frame.run !== this.run) {
          this.run = frame.run;
          this.journal.fetch();
        }
        break;
      case "event": {
        if (!this.spoilers) this.fetchTimeline();
        // An event that is sent again is none.
        const { last } = state.matches[frame.match] ?? {};
        if (frame.n > state.head && last?.n === frame.n) this.onEvent(last, this);
        break;
      }
    }
  }

  /**
   * In a stream of many matches the server sends snapshots only of newly named ones, and a snapshot contains all earlier
   * events.
   */
  followAll(ids) {
    for (const match of [ids.slice(0, 1), ids]) {
      this.stream.command({ command: "subscribe", match }).catch(() => {
        // The connection was lost; the next hello calls this again.
      });
    }
  }

  onConnection(connection) {
    if (connection.state === "live" && connection.caughtUp !== null && this.wasLost) {
      const { caughtUp } = connection;
      this.notify(`Back. ${caughtUp ? `Caught up ${caughtUp} ${caughtUp === 1 ? "event" : "events"}` : "Nothing was missed"}.`);
    } else if (connection.state === "live" && this.wasLost) this.notify("Back, from where the match is now.");
    this.wasLost = connection.state === "lost" || (this.wasLost && connection.state !== "live");
    if (connection.code === 4504 && this.address.replaySpec && this.state.hello) return this.reopenReplay();
    if (connection.code === WRONG_TOKEN && this.token) {
      forgetToken(this.base);
      // This also covers a token of the link that was good: the server may have restarted with another.
      if (this.tokenKept || this.state?.hello) return this.resubscribeWithoutToken();
    }
    if (connection.state === "refused") {
      const { error, reason } = connection;
      this.fail(REFUSALS[connection.code] ?? "The server will not let this page in", {
        message: error?.message ?? reason,
        code: error?.code ?? connection.code,
      });
    }
    this.redraw();
  }

  /** Fetches the timeline; repeatedly where it covers only past events. */
  async fetchTimeline() {
    if (this.isFetchingTimeline) return void (this.refetchTimeline = true);
    this.isFetchingTimeline = true;
    try {
      this.timeline = await this.replay.timeline(this);
    } catch (error) {
      if (error instanceof RequestError) this.notify(`The timeline could not be read: ${error.message}`, "warning");
    }
    this.redraw();
    if (!this.spoilers) await new Promise((done) => setTimeout(done, TIMELINE_INTERVAL_MS));
    this.isFetchingTimeline = false;
    if (this.refetchTimeline) {
      this.refetchTimeline = false;
      this.fetchTimeline();
    }
  }

  /** Fetches the whole past of the selected match: a snapshot has only its important events that stand. */
  async fetchHistory() {
    const { match } = this;
    if (!match || match.complete) return;
    const key = () => `${runOf(this.state)}.${this.epoch}.${match.id}.${this.state.matches[match.id]?.base}`;
    const wanted = key();
    if (this.fetching.has(wanted)) return;
    this.fetching.add(wanted);
    try {
      const frames = await this.replay.history(match.id, match.base);
      // After a seek during the fetch the frames are those of another epoch.
      if (key() === wanted) this.stream.remember(match.id, frames);
    } catch {
      // Until then the ticker shows the events of the snapshot.
      setTimeout(() => this.fetchHistory(), HISTORY_RETRY_MS);
    } finally {
      this.fetching.delete(wanted);
    }
  }
}

/** A position of a timeline, in ms, as a percentage precise enough to mean that very millisecond. */
const seekPercent = (at, length) => `${((Math.round(Math.max(0, Math.min(at, length))) / length) * 100).toFixed(12)}%`;

const WRONG_TOKEN = 4501;
const REFUSALS = {
  4500: "This link is wrong",
  [WRONG_TOKEN]: "This link's token opens nothing here",
  4504: "There is no such replay or match",
  4505: "There is no room",
  4506: "This replay has been closed",
};
