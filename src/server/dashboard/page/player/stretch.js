/** Which stretch of the timeline the bar shows, and what lies where on it. Pure, but for reading the model. */
import { IN_PLAY } from "../ui/words.js";

/** A match that takes less of the timeline than this is shown by itself, unless the whole is asked for. */
const SMALL = 0.6;

/** `{ from, to, zoomable, whole }` in ms of the timeline: all of it, or, of a round, the match that is looked at. */
export function stretchOf(model) {
  const { length, fixture, fixtures, ui } = model;
  const all = { from: 0, to: Math.max(length, 1), zoomable: false, whole: true };
  const phases = fixtures.length > 1 && fixture ? model.phasesOf(fixture.id) : null;
  if (!phases?.length) return all;
  const own = { from: phases[0].from, to: phases.at(-1).to ?? length };
  if (own.to <= own.from || own.to - own.from > SMALL * length) return all;
  return ui.wholeTimeline ? { ...all, zoomable: true } : { ...own, zoomable: true, whole: false };
}

/** How far into a stretch a place is, from 0 to 1. */
export const shareOf = (at, { from, to }) => Math.max(0, Math.min(1, (at - from) / (to - from)));
export const placeAt = (share, { from, to }) => from + Math.max(0, Math.min(1, share)) * (to - from);

/**
 * The pieces a bar is drawn of: `{ from, to, kind, status, expected }`. `kind` is `play`, `stoppage` or `break`; a piece that
 * nobody knows the end of reaches to that of the stretch.
 */
export function pieces(phases, { from, to }) {
  const all = phases.flatMap((phase) => {
    const { status, expected = false, stoppage } = phase;
    const end = phase.to ?? to;
    const piece = (kind, from, to) => ({ kind, from, to, status, expected });
    if (!IN_PLAY.includes(status)) return [piece("break", phase.from, end)];
    if (stoppage === undefined || stoppage >= end) return [piece("play", phase.from, end)];
    return [piece("play", phase.from, stoppage), piece("stoppage", stoppage, end)];
  });
  return filled(all.filter((piece) => piece.to > piece.from), { from, to });
}

/** The same of a round: play wherever any match is under way, from its kick-off to its end. */
export function roundPieces(matches, stretch) {
  const spans = matches.flatMap(({ phases }) => {
    const played = (phases ?? []).filter(({ status }) => IN_PLAY.includes(status));
    return played.length ? [{ from: played[0].from, to: played.at(-1).to ?? stretch.to }] : [];
  });
  const joined = [];
  for (const span of spans.sort((a, b) => a.from - b.from)) {
    const last = joined.at(-1);
    if (last && span.from <= last.to) last.to = Math.max(last.to, span.to);
    else joined.push({ kind: "play", status: "played", expected: false, ...span });
  }
  return filled(joined, stretch);
}

/** What no phase covers is a break: a bar has no holes. */
function filled(all, { from, to }) {
  const out = [];
  let at = from;
  const rest = (until) => until > at && out.push({ kind: "break", from: at, to: until, status: null, expected: false });
  for (const piece of all) {
    const [start, end] = [Math.max(piece.from, from), Math.min(piece.to, to)];
    if (end <= start) continue;
    rest(start);
    out.push({ ...piece, from: start, to: end });
    at = end;
  }
  rest(to);
  return out;
}
