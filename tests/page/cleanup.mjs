// Cleanup at the end of a test, in reverse order: a page must not see its server go away.

const cleanups = new WeakMap();

/**
 * Registers `end` for the end of the test; an error in it fails the test. `describe` returns details, which are printed only if the
 * test fails.
 */
export function onTestEnd(t, end, describe = () => "") {
  if (!cleanups.has(t)) {
    cleanups.set(t, []);
    t.after(() => finish(t));
  }
  cleanups.get(t).unshift({ end, describe });
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
  const details = cleanups.get(t).map(({ describe }) => describe());
  const text = [...errors, ...details].filter((part) => part).join("\n");
  if (t.passed) throw new Error(text);
  // The test's own error is the reported one.
  if (text) console.error(`${t.name}: at the end of it\n${text}`);
}
