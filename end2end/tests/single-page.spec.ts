import { enter, member, register, signIn, newUserId, PASSWORD } from '../support/journeys.ts';
import { EVERGREEN } from '../support/portal.ts';
import { expect, test } from '../support/test.ts';

test.describe('the app moves between pages by itself', { tag: '@scripts' }, () => {
  test('links load no document, Back and Forward neither', async ({ visitor }) => {
    await visitor.open(`${EVERGREEN}/sign-in`);
    await visitor.at('Sign in');
    const documents = visitor.documents();
    await visitor.follow('Login Help');
    await visitor.at('Login Help');
    await visitor.isOn(visitor.heading);
    await visitor.back();
    await visitor.at('Sign in');
    await visitor.follow('Register');
    await visitor.at('About you');
    await visitor.back();
    await visitor.at('Sign in');
    await visitor.page.goForward();
    await visitor.at('About you');
    expect(documents).toEqual([]);
  });

  test('a failed form loads no document and keeps what was typed', async ({ visitor }) => {
    await visitor.open(`${EVERGREEN}/sign-in`);
    const documents = visitor.documents();
    await signIn(visitor, 'nobody.here', 'wrong4you');
    await visitor.sees('The User ID or password is not right, or the account is not available.');
    await expect(visitor.field('User ID')).toHaveValue('nobody.here');
    await expect(visitor.field('Password')).toHaveValue('');
    expect(documents).toEqual([]);
    expect(visitor.page.url()).toMatch(/\/o\/evergreen\/sign-in$/);
  });

  test('a whole registration loads one document, and one more for the new session', async ({ visitor, portal }) => {
    const documents = visitor.documents();
    await register(visitor, portal, { person: portal.person(), userId: newUserId(), password: PASSWORD }, 'Check your answers');
    expect(documents).toEqual([`GET ${EVERGREEN}/register`]);
    await visitor.press('Create my account');
    await visitor.at('You are registered');
    expect(documents.length).toBeLessThanOrEqual(2);
  });

  test('signing in and out loads a new document, so that nothing of one person stays in memory', async ({ visitor, portal }) => {
    const someone = await member(portal);
    await visitor.open(`${EVERGREEN}/sign-in`);
    const documents = visitor.documents();
    await signIn(visitor, someone.userId, someone.password);
    await visitor.at('Your programs');
    expect(documents).toEqual([`GET ${EVERGREEN}/home`]);
    await visitor.press('Log out');
    await visitor.at('You are signed out');
    expect(documents).toEqual([`GET ${EVERGREEN}/home`, 'POST /api/log-out', `GET ${EVERGREEN}/signed-out`]);
  });

  test('signed in, the pages follow each other without a document', async ({ visitor, portal }) => {
    await enter(visitor, await member(portal));
    const documents = visitor.documents();
    await visitor.follow('Your information');
    await visitor.at('Your information');
    await visitor.follow('Your programs');
    await visitor.at('Your programs');
    expect(documents).toEqual([]);
  });

  test('pressed twice, a form is sent once', async ({ visitor }) => {
    await visitor.open(`${EVERGREEN}/sign-in`);
    const sent: string[] = [];
    visitor.page.on('request', (request) => request.method() === 'POST' && sent.push(request.url()));
    await visitor.answer({ 'User ID': 'nobody.here', Password: 'wrong4you' });
    await visitor.button('Sign In').dblclick();
    await visitor.sees('The User ID or password is not right, or the account is not available.');
    expect(sent).toHaveLength(1);
  });

  test('without a network the form says so and keeps what was typed', async ({ visitor }) => {
    await visitor.open(`${EVERGREEN}/sign-in`);
    await visitor.page.route('**/api/**', (route) => route.abort('aborted'));
    await visitor.answer({ 'User ID': 'nobody.here', Password: 'wrong4you' });
    await visitor.press('Sign In');
    await visitor.sees('That did not go through. Check your connection and try again');
    await expect(visitor.field('User ID')).toHaveValue('nobody.here');
  });

  test('what is typed before the app has arrived stays', async ({ visitor }) => {
    let release = () => {};
    const held = new Promise<void>((resolve) => (release = resolve));
    await visitor.page.route('**/*.wasm', async (route) => {
      await held;
      await route.continue();
    });
    await visitor.page.goto(`${EVERGREEN}/sign-in`, { waitUntil: 'commit' });
    await visitor.fill('User ID', 'early.bird');
    await visitor.field('Password').focus();
    release();
    await visitor.ready();
    await expect(visitor.field('User ID')).toHaveValue('early.bird');
    await visitor.isOn(visitor.field('Password'));
  });

  test('a form that is sent before the app has arrived works', async ({ visitor, portal }) => {
    const someone = await member(portal);
    await visitor.page.route('**/*.wasm', (route) => route.abort('aborted'));
    await visitor.page.goto(`${EVERGREEN}/sign-in`);
    await signIn(visitor, someone.userId, someone.password);
    await expect(visitor.heading).toHaveText('Your programs');
    // The loader says that its module did not come.
    visitor.watch.forgive(/WebAssembly|wasm|Failed to fetch/i);
  });
});
