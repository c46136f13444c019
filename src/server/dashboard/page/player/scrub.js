/**
 * Seeking by drag and by key. The playhead stays where it was put until the server has applied the seek. Commands are sent one
 * at a time, at most five a second, and always the last one.
 */

/** The least interval between two commands of a drag, in ms. */
const COMMAND_INTERVAL_MS = 200;
/** How long to wait until a confirmed seek shows in the stream, in ms. */
const SETTLE_TIMEOUT_MS = 2_000;

export class Scrub {
  constructor(model) {
    this.model = model;
    /** Whether the playhead is being dragged. */
    this.held = false;
    /** The press that drags it: `{ x, key, pointer }`. */
    this.press = null;
    /** The position of the pointer or of the focused mark: `{ at, key }`. */
    this.hovered = null;
    /** The marks as drawn, by key. */
    this.marks = new Map();
    /** The bar's width, in px: rounded, so that not every pixel arranges the marks again, and exact. */
    this.width = this.exactWidth = Math.max(200, window.innerWidth - 260);
    this.rem = 16;
    this.wanted = null;
    this.sent = null;
    this.sending = false;
    this.expected = null;
  }

  /** Moves the playhead without a drag. */
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
    this.model.dragged = this.wanted = this.clamped(at);
    this.expected = null;
    this.send();
  }

  /** Ends a drag, and sends its last position if it has not been sent. */
  end() {
    this.held = false;
    if (this.wanted !== null && this.wanted !== this.sent) this.send();
    else if (!this.sending && !this.expected) this.settle();
    this.model.redraw();
  }

  /** Returns to the position before the drag. */
  cancel() {
    if (!this.held) return;
    this.held = false;
    this.press = null;
    if (this.sent !== null || this.sending) this.go(this.before);
    else this.settle();
  }

  /** Called on each frame: releases the playhead when the stream has reached the confirmed seek. */
  settleWhenApplied() {
    if (this.held || this.model.dragged === null || !this.expected) return;
    const { version, until } = this.expected;
    if (this.model.playback.version >= version || Date.now() > until) this.settle();
  }

  settle() {
    this.wanted = this.expected = null;
    this.model.dragged = null;
    this.model.redraw();
  }

  async send() {
    if (this.sending || this.wanted === null || this.wanted === this.sent) return;
    this.sending = true;
    const at = (this.sent = this.wanted);
    const pause = new Promise((done) => setTimeout(done, COMMAND_INTERVAL_MS));
    const answer = await this.model.seekTo(at);
    if (this.wanted === at) this.onReply(answer);
    await pause;
    this.sending = false;
    if (this.wanted !== null && this.wanted !== this.sent) return void this.send();
    // During a drag the same position may be wanted again later.
    if (!this.held && !this.expected && this.model.dragged !== null) this.settle();
  }

  onReply(answer) {
    if (!answer) return this.held || this.settle();
    this.expected = { version: answer.playback.version, until: Date.now() + SETTLE_TIMEOUT_MS };
    setTimeout(() => this.model.redraw(), SETTLE_TIMEOUT_MS + 1);
  }

  clamped(at) {
    return Math.max(0, Math.min(at, this.model.length));
  }
}

const scrubs = new WeakMap();

/** The single instance of a page. */
export function scrubOf(model) {
  if (!scrubs.has(model)) scrubs.set(model, new Scrub(model));
  return scrubs.get(model);
}
