/** The client's requests, to the server of this page. */

import * as client from "../client.js";
import { addressOf } from "./address.js";

/** A page is patient: the timeline of a season may take this long, in ms, over a slow network. */
const TIMEOUT_MS = 60_000;

const server = () => addressOf("");
const limits = { timeout: TIMEOUT_MS };

export const replayOf = (id, token) => client.replayAt(server(), id, { token, ...limits });
export const openReplay = (replaySpec) => client.openReplay(server(), replaySpec, limits);
export const getScenarios = () => client.scenarios(server(), limits);
export const getReplays = () => client.replays(server(), limits);
