/**
 * The pace that a replay had before its highlights. The server keeps one pace only, so each page remembers the last other one that it
 * has seen, whoever asked for it; a reload of the tab remembers it too.
 */
import { addressOf, replayPath } from "./address.js";
import { keep, kept } from "./session.js";

export const HIGHLIGHTS = "highlights";
const OFF = "off";
const keyOf = (base) => `touchline pace ${addressOf(base || replayPath("main")).pathname}`;

/** The pace to go back to, after `before`, now that a replay plays at `pace`. */
export function paceBefore(base, before, pace = OFF) {
  if (pace === HIGHLIGHTS) return before ?? kept(keyOf(base)) ?? OFF;
  if (pace !== before) keep(keyOf(base), pace);
  return pace;
}
