//! The test of this suite: a visitor at a portal, and nothing on the console.

import { test as base, expect, type BrowserContextOptions } from '@playwright/test';
import { Portal } from './portal.ts';
import { Visitor } from './visitor.ts';
import { Watch } from './watch.ts';
import type { Language } from './words.ts';

interface Worker {
  /** The worker's own demo, with its mail server. */
  portal: Portal;
}

interface Each {
  language: Language;
  /** Whether pages may run scripts. */
  scripts: boolean;
  /** Somebody at a browser of their own. */
  visitor: Visitor;
  /** Somebody else, at another browser. */
  anotherVisitor: (options?: BrowserContextOptions) => Promise<Visitor>;
  watched: Watch[];
}

export const test = base.extend<Each, Worker>({
  portal: [
    async ({}, use, info) => {
      const portal = await Portal.start(`${info.project.name}-${info.workerIndex}`);
      await use(portal);
      await portal.stop();
    },
    { scope: 'worker', timeout: 90_000 },
  ],
  baseURL: async ({ portal }, use) => use(portal.url),
  language: async ({ locale }, use) => use(locale?.startsWith('es') ? 'es' : 'en'),
  scripts: async ({ javaScriptEnabled }, use) => use(javaScriptEnabled !== false),
  watched: [
    async ({ portal }, use) => {
      portal.mailbox.putAway();
      const watched: Watch[] = [];
      await use(watched);
      expect(watched.flatMap((watch) => watch.troubles()), 'console, errors, requests').toEqual([]);
    },
    { auto: true },
  ],
  visitor: async ({ context, page, language, scripts, watched }, use) => {
    const watch = new Watch(context, scripts);
    watched.push(watch);
    await use(new Visitor(page, watch, language, scripts));
  },
  anotherVisitor: async ({ browser, contextOptions, baseURL, locale, javaScriptEnabled, language, scripts, watched }, use) => {
    const contexts: { close(): Promise<void> }[] = [];
    await use(async (options = {}) => {
      const context = await browser.newContext({ ...contextOptions, baseURL, locale, javaScriptEnabled, ...options });
      contexts.push(context);
      const watch = new Watch(context, scripts);
      watched.push(watch);
      return new Visitor(await context.newPage(), watch, language, scripts);
    });
    await Promise.all(contexts.map((context) => context.close()));
  },
});

export { expect };
