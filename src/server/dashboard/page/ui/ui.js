/** The state of this page alone: tab, dialog, theme, width. */
import { goalChange } from "./goals.js";
import { isKeyEvent } from "./labels.js";

const NARROW_QUERY = "(max-width: 899px)";
const THEMES = ["light", "dark"];
/** The key of the stored choice. */
const THEME_KEY = "touchline.theme";
/** Up to this scroll position, in CSS pixels, the list counts as at its top. */
const TOP_MARGIN = 24;
/** How long a goal, or its removal, is highlighted, in ms of real time. */
const GOAL_ALERT_MS = 3_000;

export class Ui {
  /** `theme` is that of the address, if any. */
  constructor(redraw, theme) {
    this.redraw = redraw;
    this.tab = null;
    this.dialog = null;
    this.showAll = false;
    /** How many pages of events are shown. */
    this.pages = 1;
    /** The selector of the element to focus after the next rendering. */
    this.focus = null;
    /** Whether the ticker is scrolled down, how many events came since, and of which epoch and match. */
    this.isScrolledDown = false;
    this.unread = 0;
    this.unreadKey = null;
    /**
     * The latest goals and removed goals, by match: `{ kind, side, event, id, epoch }`, with the event's id and this
     * revision's.
     */
    this.goalAlerts = new Map();
    const narrow = window.matchMedia(NARROW_QUERY);
    this.narrow = narrow.matches;
    narrow.addEventListener("change", () => this.set({ narrow: narrow.matches }));
    const dark = window.matchMedia("(prefers-color-scheme: dark)");
    this.systemDark = dark.matches;
    dark.addEventListener("change", () => this.set({ systemDark: dark.matches }));
    this.setTheme(THEMES.includes(theme) ? theme : storedTheme());
  }

  get dark() {
    return this.theme ? this.theme === "dark" : this.systemDark;
  }

  set(changes) {
    Object.assign(this, changes);
    this.redraw();
  }

  /** Opens a dialog. One that was closed a moment ago, whose `close` event has not come, is shown again. */
  openDialog(name) {
    document.querySelector(`dialog.dialog-${name}:not([open])`)?.showModal();
    this.set({ dialog: name });
  }

  /** Light or dark; `null`: as the system. */
  setTheme(theme) {
    this.theme = theme;
    if (theme) document.documentElement.dataset.theme = theme;
    else delete document.documentElement.dataset.theme;
    this.redraw();
  }

  toggleTheme() {
    const theme = this.dark ? "light" : "dark";
    this.setTheme(theme === (this.systemDark ? "dark" : "light") ? null : theme);
    try {
      if (this.theme) localStorage.setItem(THEME_KEY, this.theme);
      else localStorage.removeItem(THEME_KEY);
    } catch {
      // Without storage the choice lasts for this visit.
    }
  }

  /** Handles a scroll of the ticker: a reader further down is not moved to new events. */
  onScroll(scrolled) {
    this.isScrolledDown = scrolled > TOP_MARGIN;
    if (!this.isScrolledDown && this.unread) this.set({ unread: 0 });
  }

  /** Handles a live event: counts it as unread for a reader further down, and highlights a goal or its removal. */
  onEvent(event, { fixture, epoch }) {
    const shown = this.showAll || isKeyEvent({ event, was: [] });
    if (this.isScrolledDown && shown && event.op === "add" && event.match === fixture?.id) {
      const key = `${epoch} ${event.match}`;
      this.set({ unread: this.unreadKey === key ? this.unread + 1 : 1, unreadKey: key });
    }
    const change = goalChange(event);
    if (!change) return;
    const alert = { ...change, event: event.id, id: `${event.id}-${event.rev}`, epoch };
    this.goalAlerts.set(event.match, alert);
    setTimeout(() => {
      if (this.goalAlerts.get(event.match) === alert) this.goalAlerts.delete(event.match);
      this.redraw();
    }, GOAL_ALERT_MS);
  }
}

function storedTheme() {
  try {
    const theme = localStorage.getItem(THEME_KEY);
    return THEMES.includes(theme) ? theme : null;
  } catch {
    return null;
  }
}
