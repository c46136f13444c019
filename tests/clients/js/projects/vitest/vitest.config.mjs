export default { test: { globalSetup: "touchline/vitest" } };
