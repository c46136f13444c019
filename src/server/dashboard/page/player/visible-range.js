/** The range of the timeline that the bar shows, and its segments. Pure, apart from reading the model. */
import { IN_PLAY } from "../ui/labels.js";

/** A match shorter than this fraction of the timeline is shown alone, unless the whole is selected. */
const MAX_OWN_SHARE = 0.6;

/** `{ from, to, zoomable }` in ms of the timeline: all of it, or the selected match of a round. */
export function visibleRange(model) {
  const { length, fixture, fixtures, ui } = model;
  const all = { from: 0, to: Math.max(length, 1), zoomable: false };
  const phases = fixtures.length > 1 && fixture ? model.phasesOf(fixture.id) : null;
  if (!phases?.length) return all;
  const own = { from: phases[0].from, to: phases.at(-1).to ?? length };
  if (own.to <= own.from || own.to - own.from > MAX_OWN_SHARE * length) return all;
  return ui.wholeTimeline ? { ...all, zoomable: true } : { ...own, zoomable: true };
}

/** The fraction of a range at a position, from 0 to 1. */
export const fractionOf = (at, { from, to }) => Math.max(0, Math.min(1, (at - from) / (to - from)));
export const positionAt = (share, { from, to }) => from + Math.max(0, Math.min(1, share)) * (to - from);

/**
 * The segments of the bar: `{ from, to, kind, status, expected }`. `kind` is `play`, `stoppage` or `break`; a segment without a
 * known end reaches to the end of the range.
 */
export function segments(phases, { from, to }) {
  const all = phases.flatMap((phase) => {
    const { status, expected = false, stoppage } = phase;
    const end = phase.to ?? to;
    const segment = (kind, from, to) => ({ kind, from, to, status, expected });
    if (!IN_PLAY.includes(status)) return [segment("break", phase.from, end)];
    if (stoppage === undefined || stoppage >= end) return [segment("play", phase.from, end)];
    return [segment("play", phase.from, stoppage), segment("stoppage", stoppage, end)];
  });
  return withBreaks(all.filter((segment) => segment.to > segment.from), { from, to });
}

/** The segments of a round: play while any match is in progress, from its kick-off to its end. */
export function roundSegments(matches, range) {
  const spans = matches.flatMap(({ phases }) => {
    const played = (phases ?? []).filter(({ status }) => IN_PLAY.includes(status));
    return played.length ? [{ from: played[0].from, to: played.at(-1).to ?? range.to }] : [];
  });
  const joined = [];
  for (const span of spans.sort((a, b) => a.from - b.from)) {
    const last = joined.at(-1);
    if (last && span.from <= last.to) last.to = Math.max(last.to, span.to);
    else joined.push({ kind: "play", status: "played", expected: false, ...span });
  }
  return withBreaks(joined, range);
}

/** Time outside all phases is a break: the bar has no gaps. */
function withBreaks(all, { from, to }) {
  const out = [];
  let at = from;
  const rest = (until) => until > at && out.push({ kind: "break", from: at, to: until, status: null, expected: false });
  for (const segment of all) {
    const [start, end] = [Math.max(segment.from, from), Math.min(segment.to, to)];
    if (end <= start) continue;
    rest(start);
    out.push({ ...segment, from: start, to: end });
    at = end;
  }
  rest(to);
  return out;
}
