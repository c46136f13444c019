/** The key events of a match, newest first, for cards that have room for them. */
import { h } from "../ui/dom.js";
import { count, minuteText } from "../ui/format.js";
import { icon } from "../ui/icons.js";
import { eachFrame, setText } from "../ui/frame-loop.js";
import { eventDetails, eventLabel, participants, spaced, unnamedCardText } from "../ui/labels.js";

/** More lines than fit on any card. */
const MAX_LINES = 24;

export function keyEvents(match, fixture, scores) {
  const shown = (match?.happenings ?? []).filter(({ event, was }) => eventLabel(event).weight !== "minor" || was.some((before) => before.type === "goal"));
  return [
    h("span", { key: "story", class: "story" }, shown.slice(-MAX_LINES).reverse().map((happening) => line(happening, fixture, scores))),
    // After the list, which it measures.
    h("span", { key: "more", class: "story-more", "data-goals": scores.size, ref: eachFrame(countHidden) }),
  ];
}

/** Shows how many goals are on lines that do not fit. */
function countHidden(element) {
  // The first call comes before the element is on the page.
  if (!element.isConnected) return;
  const lines = element.previousElementSibling;
  const room = lines.clientHeight;
  const seen = [...lines.querySelectorAll(".story-goal")].filter(({ offsetTop, offsetHeight }) => offsetTop + offsetHeight <= room).length;
  const hidden = Number(element.dataset.goals) - seen;
  setText(element, hidden > 0 ? `+${count(hidden, "more goal")}` : "");
}

function line({ id, event, was, removed }, fixture, scores) {
  const shown = removed ? (was[0] ?? event) : event;
  const { sign, title, weight } = eventLabel(shown);
  // The icon says that it is a substitution; the names need the room.
  const text = shown.type === "substitution" && participants(shown) ? participants(shown) : [title, participants(shown)].filter(Boolean).join(", ");
  const reason = removed ? spaced(event.reason ?? "") : ["goal", "awarded"].includes(shown.type) ? eventDetails(shown) : unnamedCardText(shown);
  const after = removed ? null : scores.get(id);
  return h("span", { key: id, class: ["story-line", weight === "headline" && !removed && "story-headline", after && "story-goal"].filter(Boolean).join(" ") },
    h("span", { class: "story-minute" }, minuteText(event)),
    icon(removed && shown.type === "goal" ? "no-goal" : sign),
    h("span", { class: "story-text" },
      h(removed ? "s" : "span", { key: removed ? "s" : "text" }, text),
      reason ? h("span", { key: "reason", class: "story-reason" }, ` ${reason}`) : null),
    h("span", { class: "story-side" }, after ? `${after.home}–${after.away}` : (fixture[event.side]?.short ?? "")));
}
