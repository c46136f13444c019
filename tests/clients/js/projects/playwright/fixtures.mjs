import { test as base } from "@playwright/test";
import { fixtures } from "touchline/playwright";

export { expect } from "@playwright/test";
export const test = base.extend(fixtures);
