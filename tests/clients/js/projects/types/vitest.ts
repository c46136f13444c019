/// <reference types="touchline/vitest" />
import { openReplay } from "touchline";
import { inject, test } from "vitest";

test("the goal is shown", async () => {
  const url: string = inject("touchlineUrl");
  const replay = await openReplay(url, { scenario: "juv", paused: true });
  await replay.close();
});

// @ts-expect-error: a value that nobody provides
inject("touchline");
