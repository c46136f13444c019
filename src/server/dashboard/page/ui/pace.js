/**
 * The pace to restore when highlights are switched off. The server stores only the current pace, so each page remembers the
 * last other one it has seen, whichever client set it, also across a reload of the tab.
 */
import { addressOf, replayPath } from "./address.js";
import { storedValue, storeValue } from "./session.js";

export const HIGHLIGHTS = "highlights";
const OFF = "off";
const keyOf = (base) => `touchline pace ${addressOf(base || replayPath("main")).pathname}`;

/** The pace to restore, given the `previous` answer and the current `pace`. */
export function paceToRestore(base, previous, pace = OFF) {
  if (pace === HIGHLIGHTS) return previous ?? storedValue(keyOf(base)) ?? OFF;
  if (pace !== previous) storeValue(keyOf(base), pace);
  return pace;
}
