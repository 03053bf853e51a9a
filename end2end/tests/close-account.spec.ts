import { enter, member, register, signIn } from '../support/journeys.ts';
import { EVERGREEN } from '../support/portal.ts';
import { expect, test } from '../support/test.ts';
import { subject } from '../support/words.ts';

test('a member closes the account, and registers anew', { tag: '@spanish' }, async ({ visitor, anotherVisitor, portal }) => {
  test.setTimeout(120_000);
  const someone = await member(portal);
  await enter(visitor, someone);
  const elsewhere = await anotherVisitor();
  await enter(elsewhere, someone);
  await visitor.follow('Your information');
  await visitor.at('Your information');
  await visitor.follow('Close your account');
  await visitor.at('Close your account');
  await visitor.sees('You can register again at any time while you are enrolled.');
  await visitor.press('Close my account');
  await visitor.problems('Enter your current password');
  await visitor.fill('Current password', 'guess4it');
  await visitor.press('Close my account');
  await visitor.problems('This is not your current password. Check it and try again');
  await expect(visitor.field('Current password')).toHaveValue('');
  await visitor.fill('Current password', someone.password);
  await visitor.press('Close my account');
  await visitor.at('You are signed out', 'account-closed');
  await visitor.sees('Your account is closed');
  await portal.mailbox.mailTo(someone.person.email!, subject('Your account was closed', 'en'));
  await elsewhere.comeTo(`${EVERGREEN}/account`);
  await elsewhere.at('Sign in');
  await signIn(elsewhere, someone.userId, someone.password);
  await expect(elsewhere.field('User ID')).toHaveAttribute('aria-invalid', 'true');

  await register(elsewhere, portal, someone);
});
