/**
 * What the page knows and can do: the stream's state, the timeline, which match is looked at. Views read it and draw;
 * whatever changes it asks for a redraw.
 */
import { subscribe } from "./client.js";
import { getHistory, getTimeline, openReplay, Refused } from "./ui/api.js";
import { replayPath, streamAddress } from "./ui/address.js";
import { forgetToken, keepToken } from "./ui/token.js";
import { teamColours } from "./ui/colours.js";
import { paceBefore } from "./ui/pace.js";
import { placeNow, readingNow, statusOf, onVisibleChange } from "./ui/status.js";

/** A timeline without spoilers says more with each event: it is asked for again at most so often, in ms. */
const TIMELINE_PAUSE = 400;
/** Of so many matches the server sends snapshots by itself; of more if each is named. */
const SNAPSHOTS = 20;
/** How long until what could not be fetched is asked for again, in ms. */
const AGAIN = 2_000;
/** How long a notice stands, in ms. */
const NOTICE = 6_000;

export class Model {
  /** `heard(event, model)` is called with each event that is news; `redraw()` when the page should be drawn again. */
  constructor(address, { redraw, heard = () => {} }) {
    this.address = address;
    this.base = address.base;
    this.token = address.token;
    /** Whether the token is not that of the link which led here. */
    this.tokenKept = address.kept;
    this.spoilers = address.spoilers;
    this.redraw = redraw;
    this.heard = heard;
    this.stream = null;
    this.timeline = null;
    /** What keeps the page from showing anything: `{ title, text, code }`. */
    this.trouble = null;
    /** What a link on another site would play, until the viewer agrees: `{ view, title }`; `title` is `null` until it is known. */
    this.question = null;
    /** Whether the viewer has just agreed, by a button which is no longer there. */
    this.hasAgreed = false;
    /** A sentence for a few seconds: `{ text, tone }`. */
    this.notice = null;
    /** The pace to go back to when highlights are switched off. */
    this.paceBefore = null;
    /** Where the finger is that drags the playhead, in ms; `null` if none does. */
    this.dragged = null;
    /** Which match is looked at; `null`: all. */
    this.chosen = address.match;
    this.fetching = new Set();
    this.frozen = 0;
  }

  /** Begins as the address asks. A link on another site opens nothing before the viewer agrees. */
  start() {
    return this.address.programme && this.address.isForeign ? this.ask() : this.play();
  }

  /** Shows what would be played. Only reads. */
  async ask() {
    try {
      // Most visits need no question.
      const { question: view, titleOfProgramme } = await import("./question.js");
      const question = (this.question = { view, title: null });
      this.redraw();
      question.title = await titleOfProgramme(this.address.programme, this.spoilers);
      this.redraw();
    } catch {
      this.fail("This page is incomplete", new Error("the server did not send all of it; load it again"));
    }
  }

  agree() {
    this.question = null;
    this.hasAgreed = true;
    this.redraw();
    return this.play();
  }

  /** Opens the replay of its own that the address asks for, if it does, and follows it. */
  async play() {
    if (this.address.programme) {
      try {
        const { programme } = this.address;
        // It begins when the page is there, unless it begins at an hour or stands still.
        const wait = programme.wall || programme.paused ? {} : { wait_for: 1 };
        const replay = await openReplay({ ...wait, ...programme });
        [this.base, this.token, this.tokenKept] = [replayPath(replay.id), replay.control, true];
        keepToken(this.base, this.token);
      } catch (error) {
        // Of a name the first who comes opens it, and the others join.
        if (error.code !== "taken") return this.fail("This match cannot be played", error);
        this.base = replayPath(this.address.programme.name);
      }
    }
    this.follow();
  }

  follow() {
    this.stream = subscribe(() => streamAddress(this.base, { token: this.token }), {
      frame: (frame, state) => this.told(frame, state),
      change: onVisibleChange(() => this.redraw()),
      connection: (connection) => this.lineChanged(connection),
    });
  }

  /** A replay of one's own went with the server that had it: another begins where it was. */
  async beginAgain() {
    const { state, length } = this.playback;
    // Under a pace another speed may be in force than the one that was asked for.
    const speed = this.playback.nominal ?? this.playback.speed;
    const { fit, wall, now, ...programme } = this.address.programme;
    const from = position(this.frozen, length);
    this.address = { ...this.address, programme: { ...programme, speed, from, paused: state === "paused" } };
    this.stream.close();
    await this.play();
    this.say("The server had forgotten this replay. Another one goes on where it was.");
  }

