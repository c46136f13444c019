/** HTTP requests to the server. A failed one throws an error with the message and the code of the protocol's `error` frame. */

import { addressOf } from "./address.js";

export class RequestError extends Error {
  constructor(status, body) {
    super(body?.message ?? `the server answered ${status}`);
    this.status = status;
    this.code = body?.code;
  }
}

async function request(path, { token, ...options } = {}) {
  const headers = token ? { Authorization: `Bearer ${token}` } : {};
  const answer = await fetch(addressOf(path), { ...options, headers });
  const body = await answer.json().catch(() => null);
  if (!answer.ok) throw new RequestError(answer.status, body);
  return body;
}

export const getTimeline = (base, { token, spoilers }) => request(`${base}/timeline${spoilers ? "" : "?spoilers=0"}`, { token });

export const getJournal = (replay, { token }) => request(`/api/replays/${encodeURIComponent(replay)}/journal?all=1`, { token });

export const getVerdict = (replay, { token }) => request(`/api/replays/${encodeURIComponent(replay)}/verdict`, { token });

/**
 * Fetches all events of a match up to `to`, in pages. After a seek backwards the server has fewer, and refuses an end that lies
 * ahead: so the last page is requested without one.
 */
export async function getHistory(base, match, to, { token }) {
  // Half of a response's limit: the other half is for events emitted during the request.
  const pageSize = 5_000;
  const frames = [];
  for (let from = 1; from <= to; from += pageSize) {
    const end = from + pageSize <= to ? `&to=${from + pageSize - 1}` : "";
    frames.push(...(await request(`${base}/history?match=${encodeURIComponent(match)}&from=${from}${end}`, { token })));
  }
  return frames.filter(({ n }) => n <= to);
}

export const getScenarios = async () => (await request("/api/scenarios")).scenarios;
export const getReplays = async () => (await request("/api/replays")).replays;
export const openReplay = (replaySpec) => request("/api/replays", { method: "POST", body: JSON.stringify(replaySpec) });
