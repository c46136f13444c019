/** Rows that change places are seen to do so. */
import { eachFrame } from "../ui/live.js";

const GLIDE = { duration: 260, easing: "cubic-bezier(0.2, 0.7, 0.2, 1)" };

/** For the `made` of a table's body whose rows have a `data-team` and are of one height. */
export function glide() {
  const still = window.matchMedia("(prefers-reduced-motion: reduce)");
  let places = new Map();
  return eachFrame((body) => {
    const rows = [...body.rows];
    if (rows.every(({ dataset }, place) => places.get(dataset.team) === place)) return;
    const had = places;
    places = new Map(rows.map(({ dataset }, place) => [dataset.team, place]));
    if (still.matches) return;
    const height = rows[0].offsetHeight;
    rows.forEach((row, place) => {
      const by = (had.get(row.dataset.team) ?? place) - place;
      if (by !== 0) row.animate([{ transform: `translateY(${by * height}px)` }, { transform: "none" }], GLIDE);
    });
  });
}
