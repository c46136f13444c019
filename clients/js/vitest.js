// The `globalSetup` of Vitest: one server for all test files, whose address is provided as `touchlineUrl`. Its arguments are those that
// the configuration provides as `touchlineServerArgs`.
import { testServer } from "./testing.js";

export default async function setup(project) {
  const server = await testServer({ args: project.config.provide?.touchlineServerArgs });
  const token = server.token ? `/?token=${encodeURIComponent(server.token)}` : "";
  project.provide("touchlineUrl", server.url + token);
  return () => server.close();
}
