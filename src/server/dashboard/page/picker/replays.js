/** The running replays, with links to join them. */
import { pageOf } from "./store.js";
import { mediaTime } from "../client.js";
import { h } from "../ui/dom.js";
import { count, lengthText } from "../ui/format.js";
import { eachFrame, setText } from "../ui/frame-loop.js";
import { speedText } from "../ui/speeds.js";
import { titleOfReplay } from "../ui/titles.js";

const SECOND = 1_000;
const STATES = { waiting: "Waiting", playing: "Playing", paused: "Paused", ended: "Ended" };

export function runningReplays(model, { replays, scenarios }) {
  return h("section", { key: "replays", class: "picker-part", "aria-labelledby": "picker-replays" },
    h("h3", { id: "picker-replays" }, "Playing now"),
    replays.length ? null : h("p", { key: "none", class: "empty" }, "Nothing that is listed plays just now."),
    h("ul", { key: "list", class: "picker-replays" }, replays.map((replay) => row(model, scenarios, replay))));
}

function row(model, scenarios, replay) {
  const { id, subscribers, playback, shared } = replay;
  // Without spoilers: the end position would tell the length, and so whether there was extra time.
  const placed = model.spoilers || playback.state !== "ended";
  const here = id === model.state?.hello?.replay;
  const title = titleOfReplay(replay, scenarios, model.spoilers);
  return h("li", { key: id, class: `picker-replay picker-${playback.state}`, "aria-current": here ? "true" : null },
    h("div", { class: "picker-what" },
      h("p", { class: "picker-title" }, title, title === id ? null : h("span", { class: "picker-id" }, id)),
      h("p", { class: "picker-facts" },
        h("span", { key: "state", class: "picker-state" }, h("i", { class: "lamp", "aria-hidden": "true" }),
          playback.state === "playing" ? `${STATES.playing} at ${speedText(playback.speed)}` : (STATES[playback.state] ?? playback.state)),
        placed ? h("span", { key: `where-${playback.version}`, ref: where(model, playback) }) : null,
        h("span", { key: "viewers" }, count(subscribers, "viewer")),
        shared ? null : h("span", { key: "private" }, "not listed"))),
    here
      ? h("span", { key: "here", class: "picker-here" }, "You are here")
      : h("a", { key: "join", class: "button", href: pageOf(id, model), "aria-label": `Join ${title}` }, "Join"));
}

/** The position on the timeline; without spoilers without its length. */
function where(model, playback) {
  return eachFrame((element) => {
    const at = lengthText(mediaTime(playback, model.stream?.now() ?? Date.now()));
    setText(element, model.spoilers ? `${at} of ${lengthText(playback.length)}` : `${at} in`);
    return playback.state === "playing" ? SECOND : Infinity;
  });
}
