/** The types of `playwright.js`. */
import type { Fixtures } from "@playwright/test";
import type { TestReplay, TestServer } from "./testing.js";
import type { OpenRequest } from "./touchline.js";

export interface TouchlineFixtures {
  /** An option: the scenario of the test's replay, or its fields. */
  replayOptions: string | OpenRequest;
  /** A replay of the test's own, paused; closed at its end. */
  replay: TestReplay;
}

export interface TouchlineWorkerFixtures {
  /** An option: the arguments of the worker's server, as after `touchline serve`. */
  touchlineServerArgs: string[];
  touchlineServer: TestServer;
}

export const fixtures: Fixtures<TouchlineFixtures, TouchlineWorkerFixtures>;
