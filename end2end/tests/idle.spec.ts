import type { Locator } from '@playwright/test';
import { holdClock, passTime } from '../support/clock.ts';
import { enter, member, signIn } from '../support/journeys.ts';
import { EVERGREEN, type Portal } from '../support/portal.ts';
import { expect, test } from '../support/test.ts';
import type { Visitor } from '../support/visitor.ts';

// The member preset: 15 minutes, a warning 2 minutes before.
const WARNING = 13 * 60;
const IDLE = 15 * 60;

const TIMED_OUT = 'You were signed out to protect your information';

const dialog = (visitor: Visitor): Locator => visitor.page.getByRole('alertdialog', { name: 'Are you still there?', exact: true });

/** Lets time pass on the server and in the browser alike. */
async function pass(visitor: Visitor, portal: Portal, seconds: number): Promise<void> {
  await portal.advance(`${seconds}s`);
  if (visitor.scripts) await passTime(visitor, seconds);
}

/** Somebody signed in, whose browser's clock the test can move. */
async function signedIn(visitor: Visitor, portal: Portal) {
  const someone = await member(portal);
  if (visitor.scripts) await holdClock(visitor);
  await enter(visitor, someone);
  return someone;
}

test.describe('with scripts', { tag: '@scripts' }, () => {
  test('the page warns before, with the safe button in focus', async ({ visitor, portal }) => {
    await signedIn(visitor, portal);
    await pass(visitor, portal, WARNING - 5);
    await expect(dialog(visitor)).toBeHidden();
    await pass(visitor, portal, 6);
    await expect(dialog(visitor)).toBeVisible();
    await visitor.isOn(dialog(visitor).getByRole('button', { name: 'Stay signed in', exact: true }));
    await expect(dialog(visitor).getByRole('button', { name: 'Log out now', exact: true })).toBeVisible();
    await visitor.look('still-there-dialog');
  });

  test('it counts down', async ({ visitor, portal }) => {
    await signedIn(visitor, portal);
    await pass(visitor, portal, WARNING + 1);
    await expect(dialog(visitor)).toContainText(/1:5\d/);
    await pass(visitor, portal, 30);
    await expect(dialog(visitor)).toContainText(/1:2\d/);
    await pass(visitor, portal, 60);
    await expect(dialog(visitor)).toContainText(/0:2\d/);
  });

  for (const [how, stay] of [
    ['the button', (visitor: Visitor) => dialog(visitor).getByRole('button', { name: 'Stay signed in', exact: true }).click()],
    ['Escape', (visitor: Visitor) => visitor.page.keyboard.press('Escape')],
  ] as const) {
    test(`${how} stays signed in, and the focus goes back to where it was`, async ({ visitor, portal }) => {
      await signedIn(visitor, portal);
      await visitor.link('Your information').focus();
      await pass(visitor, portal, WARNING + 1);
      await expect(dialog(visitor)).toBeVisible();
      const heard = visitor.page.waitForResponse(/\/api\/stay$/);
      await stay(visitor);
      await expect(dialog(visitor)).toBeHidden();
      await heard;
      await visitor.isOn(visitor.link('Your information'));
      await pass(visitor, portal, WARNING - 30);
      await expect(dialog(visitor)).toBeHidden();
      await visitor.follow('Your information');
      await visitor.at('Your information');
    });
  }

  test('Log out now leads to the signed-out page', async ({ visitor, portal }) => {
    await signedIn(visitor, portal);
    await pass(visitor, portal, WARNING + 1);
    await dialog(visitor).getByRole('button', { name: 'Log out now', exact: true }).click();
    await visitor.at('You are signed out');
  });

  test('when time is up nothing personal is left, in Back neither; signing in leads to where one was', async ({ visitor, portal }) => {
    const someone = await signedIn(visitor, portal);
    await visitor.follow('Your information');
    await visitor.at('Your information');
    await pass(visitor, portal, WARNING + 1);
    await expect(dialog(visitor)).toBeVisible();
    const documents = visitor.documents();
    await pass(visitor, portal, IDLE - WARNING);
    await visitor.at(TIMED_OUT, 'signed-out-timeout');
    expect(documents.length).toBeGreaterThan(0);
    await visitor.seesNot(someone.person.last_name!);
    await visitor.follow('Sign in again');
    await visitor.at('Sign in');
    await visitor.back();
    await visitor.back();
    await visitor.seesNot(someone.person.last_name!);
    await visitor.open(`${EVERGREEN}/account`);
    await signIn(visitor, someone.userId, someone.password);
    await visitor.at('Your information');
  });

  test('after the time-out Sign in again leads back to where one was', async ({ visitor, portal }) => {
    const someone = await signedIn(visitor, portal);
    await visitor.follow('Your information');
    await visitor.at('Your information');
    await pass(visitor, portal, WARNING + 1);
    await pass(visitor, portal, IDLE - WARNING);
    await visitor.at(TIMED_OUT, 'signed-out-timeout');
    await visitor.follow('Sign in again');
    await signIn(visitor, someone.userId, someone.password);
    await visitor.at('Your information');
  });

  test('keys and pointer count as being there', async ({ visitor, portal }) => {
    await signedIn(visitor, portal);
    for (let minutes = 0; minutes < 20; minutes += 5) {
      await pass(visitor, portal, 300);
      const told = visitor.page.waitForResponse((response) => response.request().method() === 'POST');
      await visitor.page.mouse.move(100 + minutes, 100);
      await visitor.page.keyboard.press('Shift');
      await told;
    }
    await expect(dialog(visitor)).toBeHidden();
    await visitor.follow('Your information');
    await visitor.at('Your information');
  });

  test('two tabs agree: staying in one closes the dialog in the other', async ({ visitor, portal }) => {
    await signedIn(visitor, portal);
    const tab = await visitor.tab();
    await tab.at('Your programs');
    await pass(visitor, portal, WARNING + 1);
    await expect(dialog(visitor)).toBeVisible();
    await expect(dialog(tab)).toBeVisible();
    await dialog(tab).getByRole('button', { name: 'Stay signed in', exact: true }).click();
    await expect(dialog(tab)).toBeHidden();
    await expect(dialog(visitor)).toBeHidden();
  });

  test('two tabs agree: logging out in one leaves nothing in the other', async ({ visitor, portal }) => {
    const someone = await signedIn(visitor, portal);
    const tab = await visitor.tab();
    await tab.at('Your programs');
    await tab.press('Log out');
    await tab.at('You are signed out');
    await expect(visitor.heading).not.toHaveText('Your programs');
    await visitor.seesNot(someone.person.last_name!);
  });

  test('the server decides: a page whose clock stood still finds itself signed out', async ({ visitor, portal }) => {
    const someone = await signedIn(visitor, portal);
    await portal.advance(`${IDLE + 1}s`);
    await visitor.follow('Your information');
    await visitor.at(TIMED_OUT, 'signed-out-timeout');
    await visitor.seesNot(someone.person.last_name!);
  });
});

