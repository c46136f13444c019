// A replay of a test: its errors say what has ended its server, and where the test made the request.
import { inspect } from "node:util";

import { RequestError } from "./touchline.js";

const inOneLine = (value) => inspect(value, { breakLength: Infinity, compact: true, depth: 1, maxStringLength: 60, maxArrayLength: 3 });

/** The folder of this package, as it is in the lines of a stack. */
const FOLDER = new URL(".", import.meta.url).pathname;

/** The lines of a stack after its message, without those of this package: test runners show the first one. */
const callerLines = ({ stack = "" }) => stack.split("\n").filter((line) => /^ +at /.test(line) && !line.includes(FOLDER));

/**
 * Promises what a request does, of which the first argument says how it was called. `death` promises how its server has ended, if it has: the
 * error says so then rather than that a connection was lost.
 */
export async function answered({ name, of = "", args, death }, request) {
  try {
    return await request(...args);
  } catch (error) {
    const lines = error instanceof Error ? callerLines(error) : [];
    // A refusal comes from a server that runs.
    const how = error instanceof RequestError ? undefined : await death();
    const told = how ? new Error(`${how}; no answer to ${name}(${args.map(inOneLine).join(", ")})${of}`) : error;
    if (lines.length > 0) told.stack = [`${told.name}: ${told.message}`, ...lines].join("\n");
    throw told;
  }
}

/** The time limit of closing a replay whose server has not answered before, in ms. */
const LAST_ANSWER_MS = 2_000;

/** The replays of which a request was not answered in time. */
const unanswered = new WeakSet();

/** Whether a request of a replay was not answered in time. */
export const hasTimedOut = (replay) => unanswered.has(replay);

/** How many subscribers the last step of each replay was sent to. */
const lastStep = new WeakMap();

/** Whether the last step of a replay was sent to no subscriber. */
export const hasSteppedAlone = (replay) => lastStep.get(replay) === 0;

/** A replay whose requests say how their server has ended. */
export function watched(replay, death) {
  const request = (name, member) => async (...args) => {
    try {
      const answer = await answered({ name, of: ` of replay ${replay.id}`, args, death }, member);
      if (answer?.subscribers !== undefined) lastStep.set(test, answer.subscribers);
      return answer;
    } catch (error) {
      if (error?.name === "TimeoutError") unanswered.add(test);
      throw error;
    }
  };
  const members = Object.entries(replay).map(([name, member]) => {
    const isRequest = typeof member === "function" && name !== "subscribe";
    return [name, isRequest ? request(name, member) : member];
  });
  const close = async () => {
    try {
      await replay.close(hasTimedOut(test) ? { timeout: LAST_ANSWER_MS } : {});
    } catch (error) {
      // A server that is gone has closed it. It may also be late, or refuse.
      if (error instanceof RequestError || error.name === "TimeoutError") throw error;
    }
  };
  const test = disposable({ ...Object.fromEntries(members), close });
  return test;
}

/** Adds `Symbol.asyncDispose`, which `await using` calls, where it exists. */
export const disposable = (object) => (Symbol.asyncDispose ? { ...object, [Symbol.asyncDispose]: object.close } : object);
