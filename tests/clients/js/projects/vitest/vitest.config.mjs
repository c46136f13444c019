export default { test: { globalSetup: "touchline/vitest", testTimeout: 20_000, provide: { touchlineServerArgs: ["var", "--paused"] } } };