test('the server decides: after the idle time the session is over', async ({ visitor, portal }) => {
  await enter(visitor, await member(portal));
  await portal.advance(`${IDLE - 60}s`);
  await visitor.follow('Your information');
  await visitor.at('Your information');
  await portal.advance(`${IDLE - 60}s`);
  await visitor.page.reload();
  await visitor.at('Your information');
  await portal.advance(`${IDLE + 1}s`);
  await visitor.page.reload();
  await expect(visitor.heading).not.toHaveText('Your information');
});

test('the whole session ends after twelve hours, however busy one is', async ({ visitor, portal }) => {
  test.setTimeout(120_000);
  await enter(visitor, await member(portal));
  for (let minutes = 0; minutes < 12 * 60; minutes += 14) {
    await portal.advance('14m');
    await visitor.page.reload();
    if (minutes < 11.5 * 60) await expect(visitor.heading).toHaveText('Your programs');
  }
  await expect(visitor.heading).not.toHaveText('Your programs');
});

test.describe('without scripts', { tag: '@no-scripts' }, () => {
  /** Where the page leads by itself, and after how many seconds. */
  async function refresh(visitor: Visitor): Promise<{ seconds: number; path: string }> {
    const content = await visitor.page.locator('meta[http-equiv="refresh" i]').getAttribute('content');
    const [, seconds = '', url = ''] = content?.match(/^(\d+);\s*url=(.+)$/i) ?? [];
    return { seconds: Number(seconds), path: new URL(url, visitor.page.url()).pathname };
  }

  test('at warning time the page leads to Are you still there?, and from there to the signed-out page', async ({ visitor, portal }) => {
    const someone = await signedIn(visitor, portal);
    const first = await refresh(visitor);
    expect(first.path).toBe(`${EVERGREEN}/still-there`);
    expect(first.seconds).toBeGreaterThan(WARNING - 30);
    expect(first.seconds).toBeLessThanOrEqual(WARNING);
    await portal.advance(`${WARNING}s`);
    await visitor.comeTo(first.path);
    await visitor.at('Are you still there?');
    await expect(visitor.button('Stay signed in')).toBeVisible();
    await expect(visitor.button('Log out now')).toBeVisible();
    const second = await refresh(visitor);
    expect(second.path).toBe(`${EVERGREEN}/signed-out`);
    expect(second.seconds).toBeGreaterThan(60);
    expect(second.seconds).toBeLessThanOrEqual(IDLE - WARNING + 1);
    await portal.advance(`${IDLE - WARNING + 1}s`);
    await visitor.comeTo(second.path);
    await visitor.at(TIMED_OUT, 'signed-out-timeout');
    await visitor.seesNot(someone.person.last_name!);
  });

  test('Stay signed in leads back and starts the time anew', async ({ visitor, portal }) => {
    await signedIn(visitor, portal);
    await visitor.follow('Your information');
    await visitor.at('Your information');
    await portal.advance(`${WARNING}s`);
    await visitor.comeTo((await refresh(visitor)).path);
    await visitor.at('Are you still there?');
    await visitor.press('Stay signed in');
    await expect(visitor.heading).not.toHaveText('Are you still there?');
    await portal.advance(`${WARNING}s`);
    await visitor.comeTo(`${EVERGREEN}/account`);
    await visitor.at('Your information');
  });

  test('asking Are you still there? is no sign of being there', async ({ visitor, portal }) => {
    await signedIn(visitor, portal);
    await portal.advance(`${WARNING}s`);
    await visitor.comeTo(`${EVERGREEN}/still-there`);
    await visitor.at('Are you still there?');
    await portal.advance(`${IDLE - WARNING + 1}s`);
    await visitor.comeTo(`${EVERGREEN}/home`);
    await expect(visitor.heading).not.toHaveText('Your programs');
  });

  test('Log out now leads to the signed-out page', async ({ visitor, portal }) => {
    await signedIn(visitor, portal);
    await portal.advance(`${WARNING}s`);
    await visitor.comeTo(`${EVERGREEN}/still-there`);
    await visitor.press('Log out now');
    await visitor.at('You are signed out');
  });
});