  /** A kept token may have outlived its replay, and the address says nothing of it: looking takes none. */
  resubscribeWithoutToken() {
    this.token = null;
    // That the line is back as well is no news beside this.
    this.cut = false;
    this.follow();
    this.say("The right to control this replay has ended.", "warning");
  }

  fail(title, error) {
    this.trouble = { title, text: error.message, code: error.code };
    this.redraw();
  }

  get state() {
    return this.stream?.state ?? null;
  }

  get connection() {
    return this.stream?.connection ?? { state: "connecting" };
  }

  get playback() {
    return this.state?.playback ?? null;
  }

  /** The unbroken run of playback that is followed: what was seen in another one is no news. */
  get epoch() {
    return this.playback?.epoch ?? this.state?.hello?.epoch;
  }

  /** Whether an epoch has begun and is not wholly told yet: nothing, where there was a match, would be drawn for a moment. */
  get arriving() {
    const { state, connection } = this;
    return connection.state === "live" && Boolean(state?.hello) && state.tick === null && state.n === null;
  }

  /** Whether the clock and the playhead move by themselves. */
  get moves() {
    return this.playback?.state === "playing" && this.connection.state === "live";
  }

  /** Whether the viewer may control the replay; and whether that is possible now. */
  get mayControl() {
    return Boolean(this.state?.hello?.control);
  }

  get control() {
    return this.mayControl && ["live", "stale"].includes(this.connection.state);
  }

  /** All matches that are followed, as hello names them. */
  get fixtures() {
    return this.state?.hello?.matches ?? [];
  }

  /** The match that is looked at: by choice, or because there is no other. */
  get fixture() {
    const { fixtures } = this;
    return fixtures.length === 1 ? fixtures[0] : (fixtures.find(({ id }) => id === this.chosen) ?? null);
  }

  get match() {
    return this.state?.matches[this.fixture?.id] ?? null;
  }

  get colours() {
    return teamColours(this.fixture);
  }

  /** How long the timeline is, as far as the viewer may know, in ms. */
  get length() {
    return (this.spoilers ? this.playback?.length : this.timeline?.length) ?? this.timeline?.length ?? 0;
  }

  /** Where the playhead is, in ms of the timeline: where the replay is, or the finger that drags it. */
  at() {
    const reached = this.reached();
    return this.dragged ?? reached;
  }

  /** Where the replay is at this moment; where it was last known to be while the line is cut. */
  reached() {
    if (!this.playback) return 0;
    if (this.connection.state !== "live") return this.frozen;
    return (this.frozen = placeNow(this.state, this.stream.now()));
  }

  phasesOf(id) {
    return this.timeline?.matches.find((match) => match.id === id)?.phases ?? null;
  }

  statusOf(id) {
    return statusOf(this.state, id);
  }

  /** What a match's clock reads where the playhead is: as `reading` of the client; `null` until the timeline has come. */
  readingOf(id) {
    return readingNow(this.state, this.phasesOf(id), id, this.at());
  }

  /** The places of the timeline that a scrubber shows, of the match that is looked at. */
  get markers() {
    const { fixture } = this;
    return (this.timeline?.markers ?? []).filter((marker) => !fixture || marker.match === fixture.id);
  }

  /** Looks at one match, or at all: a step of its own in the browser's history. The focus goes with it. */
  goTo(id) {
    this.ui.focus = id === null ? `[data-match="${CSS.escape(this.chosen)}"]` : ".back";
    const url = new URL(window.location.href);
    if (id === null) url.searchParams.delete("match");
    else url.searchParams.set("match", id);
    window.history.pushState(null, "", url);
    this.choose(id);
  }

  choose(id) {
    this.chosen = id;
    this.complete();
    this.redraw();
  }

  say(text, tone = "info") {
    const notice = (this.notice = { text, tone });
    setTimeout(() => {
      if (this.notice !== notice) return;
      this.notice = null;
      this.redraw();
    }, NOTICE);
    this.redraw();
  }

  /** Commands, for whoever has control. What cannot be done is said, by the server's words or other ones. */
  async command(command, words = ({ message }) => message) {
    try {
      const answer = await this.stream.command(command);
      // What was said of the command before is over.
      this.notice = null;
      return answer;
    } catch (error) {
      this.say(words(error), "warning");
      return null;
    }
  }

