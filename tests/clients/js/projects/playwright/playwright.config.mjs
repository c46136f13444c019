// As a user would have it, with the system's Chromium.
export default {
  reporter: "list",
  fullyParallel: true,
  timeout: 30_000,
  use: { launchOptions: { executablePath: process.env.CHROMIUM, args: ["--no-sandbox"] } },
};
