export function listenForKeys() {}
