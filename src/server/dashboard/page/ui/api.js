/** What is asked over HTTP. A refusal becomes an error with the words and the code of the protocol's `error` frame. */

import { addressOf } from "./address.js";

export class Refused extends Error {
  constructor(status, body) {
    super(body?.message ?? `the server answered ${status}`);
    this.status = status;
    this.code = body?.code;
  }
}

async function ask(path, { token, ...request } = {}) {
  const headers = token ? { Authorization: `Bearer ${token}` } : {};
  const answer = await fetch(addressOf(path), { ...request, headers });
  const body = await answer.json().catch(() => null);
  if (!answer.ok) throw new Refused(answer.status, body);
  return body;
}

export const getTimeline = (base, { token, spoilers }) => ask(`${base}/timeline${spoilers ? "" : "?spoilers=0"}`, { token });

/**
 * All events of a match up to `to`, in as many parts as it takes. Where the replay has gone back meanwhile it tells fewer: the
 * last part is asked for without an end, for one that lies ahead by now would be refused.
 */
export async function getHistory(base, match, to, { token }) {
  // Half of what one answer may have: the other half is for what is told while it is asked for.
  const most = 5_000;
  const frames = [];
  for (let from = 1; from <= to; from += most) {
    const end = from + most <= to ? `&to=${from + most - 1}` : "";
    frames.push(...(await ask(`${base}/history?match=${encodeURIComponent(match)}&from=${from}${end}`, { token })));
  }
  return frames.filter(({ n }) => n <= to);
}

export const getScenarios = async () => (await ask("/api/scenarios")).scenarios;
export const getReplays = async () => (await ask("/api/replays")).replays;
export const openReplay = (programme) => ask("/api/replays", { method: "POST", body: JSON.stringify(programme) });
