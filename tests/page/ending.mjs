// The end of a test: what it has opened is closed, the last first, so that a page does not see its server go away.

const endings = new WeakMap();

/**
 * `end` is called when the test is over, and fails it by throwing. `tell` then gives what may explain why it failed: it is
 * shown only where it did.
 */
export function atTheEnd(t, end, tell = () => "") {
  if (!endings.has(t)) {
    endings.set(t, []);
    t.after(() => finish(t));
  }
  endings.get(t).unshift({ end, tell });
}

async function finish(t) {
  const errors = [];
  for (const { end } of endings.get(t)) {
    try {
      await end();
    } catch (error) {
      errors.push(error.message);
    }
  }
  if (t.passed && errors.length === 0) return;
  const told = endings.get(t).map(({ tell }) => tell());
  const text = [...errors, ...told].filter((part) => part).join("\n");
  if (t.passed) throw new Error(text);
  // The test's own error is the one that is reported.
  if (text) console.error(`${t.name}: at the end of it\n${text}`);
}
