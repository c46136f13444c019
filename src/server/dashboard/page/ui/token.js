/**
 * The token that gives the right to control a replay. It comes in the page's address, is taken out of it, and is kept for the
 * session of the tab. A token may open one replay only, and a server refuses one that opens nothing: so each is kept under the
 * replay that it came for, and sent to no other.
 */
import { addressOf, readAddress, replayPath } from "./address.js";
import { forget, keep, kept } from "./session.js";

/** Several servers may share an origin, each below its own path. */
const keyOf = (base) => `touchline token ${addressOf(base || replayPath("main")).pathname}`;

/** Answers whether the token is kept. */
export const keepToken = (base, token) => keep(keyOf(base), token);

export const forgetToken = (base) => forget(keyOf(base));

/**
 * Reads the page's address and takes the token out of it: to be called once, before anything else. `token` is the address's
 * own, or else the one that is kept, and then `kept` is true.
 */
export function takeTokenFromAddress() {
  const address = readAddress(window.location);
  const { token, programme, query } = address;
  if (query.has("token")) window.history.replaceState(window.history.state, "", withoutToken(window.location));
  // A replay that this page opens comes with a token of its own, unless it is there already under its name.
  if (programme && !programme.name) return { ...address, token: null, kept: false };
  const base = programme ? replayPath(programme.name) : address.base;
  if (token) keepToken(base, token);
  return { ...address, token: token || kept(keyOf(base)), kept: !token };
}

/** An address without its token; all else stays as it was written. */
export function withoutToken({ pathname, search, hash }) {
  const fields = search.slice(1).split("&");
  const left = fields.filter((field) => !new URLSearchParams(field).has("token")).join("&");
  return `${pathname}${left ? `?${left}` : ""}${hash}`;
}
