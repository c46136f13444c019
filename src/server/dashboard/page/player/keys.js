/** Keyboard shortcuts. A focused field, list or slider keeps the keys that it uses itself. */
import {
  changeSpeed, goToGoal, goToFraction, playOrPause, skip, stepBack, stepForward, toggleFullscreen, toggleHighlights, toggleLoop,
} from "./actions.js";
import { hasFocusByPointer } from "../ui/focus.js";
import { scrubOf } from "./scrub.js";

const MINUTE = 60_000;
const REPEATS = { again: true };

/** The playback keys; those with `again` repeat while held down. */
const COMMANDS = {
  " ": [playOrPause],
  k: [playOrPause],
  j: [(model) => skip(model, -5 * MINUTE), REPEATS],
  l: [(model) => skip(model, 5 * MINUTE), REPEATS],
  ArrowLeft: [(model) => skip(model, -MINUTE), REPEATS],
  ArrowRight: [(model) => skip(model, MINUTE), REPEATS],
  ArrowUp: [(model) => changeSpeed(model, 1)],
  ArrowDown: [(model) => changeSpeed(model, -1)],
  ">": [(model) => changeSpeed(model, 1)],
  "<": [(model) => changeSpeed(model, -1)],
  ",": [stepBack],
  ".": [stepForward],
  Home: [(model) => goToFraction(model, 0)],
  End: [(model) => goToFraction(model, 1)],
  g: [(model) => (model.spoilers ? goToGoal(model, "next") : model.notify("What is still to come is hidden here."))],
  G: [(model) => goToGoal(model, "prev")],
  h: [(model) => model.spoilers && toggleHighlights(model)],
  r: [toggleLoop],
  ...Object.fromEntries([...Array(10).keys()].map((digit) => [String(digit), [(model) => goToFraction(model, digit / 10)]])),
};

/** The page keys, available without control. */
const PAGE = {
  t: ({ ui }) => ui.toggleTheme(),
  f: toggleFullscreen,
  "?": ({ ui }) => ui.openDialog("help"),
  Escape: (model) => {
    scrubOf(model).cancel();
    // This also cancels a dialog that is still loading.
    if (model.ui.more || model.ui.dialog) model.ui.set({ more: false, dialog: null });
  },
};

const TEXT_INPUTS = "input:not([type=checkbox], [type=radio], [type=button]), textarea, [contenteditable]";
const PRESSABLE = "button, a, summary, input, [role=button]";
const SELECTS = "select";
/** Elements that use arrows, Home and End themselves: to scroll, or to move among their parts. */
const USES_MOVE_KEYS = "[role=tab], [role=slider], [role=radiogroup], [role=listbox], input, .marks";
const USES_SCROLL_KEYS = "[role=tabpanel], [role=log], .ticker, [data-scrolls]";
const SCROLL_KEYS = ["ArrowUp", "ArrowDown", "Home", "End"];
const MOVE_KEYS = ["ArrowLeft", "ArrowRight", ...SCROLL_KEYS];

/**
 * The action of a key, given the focused element: `{ command }`, `{ page }` or `null`. Case matters only for `G`. Space presses
 * the focused element, unless it got the focus `byPointer`.
 */
export function keyAction({ key, ctrlKey, altKey, metaKey }, matches, byPointer = false) {
  if (ctrlKey || altKey || metaKey || matches(TEXT_INPUTS)) return null;
  const ignoresFocus = key === " " && byPointer;
  if (!ignoresFocus && (matches(SELECTS) || (key === " " && matches(PRESSABLE)))) return null;
  if ((MOVE_KEYS.includes(key) && matches(USES_MOVE_KEYS)) || (SCROLL_KEYS.includes(key) && matches(USES_SCROLL_KEYS))) return null;
  const name = key.length === 1 && key !== "G" ? key.toLowerCase() : key;
  if (Object.hasOwn(PAGE, name)) return { page: PAGE[name] };
  if (!Object.hasOwn(COMMANDS, name)) return null;
  const [command, { again = false } = {}] = COMMANDS[name];
  return { command, again };
}

export function listenForKeys(model) {
  let hasNotified = false;
  document.addEventListener("keydown", (event) => {
    if (event.defaultPrevented || document.querySelector("dialog[open]")) return;
    const action = keyAction(event, (selector) => Boolean(event.target.closest?.(selector)), hasFocusByPointer(event.target));
    if (!action) return;
    const { page, command, again } = action;
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
      model.notify("There is no connection to the server.", "warning");
    } else if (!hasNotified && model.connection.state === "live" && !MOVE_KEYS.includes(event.key)) {
      hasNotified = true;
      model.notify("This link cannot control the replay.");
    }
  });
}
