/**
 * Which card of a goal stands when. Pure: the same frames at the same moments give the same cards, however often it is
 * asked in between, so that an overlay that was hidden for a minute does not show then what was missed.
 *
 * Only what is told live makes a card: never a snapshot, what was told before this reader came (`n` up to the `head` of
 * hello, also after coming back), or what a seek has put behind us. A new epoch takes away whatever stands and waits.
 */
import { scored } from "../ui/goals.js";

/** How long a card takes to slide out, ms; its stylesheet has the same. */
export const SLIDE = 300;
/** The most that wait while a card stands. */
export const MOST = 3;

/**
 * A card is `{ key, kind, match, goal, told, hold }`: `kind` is `goal` or `no_goal`, `goal` the event as a goal, `told` the one
 * that made the card. The one that stands also has when it came (`came`) and when it slides out (`until`).
 */
export const NONE = Object.freeze({ epoch: null, head: Infinity, card: null, waiting: Object.freeze([]) });

/** The queue after a frame that came at `now`, ms; cards that it makes stand for `hold`, ms. */
export function afterFrame(queue, frame, now, hold) {
  switch (frame.kind) {
    case "hello": {
      const known = frame.resumed === "ok" && frame.epoch === queue.epoch ? after(queue, now) : NONE;
      return { ...known, epoch: frame.epoch, head: frame.head };
    }
    case "playback":
      return frame.epoch === queue.epoch ? queue : { ...NONE, epoch: frame.epoch, head: 0 };
    case "event":
      return frame.n > queue.head ? afterEvent(after(queue, now), frame, now, hold) : queue;
    default:
      return queue;
  }
}

/** The queue when it is `now`: what has stood long enough is gone, and the next has come when it went. */
export function after(queue, now) {
  let { card, waiting } = queue;
  if (!card || now < card.until + SLIDE) return queue;
  while (card && now >= card.until + SLIDE) {
    const [next, ...rest] = waiting;
    [card, waiting] = [next ? standing(next, card.until + SLIDE) : null, rest];
  }
  return { ...queue, card, waiting };
}

/** Whether a card is sliding out. */
export const leaves = (card, now) => now >= card.until;

const standing = (card, now, came = now) => ({ ...card, came, until: now + card.hold });

function afterEvent(queue, told, now, hold) {
  const { was } = told;
  const isGoal = scored(told);
  // A correction says what it corrects; of one that does not it is what it is called.
  const wasGoal = was ? scored(was) : told.type === "goal" && told.op !== "add";
  const card = { key: `${told.match}/${told.id}`, match: told.match, told, hold };
  if (isGoal && wasGoal) return corrected(queue, { ...card, kind: "goal", goal: told });
  if (isGoal) return put(queue, { ...card, kind: "goal", goal: told }, now);
  if (wasGoal) return put(queue, { ...card, kind: "no_goal", goal: was ?? told }, now);
  return queue;
}

/** A goal of somebody else, or confirmed: its card says so where there is one, for as long as it would have stood. */
function corrected(queue, { key, goal, told }) {
  const instead = (card) => (card?.key === key ? { ...card, goal, told } : card);
  return { ...queue, card: instead(queue.card), waiting: queue.waiting.map(instead) };
}

/** A card stands at once in place of one of the same goal, or when nothing else does; otherwise it waits. */
function put(queue, card, now) {
  const { card: stands, waiting } = queue;
  if (!stands) return { ...queue, card: standing(card, now) };
  if (stands.key === card.key && !leaves(stands, now)) return { ...queue, card: standing(card, now, stands.came) };
  const place = waiting.findIndex(({ key }) => key === card.key);
  if (place >= 0) return { ...queue, waiting: waiting.map((other, at) => (at === place ? card : other)) };
  return { ...queue, waiting: [...waiting, card].slice(-MOST) };
}
