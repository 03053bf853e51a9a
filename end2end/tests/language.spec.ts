import { aboutYou } from '../support/people.ts';
import { codeIn } from '../support/mailbox.ts';
import { askForReset, chooseQuestions, enter, identify, member, newUserId, PASSWORD, signIn } from '../support/journeys.ts';
import { EVERGREEN, RIVERSIDE } from '../support/portal.ts';
import { expect, test } from '../support/test.ts';
import { subject } from '../support/words.ts';

test('the switch keeps the page and the answers, but for the secret ones', async ({ visitor, portal }) => {
  const typed = aboutYou(portal.person());
  await visitor.open(`${EVERGREEN}/register`);
  await visitor.answer({ ...typed, 'Social Security number (optional)': '900-12-3456' });
  await visitor.page.getByRole('button', { name: 'Español', exact: true }).click();
  const lector = visitor.reading('es');
  await lector.at('About you');
  expect(new URL(visitor.page.url()).pathname).toBe(`${EVERGREEN}/register`);
  for (const [label, value] of Object.entries(typed)) await expect(lector.field(label), label).toHaveValue(value);
  await expect(lector.field('Social Security number (optional)')).toHaveValue('');
  await visitor.page.getByRole('button', { name: 'English', exact: true }).click();
  await visitor.at('About you');
  for (const [label, value] of Object.entries(typed)) await expect(visitor.field(label), label).toHaveValue(value);
});

test('the choice survives signing in and out', async ({ visitor, portal }) => {
  const someone = await member(portal);
  await visitor.open(`${EVERGREEN}/sign-in`);
  await visitor.page.getByRole('button', { name: 'Español', exact: true }).click();
  const lector = visitor.reading('es');
  await lector.at('Sign in');
  await signIn(lector, someone.userId, someone.password);
  await lector.at('Your programs');
  await lector.page.reload();
  await lector.at('Your programs');
  await lector.press('Log out');
  await lector.at('You are signed out');
  await lector.open(`${EVERGREEN}/sign-in`);
  await lector.at('Sign in');
});

test('switching while signed in keeps the page', async ({ visitor, portal }) => {
  await enter(visitor, await member(portal));
  await visitor.follow('Your information');
  await visitor.at('Your information');
  await visitor.page.getByRole('button', { name: 'Español', exact: true }).click();
  await visitor.reading('es').at('Your information');
  expect(new URL(visitor.page.url()).pathname).toBe(`${EVERGREEN}/account`);
});

test('mails follow the language of the page', async ({ visitor, portal }) => {
  const person = portal.person();
  const lector = visitor.reading('es');
  await visitor.open(`${EVERGREEN}/register`);
  await visitor.page.getByRole('button', { name: 'Español', exact: true }).click();
  await lector.at('About you');
  await identify(lector, person);
  await lector.at('Your email');
  await lector.press('Send code');
  await lector.at('Check your email');
  await lector.fill('Code', codeIn(await portal.mailbox.mailTo(person.email!, subject('Your registration code', 'es'))));
  await lector.press('Continue');
  await lector.at('Create your sign-in');
  await lector.answer({ 'User ID': newUserId(), Password: PASSWORD, 'Confirm password': PASSWORD });
  await lector.press('Continue');
  await lector.at('Security questions');
  await chooseQuestions(lector);
  await lector.press('Continue');
  await lector.at('Check your answers');
  await lector.press('Create my account');
  await lector.at('You are registered');
  await portal.mailbox.mailTo(person.email!, subject('You are registered', 'es'));
});

test('a reset asked for in Spanish is mailed in Spanish', async ({ visitor, portal }) => {
  await portal.advance('61m');
  await visitor.open(`${RIVERSIDE}/reset-password`);
  await visitor.page.getByRole('button', { name: 'Español', exact: true }).click();
  await askForReset(visitor.reading('es'), portal, portal.staff().email);
});

test('a browser that prefers Spanish is answered in Spanish', async ({ anotherVisitor }) => {
  const lector = (await anotherVisitor({ locale: 'es-MX' })).reading('es');
  await lector.open(`${EVERGREEN}/sign-in`);
  await lector.at('Sign in');
});

test('a mistake is named in the language of the page', { tag: '@spanish' }, async ({ visitor }) => {
  await visitor.open(`${EVERGREEN}/sign-in`);
  await visitor.press('Sign In');
  await visitor.problems('Enter your User ID', 'Enter your password');
});
