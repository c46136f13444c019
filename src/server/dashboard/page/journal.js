/** The faults of the feed, for viewers with control: the plan in force, and what is done to the feed. */
import { replayOf } from "./ui/api.js";

/** More marks than a bar can show. */
const MAX_MARKERS = 500;

export class Journal {
  /** The plan as text; `null` without faults. */
  plan = null;
  /** All entries as markers of the bar: `{ type: "fault", match, id, at, kind, what }`, `id` being its own and `event` that of the event. */
  #markers = [];
  #model;

  constructor(model) {
    this.#model = model;
  }

  /** Fetches the journal of a run. Must be called for each new one. */
  async fetch() {
    const { mayControl, state, token } = this.#model;
    if (!mayControl) return this.#set({ faults: "off", entries: [] });
    try {
      const journal = await replayOf(state.hello.replay, token).journal({ all: true });
      // An answer may come after the next change.
      if (journal.run === this.#model.run) this.#set(journal);
    } catch {
      // The next connection tries again.
    }
  }

  /** The markers up to a position of the timeline. */
  markersUntil(at) {
    return this.#markers.filter((marker) => marker.at <= at).slice(-MAX_MARKERS);
  }

  /** Whether an event was changed by a fault, so that the timeline has another one, or none. */
  has({ match, id }) {
    return this.#markers.some((marker) => marker.match === match && marker.event === id);
  }

  #set({ faults, entries }) {
    this.plan = faults === "off" ? null : faults;
    this.#markers = entries.map(({ id, n, at, match, kind, what }) => ({ type: "fault", match, id: `fault ${n} ${id} ${what}`, event: id, at, kind, what }));
    this.#model.redraw();
  }
}
