/**
 * Which of a ticker's lines stands when. Pure. Lines take turns, each for some seconds of wall time; news comes as soon as
 * what stands has been read, and is not followed by what was there before it but by what is next.
 */

/** How long a line stands, and how long at least when there is news, ms. */
export const STAY = 6_000;
export const LEAST = 2_500;
/** The most news that wait; of more, the oldest are only found in their turn. */
export const MOST = 4;

/** `key` stands since `since`; `left` is the one that stood before; `news` wait. */
export const STILL = Object.freeze({ key: null, since: -Infinity, left: null, news: Object.freeze([]) });

/** The rotation after the line `key` was told, or told anew: one that stands begins again, for it says something else. */
export function withNews(rotation, key, now) {
  if (rotation.key === key) return { ...rotation, since: now };
  return { ...rotation, news: [...rotation.news.filter((waiting) => waiting !== key), key].slice(-MOST) };
}

/** The rotation when it is `now` and there are the lines `keys`, in the order of their turns. */
export function turned(rotation, keys, now) {
  const { key, since } = rotation;
  const news = rotation.news.filter((waiting) => keys.includes(waiting));
  const stands = keys.includes(key);
  const age = now - since;
  const become = (next, rest) => ({ key: next ?? null, since: now, left: stands ? key : null, news: rest });
  if (stands && age < LEAST) return rotation;
  if (news.length) return become(news[0], news.slice(1));
  if (stands && (age < STAY || keys.length === 1)) return rotation;
  if (!stands && keys.length === 0) return key === null ? rotation : STILL;
  return become(keys[(keys.indexOf(key) + 1) % keys.length], []);
}

/** When a rotation turns by itself. */
export function nextTurn({ key, since, news }, keys) {
  if (news.some((waiting) => keys.includes(waiting))) return since + LEAST;
  return key !== null && keys.length > 1 ? since + STAY : Infinity;
}
