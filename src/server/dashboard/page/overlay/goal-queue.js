/**
 * The queue of goal cards. Pure: the same frames at the same times give the same cards, however often the queue is read. So an
 * overlay that was hidden for a minute does not show afterwards what it missed.
 *
 * Only live events make cards: no snapshots, no events before the connection (`n` up to the `head` of hello, also after a
 * resume), none before a seek's target. A new epoch clears the queue.
 */
import { isStandingGoal } from "../ui/goals.js";

/** How long a card takes to slide out, ms; the style sheet has the same value. */
export const SLIDE_MS = 300;
/** How many cards may wait while one is shown. */
export const MAX_WAITING = 3;

/**
 * A card is `{ key, kind, match, goal, event, hold }`: `kind` is `goal` or `no_goal`, `goal` the event as a goal, `event` the
 * one that made the card. The current card also has the time it appeared (`shownAt`) and the time it slides out (`until`).
 */
export const EMPTY_QUEUE = Object.freeze({ epoch: null, head: Infinity, card: null, waiting: Object.freeze([]) });

/** The queue after a frame at `now`, ms; new cards are shown for `hold`, ms. */
export function queueAfterFrame(queue, frame, now, hold) {
  switch (frame.kind) {
    case "hello": {
      const known = frame.resumed === "ok" && frame.epoch === queue.epoch ? queueAt(queue, now) : EMPTY_QUEUE;
      return { ...known, epoch: frame.epoch, head: frame.head };
    }
    case "playback":
      return frame.epoch === queue.epoch ? queue : { ...EMPTY_QUEUE, epoch: frame.epoch, head: 0 };
    case "event":
      return frame.n > queue.head ? afterEvent(queueAt(queue, now), frame, now, hold) : queue;
    default:
      return queue;
  }
}

/** The queue at `now`: an expired card is replaced by the next, which appeared when it went. */
export function queueAt(queue, now) {
  let { card, waiting } = queue;
  if (!card || now < card.until + SLIDE_MS) return queue;
  while (card && now >= card.until + SLIDE_MS) {
    const [next, ...rest] = waiting;
    [card, waiting] = [next ? shownFrom(next, card.until + SLIDE_MS) : null, rest];
  }
  return { ...queue, card, waiting };
}

/** Whether a card is sliding out. */
export const isLeaving = (card, now) => now >= card.until;

const shownFrom = (card, now, shownAt = now) => ({ ...card, shownAt, until: now + card.hold });

function afterEvent(queue, event, now, hold) {
  const { was } = event;
  const isGoal = isStandingGoal(event);
  // A correction has `was`, its previous revision; without it the event's own type decides.
  const wasGoal = was ? isStandingGoal(was) : event.type === "goal" && event.op !== "add";
  const card = { key: `${event.match}/${event.id}`, match: event.match, event, hold };
  if (isGoal && wasGoal) return withCorrection(queue, { ...card, kind: "goal", goal: event });
  if (isGoal) return enqueue(queue, { ...card, kind: "goal", goal: event }, now);
  if (wasGoal) return enqueue(queue, { ...card, kind: "no_goal", goal: was ?? event }, now);
  return queue;
}

/** A corrected or confirmed goal updates its card, without extending its time. */
function withCorrection(queue, { key, goal, event }) {
  const updated = (card) => (card?.key === key ? { ...card, goal, event } : card);
  return { ...queue, card: updated(queue.card), waiting: queue.waiting.map(updated) };
}

/** A card is shown at once if none is, or in place of the current one of the same goal; otherwise it waits. */
function enqueue(queue, card, now) {
  const { card: current, waiting } = queue;
  if (!current) return { ...queue, card: shownFrom(card, now) };
  if (current.key === card.key && !isLeaving(current, now)) return { ...queue, card: shownFrom(card, now, current.shownAt) };
  const index = waiting.findIndex(({ key }) => key === card.key);
  if (index >= 0) return { ...queue, waiting: waiting.map((other, at) => (at === index ? card : other)) };
  return { ...queue, waiting: [...waiting, card].slice(-MAX_WAITING) };
}
