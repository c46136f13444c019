/** What moves with every frame of the screen (the clock, the playhead), apart from what is redrawn when something is told. */

const moving = new Map();

/** Has `move(element)` called for each frame as long as the element is on the page: for a view's `made`. */
export const eachFrame = (move) => (element) => {
  moving.set(element, move);
  move(element);
};

/** Moves everything once. */
export function moveAll() {
  for (const [element, move] of moving) {
    if (element.isConnected) move(element);
    else moving.delete(element);
  }
}

/** Sets a text only if it differs: a frame in which nothing changes should cost nothing. */
export function setText(element, text) {
  if (element.textContent !== text) element.textContent = text;
}
