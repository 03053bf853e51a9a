import { enter, member, signIn } from '../support/journeys.ts';
import { linkIn } from '../support/mailbox.ts';
import { EVERGREEN } from '../support/portal.ts';
import { expect, test } from '../support/test.ts';
import { subject } from '../support/words.ts';

const DONE = 'Your account is locked and signed out everywhere. Choose a new password to use it again.';

test('a new sign-in is told of, and its mail has the way out', { tag: '@spanish' }, async ({ visitor, anotherVisitor, portal }) => {
  const someone = await member(portal);
  const thief = await anotherVisitor();
  await enter(thief, someone);
  const link = linkIn(await portal.mailbox.mailTo(someone.person.email!, 'New sign-in'));

  await visitor.open(link);
  await visitor.at('Was this not you?', 'not-me');
  expect(visitor.page.url()).not.toContain('token');
  await thief.comeTo(`${EVERGREEN}/account`);
  await thief.at('Your information'); // opening the link has changed nothing
  await visitor.press('This was not me');
  await visitor.at('Forgot your password?', 'not-me-done');
  await visitor.sees(DONE);
  await portal.mailbox.mailTo(someone.person.email!, subject('Your account was locked', visitor.language));
  await thief.comeTo(`${EVERGREEN}/account`);
  await thief.at('Sign in');
  await signIn(thief, someone.userId, someone.password);
  await expect(thief.field('User ID')).toHaveAttribute('aria-invalid', 'true');

  await visitor.open(link);
  await visitor.at('Was this not you?', 'not-me-used');
  await expect(visitor.button('This was not me')).toHaveCount(0);
  await visitor.sees('This was done already: your account was locked and signed out everywhere.');
});

for (const page of ['Where you are signed in', 'Recent activity']) {
  test(`the way out from the page “${page}”`, { tag: '@spanish' }, async ({ visitor, portal }) => {
    const someone = await member(portal);
    await enter(visitor, someone);
    await visitor.follow('Your information');
    await visitor.at('Your information');
    await visitor.follow(page);
    await visitor.at(page);
    await visitor.press('This was not me');
    await visitor.at('Was this not you?', 'account-not-me');
    await visitor.press('This was not me');
    await visitor.at('Forgot your password?', 'not-me-done');
    await visitor.sees(DONE);
    await visitor.comeTo(`${EVERGREEN}/home`);
    await visitor.at('Sign in');
  });
}

test('strangers who guess do not lock out the browser that is known', async ({ visitor, anotherVisitor, portal }) => {
  const someone = await member(portal);
  await enter(visitor, someone);
  const stranger = await anotherVisitor();
  await stranger.open(`${EVERGREEN}/sign-in`);
  for (let i = 0; i < 5; i++) {
    await signIn(stranger, someone.userId, `guess4it${i}`);
    await expect(stranger.field('User ID')).toHaveAttribute('aria-invalid', 'true');
    await expect(stranger.field('Password')).toHaveValue('');
  }
  const mail = await portal.mailbox.mailTo(someone.person.email!, 'Your account was locked');
  expect(mail.text).toContain('Where you have signed in before, you still can.');
  await visitor.press('Log out');
  await visitor.at('You are signed out');
  await enter(visitor, someone);
  await signIn(stranger, someone.userId, someone.password);
  await expect(stranger.field('User ID')).toHaveAttribute('aria-invalid', 'true');
});
