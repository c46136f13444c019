/** Views that are loaded on first use. */

/**
 * The view of a dialog, loaded by `load(query)`, which imports its module with that query in the address. Nothing is drawn
 * until it is loaded; a failure shows a notice.
 */
export function lazyView(load) {
  let view = null;
  let loading = false;
  let failures = 0;
  return (model) => {
    if (view || loading) return view?.(model) ?? null;
    loading = true;
    // A browser caches a failed import by its address, so a retry needs another.
    load(failures ? `?again=${failures}` : "").then((loaded) => {
      view = loaded;
      model.redraw();
    }, () => {
      failures += 1;
      model.ui.set({ dialog: null });
      model.notify("The server did not answer: try again when it is back.", "warning");
    }).finally(() => (loading = false));
    return null;
  };
}

/** Loads a stylesheet; rejects if it cannot be loaded. `address`: absolute. */
export function loadStyle(address) {
  const link = Object.assign(document.createElement("link"), { rel: "stylesheet", href: address });
  return new Promise((resolve, reject) => {
    link.onload = resolve;
    link.onerror = () => {
      link.remove();
      reject(new Error(`${address} could not be loaded`));
    };
    document.head.append(link);
  });
}
