/**
 * Overlays for a broadcast: `/overlay/scorebug`, `/overlay/ticker`, `/overlay/goal`, and the same below `/r/{replay}`.
 *
 * Overlays are read-only: they send no commands, have no controls and a transparent background. A lost connection is not shown:
 * the last state stays, with its clock stopped, until the overlay has reconnected.
 *
 * | parameter | meaning | accepted | default |
 * |---|---|---|---|
 * | `match` | which match | an id of the scenario; `ticker` and `goal` take several, separated by commas | `scorebug`: the match in play, of several the one with the latest event; the others: all |
 * | `width` | the width, px; everything scales with it | a quarter to eight times the design width | the window's width |
 * | `scale` | the width as a multiple of the design width | 0.25 to 8; `width` takes precedence | |
 * | `theme` | the background of the text | `dark`, `light` | `dark` |
 * | `hold` | `goal`: how long a card is shown, in real time | `1s` to `60s` | `8s` |
 * | `token` | the token of a replay that requires one; see `ui/token.js` | | |
 *
 * The design sizes are 480 by 72 (`scorebug`), 1280 by 64 (`ticker`) and 640 by 200 (`goal`). An invalid parameter is ignored,
 * with a message in the console; a missing match or replay is waited for.
 *
 * Broadcast software may embed a browser that is years old: these pages need Chromium 103 or later.
 */
import { Feed } from "./feed.js";
import { Goal } from "./goal.js";
import { readParameters, widthOf } from "./parameters.js";
import { Scorebug } from "./scorebug.js";
import { Ticker } from "./ticker.js";
import { render } from "../ui/dom.js";
import { frameLoop, updateMoving } from "../ui/frame-loop.js";
import { takeTokenFromAddress } from "../ui/token.js";

const OVERLAYS = { scorebug: Scorebug, ticker: Ticker, goal: Goal };

function start() {
  const { token, kept } = takeTokenFromAddress();
  const parameters = { ...readParameters(window.location, (text) => console.info(text)), token, kept };
  const { kind } = parameters;
  if (!kind) return;
  const page = document.documentElement;
  document.title = `Touchline ${kind}`;
  page.dataset.overlay = kind;
  page.dataset.theme = parameters.theme;
  const width = widthOf(parameters);
  if (width) page.style.setProperty("--width", `${width}px`);

  let needsRender = true;
  const feed = new Feed(parameters, {
    change: () => {
      needsRender = true;
      wake();
    },
    frame: (frame, isLive) => overlay.onFrame(frame, performance.now(), isLive),
  });
  const overlay = new OVERLAYS[kind](feed, parameters);
  const root = document.querySelector("#overlay");
  const wake = frameLoop(() => {
    // An overlay may change by time alone.
    const hasChanged = overlay.update(performance.now(), needsRender);
    const isDrawn = hasChanged || needsRender;
    needsRender = false;
    if (isDrawn) render(root, overlay.view());
    updateMoving();
    return overlay.nextChangeIn(performance.now());
  });
  feed.start();
}

start();
