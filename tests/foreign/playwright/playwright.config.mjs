// Playwright Test as a team would set it up, with the system's Chromium.
export default {
  testDir: ".",
  timeout: 60_000,
  reporter: "line",
  outputDir: process.env.PLAYWRIGHT_OUTPUT_DIR,
  use: { launchOptions: { executablePath: process.env.CHROMIUM, args: ["--no-sandbox"] } },
};
