/** What apps under test have said that they show, for viewers with control. */
import { getVerdict } from "./ui/api.js";

/** How often a replay is asked again in which apps report what they show, in ms. */
const REFRESH_MS = 2_000;

export class ShownScores {
  /** What each app said, by match and then in order: `{ client, match, at, score }`. */
  #entries = [];
  /** The moment of a recorded failure: `{ client, match, at, what }`; `null` without one. */
  failure = null;
  #model;
  #timer = null;

  constructor(model) {
    this.#model = model;
  }

  /** Fetches what apps have shown, and again from time to time while they go on. */
  async fetch() {
    clearTimeout(this.#timer);
    const { mayControl, state, token } = this.#model;
    if (!mayControl) return this.#set({ shown: [] });
    try {
      const verdict = await getVerdict(state.hello.replay, { token });
      this.#set(verdict);
      if (verdict.shown.length && !verdict.recorded) this.#timer = setTimeout(() => this.fetch(), REFRESH_MS);
    } catch {
      // The next connection tries again.
    }
  }

  /** What each app showed of a match at a position of the timeline: `{ client, score }`, by the names of the apps. */
  shownAt(match, at) {
    const last = new Map();
    for (const entry of this.#entries) {
      if (entry.match === match && entry.at <= at) last.set(entry.client, entry.score);
    }
    return [...last].map(([client, score]) => ({ client, score })).sort((one, other) => (one.client < other.client ? -1 : 1));
  }

  #set({ shown, failure }) {
    if (shown.length === this.#entries.length && !failure === !this.failure) return;
    [this.#entries, this.failure] = [shown, failure ?? null];
    this.#model.redraw();
  }
}
