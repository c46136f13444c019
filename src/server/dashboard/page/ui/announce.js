/** What is said to those who listen: goals, cards, changes of status; never the clock. */
import { inOneLine, naming, STATUS } from "./words.js";

const SAID = ["headline"];
const ALSO = ["yellow_card", "period_start", "period_end", "disallowed_goal", "var_decision"];

/** Tells an event to assistive technology, with the score after it. */
export function announce(event, model) {
  const fixture = model.fixtures.find(({ id }) => id === event.match);
  const { weight } = naming(event);
  if (!SAID.includes(weight) && !ALSO.includes(event.type)) return;
  if (event.op === "update" && event.was?.type === event.type && event.was?.side === event.side) return;
  const region = document.querySelector("#announcements");
  if (!region || !fixture) return;
  const team = event.side ? `${fixture[event.side].name}. ` : "";
  const happened = event.op === "remove" ? `Taken back: ${inOneLine(event)}` : inOneLine(event);
  const score = `${fixture.home.name} ${event.score.home}, ${fixture.away.name} ${event.score.away}`;
  const status = event.type.startsWith("period_") ? ` ${STATUS[event.status] ?? ""}.` : "";
  const line = document.createElement("p");
  line.textContent = `${team}${happened}. ${score}.${status}`;
  region.append(line);
  while (region.childElementCount > 3) region.firstElementChild.remove();
}
