/**
 * Going to places of the timeline by finger and by key. The playhead stays where it was put until the server's answer has
 * come, while commands go out one after another and not more than five in a second, the last of them always.
 */

/** Between two commands of a drag, in ms. */
const BETWEEN = 200;
/** What an answer promised has long come, or will not, in ms. */
const PATIENCE = 2_000;

export class Scrub {
  constructor(model) {
    this.model = model;
    /** Whether a finger is on it. */
    this.held = false;
    /** The press that holds it: `{ x, key, pointer }`. */
    this.press = null;
    /** What the pointer or the focus is at: `{ at, key }`. */
    this.pointed = null;
    /** The marks as they are drawn, by key. */
    this.marks = new Map();
    /** How wide the bar is, in px: rounded, so that not every pixel has the marks arranged anew, and exactly. */
    this.width = this.exactWidth = Math.max(200, window.innerWidth - 260);
    this.rem = 16;
    this.wanted = null;
    this.sent = null;
    this.sending = false;
    this.awaited = null;
  }

  /** Puts the playhead somewhere, with no finger on it. */
  go(at) {
    this.sent = null;
    this.move(at);
    this.model.redraw();
  }

  begin() {
    this.held = true;
    this.sent = null;
    this.before = this.model.at();
  }

  move(at) {
    this.model.dragged = this.wanted = this.within(at);
    this.awaited = null;
    this.send();
  }

  /** The finger has gone. What it left for is sent, unless it has been. */
  end() {
    this.held = false;
    if (this.wanted !== null && this.wanted !== this.sent) this.send();
    else if (!this.sending && !this.awaited) this.settle();
    this.model.redraw();
  }

  /** Back to where it was taken from. */
  cancel() {
    if (!this.held) return;
    this.held = false;
    this.press = null;
    if (this.sent !== null || this.sending) this.go(this.before);
    else this.settle();
  }

  /** Once a frame: whether what was asked for has come about. */
  look() {
    if (this.held || this.model.dragged === null || !this.awaited) return;
    const { version, until } = this.awaited;
    if (this.model.playback.version >= version || Date.now() > until) this.settle();
  }

  settle() {
    this.wanted = this.awaited = null;
    this.model.dragged = null;
    this.model.redraw();
  }

  async send() {
    if (this.sending || this.wanted === null || this.wanted === this.sent) return;
    this.sending = true;
    const at = (this.sent = this.wanted);
    const pause = new Promise((done) => setTimeout(done, BETWEEN));
    const answer = await this.model.seekTo(at);
    if (this.wanted === at) this.arrived(answer);
    await pause;
    this.sending = false;
    if (this.wanted !== null && this.wanted !== this.sent) return void this.send();
    // While the finger rests, the same place may be wanted again later.
    if (!this.held && !this.awaited && this.model.dragged !== null) this.settle();
  }

  arrived(answer) {
    if (!answer) return this.held || this.settle();
    this.awaited = { version: answer.playback.version, until: Date.now() + PATIENCE };
    setTimeout(() => this.model.redraw(), PATIENCE + 1);
  }

  within(at) {
    return Math.max(0, Math.min(at, this.model.length));
  }
}

const scrubs = new WeakMap();

/** The one of a page. */
export function scrubOf(model) {
  if (!scrubs.has(model)) scrubs.set(model, new Scrub(model));
  return scrubs.get(model);
}
