import { enter, member, signIn } from '../support/journeys.ts';
import { aboutYou } from '../support/people.ts';
import { EVERGREEN } from '../support/portal.ts';
import { expect, test } from '../support/test.ts';

/** What a browser from before the thing would say of it. */
const LOADER = /WebAssembly|wasm|Failed to (fetch|load)|import|^page error: $/i;

test.describe('an old browser', { tag: '@scripts' }, () => {
  test('without WebAssembly signs in, is told of mistakes and gets about', async ({ visitor, portal }) => {
    const someone = await member(portal);
    await visitor.page.addInitScript(() => void delete (globalThis as { WebAssembly?: unknown }).WebAssembly);
    await visitor.page.goto(`${EVERGREEN}/sign-in`);
    await signIn(visitor, someone.userId, 'wrong4you');
    await visitor.sees('The User ID or password is not right, or the account is not available.');
    await expect(visitor.field('User ID')).toHaveValue(someone.userId);
    await signIn(visitor, someone.userId, someone.password);
    await expect(visitor.heading).toHaveText('Your programs');
    await visitor.follow('Your information');
    await expect(visitor.heading).toHaveText('Your information');
    visitor.watch.forgive(LOADER);
  });

  test('without modules registers as far as the questions', async ({ visitor, portal }) => {
    await visitor.page.route('**/*.js', (route) => route.abort('aborted'));
    await visitor.page.goto(`${EVERGREEN}/register`);
    await visitor.answer(aboutYou(portal.person()));
    await visitor.press('Continue');
    await expect(visitor.heading).toHaveText('A few questions');
    visitor.watch.forgive(LOADER);
  });

  for (const [width, name] of [
    [320, 'narrow'],
    [1280, 'wide'],
  ] as const) {
    test(`without grid, flex and custom properties everything stands in one column, ${name}`, async ({ visitor, portal }) => {
      await visitor.page.route('**/*.css', async (route) => {
        const answer = await route.fetch();
        const css = (await answer.text()).replace(/[a-z-]+:[^;{}]*var\([^;{}]*(?=[;}])/g, '').replace(/display:(inline-)?(grid|flex)/g, '');
        await route.fulfill({ response: answer, body: css });
      });
      await visitor.page.setViewportSize({ width, height: 800 });
      await enter(visitor, await member(portal));
      for (const page of ['home', 'account', 'account/password', 'account/sessions', 'help']) {
        await visitor.page.goto(`${EVERGREEN}/${page}`, { referer: visitor.page.url() });
        const wide = await visitor.page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
        expect(wide, page).toBeLessThanOrEqual(0);
        await visitor.page.screenshot({ path: `../target/screenshots/old-${page.replace('/', '-')}-${width}.png`, fullPage: true });
      }
    });
  }
});
