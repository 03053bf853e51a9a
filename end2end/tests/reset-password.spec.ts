import { codeIn, linkIn } from '../support/mailbox.ts';
import { askForCode, askForReset, choosePassword, signIn } from '../support/journeys.ts';
import { ask } from '../support/plain.mjs';
import { RIVERSIDE } from '../support/portal.ts';
import { expect, test } from '../support/test.ts';
import { subject } from '../support/words.ts';

// Ten letters at least, a digit, an uppercase letter, a symbol.
let passwords = 0;
const newPassword = () => `River-stone-${(passwords += 1)}`;

const SENT = 'If we have an account for what you entered, an email is on its way.';
const REFUSED = 'The email or password is not right, or the account is not available.';

// At most ten reset mails an hour go to one account.
test.beforeEach(async ({ portal }) => portal.advance('61m'));

test('happy path: two emails, a new password, sign in with it', { tag: '@spanish' }, async ({ visitor, portal }) => {
  const { email } = portal.staff();
  const password = newPassword();
  await visitor.open(`${RIVERSIDE}/sign-in`);
  await visitor.at('Sign in', 'riverside-sign-in');
  await visitor.follow('Reset your password');
  await visitor.at('Reset your password');
  await visitor.fill('Email', ` ${email.toUpperCase()} `);
  await visitor.press('Reset Password');
  await visitor.at('Check your email');
  await visitor.sees(SENT);
  const link = linkIn(await portal.mailbox.mailTo(email, subject('Reset your password', visitor.language)));
  const code = await askForCode(visitor, portal, email, link);
  await choosePassword(visitor, code, password);
  await visitor.at('Sign in', 'riverside-sign-in-notice');
  await visitor.sees('Your new password is now set');
  await portal.mailbox.mailTo(email, subject('Your password was changed', visitor.language));
  await signIn(visitor, email, password);
  await visitor.at('Your programs', 'riverside-home');
});

test('the page says what to do when nothing comes, and sends it again', async ({ visitor, portal }) => {
  const { email } = portal.staff();
  await askForReset(visitor, portal, email);
  const main = visitor.page.getByRole('main');
  await expect(main).toContainText(email);
  await expect(main).toContainText(/spam/i);
  await visitor.press('Send it again');
  await visitor.at('Check your email');
  await portal.mailbox.mailTo(email, 'Reset your password');
});

test('empty and unreadable addresses are named', async ({ visitor }) => {
  await visitor.open(`${RIVERSIDE}/reset-password`);
  await visitor.press('Reset Password');
  await visitor.problems('Enter your email');
  await visitor.fill('Email', 'nobody at all');
  await visitor.press('Reset Password');
  await expect(visitor.field('Email')).toHaveAttribute('aria-invalid', 'true');
  await expect(visitor.field('Email')).toHaveValue('nobody at all');
});

test('an address without an account gets the same page and another mail', async ({ visitor, portal }) => {
  const { email } = portal.staff();
  const pages: string[] = [];
  for (const address of [email, 'nobody@mail.example']) {
    await visitor.open(`${RIVERSIDE}/reset-password`);
    await visitor.fill('Email', address);
    await visitor.press('Reset Password');
    await visitor.at('Check your email');
    pages.push((await visitor.page.getByRole('main').innerText()).replaceAll(address, '…'));
  }
  expect(pages[0]).toBe(pages[1]);
  await portal.mailbox.mailTo('nobody@mail.example', 'No account found');
  await portal.mailbox.mailTo(email, 'Reset your password');
});

test('a mail scanner that opens the link, again and again, changes nothing', async ({ visitor, portal }) => {
  const { email } = portal.staff();
  const password = newPassword();
  const link = await askForReset(visitor, portal, email);
  for (const method of ['GET', 'HEAD', 'GET', 'HEAD', 'GET']) {
    const answer = await ask(link, { method, headers: { 'user-agent': 'scanner' } });
    expect(answer.status).toBeLessThan(400);
    expect(answer.headers['referrer-policy']).toMatch(/same-origin|no-referrer/);
  }
  const code = await askForCode(visitor, portal, email, link);
  expect(portal.mailbox.mails.filter((mail) => mail.to === email && codeOf(mail) === code)).toHaveLength(1);
  await choosePassword(visitor, code, password);
  await visitor.at('Sign in', 'riverside-sign-in-notice');
});

const codeOf = (mail: { text: string }) => mail.text.match(/^\d{8}$/m)?.[0];

