/** The types of `testing.js`. */
/// <reference lib="esnext.disposable" />
import type { Finding, OpenRequest, Replay, ServerOptions } from "./touchline.js";

export interface TestServerOptions {
  /** As after `touchline serve`. */
  args?: readonly string[];
  /** The program, a path or a name on PATH, in place of TOUCHLINE_BINARY and of the installed one. */
  binary?: string;
  /** Stops the server. */
  signal?: AbortSignal;
}

/** A replay. If its server ends, its requests say so. */
export interface TestReplay extends Replay, AsyncDisposable {
  /** In the lines of a scenario that was sent. */
  readonly findings?: Finding[];
}

export interface TestServer extends AsyncDisposable {
  /** The address of the page and of the API. */
  readonly url: string;
  /** The address of the stream of replay `main`. */
  readonly ws: string;
  /** The token of TOUCHLINE_URL, or TOUCHLINE_TOKEN. */
  readonly token: string | null;
  /** `null` for the server of TOUCHLINE_URL. */
  readonly pid: number | null;
  /** Opens a private replay: of `juv` and paused, unless the options say otherwise. A text is the scenario. */
  open(options?: string | OpenRequest): Promise<TestReplay>;
  /** A replay that exists, such as `main`. */
  replay(id: string, settings?: Omit<ServerOptions, "signal">): TestReplay;
  /** Stops a server of its own; it leaves that of TOUCHLINE_URL running. */
  close(): Promise<void>;
}

/** The server that TOUCHLINE_URL names, else a new one, which stops with this process. */
export function testServer(options?: TestServerOptions): Promise<TestServer>;
