/** The match centre's entry point: reads the address, then renders on each change. */
import { Model } from "./model.js";
import { page, titleOf } from "./page.js";
import { readAddress } from "./ui/address.js";
import { takeTokenFromAddress } from "./ui/token.js";
import { render } from "./ui/dom.js";
import { giveFocus, watchFocus } from "./ui/focus.js";
import { frameLoop, updateMoving } from "./ui/frame-loop.js";
import { announce } from "./ui/announce.js";
import { Ui } from "./ui/ui.js";
import { listenForKeys } from "./player/keys.js";

const address = takeTokenFromAddress();
const app = document.querySelector("#app");
/** After an input of the viewer every frame is drawn for this long, in ms: the tooltip and a drag follow the pointer. */
const ACTIVE_MS = 1_000;
let needsRender = true;
let activeUntil = 0;

const wake = frameLoop(() => {
  if (needsRender && !model.isBetweenEpochs) {
    needsRender = false;
    render(app, page(model));
    const title = titleOf(model);
    if (document.title !== title) document.title = title;
    if (ui.focus) giveFocus(document.querySelector(ui.focus));
    ui.focus = null;
  }
  const nextChange = updateMoving();
  return model.isMoving || performance.now() < activeUntil ? 0 : nextChange;
});
const redraw = () => {
  needsRender = true;
  wake();
};
const ui = new Ui(redraw, address.theme);
const model = new Model(address, {
  redraw,
  onEvent: (event) => {
    ui.onEvent(event, model);
    announce(event, model);
  },
});
model.ui = ui;

for (const input of ["pointermove", "pointerdown", "keydown", "focusin", "wheel", "scroll"]) {
  window.addEventListener(input, () => {
    activeUntil = performance.now() + ACTIVE_MS;
    wake();
  }, { capture: true, passive: true });
}

// A page in the background gets no animation frames; it is drawn when it becomes visible.
watchFocus();
listenForKeys(model);
window.addEventListener("popstate", () => model.choose(readAddress(window.location).match));
model.start();
