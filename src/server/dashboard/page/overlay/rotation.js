/**
 * The rotation of a ticker's lines. Pure. Each line is shown for some seconds of real time. A pending line is shown as soon as
 * the current one has been readable, and is followed by its neighbour, not by the line before it.
 */

/** How long a line is shown, and how long at least if another is pending, ms. */
export const LINE_MS = 6_000;
export const MIN_LINE_MS = 2_500;
/** How many lines may be pending; beyond that the oldest wait for their turn. */
export const MAX_PENDING = 4;

/** `key` is shown since `since`; `left` is the line before it; `pending` are shown next. */
export const NO_LINE = Object.freeze({ key: null, since: -Infinity, left: null, pending: Object.freeze([]) });

/** The rotation after the line `key` is added or changes. If it is shown, its time starts again. */
export function withUpdate(rotation, key, now) {
  if (rotation.key === key) return { ...rotation, since: now };
  return { ...rotation, pending: [...rotation.pending.filter((waiting) => waiting !== key), key].slice(-MAX_PENDING) };
}

/** The rotation at `now` with the lines `keys`, in the order of their turns. */
export function rotated(rotation, keys, now) {
  const { key, since } = rotation;
  const pending = rotation.pending.filter((waiting) => keys.includes(waiting));
  const isListed = keys.includes(key);
  const age = now - since;
  const show = (next, rest) => ({ key: next ?? null, since: now, left: isListed ? key : null, pending: rest });
  if (isListed && age < MIN_LINE_MS) return rotation;
  if (pending.length) return show(pending[0], pending.slice(1));
  if (isListed && (age < LINE_MS || keys.length === 1)) return rotation;
  if (!isListed && keys.length === 0) return key === null ? rotation : NO_LINE;
  return show(keys[(keys.indexOf(key) + 1) % keys.length], []);
}

/** When a rotation changes by time alone. */
export function nextTurnAt({ key, since, pending }, keys) {
  if (pending.some((waiting) => keys.includes(waiting))) return since + MIN_LINE_MS;
  return key !== null && keys.length > 1 ? since + LINE_MS : Infinity;
}
