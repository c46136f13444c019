/**
 * The control token. It arrives in the page's address, is removed from it, and stays in the tab's session storage. A token may
 * be valid for one replay only, and a server refuses a wrong one: so each is stored under the replay it came for, and never
 * sent to another.
 */
import { addressOf, readAddress, replayPath } from "./address.js";
import { removeValue, storedValue, storeValue } from "./session.js";

/** Several servers may share an origin, each below its own path. */
const keyOf = (base) => `touchline token ${addressOf(base || replayPath("main")).pathname}`;

/** Returns whether the token is stored. */
export const keepToken = (base, token) => storeValue(keyOf(base), token);

export const forgetToken = (base) => removeValue(keyOf(base));

/**
 * Reads the page's address and removes the token from it: called once, before anything else. `token` is that of the address, or
 * else the stored one, and then `kept` is true.
 */
export function takeTokenFromAddress() {
  const address = readAddress(window.location);
  const { token, replaySpec, query } = address;
  if (query.has("token")) window.history.replaceState(window.history.state, "", withoutToken(window.location));
  // A replay opened by this page has its own token, unless a replay of that name exists.
  if (replaySpec && !replaySpec.name) return { ...address, token: null, kept: false };
  const base = replaySpec ? replayPath(replaySpec.name) : address.base;
  if (token) keepToken(base, token);
  return { ...address, token: token || storedValue(keyOf(base)), kept: !token };
}

/** An address without its token and otherwise unchanged. */
export function withoutToken({ pathname, search, hash }) {
  const fields = search.slice(1).split("&");
  const left = fields.filter((field) => !new URLSearchParams(field).has("token")).join("&");
  return `${pathname}${left ? `?${left}` : ""}${hash}`;
}
