import { expect } from '@playwright/test';
import { enter, member, type Member } from '../support/journeys.ts';
import { PlainVisitor } from '../support/plain.mjs';
import { EVERGREEN, type Portal } from '../support/portal.ts';
import { test } from '../support/test.ts';
import type { Visitor } from '../support/visitor.ts';

/** How long a session lives on after its last tab has gone, in seconds. */
const GRACE = 20;

/** Another browser of the person, which sees the sessions of both and takes nothing back by asking. */
class Elsewhere {
  /** Those that were there before, such as the one of the registration. */
  private before = 0;

  private constructor(
    private readonly browser: PlainVisitor,
    private readonly portal: Portal,
  ) {}

  static async of(portal: Portal, someone: Member): Promise<Elsewhere> {
    const browser = new PlainVisitor(portal.url);
    await browser.open(`${EVERGREEN}/sign-in`);
    await browser.send({ identifier: someone.userId, password: someone.password });
    expect(browser.heading).toBe('Your programs');
    const elsewhere = new Elsewhere(browser, portal);
    elsewhere.before = await elsewhere.others();
    return elsewhere;
  }

  /** How many sessions were added by others, once the time of grace is over. */
  async others(): Promise<number> {
    await this.portal.advance(`${GRACE}s`);
    await this.browser.open(`${EVERGREEN}/account/sessions`);
    return [...this.browser.page.text.matchAll(/action="\/api\/end-session"/g)].length - this.before;
  }
}

/** Signs in, and looks on from elsewhere. */
async function signedIn(visitor: Visitor, portal: Portal): Promise<Elsewhere> {
  const someone = await member(portal);
  const elsewhere = await Elsewhere.of(portal, someone);
  await enter(visitor, someone);
  expect(await elsewhere.others()).toBe(1);
  return elsewhere;
}

/** The news that a page goes arrive when they do: each look is a time of grace later than the one before. */
async function ends(elsewhere: Elsewhere): Promise<void> {
  await expect.poll(() => elsewhere.others(), { message: 'the session ends' }).toBe(0);
}

test.describe('leaving the portal', { tag: '@scripts' }, () => {
  test('going elsewhere ends the session', async ({ visitor, portal }) => {
    const elsewhere = await signedIn(visitor, portal);
    await visitor.page.goto('about:blank');
    await ends(elsewhere);
  });

  test('a reload, a link, Back and a document of the portal do not', async ({ visitor, portal }) => {
    const elsewhere = await signedIn(visitor, portal);
    await visitor.page.reload();
    await visitor.at('Your programs');
    expect(await elsewhere.others()).toBe(1);
    await visitor.follow('Your information');
    await visitor.at('Your information');
    await visitor.back();
    await visitor.at('Your programs');
    expect(await elsewhere.others()).toBe(1);
    await visitor.comeTo(`${EVERGREEN}/account`);
    await visitor.at('Your information');
    expect(await elsewhere.others()).toBe(1);
  });

  test('one of several tabs does not, the last one does', async ({ visitor, portal }) => {
    const elsewhere = await signedIn(visitor, portal);
    const tab = await visitor.tab();
    await tab.at('Your programs');
    // The first answer may come before the news that the tab has gone; the next one does not.
    const gone = Date.now();
    const spoke = visitor.page.waitForResponse((response) => response.url().includes('/api/timer') && Date.now() > gone + 7_000);
    await tab.page.goto('about:blank');
    await spoke;
    expect(await elsewhere.others()).toBe(1);
    await visitor.page.goto('about:blank');
    await ends(elsewhere);
  });

  test('before the app has arrived it ends the session as well', async ({ visitor, portal }) => {
    const elsewhere = await signedIn(visitor, portal);
    await visitor.page.route('**/*.wasm', (route) => route.abort('aborted'));
    await visitor.page.reload();
    await expect(visitor.heading).toHaveText('Your programs');
    await visitor.page.goto('about:blank');
    await ends(elsewhere);
    // The loader says that its module did not come.
    visitor.watch.forgive(/WebAssembly|wasm|Failed to fetch/i);
  });
});
