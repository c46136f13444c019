// The end of a test: what it has opened is closed, the last first, so that a page does not see its server go away.

const cleanups = new WeakMap();

/**
 * `end` is called when the test is over, and fails it by throwing. `tell` then gives what may explain why it failed: it is
 * shown only where it did.
 */
export function onTestEnd(t, end, tell = () => "") {
  if (!cleanups.has(t)) {
    cleanups.set(t, []);
    t.after(() => finish(t));
  }
  cleanups.get(t).unshift({ end, tell });
}

async function finish(t) {
  const errors = [];
  for (const { end } of cleanups.get(t)) {
    try {
      await end();
    } catch (error) {
      errors.push(error.message);
    }
  }
  if (t.passed && errors.length === 0) return;
  const told = cleanups.get(t).map(({ tell }) => tell());
  const text = [...errors, ...told].filter((part) => part).join("\n");
  if (t.passed) throw new Error(text);
  // The test's own error is the one that is reported.
  if (text) console.error(`${t.name}: at the end of it\n${text}`);
}
