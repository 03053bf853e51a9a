import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { enter, member, signIn } from '../support/journeys.ts';
import { EVERGREEN } from '../support/portal.ts';
import { expect, test } from '../support/test.ts';
import { subject } from '../support/words.ts';

const REFUSED = 'The User ID or password is not right, or the account is not available.';

test('in and out', { tag: '@spanish' }, async ({ visitor, portal }) => {
  const someone = await member(portal);
  await visitor.open('/');
  await visitor.at('Sign in');
  await signIn(visitor, someone.userId.toUpperCase(), someone.password);
  await visitor.at('Your programs');
  await expect(visitor.page.getByRole('navigation').getByRole('link')).toHaveText([
    visitor.say('Your programs'),
    visitor.say('Your information'),
  ]);
  await visitor.press('Log out');
  await visitor.at('You are signed out');
  await visitor.back();
  await visitor.seesNot(someone.person.last_name!);
  await visitor.open(`${EVERGREEN}/signed-out`);
  await visitor.follow('Sign in again');
  await visitor.at('Sign in');
});

test('empty form', async ({ visitor }) => {
  await visitor.open(`${EVERGREEN}/sign-in`);
  await visitor.press('Sign In');
  await visitor.problems('Enter your User ID', 'Enter your password');
});

test('a wrong password and an unknown User ID are answered alike', async ({ visitor, portal }) => {
  const someone = await member(portal);
  const pages: string[] = [];
  for (const userId of [someone.userId, 'nobody.here']) {
    await visitor.open(`${EVERGREEN}/sign-in`);
    await signIn(visitor, userId, 'wrong4you');
    await visitor.sees(REFUSED);
    await expect(visitor.field('User ID')).toHaveValue(userId);
    await expect(visitor.field('Password')).toHaveValue('');
    pages.push(await visitor.page.getByRole('main').innerText());
  }
  expect(pages[0]).toBe(pages[1]);
  await visitor.look('sign-in-refused');
});

test('five failures lock, the owner is told, and nothing else can be told from outside', { tag: '@spanish' }, async ({ visitor, portal }) => {
  const someone = await member(portal);
  await visitor.open(`${EVERGREEN}/sign-in`);
  for (let i = 0; i < 5; i++) {
    await signIn(visitor, i % 2 ? someone.userId : someone.userId.toUpperCase(), `wrong4you${i}`);
    await visitor.sees(REFUSED);
    await expect(visitor.field('Password')).toHaveValue('');
  }
  await signIn(visitor, someone.userId, someone.password);
  await visitor.sees(REFUSED);
  await expect(visitor.heading).toHaveText(visitor.say('Sign in'));
  await portal.mailbox.mailTo(someone.person.email!, subject('Your account was locked', 'en'));
});

test('four failures and a success start the count anew', async ({ visitor, portal }) => {
  const someone = await member(portal);
  for (let round = 0; round < 2; round++) {
    await visitor.open(`${EVERGREEN}/sign-in`);
    for (let i = 0; i < 4; i++) {
      await signIn(visitor, someone.userId, 'wrong4you');
      await visitor.sees(REFUSED);
      await expect(visitor.field('Password')).toHaveValue('');
    }
    await signIn(visitor, someone.userId, someone.password);
    await visitor.at('Your programs');
    await visitor.press('Log out');
    await visitor.at('You are signed out');
  }
});

test('a page asked for from outside leads through sign-in and then there', async ({ visitor, portal }) => {
  const someone = await member(portal);
  await visitor.open(`${EVERGREEN}/account`);
  await visitor.at('Sign in');
  await signIn(visitor, someone.userId, 'wrong4you');
  await visitor.sees(REFUSED);
  await signIn(visitor, someone.userId, someone.password);
  await visitor.at('Your information');
  expect(new URL(visitor.page.url()).pathname).toBe(`${EVERGREEN}/account`);
});

test('a bookmark leads through sign-in even while a session lives; a reload and a link do not', async ({ visitor, portal }) => {
  const someone = await member(portal);
  await enter(visitor, someone);
  await visitor.page.reload();
  await visitor.at('Your programs');
  await visitor.follow('Your information');
  await visitor.at('Your information');
  await visitor.page.reload();
  await visitor.at('Your information');
  await visitor.open(`${EVERGREEN}/account`);
  await visitor.at('Sign in');
  await signIn(visitor, someone.userId, someone.password);
  await visitor.at('Your information');
});

