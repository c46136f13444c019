// Pages of other sites in the browser of a test.
import { once } from "node:events";
import { createServer } from "node:http";

import { FOREIGN_HOST } from "./chromium.mjs";
import { onTestEnd } from "./cleanup.mjs";
import { until, visit } from "./harness.mjs";

/** Serves a page at a host name of this machine, and returns its address. */
export async function pageAt(t, host, body) {
  const server = createServer((_, response) => response.setHeader("content-type", "text/html").end(body));
  onTestEnd(t, () => server.close());
  await once(server.listen(0, "127.0.0.1"), "listening");
  return `http://${host}:${server.address().port}/`;
}

/** Opens a page of another site and clicks its link to `url`; `options` are those of `visit`. */
export async function visitByLink(t, url, { host = FOREIGN_HOST, ...options } = {}) {
  const link = `<a href="${url.replaceAll("&", "&amp;")}">a link</a>`;
  const expect = { ...options.expect, origin: [/./], status: [404, ...(options.expect?.status ?? [])] };
  const page = await visit(t, await pageAt(t, host, `<link rel="icon" href="data:,">${link}`), { ...options, expect });
  await page.click("a");
  await page.waitForURL((address) => address.host === new URL(url).host);
  return page;
}

/** Waits until the page asks whether to play. */
export const asks = (page) => until(page, () => document.querySelector(".question-title:not(:empty)") && !/^Looking/.test(document.querySelector(".question-title").textContent), "it asks");
