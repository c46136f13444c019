/** The match centre: from the address to the first drawing, and a drawing for each thing that is told. */
import { Model } from "./model.js";
import { page, titleOf } from "./page.js";
import { readAddress } from "./ui/address.js";
import { takeTokenFromAddress } from "./ui/token.js";
import { render } from "./ui/dom.js";
import { giveFocus, watchFocus } from "./ui/focus.js";
import { drawing, moveAll } from "./ui/live.js";
import { announce } from "./ui/announce.js";
import { Ui } from "./ui/ui.js";
import { listenForKeys } from "./player/keys.js";

const address = takeTokenFromAddress();
const app = document.querySelector("#app");
/** For so long after the viewer's last move each frame is drawn, in ms: a bubble follows the pointer, a finger drags. */
const LIVELY = 1_000;
let due = true;
let livelyUntil = 0;

const wake = drawing(() => {
  if (due && !model.arriving) {
    due = false;
    render(app, page(model));
    const title = titleOf(model);
    if (document.title !== title) document.title = title;
    if (ui.focus) giveFocus(document.querySelector(ui.focus));
    ui.focus = null;
  }
  const rest = moveAll();
  return model.moves || performance.now() < livelyUntil ? 0 : rest;
});
const redraw = () => {
  due = true;
  wake();
};
const ui = new Ui(redraw, address.theme);
const model = new Model(address, {
  redraw,
  heard: (event) => {
    ui.heard(event, model);
    announce(event, model);
  },
});
model.ui = ui;

for (const input of ["pointermove", "pointerdown", "keydown", "focusin", "wheel", "scroll"]) {
  window.addEventListener(input, () => {
    livelyUntil = performance.now() + LIVELY;
    wake();
  }, { capture: true, passive: true });
}

// A page in the background gets no frames; what it shows when it comes back is drawn then.
watchFocus();
listenForKeys(model);
window.addEventListener("popstate", () => model.choose(readAddress(window.location).match));
model.start();
