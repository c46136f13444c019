/** What moves with every frame of the screen (the clock, the playhead), apart from what is redrawn when something is told. */

const moving = new Map();

/**
 * Has `move(element)` called for each frame that is drawn as long as the element is on the page: for a view's `made`. What also
 * changes while playback stands still answers in how many ms.
 */
export const eachFrame = (move) => (element) => {
  moving.set(element, move);
  move(element);
};

/** Moves everything once, and says in how many ms something changes by itself while playback stands still. */
export function moveAll() {
  let rest = Infinity;
  for (const [element, move] of moving) {
    if (element.isConnected) rest = Math.min(rest, move(element) ?? Infinity);
    else moving.delete(element);
  }
  return rest;
}

/** Has `draw` called for a frame when it is woken, and after that as it says itself: it answers in how many ms it is needed again. */
export function drawing(draw) {
  let [frame, alarm] = [null, null];
  function wake() {
    clearTimeout(alarm);
    frame ??= requestAnimationFrame(drawFrame);
  }
  function drawFrame() {
    frame = null;
    let rest = Infinity;
    try {
      rest = draw();
    } finally {
      if (rest <= 0) wake();
      else if (rest < Infinity) alarm = setTimeout(wake, rest);
    }
  }
  return wake;
}

/** Sets a text only if it differs: a frame in which nothing changes should cost nothing. */
export function setText(element, text) {
  if (element.textContent !== text) element.textContent = text;
}
