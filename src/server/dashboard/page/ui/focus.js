/**
 * Records whether the focused element got the focus by pointer or by keyboard. `:focus-visible` does not say so when a closed
 * dialog has returned the focus.
 */

const CONTROL = "button, a, summary, select, input, [role=button], [tabindex]";
const byPointer = new WeakSet();
/** The target of the last press; `null` after a key. */
let pressed = null;
let lastInput = "keyboard";
/** Whether a dialog was open at the last input. The element that gets the focus back on its closing keeps its record. */
let inDialog = false;

export function watchFocus() {
  const input = (kind, control) => {
    [lastInput, pressed, inDialog] = [kind, control, Boolean(document.querySelector("dialog[open]"))];
    if (control) byPointer.add(control);
  };
  window.addEventListener("pointerdown", ({ target }) => input("pointer", target.closest?.(CONTROL)), { capture: true, passive: true });
  window.addEventListener("keydown", () => input("keyboard", null), { capture: true, passive: true });
  window.addEventListener("focusin", ({ target }) => {
    if (target === pressed || (inDialog && !target.closest("dialog"))) return;
    byPointer.delete(target);
  });
}

/** Focuses an element, recorded with the kind of the viewer's last input. */
export function giveFocus(element) {
  if (!element) return;
  element.focus();
  if (lastInput === "pointer") byPointer.add(element);
}

export const hasFocusByPointer = (element) => byPointer.has(element);
