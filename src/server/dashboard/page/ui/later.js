/** Views that are fetched when they are first wanted: what nobody needs to see a match need not be there when it begins. */

/** The view of a dialog that `load(query)` promises, its module imported with that query behind its name; until it has come there is nothing, and if it cannot be had, that is said. */
export function later(load) {
  let view = null;
  let loading = false;
  let failures = 0;
  return (model) => {
    if (view || loading) return view?.(model) ?? null;
    loading = true;
    // A browser remembers that a module could not be had, and by which name.
    load(failures ? `?again=${failures}` : "").then((loaded) => {
      view = loaded;
      model.redraw();
    }, () => {
      failures += 1;
      model.ui.set({ dialog: null });
      model.say("The server did not answer: try again when it is back.", "warning");
    }).finally(() => (loading = false));
    return null;
  };
}
