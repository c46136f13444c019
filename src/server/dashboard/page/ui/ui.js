/** What only this page has: the tab, the open dialog, the theme, the width. */
import { goalChange } from "./goals.js";

const NARROW = "(max-width: 899px)";
const THEME = "touchline.theme";
/** How long the band sweeps, in ms: the one moment of a goal. */
const MOMENT = 900;
/** How long the card of a match says that a goal was told or taken back, in ms of the viewer's time. */
const GLOW = 3_000;

export class Ui {
  constructor(redraw) {
    this.redraw = redraw;
    this.tab = null;
    this.dialog = null;
    this.everything = false;
    /** The goal that is just being celebrated: `{ side, id, match }`. */
    this.goal = null;
    /** The goals just told or taken back, by match: `{ kind, side, epoch }`. */
    this.news = new Map();
    const narrow = window.matchMedia(NARROW);
    this.narrow = narrow.matches;
    narrow.addEventListener("change", () => this.set({ narrow: narrow.matches }));
    const dark = window.matchMedia("(prefers-color-scheme: dark)");
    this.systemDark = dark.matches;
    dark.addEventListener("change", () => this.set({ systemDark: dark.matches }));
    const asked = new URLSearchParams(window.location.search).get("theme");
    this.dress(["light", "dark"].includes(asked) ? asked : remembered());
  }

  get dark() {
    return this.theme ? this.theme === "dark" : this.systemDark;
  }

  set(changes) {
    Object.assign(this, changes);
    this.redraw();
  }

  /** Light or dark; `null`: as the system is. */
  dress(theme) {
    this.theme = theme;
    if (theme) document.documentElement.dataset.theme = theme;
    else delete document.documentElement.dataset.theme;
    this.redraw();
  }

  toggleTheme() {
    const theme = this.dark ? "light" : "dark";
    this.dress(theme === (this.systemDark ? "dark" : "light") ? null : theme);
    try {
      if (this.theme) localStorage.setItem(THEME, this.theme);
      else localStorage.removeItem(THEME);
    } catch {
      // Where nothing may be kept it holds for this visit.
    }
  }

  /** A goal has its moment, and so has one that is taken back. */
  moment(event, model) {
    const change = goalChange(event);
    if (change) {
      const told = { ...change, epoch: model.epoch };
      this.news.set(event.match, told);
      setTimeout(() => {
        if (this.news.get(event.match) === told) this.news.delete(event.match);
        this.redraw();
      }, GLOW);
    }
    if (event.type !== "goal" || event.op !== "add") return;
    const goal = { side: event.side, id: event.id, match: event.match };
    this.set({ goal });
    setTimeout(() => this.goal === goal && this.set({ goal: null }), MOMENT);
  }
}

function remembered() {
  try {
    const theme = localStorage.getItem(THEME);
    return ["light", "dark"].includes(theme) ? theme : null;
  } catch {
    return null;
  }
}
