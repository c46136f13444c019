/** What only this page has: the tab, the open dialog, the theme, the width. */
import { goalChange } from "./goals.js";
import { matters } from "./words.js";

const NARROW = "(max-width: 899px)";
const THEMES = ["light", "dark"];
/** Under which name the browser keeps the choice. */
const THEME = "touchline.theme";
/** How far down is still at the top, in CSS pixels. */
const NEAR_TOP = 24;
/** How long it shows that a goal was told or taken back, in ms of the viewer's time. */
const MOMENT = 3_000;

export class Ui {
  /** `theme` is the one that the address asks for, if it does. */
  constructor(redraw, theme) {
    this.redraw = redraw;
    this.tab = null;
    this.dialog = null;
    this.everything = false;
    /** How many pages of events are shown. */
    this.pages = 1;
    /** What is to have the focus once it has been drawn. */
    this.focus = null;
    /** Whether somebody reads further down in the ticker, how much has come meanwhile, and in which story. */
    this.reading = false;
    this.unread = 0;
    this.story = null;
    /** The goals just told or taken back, by match: `{ kind, side, event, id, epoch }`, the event and this telling of it. */
    this.news = new Map();
    const narrow = window.matchMedia(NARROW);
    this.narrow = narrow.matches;
    narrow.addEventListener("change", () => this.set({ narrow: narrow.matches }));
    const dark = window.matchMedia("(prefers-color-scheme: dark)");
    this.systemDark = dark.matches;
    dark.addEventListener("change", () => this.set({ systemDark: dark.matches }));
    this.dress(THEMES.includes(theme) ? theme : remembered());
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

  /** The ticker is scrolled so far down: nobody is shown the newest who reads something else. */
  read(scrolled) {
    this.reading = scrolled > NEAR_TOP;
    if (!this.reading && this.unread) this.set({ unread: 0 });
  }

  /** Something was told: whoever reads on is told that there is more; a goal, and one taken back, has its moment. */
  heard(event, { fixture, epoch }) {
    const shown = this.everything || matters({ event, was: [] });
    if (this.reading && shown && event.op === "add" && event.match === fixture?.id) {
      const story = `${epoch} ${event.match}`;
      this.set({ unread: this.story === story ? this.unread + 1 : 1, story });
    }
    const change = goalChange(event);
    if (!change) return;
    const told = { ...change, event: event.id, id: `${event.id}-${event.rev}`, epoch };
    this.news.set(event.match, told);
    setTimeout(() => {
      if (this.news.get(event.match) === told) this.news.delete(event.match);
      this.redraw();
    }, MOMENT);
  }
}

function remembered() {
  try {
    const theme = localStorage.getItem(THEME);
    return THEMES.includes(theme) ? theme : null;
  } catch {
    return null;
  }
}
