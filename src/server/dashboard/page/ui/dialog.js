/** A modal dialog. Escape, its button and a click on the backdrop close it; the focus returns to where it was. */
import { h } from "./dom.js";
import { icon } from "./icons.js";

/** `name` identifies it, `title` is its heading. To close it from elsewhere, call `close()` on its element. */
export function dialog({ ui }, { name, title, wide = false }, ...children) {
  const closeOnBackdrop = (event) => event.target === event.currentTarget && event.currentTarget.close();
  return h("dialog", {
    key: `dialog-${name}`,
    class: `dialog dialog-${name} ${wide ? "dialog-wide" : ""}`,
    "aria-labelledby": `dialog-${name}-title`,
    ref: (element) => queueMicrotask(() => element.showModal()),
    onclose: ({ currentTarget }) => currentTarget.open || ui.set({ dialog: null }),
    onclick: closeOnBackdrop,
  },
    h("div", { class: "dialog-sheet" },
      h("div", { class: "dialog-head" },
        h("h2", { id: `dialog-${name}-title` }, title),
        h("button", { type: "button", class: "plain door", "aria-label": "Close", onclick: (event) => event.currentTarget.closest("dialog").close() }, icon("close"))),
      h("div", { class: "dialog-body", tabindex: "0", role: "region", "aria-labelledby": `dialog-${name}-title` }, children)));
}