test('signed in already and coming from inside, sign-in leads on; from outside it asks', async ({ visitor, portal }) => {
  await enter(visitor, await member(portal));
  await visitor.comeTo(`${EVERGREEN}/sign-in`);
  await visitor.at('Your programs');
  await visitor.open(`${EVERGREEN}/sign-in`);
  await visitor.at('Sign in');
});

test('a link on another site leads through sign-in, and another tab stays where it is', async ({ visitor, portal }) => {
  const someone = await member(portal);
  const elsewhere = createServer((_, answer) => {
    answer.setHeader('content-type', 'text/html; charset=utf-8');
    answer.end(`<!doctype html><html lang="en"><title>Elsewhere</title><link rel="icon" href="data:,">
      <h1>Elsewhere</h1><a href="${portal.url}${EVERGREEN}/account">Your portal</a></html>`);
  });
  await new Promise<void>((resolve) => elsewhere.listen(0, '127.0.0.1', resolve));
  try {
    // `localhost` and `127.0.0.1` are two sites to a browser.
    const page = `http://localhost:${(elsewhere.address() as AddressInfo).port}/`;
    await visitor.page.goto(page);
    await visitor.page.getByRole('link', { name: 'Your portal' }).click();
    await visitor.at('Sign in');
    await signIn(visitor, someone.userId, someone.password);
    await visitor.at('Your information');
    const tab = await visitor.page.context().newPage();
    await tab.goto(page);
    await tab.getByRole('link', { name: 'Your portal' }).click();
    await expect(tab.getByRole('heading', { level: 1 })).toHaveText('Sign in');
    // Nothing but signing in leads on from there.
    await expect(tab.getByRole('button', { name: 'Log out' })).toHaveCount(0);
    await tab.getByRole('button', { name: 'Sign In' }).click();
    await expect(tab.getByRole('heading', { name: 'There is a problem' })).toBeVisible();
    await tab.getByRole('link', { name: 'Login Help' }).first().click();
    await expect(tab.getByRole('heading', { level: 1 })).toHaveText('Login Help');
    await expect(tab.getByRole('button', { name: 'Log out' })).toHaveCount(0);
    await visitor.follow('Your programs');
    await visitor.at('Your programs');
  } finally {
    elsewhere.closeAllConnections();
    elsewhere.close();
  }
});

test('sign-in leads to pages of this portal alone', async ({ visitor, portal }) => {
  const someone = await member(portal);
  for (const next of ['https://evil.example/', '//evil.example/', '/\\evil.example', '/o/riverside/home', '/dev/mailbox']) {
    await visitor.open(`${EVERGREEN}/sign-in?next=${encodeURIComponent(next)}`);
    await visitor.at('Sign in');
    await signIn(visitor, someone.userId, someone.password);
    await visitor.at('Your programs');
    expect(visitor.page.url(), next).toBe(`${portal.url}${EVERGREEN}/home`);
  }
});

test('logging out ends the session on the server, and the other browser stays in', async ({ visitor, anotherVisitor, portal }) => {
  const someone = await member(portal);
  const other = await anotherVisitor();
  await enter(visitor, someone);
  await enter(other, someone);
  const cookies = await visitor.page.context().cookies();
  await visitor.press('Log out');
  await visitor.at('You are signed out');
  await visitor.page.context().addCookies(cookies);
  await visitor.comeTo(`${EVERGREEN}/home`);
  await visitor.at('Sign in');
  await other.follow('Your information');
  await other.at('Your information');
});

test('the session gets a new name at sign-in, and every cookie is of this host, secure and out of reach of scripts', async ({ visitor, portal }) => {
  const context = visitor.page.context();
  const session = async () => (await context.cookies()).find(({ name }) => name === '__Host-session')?.value;
  const someone = await member(portal);
  await enter(visitor, someone);
  const first = await session();
  expect(first).toBeTruthy();
  await visitor.open(`${EVERGREEN}/sign-in`);
  await signIn(visitor, someone.userId, someone.password);
  await visitor.at('Your programs');
  expect(await session()).not.toBe(first);
  for (const cookie of await context.cookies()) {
    expect(cookie).toMatchObject({ name: expect.stringMatching(/^__Host-/), secure: true, httpOnly: true, sameSite: 'Lax', path: '/' });
  }
});

test('one organization knows nothing of the other', async ({ visitor, portal }) => {
  const someone = await member(portal);
  await enter(visitor, someone);
  await visitor.comeTo('/o/riverside/home');
  await visitor.at('Sign in', 'riverside-sign-in');
  await visitor.seesNot(someone.person.last_name!);
});
