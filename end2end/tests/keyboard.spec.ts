import { expect, type Locator } from '@playwright/test';
import { holdClock, passTime } from '../support/clock.ts';
import { aboutYou } from '../support/people.ts';
import { codeIn } from '../support/mailbox.ts';
import { choices, enter, member, newUserId, PASSWORD } from '../support/journeys.ts';
import { EVERGREEN } from '../support/portal.ts';
import { test } from '../support/test.ts';
import type { Visitor } from '../support/visitor.ts';

/** Presses Tab until `target` has the focus; on the way every stop is visible and shows that it has the focus. */
async function tabTo(visitor: Visitor, target: Locator): Promise<void> {
  const { page } = visitor;
  const focused = page.locator(':focus');
  for (let stops = 0; stops < 40; stops++) {
    await page.keyboard.press('Tab');
    // After the last stop of a page Tab leads to the browser itself, and then to the first one.
    if ((await focused.count()) === 0) await page.keyboard.press('Tab');
    await expect(focused, 'Tab leads to something').toHaveCount(1);
    const shown = await focused.evaluate((element) => {
      const box = element.getBoundingClientRect();
      const style = getComputedStyle(element);
      return {
        inSight: box.width > 0 && box.height > 0 && box.bottom > 0 && box.top < innerHeight && box.right > 0 && box.left < innerWidth,
        marked: (style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) >= 2) || style.boxShadow !== 'none',
        what: element.outerHTML.slice(0, 120),
      };
    });
    expect(shown, shown.what).toMatchObject({ inSight: true, marked: true });
    if (await target.evaluate((element) => element === document.activeElement)) return;
  }
  throw new Error(`Tab does not lead to ${target}`);
}

/** Goes to a field and types. A select takes what is typed as well. */
async function type(visitor: Visitor, label: string, text: string): Promise<void> {
  await tabTo(visitor, visitor.field(label));
  await visitor.page.keyboard.type(text);
}

async function press(visitor: Visitor, target: Locator): Promise<void> {
  await tabTo(visitor, target);
  await visitor.page.keyboard.press('Enter');
}

/** Arrives on a page that the app moved to, or that came as a document where it has to: the focus is where reading goes on. */
async function arrives(visitor: Visitor, heading: string, as: 'page' | 'document' = 'page'): Promise<void> {
  await expect(visitor.heading).toHaveText(heading);
  await visitor.ready();
  // With a new document the browser begins at its top, as it always does.
  if (visitor.scripts && as === 'page') await visitor.isOn(visitor.heading);
  else await expect(visitor.page.locator('body :focus')).toHaveCount(0);
}

test('the whole walk: register, look around, log out and sign in again', async ({ visitor, portal }) => {
  const { page } = visitor;
  const person = portal.person();
  const userId = newUserId();

  await visitor.open(`${EVERGREEN}/sign-in`);
  await page.keyboard.press('Tab');
  await visitor.isOn(visitor.link('Skip to main content'));
  await page.keyboard.press('Enter');
  await visitor.isOn(page.getByRole('main'));
  await press(visitor, visitor.link('Register'));
  await arrives(visitor, 'About you');

  // A failed form leads to what is wrong, and from there to the field.
  await press(visitor, visitor.button('Continue'));
  const summary = page.locator(':focus').getByRole('heading', { name: 'There is a problem' });
  await expect(summary).toBeVisible();
  await press(visitor, page.getByRole('alert').getByRole('link').first());
  if (visitor.scripts) await visitor.isOn(visitor.field('First name'));
  await page.reload();
  await arrives(visitor, 'About you', 'document');

  for (const [label, value] of Object.entries(aboutYou(person))) {
    if (value) await type(visitor, label, value);
  }
  await page.keyboard.press('Enter');
  await arrives(visitor, 'A few questions');
  for (const choice of await choices(visitor, person)) {
    const first = choice.locator('xpath=ancestor::fieldset').getByRole('radio').first();
    await tabTo(visitor, first);
    await page.keyboard.press('Space');
    for (let below = 0; below < 5 && !(await choice.isChecked()); below++) await page.keyboard.press('ArrowDown');
    await expect(choice).toBeChecked();
  }
  await press(visitor, visitor.button('Continue'));
  await arrives(visitor, 'Your email');
  await press(visitor, visitor.button('Send code'));
  await arrives(visitor, 'Check your email');
  await type(visitor, 'Code', codeIn(await portal.mailbox.mailTo(person.email!, 'Your registration code')));
  await page.keyboard.press('Enter');
  await arrives(visitor, 'Create your sign-in');
  await type(visitor, 'User ID', userId);
  await type(visitor, 'Password', PASSWORD);
  await type(visitor, 'Confirm password', PASSWORD);
  await press(visitor, visitor.button('Continue'));
  await arrives(visitor, 'Security questions');
  for (const [at, answer] of ['Whiskers', 'Alex', 'Johnson'].entries()) {
    await tabTo(visitor, visitor.field(`Question ${at + 1}`));
    for (let down = 0; down <= at; down++) await page.keyboard.press('ArrowDown');
    await type(visitor, `Answer ${at + 1}`, answer);
  }
  await press(visitor, visitor.button('Continue'));
  await arrives(visitor, 'Check your answers');
  await press(visitor, visitor.button('Create my account'));
  await arrives(visitor, 'You are registered', 'document');
  await press(visitor, visitor.link('Go to your programs'));
  await arrives(visitor, 'Your programs');
  await press(visitor, visitor.link('Your information'));
  await arrives(visitor, 'Your information');
  await press(visitor, visitor.button('Log out'));
  await arrives(visitor, 'You are signed out', 'document');
  await press(visitor, visitor.link('Sign in again'));
  await arrives(visitor, 'Sign in');
  await type(visitor, 'User ID', userId);
  await type(visitor, 'Password', PASSWORD);
  await page.keyboard.press('Enter');
  await arrives(visitor, 'Your programs', 'document');
});

test('Tab stays inside the warning, and both of its buttons can be reached', { tag: '@scripts' }, async ({ visitor, portal }) => {
  const someone = await member(portal);
  await holdClock(visitor);
  await enter(visitor, someone);
  await portal.advance('781s');
  await passTime(visitor, 13 * 60 + 1);
  const dialog = visitor.page.getByRole('alertdialog');
  await expect(dialog).toBeVisible();
  const stops = new Set<string>();
  for (let i = 0; i < 5; i++) {
    // Chromium lets Tab leave a modal dialog for its own toolbar, where nothing of the page has the focus.
    const focused = visitor.page.locator('body :focus');
    if (await focused.count()) {
      await expect(dialog.locator(':focus')).toHaveCount(1);
      stops.add((await focused.innerText()).trim());
    }
    await visitor.page.keyboard.press('Tab');
  }
  expect([...stops].sort()).toEqual(['Log out now', 'Stay signed in']);
});
