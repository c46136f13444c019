/** The match centre: from the address to the first drawing, and a drawing for each thing that is told. */
import { Model } from "./model.js";
import { page, titleOf } from "./page.js";
import { readAddress } from "./ui/address.js";
import { arrive } from "./ui/token.js";
import { render } from "./ui/dom.js";
import { moveAll } from "./ui/live.js";
import { announce } from "./ui/announce.js";
import { Ui } from "./ui/ui.js";
import { listenForKeys } from "./player/keys.js";

const address = arrive();
const app = document.querySelector("#app");
let due = true;
const wanted = () => {
  due = true;
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
  requestAnimationFrame(draw);
  if (due && !model.arriving) {
    due = false;
    render(app, page(model));
    document.title = titleOf(model);
    if (ui.focus) document.querySelector(ui.focus)?.focus();
    ui.focus = null;
  }
  moveAll();
}

// A page in the background gets no frames; what it shows when it comes back is drawn then.
requestAnimationFrame(draw);
listenForKeys(model);
window.addEventListener("popstate", () => model.choose(readAddress(window.location).match));
model.start();
