/** What an overlay follows: the stream, which it comes back to whatever happens, and the timeline, for the clock. */
import { subscribe } from "../client.js";
import { getTimeline } from "../ui/api.js";
import { streamAddress } from "../ui/address.js";
import { forgetToken } from "../ui/token.js";
import { isCutShort, neverBegins, placeNow, readingNow, statusOf, onVisibleChange } from "../ui/status.js";

/** What may be there another time: the replay or the match, a place for one more. Nobody is there to try again by hand. */
const PASSING = [4504, 4505, 4506];
const WRONG_TOKEN = 4501;
/** After so long it is tried again, ms. */
const PATIENCE = 10_000;

export class Feed {
  #parameters;
  #told;
  #stream = null;
  #state = null;
  #timeline = null;
  #matches = {};
  #at = 0;

  /** `frame(frame, isNews)` is called with each frame, `change()` when anything may have to be drawn anew. */
  constructor(parameters, { frame, change }) {
    this.#parameters = parameters;
    this.#told = { frame, change };
  }

  start() {
    const { base, token, match } = this.#parameters;
    const stream = subscribe(() => streamAddress(base, { token, match }), {
      frame: (frame, state) => this.#take(frame, state),
      change: onVisibleChange(this.#told.change),
      connection: (connection) => this.#lineChanged(connection),
    });
    this.#stream = stream;
  }

  /** Whether the clock moves by itself. */
  get moves() {
    return this.playback?.state === "playing" && this.#stream.connection.state === "live";
  }

  /** The matches that are followed, as hello names them. */
  get fixtures() {
    return this.#state?.hello.matches ?? [];
  }

  get playback() {
    return this.#state?.playback ?? null;
  }

  /** What was last known of all matches, by their ids. */
  get matches() {
    return this.#matches;
  }

  /** What was last known of a match: also between a seek and the snapshots that come with it. */
  match(id) {
    const match = this.#matches[id];
    if (!match) return null;
    const status = this.#state.matches[id] ? statusOf(this.#state, id) : match.status;
    return { ...match, status, isCutShort: isCutShort(this.playback, status), neverBegins: neverBegins(this.playback, status) };
  }

  /** What the last tick told of a match. */
  tick(id) {
    return this.#state?.tick?.matches[id] ?? null;
  }

  /** What a match's clock reads now, as `reading` of the client does; `null` until the timeline has come. */
  readingOf(id) {
    return readingNow(this.#state, this.phasesOf(id), id, this.at());
  }

  phasesOf(id) {
    return this.#timeline?.matches.find((match) => match.id === id)?.phases ?? [];
  }

  /** Where the replay is on its timeline, in ms: where it was last known to be while the line is cut. */
  at() {
    const { playback } = this;
    if (!playback || this.#stream.connection.state !== "live") return this.#at;
    return (this.#at = placeNow(this.#state, this.#stream.now()));
  }

  #take(frame, state) {
    // Before hello nothing is known; what another connection knew stands until then.
    if (!state.hello) return;
    this.#state = state;
    const complete = frame.kind === "tick" || frame.kind === "event";
    this.#matches = complete ? state.matches : { ...this.#matches, ...state.matches };
    if (frame.kind === "hello") this.#learnTimeline(frame.run);
    this.#told.frame(frame, frame.kind === "event" && frame.n > state.head);
  }

  /** The whole timeline: of what it says of the future nothing is shown. */
  async #learnTimeline(run) {
    if (this.#timeline?.run === run) return;
    this.#timeline = null;
    try {
      this.#timeline = await getTimeline(this.#parameters.base, { token: this.#parameters.token, spoilers: true });
    } catch {
      // Ticks tell the clock until the next hello.
    }
    this.#told.change();
  }

  /** A kept token may have outlived its replay, and the address says nothing of it: looking takes none. */
  #tokenRefused() {
    const { base, token, kept } = this.#parameters;
    if (!token) return;
    forgetToken(base);
    if (!kept) return;
    this.#parameters = { ...this.#parameters, token: null };
    this.start();
  }

  #lineChanged(connection) {
    if (connection.state === "refused") {
      console.info(`The overlay is refused (${connection.code}): ${connection.error?.message ?? connection.reason}`);
      if (connection.code === WRONG_TOKEN) this.#tokenRefused();
      if (PASSING.includes(connection.code)) setTimeout(() => this.start(), PATIENCE);
    }
    this.#told.change();
  }
}