test('the token leaves the address, and the page names nobody before the code is proven', async ({ visitor, portal }) => {
  const { email, name } = portal.staff();
  const link = await askForReset(visitor, portal, email);
  const token = link.split(/[/?=#]/).at(-1)!;
  await visitor.open(link);
  await visitor.at('Change your password', 'new-password-button');
  expect(visitor.page.url()).not.toContain(token);
  await expect(visitor.page.getByRole('main').getByRole('button')).toHaveCount(1);
  for (const word of [email, ...name.split(' ')]) await visitor.seesNot(word);
  await visitor.press('Get my security code');
  await expect(visitor.field('Security code')).toBeVisible();
  for (const word of [email, ...name.split(' ')]) await visitor.seesNot(word);
});

test('the link opens in another browser than the one that asked', async ({ visitor, anotherVisitor, portal }) => {
  const { email } = portal.staff();
  const link = await askForReset(visitor, portal, email);
  const phone = await anotherVisitor({ viewport: { width: 375, height: 812 } });
  const code = await askForCode(phone, portal, email, link);
  await choosePassword(phone, code, newPassword());
  await phone.at('Sign in', 'riverside-sign-in-notice');
});

test('pressing again within the code’s life sends the same code', async ({ visitor, portal }) => {
  const { email } = portal.staff();
  const link = await askForReset(visitor, portal, email);
  const first = await askForCode(visitor, portal, email, link);
  await visitor.press('Send it again');
  expect(codeIn(await portal.mailbox.mailTo(email, 'Your security code'))).toBe(first);
  await visitor.open(link);
  await visitor.press('Send it again');
  expect(codeIn(await portal.mailbox.mailTo(email, 'Your security code'))).toBe(first);
});

test('a right code with a refused password stays good and is not asked again', async ({ visitor, portal }) => {
  const { email } = portal.staff();
  const code = await askForCode(visitor, portal, email, await askForReset(visitor, portal, email));
  await choosePassword(visitor, code, 'short');
  await expect(visitor.field('New password')).toHaveAttribute('aria-invalid', 'true');
  await expect(visitor.field('New password')).toHaveValue('');
  await expect(visitor.field('Security code')).toHaveCount(0);
  const password = newPassword();
  await visitor.answer({ 'New password': password, 'Confirm password': `${password}x` });
  await visitor.press('Save my new password');
  await visitor.problems('The two passwords must match.');
  await visitor.answer({ 'New password': password, 'Confirm password': password });
  await visitor.press('Save my new password');
  await visitor.at('Sign in', 'riverside-sign-in-notice');
});

test('five wrong codes end the code; the password is as it was', async ({ visitor, portal }) => {
  const { email } = portal.staff();
  const changes = () => portal.mailbox.to(email, 'Your password was changed').length;
  const before = changes();
  const code = await askForCode(visitor, portal, email, await askForReset(visitor, portal, email));
  const wrong = code === '00000000' ? '00000001' : '00000000';
  for (let i = 0; i < 4; i++) {
    await choosePassword(visitor, wrong, newPassword());
    await expect(visitor.field('New password')).toHaveValue('');
  }
  await choosePassword(visitor, wrong, newPassword());
  await expect(visitor.page.getByRole('alert')).toContainText('entered wrongly too often');
  await visitor.look('new-password-code-ended');
  // Another code can be had; the one that was ended stays so.
  await visitor.press('Get my security code');
  await choosePassword(visitor, code, newPassword());
  await expect(visitor.page.getByRole('alert')).toContainText('not right');
  await expect(visitor.heading).not.toHaveText('Sign in');
  expect(changes()).toBe(before);
});

test('the code ends after its 90 minutes, and a new one can be had from the same link', async ({ visitor, portal }) => {
  const { email } = portal.staff();
  const link = await askForReset(visitor, portal, email);
  const old = await askForCode(visitor, portal, email, link);
  await portal.advance('91m');
  await choosePassword(visitor, old, newPassword());
  await expect(visitor.heading).not.toHaveText('Sign in');
  const fresh = await askForCode(visitor, portal, email, link);
  expect(fresh).not.toBe(old);
  await choosePassword(visitor, fresh, newPassword());
  await visitor.at('Sign in', 'riverside-sign-in-notice');
});

test('the link ends after its day and says how to get another', async ({ visitor, portal }) => {
  const { email } = portal.staff();
  const link = await askForReset(visitor, portal, email);
  await portal.advance('25h');
  await visitor.open(link);
  await expect(visitor.button('Get my security code')).toHaveCount(0);
  await visitor.at('This link no longer works', 'new-password-expired');
  await visitor.follow('Start afresh');
  await visitor.at('Reset your password');
});

test('older links stay good until one is used; then none is', async ({ visitor, portal }) => {
  const { email } = portal.staff();
  const older = await askForReset(visitor, portal, email);
  const newer = await askForReset(visitor, portal, email);
  expect(newer).not.toBe(older);
  const code = await askForCode(visitor, portal, email, older);
  await choosePassword(visitor, code, newPassword());
  await visitor.at('Sign in', 'riverside-sign-in-notice');
  for (const link of [older, newer]) {
    await visitor.open(link);
    await visitor.at('This link no longer works', 'new-password-used');
  }
});

test('none of the last five passwords is taken again', async ({ visitor, portal }) => {
  test.setTimeout(180_000);
  const { email } = portal.staff();
  const history = [newPassword(), newPassword()];
  for (const password of history) {
    const code = await askForCode(visitor, portal, email, await askForReset(visitor, portal, email));
    await choosePassword(visitor, code, password);
    await visitor.at('Sign in', 'riverside-sign-in-notice');
  }
  const code = await askForCode(visitor, portal, email, await askForReset(visitor, portal, email));
  for (const [i, password] of history.entries()) {
    if (i === 0) await choosePassword(visitor, code, password);
    else {
      await visitor.answer({ 'New password': password, 'Confirm password': password });
      await visitor.press('Save my new password');
    }
    await expect(visitor.field('New password')).toHaveAttribute('aria-invalid', 'true');
    await expect(visitor.field('New password')).toHaveValue('');
  }
  await visitor.look('new-password-used-before');
});

test('a reset ends the sessions there were, and lifts a lock', async ({ visitor, anotherVisitor, portal }) => {
  const { email } = portal.staff();
  const first = newPassword();
  const code = await askForCode(visitor, portal, email, await askForReset(visitor, portal, email));
  await choosePassword(visitor, code, first);
  await visitor.at('Sign in', 'riverside-sign-in-notice');
  await signIn(visitor, email, first);
  await visitor.at('Your programs', 'riverside-home');

  const other = await anotherVisitor();
  await other.open(`${RIVERSIDE}/sign-in`);
  for (let i = 0; i < 5; i++) {
    await signIn(other, email, `Wrong-guess-${i}`);
    await other.sees(REFUSED);
    await expect(other.field('Password')).toHaveValue('');
  }
  await portal.mailbox.mailTo(email, 'Your account was locked');
  // A lock by strangers ends no session.
  await visitor.follow('Your information');
  await visitor.at('Your information', 'riverside-account');

  const second = newPassword();
  const fresh = await askForCode(other, portal, email, await askForReset(other, portal, email));
  await choosePassword(other, fresh, second);
  await other.at('Sign in', 'riverside-sign-in-notice');
  await signIn(other, email, second);
  await other.at('Your programs', 'riverside-home');
  await visitor.comeTo(`${RIVERSIDE}/home`);
  await visitor.at('Sign in', 'riverside-sign-in');
});

test('a code that was sent before the lock died with it', async ({ visitor, anotherVisitor, portal }) => {
  const { email } = portal.staff();
  const code = await askForCode(visitor, portal, email, await askForReset(visitor, portal, email));
  const stranger = await anotherVisitor();
  await stranger.open(`${RIVERSIDE}/sign-in`);
  for (let i = 0; i < 5; i++) {
    await signIn(stranger, email, `Wrong-guess-${i}`);
    await stranger.sees(REFUSED);
    await expect(stranger.field('Password')).toHaveValue('');
  }
  await choosePassword(visitor, code, newPassword());
  await expect(visitor.heading).not.toHaveText('Sign in');
  // Asked for afterwards, recovery works.
  const fresh = await askForCode(visitor, portal, email, await askForReset(visitor, portal, email));
  await choosePassword(visitor, fresh, newPassword());
  await visitor.at('Sign in', 'riverside-sign-in-notice');
});

test('the mails: who they are from, when they end, and a way to ask', async ({ visitor, portal }) => {
  const { email } = portal.staff();
  await visitor.open(`${RIVERSIDE}/reset-password`);
  await visitor.fill('Email', email);
  await visitor.press('Reset Password');
  const first = await portal.mailbox.mailTo(email, 'Reset your password');
  const link = linkIn(first);
  expect(link.startsWith(`${portal.url}/`)).toBe(true);
  expect(first.html).toContain('Change my password');
  expect([...first.html.matchAll(/<a\b[^>]*href="(https?:[^"]*)"/g)].map(([, href]) => href!.replaceAll('&amp;', '&'))).toEqual([link]);
  const phone = (await visitor.page.getByRole('contentinfo').locator('a[href^="tel:"]').innerText()).trim();
  await visitor.open(link);
  await visitor.press('Get my security code');
  const second = await portal.mailbox.mailTo(email, 'Your security code');
  expect(codeIn(second)).toMatch(/^\d{8}$/);
  expect(second.text).not.toMatch(/https?:/);
  for (const mail of [first, second]) {
    expect(mail.text).toContain(phone);
    expect(mail.html).toContain(phone);
    expect(mail.messageId).toMatch(/^<[^>]+@[^>]+>$/);
  }
});
