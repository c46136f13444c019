/** What has happened in a match, newest first, in lines: for cards that have the room. */
import { h } from "../ui/dom.js";
import { count, minuteText } from "../ui/format.js";
import { icon } from "../ui/icons.js";
import { eachFrame, setText } from "../ui/live.js";
import { how, inWords, naming, ofNobody, who } from "../ui/words.js";

/** More than fit on any card. */
const MOST = 24;

export function story(match, fixture, scores) {
  const told = (match?.happenings ?? []).filter(({ event, was }) => naming(event).weight !== "minor" || was.some((before) => before.type === "goal"));
  return [
    h("span", { key: "story", class: "story" }, told.slice(-MOST).reverse().map((happening) => line(happening, fixture, scores))),
    // Below the story, which it measures.
    h("span", { key: "more", class: "story-more", "data-goals": scores.size, made: eachFrame(countHidden) }),
  ];
}

/** Says how many of the goals that stand are on lines for which there is no room. */
function countHidden(element) {
  // It is drawn before it is on the page.
  if (!element.isConnected) return;
  const lines = element.previousElementSibling;
  const room = lines.clientHeight;
  const seen = [...lines.querySelectorAll(".story-goal")].filter(({ offsetTop, offsetHeight }) => offsetTop + offsetHeight <= room).length;
  const hidden = Number(element.dataset.goals) - seen;
  setText(element, hidden > 0 ? `+${count(hidden, "more goal")}` : "");
}

function line({ id, event, was, removed }, fixture, scores) {
  const shown = removed ? (was[0] ?? event) : event;
  const { sign, title, weight } = naming(shown);
  // The sign says that somebody came on; the names want the room.
  const text = shown.type === "substitution" && who(shown) ? who(shown) : [title, who(shown)].filter(Boolean).join(", ");
  const reason = removed ? inWords(event.reason ?? "") : shown.type === "goal" ? how(shown) : ofNobody(shown);
  const after = removed ? null : scores.get(id);
  return h("span", { key: id, class: ["story-line", weight === "headline" && !removed && "story-headline", after && "story-goal"].filter(Boolean).join(" ") },
    h("span", { class: "story-minute" }, minuteText(event)),
    icon(removed && shown.type === "goal" ? "no-goal" : sign),
    h("span", { class: "story-text" },
      h(removed ? "s" : "span", { key: removed ? "s" : "text" }, text),
      reason ? h("span", { key: "reason", class: "story-reason" }, ` ${reason}`) : null),
    h("span", { class: "story-side" }, after ? `${after.home}–${after.away}` : (fixture[event.side]?.short ?? "")));
}
