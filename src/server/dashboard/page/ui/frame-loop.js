/** The animation frame loop: updates what moves on its own (the clock, the playhead), apart from rendering on changes. */

const moving = new Map();

/**
 * Calls `move(element)` on each frame while the element is on the page: for a view's `ref`. `move` may return in how many ms it
 * changes next while playback is paused.
 */
export const eachFrame = (move) => (element) => {
  moving.set(element, move);
  move(element);
};

/** Updates everything that moves. Returns in how many ms something changes while playback is paused. */
export function updateMoving() {
  let nextChange = Infinity;
  for (const [element, move] of moving) {
    if (element.isConnected) nextChange = Math.min(nextChange, move(element) ?? Infinity);
    else moving.delete(element);
  }
  return nextChange;
}

/** Returns `wake`, which schedules `draw` for the next frame. `draw` returns in how many ms it has to run again. */
export function frameLoop(draw) {
  let [frame, timer] = [null, null];
  function wake() {
    clearTimeout(timer);
    frame ??= requestAnimationFrame(drawFrame);
  }
  function drawFrame() {
    frame = null;
    let nextChange = Infinity;
    try {
      nextChange = draw();
    } finally {
      if (nextChange <= 0) wake();
      else if (nextChange < Infinity) timer = setTimeout(wake, nextChange);
    }
  }
  return wake;
}

/** Sets a text only if it differs: a frame without changes should cost nothing. */
export function setText(element, text) {
  if (element.textContent !== text) element.textContent = text;
}