  /** Goes to a place of the timeline, in ms. */
  async seekTo(at) {
    const { length } = this.playback;
    const answer = await this.command({ command: "seek", to: position(at, length) });
    // At the end nothing is left to play: having ended there, Play begins again.
    if (at < length || answer?.playback.state !== "paused") return answer;
    return this.command({ command: "step", until: "100%" });
  }

  told(frame, state) {
    if (["hello", "playback"].includes(frame.kind)) this.paceBefore = paceBefore(this.base, this.paceBefore, state.playback.pace);
    switch (frame.kind) {
      case "hello":
        if (frame.matches.length > SNAPSHOTS) this.followAll(frame.matches.map(({ id }) => id));
        // One that comes back is told no snapshot.
        this.complete();
        if (this.timeline?.run !== frame.run) this.timeline = null;
        this.trouble = null;
        if (this.hasAgreed) this.ui.focus = ".knob-play";
        this.hasAgreed = false;
        this.learnTimeline();
        break;
      case "snapshot":
        this.complete();
        break;
      case "playback":
        if (!this.spoilers) this.learnTimeline();
        break;
      case "event":
        if (!this.spoilers) this.learnTimeline();
        if (frame.n > state.head) this.heard(frame, this);
        break;
    }
  }

  /** Where there are many matches snapshots come of those that are newly named; what was to come of any is in them. */
  followAll(ids) {
    for (const match of [ids.slice(0, 1), ids]) {
      this.stream.command({ command: "subscribe", match }).catch(() => {
        // The line was cut; the next hello is the next occasion.
      });
    }
  }

  lineChanged(connection) {
    if (connection.state === "live" && connection.caughtUp !== null && this.cut) {
      const { caughtUp } = connection;
      this.say(`Back. ${caughtUp ? `Caught up ${caughtUp} ${caughtUp === 1 ? "event" : "events"}` : "Nothing was missed"}.`);
    } else if (connection.state === "live" && this.cut) this.say("Back, from where the match is now.");
    this.cut = connection.state === "lost" || (this.cut && connection.state !== "live");
    if (connection.code === 4504 && this.address.programme && this.state.hello) return this.beginAgain();
    if (connection.code === WRONG_TOKEN && this.token) {
      forgetToken(this.base);
      // Nor does one that was good: the server may have begun again with another.
      if (this.tokenKept || this.state?.hello) return this.resubscribeWithoutToken();
    }
    if (connection.state === "refused") {
      const { error, reason } = connection;
      this.fail(REFUSALS[connection.code] ?? "The server will not let this page in", {
        message: error?.message ?? reason,
        code: error?.code ?? connection.code,
      });
    }
    this.redraw();
  }

  /** Learns the timeline, again and again where it says only what has been told. */
  async learnTimeline() {
    if (this.learning) return void (this.learnAgain = true);
    this.learning = true;
    try {
      this.timeline = await getTimeline(this.base, this);
    } catch (error) {
      if (error instanceof Refused) this.say(`The timeline could not be read: ${error.message}`, "warning");
    }
    this.redraw();
    if (!this.spoilers) await new Promise((done) => setTimeout(done, TIMELINE_PAUSE));
    this.learning = false;
    if (this.learnAgain) {
      this.learnAgain = false;
      this.learnTimeline();
    }
  }

  /** Learns the whole past of the match that is looked at: a snapshot tells only what stands of it, and is important. */
  async complete() {
    const { match } = this;
    if (!match || match.complete) return;
    const wanted = `${this.state.hello.run}.${this.epoch}.${match.id}.${match.base}`;
    if (this.fetching.has(wanted)) return;
    this.fetching.add(wanted);
    try {
      const frames = await getHistory(this.base, match.id, match.base, this);
      // Meanwhile there may have been a seek, and then they may not be all.
      if (frames.length === match.seq && this.state.matches[match.id]?.base === match.base) this.stream.remember(match.id, frames);
    } catch {
      // Until then the ticker shows what the snapshot told.
      setTimeout(() => this.complete(), AGAIN);
    } finally {
      this.fetching.delete(wanted);
    }
  }
}

/** A place of a timeline, in ms, as commands take it: a share with so many digits that it is that very millisecond. */
const position = (at, length) => `${((Math.round(Math.max(0, Math.min(at, length))) / length) * 100).toFixed(12)}%`;

const WRONG_TOKEN = 4501;
const REFUSALS = {
  4500: "This link is wrong",
  [WRONG_TOKEN]: "This link's token opens nothing here",
  4504: "There is no such replay or match",
  4505: "There is no room",
  4506: "This replay has been closed",
};
