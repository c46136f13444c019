/** The picker's data and the viewer's choices. Choices last as long as the page; data is fetched at each opening. */
import { errorText, isName, replaySpec, suggestedName } from "./naming.js";
import { getReplays, getScenarios, openReplay } from "../ui/api.js";
import { pageAddress, replayPath } from "../ui/address.js";
import { keepToken } from "../ui/token.js";

const stores = new WeakMap();

/** The single store of a page. */
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
    /** The error that prevented loading. */
    this.trouble = null;
    this.choices = { speed: 60, from: "", loop: false };
    /** The scenarios whose description is unfolded. */
    this.expanded = new Set();
    /** The scenario that is being named for everyone, and the name. */
    this.naming = null;
    this.name = "";
    /** The replay being opened: `{ scenario, shared }`. */
    this.opening = null;
    /** The last error: `{ scenario, text, field }`. */
    this.refused = null;
  }

  async refresh() {
    this.trouble = this.refused = this.opening = this.naming = null;
    this.#model.redraw();
    try {
      [this.scenarios, this.replays] = await Promise.all([getScenarios(), getReplays()]);
    } catch (error) {
      this.trouble = errorText(error);
    }
    this.#model.redraw();
  }

  toggleAbout(name) {
    if (!this.expanded.delete(name)) this.expanded.add(name);
    this.#model.redraw();
  }

  retry() {
    this.scenarios = this.replays = null;
    this.refresh();
  }

  choose(choices) {
    Object.assign(this.choices, choices);
    if (this.refused?.field === "from") this.refused = null;
    this.#model.redraw();
  }

  /** Asks for the name of a shared replay. */
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

  /** Opens a scenario, shared if `name` is given, and goes to its page with its control token. */
  async open(scenario, name = null) {
    if (this.opening) return;
    if (name !== null && !isName(name)) {
      return this.#refuse(scenario, "A name has 1 to 64 letters of ASCII, digits, - and _.", "name");
    }
    this.refused = null;
    this.opening = { scenario: scenario.name, shared: name !== null };
    this.#model.redraw();
    try {
      const { id, control } = await openReplay(replaySpec(scenario, this.choices, name));
      // A token that cannot be stored is passed in the address; the new page removes it.
      const kept = keepToken(replayPath(id), control);
      window.location.assign(pageOf(id, this.#model, kept ? null : control));
    } catch (error) {
      this.opening = null;
      const field = error.code === "taken" ? "name" : /^from\b/.test(error.message) ? "from" : null;
      this.#refuse(scenario, errorText(error, name), field);
    }
  }

  #refuse(scenario, text, field) {
    this.refused = { scenario: scenario.name, text, field };
    this.#model.redraw();
    // Focuses the field with the error.
    if (field) queueMicrotask(() => requestAnimationFrame(() => document.querySelector(`#picker-${field}`)?.focus()));
  }
}

/** The page of a replay, with spoilers as on this page. */
export const pageOf = (id, { spoilers }, token = null) => pageAddress(replayPath(id), { token, spoilers: spoilers ? null : "0" });
