/** The match centre: from the address to the first drawing, and a drawing for each thing that is told. */
import { Model } from "./model.js";
import { page, titleOf } from "./page.js";
import { readAddress } from "./ui/address.js";
import { takeTokenFromAddress } from "./ui/token.js";
import { render } from "./ui/dom.js";
import { moveAll } from "./ui/live.js";
import { announce } from "./ui/announce.js";
import { Ui } from "./ui/ui.js";
import { listenForKeys } from "./player/keys.js";

const address = takeTokenFromAddress();
const app = document.querySelector("#app");
/** While nothing moves by itself it is enough to look so often, in ms. */
const REST = 100;
/** For so long after the viewer's last move each frame is drawn, in ms: a bubble follows the pointer, a finger drags. */
const LIVELY = 1_000;
let due = true;
let livelyUntil = 0;
let resting = null;
const wanted = () => {
  due = true;
  wake();
};
const ui = new Ui(wanted, address.theme);
const model = new Model(address, {
  redraw: wanted,
  heard: (event) => {
    ui.heard(event, model);
    announce(event, model);
  },
});
model.ui = ui;

function draw() {
  // First of all, so that what goes wrong in one frame is not the end of all.
  if (due || model.playback?.state === "playing" || performance.now() < livelyUntil) requestAnimationFrame(draw);
  else resting = setTimeout(wake, REST);
  if (due && !model.arriving) {
    due = false;
    render(app, page(model));
    document.title = titleOf(model);
    if (ui.focus) document.querySelector(ui.focus)?.focus();
    ui.focus = null;
  }
  moveAll();
}

/** Ends a rest: the next frame is drawn. */
function wake() {
  if (resting === null) return;
  clearTimeout(resting);
  resting = null;
  requestAnimationFrame(draw);
}

for (const input of ["pointermove", "pointerdown", "keydown", "focusin", "wheel", "scroll"]) {
  window.addEventListener(input, () => {
    livelyUntil = performance.now() + LIVELY;
    wake();
  }, { capture: true, passive: true });
}

// A page in the background gets no frames; what it shows when it comes back is drawn then.
requestAnimationFrame(draw);
listenForKeys(model);
window.addEventListener("popstate", () => model.choose(readAddress(window.location).match));
model.start();
