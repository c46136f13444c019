/** What the browser keeps for the session of the tab, where it does. */

export function keep(key, value) {
  try {
    window.sessionStorage.setItem(key, value);
    return true;
  } catch {
    return false;
  }
}

/** `null` if there is nothing, also where the browser forbids the storage. */
export function kept(key) {
  try {
    return window.sessionStorage.getItem(key);
  } catch {
    return null;
  }
}

export function forget(key) {
  try {
    window.sessionStorage.removeItem(key);
  } catch {
    // Then it was not kept either.
  }
}
