/** Animates table rows that change places. */
import { eachFrame } from "../ui/frame-loop.js";

const ANIMATION = { duration: 260, easing: "cubic-bezier(0.2, 0.7, 0.2, 1)" };

/** For the `ref` of a table body whose rows have a `data-team` and equal heights. */
export function animateRows() {
  const reducedMotion = window.matchMedia("(prefers-reduced-motion: reduce)");
  let rankByTeam = new Map();
  return eachFrame((body) => {
    const rows = [...body.rows];
    if (rows.every(({ dataset }, rank) => rankByTeam.get(dataset.team) === rank)) return;
    const previous = rankByTeam;
    rankByTeam = new Map(rows.map(({ dataset }, rank) => [dataset.team, rank]));
    if (reducedMotion.matches) return;
    const height = rows[0].offsetHeight;
    rows.forEach((row, rank) => {
      const offset = (previous.get(row.dataset.team) ?? rank) - rank;
      if (offset !== 0) row.animate([{ transform: `translateY(${offset * height}px)` }, { transform: "none" }], ANIMATION);
    });
  });
}
