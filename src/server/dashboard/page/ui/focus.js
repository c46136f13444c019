/**
 * How the element that has the focus came by it: by a pointer or by the keyboard. `:focus-visible` does not say it of one that a
 * dialog has given the focus back to.
 */

const CONTROL = "button, a, summary, select, input, [role=button], [tabindex]";
const byPointer = new WeakSet();
/** What the last press was on; `null` after a key. */
let pressed = null;
let lastInput = "keyboard";
/** Whether a dialog was open at the last press or key: what it closes with gets the focus back, and keeps how it had it. */
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

/** Gives an element the focus as what the viewer did last would have done. */
export function giveFocus(element) {
  if (!element) return;
  element.focus();
  if (lastInput === "pointer") byPointer.add(element);
}

export const hasFocusByPointer = (element) => byPointer.has(element);
