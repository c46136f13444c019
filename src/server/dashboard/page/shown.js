/** What apps under test have said that they show, for viewers with control. */
import { replayOf } from "./ui/api.js";

/** How often a replay is asked again, in ms: while apps report what they show, and before one does. */
const REFRESH_MS = 2_000;
const FIRST_REFRESH_MS = 10_000;

export class ShownScores {
  /** What each app said, by match and then in order: `{ client, match, at, score }`. */
  #entries = [];
  /** The moment of a recorded failure: `{ client, match, at, what }`; `null` without one. */
  failure = null;
  #model;
  #timer = null;
  /** The replay of the entries. */
  #replay = null;

  constructor(model) {
    this.#model = model;
  }

  /** Fetches what apps have shown, and again from time to time while they go on. */
  async fetch() {
    clearTimeout(this.#timer);
    const { mayControl, state, token } = this.#model;
    const { replay } = state.hello;
    if (!mayControl) return this.#set(replay, { shown: [] });
    let refresh = FIRST_REFRESH_MS;
    try {
      const verdict = await replayOf(replay, token).verdict();
      // An answer may come after the page has gone on to another replay, which has a timer of its own.
      if (replay !== this.#model.state.hello.replay) return;
      this.#set(replay, verdict);
      if (verdict.shown.length) refresh = REFRESH_MS;
    } catch {
      // The replay may be gone, or the connection lost.
    }
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#model.connection?.state === "live" && this.fetch(), refresh);
  }

  /** What each app showed of a match at a position of the timeline: `{ client, score }`, by the names of the apps. */
  shownAt(match, at) {
    const last = new Map();
    for (const entry of this.#entries) {
      if (entry.match === match && entry.at <= at) last.set(entry.client, entry.score);
    }
    return [...last].map(([client, score]) => ({ client, score })).sort((one, other) => (one.client < other.client ? -1 : 1));
  }

  #set(replay, { shown, failure }) {
    if (replay === this.#replay && shown.length === this.#entries.length && !failure === !this.failure) return;
    [this.#replay, this.#entries, this.failure] = [replay, shown, failure ?? null];
    this.#model.redraw();
  }
}
