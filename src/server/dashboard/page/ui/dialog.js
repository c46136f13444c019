/** A dialog over the page: closed by Escape, by its button and by a press beside it; focus goes back to where it was. */
import { h } from "./dom.js";
import { icon } from "./icons.js";

/** `name` is what it is known by, `title` its heading. Whoever closes it otherwise calls `close()` on its element. */
export function dialog({ ui }, { name, title, wide = false }, ...children) {
  const beside = (event) => event.target === event.currentTarget && event.currentTarget.close();
  return h("dialog", {
    key: `dialog-${name}`,
    class: `dialog dialog-${name} ${wide ? "dialog-wide" : ""}`,
    "aria-labelledby": `dialog-${name}-title`,
    made: (element) => queueMicrotask(() => element.showModal()),
    onclose: () => ui.set({ dialog: null }),
    onclick: beside,
  },
    h("div", { class: "dialog-sheet" },
      h("div", { class: "dialog-head" },
        h("h2", { id: `dialog-${name}-title` }, title),
        h("button", { type: "button", class: "plain door", "aria-label": "Close", onclick: (event) => event.currentTarget.closest("dialog").close() }, icon("close"))),
      h("div", { class: "dialog-body", tabindex: "0", role: "region", "aria-labelledby": `dialog-${name}-title` }, children)));
}
