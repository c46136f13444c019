/** The faults of the feed, for viewers with control: the plan in force, and what was done to the feed so far. */
import { getJournal } from "./ui/api.js";

/** The journal grows with the events. It is fetched at most once per this interval, in ms. */
const INTERVAL_MS = 2_000;
/** More marks than a bar can show. */
const MAX_MARKERS = 500;

export class Journal {
  /** The plan as text; `null` without faults. */
  plan = null;
  /** The entries as markers of the bar: `{ type: "fault", match, id, at, kind, what }`, `id` being its own and `event` that of the event. */
  markers = [];
  #model;
  #isFetching = false;
  #isOutdated = false;

  constructor(model) {
    this.#model = model;
  }

  /** Fetches it; while it is being fetched, once more afterwards. */
  async fetch() {
    const { mayControl, state, token } = this.#model;
    if (!mayControl) return this.#set({ faults: "off", entries: [] });
    this.#isOutdated = this.#isFetching;
    if (this.#isFetching) return;
    this.#isFetching = true;
    try {
      this.#set(await getJournal(state.hello.replay, { token }));
    } catch {
      // The next frame tries again, or the next connection.
    }
    await new Promise((done) => setTimeout(done, INTERVAL_MS));
    this.#isFetching = false;
    if (this.#isOutdated) this.fetch();
  }

  /** Whether an event was changed by a fault, so that the timeline has another one, or none. */
  has({ match, id }) {
    return this.markers.some((marker) => marker.match === match && marker.event === id);
  }

  #set({ faults, entries }) {
    const before = `${this.plan} ${this.markers.length}`;
    this.plan = faults === "off" ? null : faults;
    this.markers = entries.slice(-MAX_MARKERS).map(({ id, n, at, match, kind, what }) => ({ type: "fault", match, id: `fault ${n} ${id} ${what}`, event: id, at, kind, what }));
    if (before !== `${this.plan} ${this.markers.length}`) this.#model.redraw();
  }
}
