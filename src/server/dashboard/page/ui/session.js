/** The tab's session storage, where the browser allows it. */

export function storeValue(key, value) {
  try {
    window.sessionStorage.setItem(key, value);
    return true;
  } catch {
    return false;
  }
}

/** `null` if the value is missing or the storage forbidden. */
export function storedValue(key) {
  try {
    return window.sessionStorage.getItem(key);
  } catch {
    return null;
  }
}

export function removeValue(key) {
  try {
    window.sessionStorage.removeItem(key);
  } catch {
    // A forbidden storage holds no value.
  }
}
