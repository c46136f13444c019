/** What the picker knows and what has been chosen in it: kept while the page is, asked for anew whenever it opens. */
import { isName, programme, refusal, suggestedName } from "./naming.js";
import { getReplays, getScenarios, openReplay } from "../ui/api.js";
import { pageAddress, replayPath } from "../ui/address.js";
import { keepToken } from "../ui/token.js";

const stores = new WeakMap();

/** The one store of a page. */
export function storeOf(model) {
  if (!stores.has(model)) stores.set(model, new Store(model));
  return stores.get(model);
}

class Store {
  #model;

  constructor(model) {
    this.#model = model;
    this.scenarios = null;
    this.replays = null;
    /** Why they could not be had. */
    this.trouble = null;
    this.choices = { speed: 60, from: "", loop: false };
    /** The scenarios of which all that is written about them is shown. */
    this.unfolded = new Set();
    /** The name of the scenario that is being given a name for everyone, and that name. */
    this.naming = null;
    this.name = "";
    /** What is being opened: `{ scenario, shared }`. */
    this.opening = null;
    /** Why it was not: `{ scenario, text, field }`. */
    this.refused = null;
  }

  async refresh() {
    this.trouble = this.refused = this.opening = this.naming = null;
    this.#model.redraw();
    try {
      [this.scenarios, this.replays] = await Promise.all([getScenarios(), getReplays()]);
    } catch (error) {
      this.trouble = refusal(error);
    }
    this.#model.redraw();
  }

  unfold(name) {
    if (!this.unfolded.delete(name)) this.unfolded.add(name);
    this.#model.redraw();
  }

  again() {
    this.scenarios = this.replays = null;
    this.refresh();
  }

  choose(choices) {
    Object.assign(this.choices, choices);
    if (this.refused?.field === "from") this.refused = null;
    this.#model.redraw();
  }

  /** Asks for a name under which everyone finds it. */
  nameFor(scenario) {
    this.naming = scenario.name;
    this.name = suggestedName(scenario, this.replays ?? []);
    this.refused = null;
    this.#model.redraw();
  }

  stopNaming() {
    this.naming = this.refused = null;
    this.#model.redraw();
  }

  rename(name) {
    this.name = name;
    if (this.refused?.field === "name") this.refused = null;
    this.#model.redraw();
  }

  /** Opens a scenario, for everyone if `name` is one, and goes there: with its token, which is the right to control it. */
  async open(scenario, name = null) {
    if (this.opening) return;
    if (name !== null && !isName(name)) {
      return this.#refuse(scenario, "A name has 1 to 64 letters of ASCII, digits, - and _.", "name");
    }
    this.refused = null;
    this.opening = { scenario: scenario.name, shared: name !== null };
    this.#model.redraw();
    try {
      const { id, control } = await openReplay(programme(scenario, this.choices, name));
      // Where it cannot be kept it goes along in the address, and is taken out on arrival.
      const kept = keepToken(replayPath(id), control);
      window.location.assign(pageOf(id, this.#model, kept ? null : control));
    } catch (error) {
      this.opening = null;
      const field = error.code === "taken" ? "name" : /^from\b/.test(error.message) ? "from" : null;
      this.#refuse(scenario, refusal(error, name), field);
    }
  }

  #refuse(scenario, text, field) {
    this.refused = { scenario: scenario.name, text, field };
    this.#model.redraw();
    // To where it can be put right.
    if (field) queueMicrotask(() => requestAnimationFrame(() => document.querySelector(`#picker-${field}`)?.focus()));
  }
}

/** The page of a replay, as free of spoilers as this one is. */
export const pageOf = (id, { spoilers }, token = null) => pageAddress(replayPath(id), { token, spoilers: spoilers ? null : "0" });
