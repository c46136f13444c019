/** The types of `vitest.js`. */
import type { TestProject } from "vitest/node";

declare module "vitest" {
  export interface ProvidedContext {
    /** The address of the server, as `openReplay` takes it. */
    touchlineUrl: string;
    /** For the configuration: the arguments of the server, as after `touchline serve`. */
    touchlineServerArgs?: readonly string[];
  }
}

export default function setup(project: TestProject): Promise<() => Promise<void>>;
