/// <reference types="touchline/vitest" />
import { openReplay } from "touchline";
import { inject, test } from "vitest";
import { defineConfig } from "vitest/config";
import type { ViteUserConfig } from "vitest/config";

test("the goal is shown", async () => {
  const url: string = inject("touchlineUrl");
  const replay = await openReplay(url, { scenario: "juv", paused: true });
  await replay.close();
});

export const config: ViteUserConfig = defineConfig({ test: { globalSetup: "touchline/vitest", provide: { touchlineServerArgs: ["var"] } } });

// @ts-expect-error: one text in place of a list
defineConfig({ test: { provide: { touchlineServerArgs: "var" } } });
// @ts-expect-error: a value that nobody provides
inject("touchline");
