//! What has to hold on every page, whichever test comes by.

import { expect, type Page } from '@playwright/test';
import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { screenshots } from './before-all.ts';
import { say, within, type Language } from './words.ts';

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

/** WCAG 2.2, levels A and AA. */
const RULES = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'];

const WIDTHS = [375, 1280];
/** WCAG 1.4.10: no scrolling sideways; what 1280 px are at 400 %. */
const NARROWEST = 320;

/** The pages that this worker has looked at; one name is one state of one page. */
const seen = new Set<string>();

/** Looks at a page as a whole, once for each name. */
export async function inspect(page: Page, name: string, language: Language, scripts: boolean): Promise<void> {
  const key = `${language}-${name}`;
  if (seen.has(key)) return;
  seen.add(key);
  await frame(page, language);
  expect(await violations(page, scripts), `axe on ${name}`).toEqual([]);
  await widths(page, key);
}

/** The parts that every page has, in the same places. */
async function frame(page: Page, language: Language): Promise<void> {
  const heading = page.getByRole('heading', { level: 1 });
  await expect(heading).toHaveCount(1);
  await expect(page).toHaveTitle(within((await heading.innerText()).trim()));
  await expect(page.locator('html')).toHaveAttribute('lang', language);
  await expect(page.getByRole('main')).toHaveCount(1);
  const header = page.getByRole('banner');
  await expect(header.getByRole('button', { name: language === 'en' ? 'Español' : 'English', exact: true })).toBeVisible();
  await expect(header.getByRole('link', { name: say('Login Help', language), exact: true })).toBeVisible();
  const footer = page.getByRole('contentinfo');
  await expect(footer.locator('a[href^="tel:"]')).toBeVisible();
  await expect(footer.locator('a[href^="mailto:"]')).toBeVisible();
  await expect(page.getByRole('link', { name: say('Skip to main content', language), exact: true })).toHaveCount(1);
}

/**
 * Without scripts a refresh is how a page warns that time is running out, and how what is personal leaves the screen. It
 * leads to a page with a button that gives more time (WCAG 2.2.1), which axe cannot know.
 */
const OUR_REFRESH = /^meta-refresh: .*url=\/o\/[a-z]+\/(still-there|signed-out)\b/;

/** What axe finds, one line for each. */
export async function violations(page: Page, scripts: boolean): Promise<string[]> {
  if (!scripts) {
    // Timers of the page do not run with scripts off, and axe waits for some.
    await page.evaluate(() => {
      const soon = (task: TimerHandler, ...args: unknown[]) => {
        void Promise.resolve().then(() => (task as (...args: unknown[]) => void)(...args));
        return 1;
      };
      window.setTimeout = ((task: TimerHandler, _: number, ...args: unknown[]) => soon(task, ...args)) as typeof setTimeout;
      window.requestAnimationFrame = (task) => soon(() => task(performance.now()));
    });
  }
  await page.evaluate(axe);
  const found = await page.evaluate(async ([tags, preload]) => {
    const { axe } = window as unknown as { axe: typeof import('axe-core') };
    // Loading the stylesheets once more is a matter of timers, too; the rule that reads them has its turn with scripts on.
    const { violations } = await axe.run(document, { runOnly: [...tags], resultTypes: ['violations'], preload });
    return violations.flatMap(({ id, help, nodes }) =>
      nodes.map((node) => `${id}: ${help}: ${node.html.slice(0, 200)} ${node.failureSummary ?? ''}`),
    );
  }, [RULES, scripts] as const);
  return found.filter((line) => scripts || !OUR_REFRESH.test(line));
}

/** No page scrolls sideways at 320 px; and pictures of it, for people to look at. */
async function widths(page: Page, key: string): Promise<void> {
  const before = page.viewportSize();
  await page.setViewportSize({ width: NARROWEST, height: 640 });
  const wide = await page.evaluate((narrowest) => {
    const root = document.scrollingElement!;
    if (root.scrollWidth <= narrowest) return [];
    const outside = [...document.body.querySelectorAll('*')].filter((e) => e.getBoundingClientRect().right > narrowest + 1);
    return [`${root.scrollWidth} px`, ...outside.map((e) => e.outerHTML.slice(0, 120))];
  }, NARROWEST);
  expect(wide, `what is wider than ${NARROWEST} px on ${key}`).toEqual([]);
  for (const width of WIDTHS) {
    const path = `${screenshots}/${key}-${width}.png`;
    if (existsSync(path)) continue;
    await page.setViewportSize({ width, height: width < 500 ? 812 : 800 });
    await page.screenshot({ path, fullPage: true, animations: 'disabled' });
  }
  if (before) await page.setViewportSize(before);
}
