/** The keys of players that people know. A field, a list or a slider that has the focus keeps those that are its own. */
import {
  changeSpeed, goToGoal, goToShare, playOrPause, skip, stepBack, stepOn, toggleFullscreen, toggleHighlights, toggleLoop,
} from "./actions.js";
import { hasFocusByPointer } from "../ui/focus.js";
import { scrubOf } from "./scrub.js";

const MINUTE = 60_000;
const AGAIN = { again: true };

/** What each key does with playback; `again` ones go on while the key is held down. */
const COMMANDS = {
  " ": [playOrPause],
  k: [playOrPause],
  j: [(model) => skip(model, -5 * MINUTE), AGAIN],
  l: [(model) => skip(model, 5 * MINUTE), AGAIN],
  ArrowLeft: [(model) => skip(model, -MINUTE), AGAIN],
  ArrowRight: [(model) => skip(model, MINUTE), AGAIN],
  ArrowUp: [(model) => changeSpeed(model, 1)],
  ArrowDown: [(model) => changeSpeed(model, -1)],
  ">": [(model) => changeSpeed(model, 1)],
  "<": [(model) => changeSpeed(model, -1)],
  ",": [stepBack],
  ".": [stepOn],
  Home: [(model) => goToShare(model, 0)],
  End: [(model) => goToShare(model, 1)],
  g: [(model) => (model.spoilers ? goToGoal(model, "next") : model.say("What is still to come is hidden here."))],
  G: [(model) => goToGoal(model, "prev")],
  h: [(model) => model.spoilers && toggleHighlights(model)],
  r: [toggleLoop],
  ...Object.fromEntries([...Array(10).keys()].map((digit) => [String(digit), [(model) => goToShare(model, digit / 10)]])),
};

/** What each key does with the page, for whoever looks. */
const PAGE = {
  t: ({ ui }) => ui.toggleTheme(),
  f: toggleFullscreen,
  "?": ({ ui }) => ui.set({ dialog: "help" }),
  Escape: (model) => {
    scrubOf(model).cancel();
    // Also a dialog that is still on its way.
    if (model.ui.more || model.ui.dialog) model.ui.set({ more: false, dialog: null });
  },
};

const TYPED = "input:not([type=checkbox], [type=radio], [type=button]), textarea, [contenteditable]";
const PRESSED = "button, a, summary, input, [role=button]";
const CHOSEN = "select";
/** What has a use of its own for arrows, Home and End: it scrolls, or moves among its parts. */
const MOVED = "[role=tab], [role=slider], [role=radiogroup], [role=listbox], input, .marks";
const SCROLLED = "[role=tabpanel], [role=log], .ticker, [data-scrolls]";
const SCROLLS = ["ArrowUp", "ArrowDown", "Home", "End"];
const MOVES = ["ArrowLeft", "ArrowRight", ...SCROLLS];

/**
 * What a key means, given what has the focus: `{ command }`, `{ page }` or `null`. Capitals are letters, but for `G`. Space presses
 * what the keyboard has come to; on what was left `byPointer` it means what it means everywhere.
 */
export function meaning({ key, ctrlKey, altKey, metaKey }, matches, byPointer = false) {
  if (ctrlKey || altKey || metaKey || matches(TYPED)) return null;
  const isFree = key === " " && byPointer;
  if (!isFree && (matches(CHOSEN) || (key === " " && matches(PRESSED)))) return null;
  if ((MOVES.includes(key) && matches(MOVED)) || (SCROLLS.includes(key) && matches(SCROLLED))) return null;
  const name = key.length === 1 && key !== "G" ? key.toLowerCase() : key;
  if (Object.hasOwn(PAGE, name)) return { page: PAGE[name] };
  if (!Object.hasOwn(COMMANDS, name)) return null;
  const [command, { again = false } = {}] = COMMANDS[name];
  return { command, again };
}

export function listenForKeys(model) {
  let told = false;
  document.addEventListener("keydown", (event) => {
    if (event.defaultPrevented || document.querySelector("dialog[open]")) return;
    const meant = meaning(event, (selector) => Boolean(event.target.closest?.(selector)), hasFocusByPointer(event.target));
    if (!meant) return;
    const { page, command, again } = meant;
    if (page) {
      if (event.key !== "Escape") event.preventDefault();
      if (!event.repeat) page(model);
      return;
    }
    if (!model.playback) return;
    if (model.control) {
      event.preventDefault();
      if (!event.repeat || again) command(model);
    } else if (model.mayControl) {
      model.say("There is no connection to the server.", "warning");
    } else if (!told && model.connection.state === "live" && !MOVES.includes(event.key)) {
      told = true;
      model.say("This link may look, not control.");
    }
  });
}
