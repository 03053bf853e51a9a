import { defineConfig, devices } from '@playwright/test';
import { fileURLToPath } from 'node:url';

const target = fileURLToPath(new URL('../target', import.meta.url));

export default defineConfig({
  testDir: 'tests',
  outputDir: `${target}/playwright`,
  globalSetup: './support/before-all.ts',
  // A worker is a browser, a portal of its own and a mail server: two cores carry two of them.
  workers: Number(process.env.PORTICO_BROWSER_WORKERS ?? 2),
  fullyParallel: false,
  forbidOnly: !!process.env.CI,
  retries: 0,
  timeout: 90_000,
  expect: { timeout: 15_000 },
  reporter: [['list'], ['json', { outputFile: `${target}/playwright.json` }]],
  use: {
    ...devices['Desktop Chrome'],
    viewport: { width: 1280, height: 800 },
    timezoneId: 'America/Los_Angeles',
    screenshot: 'only-on-failure',
    launchOptions: {
      executablePath: process.env.PORTICO_CHROMIUM || undefined,
      args: [
        '--no-sandbox',
        '--disable-gpu',
        '--disable-quic',
        '--no-first-run',
        '--disable-background-networking',
        '--disable-component-update',
        '--disable-sync',
      ],
    },
  },
  // The same journeys, however the page is brought to life and whatever its language. Tests say in their tags what they
  // are for: @scripts or @no-scripts alone, and @spanish where the journey is walked in Spanish as well.
  projects: [
    { name: 'scripts', use: { locale: 'en-US' }, grepInvert: /@no-scripts/ },
    { name: 'no-scripts', use: { locale: 'en-US', javaScriptEnabled: false }, grepInvert: /@scripts/ },
    { name: 'spanish', use: { locale: 'es-US' }, grep: /@spanish/ },
  ],
});
