/**
 * Overlays for a broadcast: `/overlay/scorebug`, `/overlay/ticker`, `/overlay/goal`, and the same below `/r/{replay}`.
 *
 * They look and never touch: no command is sent, nothing can be pressed, nothing stands behind them. A lost connection is
 * not shown either: the last state stays, its clock stops, and they come back by themselves.
 *
 * | parameter | meaning | accepted | default |
 * |---|---|---|---|
 * | `match` | which match | an id of the scenario; `ticker` and `goal` take several, separated by commas | `scorebug`: one in play, of several the one that something was told of last; the others: all |
 * | `width` | how wide it is, px; everything grows with it | a quarter to eight times the width that it is drawn for | as wide as the window |
 * | `scale` | the same, as so many times the size that it is drawn for | 0.25 to 8; `width` goes before it | |
 * | `theme` | the plate that the text stands on | `dark`, `light` | `dark` |
 * | `hold` | `goal`: how long a card stands, on the wall | `1s` to `60s` | `8s` |
 * | `token` | for a replay that answers to one; see `ui/token.js` | | |
 *
 * They are drawn for 480 by 72 (`scorebug`), 1280 by 64 (`ticker`) and 640 by 200 (`goal`). What is wrong is left out of
 * account, and the console says so; but a match or a replay that there is not is waited for.
 *
 * Programs for broadcasting bring a browser that may be years old: what these pages use is in Chromium since version 103.
 */
import { Feed } from "./feed.js";
import { Goal } from "./goal.js";
import { readParameters, widthOf } from "./parameters.js";
import { Scorebug } from "./scorebug.js";
import { Ticker } from "./ticker.js";
import { render } from "../ui/dom.js";
import { drawing, moveAll } from "../ui/live.js";
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

  let due = true;
  const feed = new Feed(parameters, {
    change: () => {
      due = true;
      wake();
    },
    frame: (frame, isNews) => overlay.told(frame, performance.now(), isNews),
  });
  const overlay = new OVERLAYS[kind](feed, parameters);
  const root = document.querySelector("#overlay");
  const wake = drawing(() => {
    // Time alone may change what stands there.
    const moved = overlay.moved(performance.now(), due);
    const isDrawn = moved || due;
    due = false;
    if (isDrawn) render(root, overlay.view());
    moveAll();
    return overlay.rest(performance.now());
  });
  feed.start();
}

start();
