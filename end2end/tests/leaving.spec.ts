import { enter, member } from '../support/journeys.ts';
import { EVERGREEN, type Portal } from '../support/portal.ts';
import { expect, test } from '../support/test.ts';
import type { Visitor } from '../support/visitor.ts';

/** How long a session lives on after its last tab has gone, in seconds. */
const GRACE = 20;

/** Whether the browser still has a session, once the time of grace is over. */
async function livesOn(visitor: Visitor, portal: Portal): Promise<boolean> {
  await portal.advance(`${GRACE}s`);
  const answer = await visitor.page.request.get('/api/timer?organization=evergreen');
  return (await answer.json()) !== null;
}

/** Waits until the page that goes has told the server. */
async function told(visitor: Visitor, go: () => Promise<unknown>): Promise<void> {
  const news = visitor.page.context().waitForEvent('request', (request) => request.url().endsWith('/api/leave'));
  await go();
  await (await news).response();
}

test.describe('leaving the portal', { tag: '@scripts' }, () => {
  test('going elsewhere ends the session', async ({ visitor, portal }) => {
    await enter(visitor, await member(portal));
    await told(visitor, () => visitor.page.goto('about:blank'));
    expect(await livesOn(visitor, portal)).toBe(false);
  });

  test('a reload, a link, Back and a document of the portal do not', async ({ visitor, portal }) => {
    await enter(visitor, await member(portal));
    await told(visitor, () => visitor.page.reload());
    await visitor.at('Your programs');
    expect(await livesOn(visitor, portal)).toBe(true);
    await visitor.follow('Your information');
    await visitor.at('Your information');
    await visitor.back();
    await visitor.at('Your programs');
    expect(await livesOn(visitor, portal)).toBe(true);
    await told(visitor, () => visitor.comeTo(`${EVERGREEN}/account`));
    await visitor.at('Your information');
    expect(await livesOn(visitor, portal)).toBe(true);
  });

  test('one of several tabs does not, the last one does', async ({ visitor, portal }) => {
    await enter(visitor, await member(portal));
    const tab = await visitor.tab();
    await tab.at('Your programs');
    const spoke = visitor.page.waitForResponse((response) => response.url().includes('/api/timer'));
    await told(tab, () => tab.page.goto('about:blank'));
    await spoke;
    expect(await livesOn(visitor, portal)).toBe(true);
    await told(visitor, () => visitor.page.goto('about:blank'));
    expect(await livesOn(visitor, portal)).toBe(false);
  });

  test('before the app has arrived it ends the session as well', async ({ visitor, portal }) => {
    await enter(visitor, await member(portal));
    await visitor.page.route('**/*.wasm', (route) => route.abort('aborted'));
    await visitor.page.reload();
    await expect(visitor.heading).toHaveText('Your programs');
    await told(visitor, () => visitor.page.goto('about:blank'));
    expect(await livesOn(visitor, portal)).toBe(false);
    // The loader says that its module did not come.
    visitor.watch.forgive(/WebAssembly|wasm|Failed to fetch/i);
  });
});
