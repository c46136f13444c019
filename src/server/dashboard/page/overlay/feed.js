/** The data of an overlay: the stream, which is always reconnected, and the timeline, for the clock. */
import { subscribe } from "../client.js";
import { replayOf } from "../ui/api.js";
import { streamAddress } from "../ui/address.js";
import { forgetToken } from "../ui/token.js";
import { currentPosition, currentReading, isCutShort, neverBegins, onVisibleChange, statusOf } from "../ui/status.js";

/** Refusals that may pass: no such replay or match yet, connection limit. An overlay has no viewer who could retry. */
const RETRYABLE = [4504, 4505, 4506];
const WRONG_TOKEN = 4501;
/** The interval of retries, ms. */
const RETRY_MS = 10_000;

export class Feed {
  #parameters;
  #handlers;
  #stream = null;
  #state = null;
  #timeline = null;
  #run = null;
  #matches = {};
  #lastPosition = 0;

  /** `frame(frame, isLive)` is called with each frame, `change()` when the overlay may have to be drawn again. */
  constructor(parameters, { frame, change }) {
    this.#parameters = parameters;
    this.#handlers = { frame, change };
  }

  start() {
    const { base, token, match } = this.#parameters;
    const stream = subscribe(() => streamAddress(base, { token, match }), {
      frame: (frame, state) => this.#receive(frame, state),
      change: onVisibleChange(this.#handlers.change),
      connection: (connection) => this.#onConnection(connection),
    });
    this.#stream = stream;
  }

  /** Whether the clock runs. */
  get isMoving() {
    return this.playback?.state === "playing" && this.#stream.connection.state === "live";
  }

  /** The matches of the stream, as in hello. */
  get fixtures() {
    return this.#state?.hello.matches ?? [];
  }

  get playback() {
    return this.#state?.playback ?? null;
  }

  /** The last known state of all matches, by their ids. */
  get matches() {
    return this.#matches;
  }

  /** The last known state of a match: also between a seek and its snapshots. */
  match(id) {
    const match = this.#matches[id];
    if (!match) return null;
    const status = this.#state.matches[id] ? statusOf(this.#state, id) : match.status;
    return { ...match, status, isCutShort: isCutShort(this.playback, status), neverBegins: neverBegins(this.playback, status) };
  }

  /** A match's clock now, as the client's `reading`; `null` until the timeline is loaded. */
  readingOf(id) {
    return currentReading(this.#state, this.phasesOf(id), id, this.at());
  }

  phasesOf(id) {
    return this.#timeline?.matches.find((match) => match.id === id)?.phases ?? [];
  }

  /** The position of the replay, in ms; the last known one while the connection is lost. */
  at() {
    const { playback } = this;
    if (!playback || this.#stream.connection.state !== "live") return this.#lastPosition;
    return (this.#lastPosition = currentPosition(this.#state, this.#stream.now()));
  }

  #receive(frame, state) {
    // Until the hello of a new connection the state of the last one stays.
    if (!state.hello) return;
    this.#state = state;
    const complete = frame.kind === "tick" || frame.kind === "event";
    this.#matches = complete ? state.matches : { ...this.#matches, ...state.matches };
    // The run changes with the faults of the feed.
    if (frame.kind === "hello" || (frame.kind === "playback" && frame.run !== this.#run)) this.#fetchTimeline((this.#run = frame.run));
    if (frame.kind !== "event") return this.#handlers.frame(frame, false);
    const { last } = state.matches[frame.match] ?? {};
    // An event that is sent again is none.
    if (last?.n === frame.n) this.#handlers.frame({ kind: "event", ...last }, frame.n > state.head);
  }

  /** The timeline with spoilers: overlays show nothing of its future. */
  async #fetchTimeline(run) {
    if (this.#timeline?.run === run) return;
    this.#timeline = null;
    try {
      this.#timeline = await replayOf(this.#state.hello.replay, this.#parameters.token).timeline();
    } catch {
      // Ticks give the clock until the next hello.
    }
    this.#handlers.change();
  }

  /** A stored token may have outlived its replay. Watching needs none. */
  #onTokenRefused() {
    const { base, token, kept } = this.#parameters;
    if (!token) return;
    forgetToken(base);
    if (!kept) return;
    this.#parameters = { ...this.#parameters, token: null };
    this.start();
  }

  #onConnection(connection) {
    if (connection.state === "refused") {
      console.info(`The overlay is refused (${connection.code}): ${connection.error?.message ?? connection.reason}`);
      if (connection.code === WRONG_TOKEN) this.#onTokenRefused();
      if (RETRYABLE.includes(connection.code)) setTimeout(() => this.start(), RETRY_MS);
    }
    this.#handlers.change();
  }
}
