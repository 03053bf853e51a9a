import { answerQuestions, askForPin, birthday, enter, enterPin, FORGOT, member, QUESTIONS, securityAnswer, signIn } from '../support/journeys.ts';
import { codeIn } from '../support/mailbox.ts';
import { EVERGREEN } from '../support/portal.ts';
import { expect, test } from '../support/test.ts';
import { subject } from '../support/words.ts';

const SENT = 'If we have an account for what you entered, an email is on its way.';
const NEW = 'meadow77';

const another = (pin: string) => (pin.startsWith('0') ? '1' : '0') + pin.slice(1);

test('happy path: the User ID, then a new password with the same PIN', { tag: '@spanish' }, async ({ visitor, portal }) => {
  const someone = await member(portal);
  const { person, userId } = someone;
  await visitor.open(`${EVERGREEN}/sign-in`);
  await visitor.follow('Forgot User ID');
  await visitor.at('Forgot your User ID?');
  await visitor.answer({ 'Email address': ` ${person.email!.toUpperCase()} `, ...birthday(person) });
  await visitor.press('Request a PIN');
  await visitor.sees(SENT);
  await visitor.at('Forgot your User ID?', 'forgot-user-id-pin');
  await visitor.seesNot(userId);
  const mail = await portal.mailbox.mailTo(person.email!, subject('Your PIN', visitor.language));
  expect(mail.text).not.toContain(userId);
  expect(mail.text).not.toMatch(/https?:/);
  await enterPin(visitor, codeIn(mail));
  await expect(visitor.page.getByText(userId, { exact: true })).toBeVisible();
  await visitor.at('Forgot your User ID?', 'forgot-user-id-shown');
  await portal.mailbox.mailTo(person.email!, subject('Your User ID was looked up', visitor.language));

  await visitor.follow('Set a new password with the same PIN');
  await visitor.at('Forgot your password?', 'forgot-password-new');
  await answerQuestions(visitor);
  await visitor.answer({ 'New password': NEW, 'Confirm password': NEW });
  await visitor.press('Save my new password');
  await visitor.at('Sign in', 'sign-in-notice');
  await visitor.sees('Your new password is now set');
  await portal.mailbox.mailTo(person.email!, subject('Your password was changed', visitor.language));
  await signIn(visitor, userId, NEW);
  await visitor.at('Your programs');
});

test('the password first, and the User ID with the same PIN', async ({ visitor, portal }) => {
  const { person, userId } = await member(portal);
  await enterPin(visitor, await askForPin(visitor, portal, person, 'Forgot your password?'));
  await expect(visitor.field('New password')).toBeVisible();
  await visitor.follow('Forgot your User ID too? The same PIN shows it');
  await visitor.at('Forgot your User ID?', 'forgot-user-id-offered');
  await visitor.press('Show my User ID');
  await expect(visitor.page.getByText(userId, { exact: true })).toBeVisible();
  await visitor.follow('Set a new password with the same PIN');
  await visitor.at('Forgot your password?', 'forgot-password-new');
  await answerQuestions(visitor);
  await visitor.answer({ 'New password': NEW, 'Confirm password': NEW });
  await visitor.press('Save my new password');
  await visitor.at('Sign in', 'sign-in-notice');
  // It sets no other password, and still shows the User ID.
  await visitor.open(FORGOT['Forgot your password?']);
  await visitor.sees('Your PIN has set a new password already.');
  await visitor.at('Forgot your password?', 'forgot-password-used');
  await visitor.open(FORGOT['Forgot your User ID?']);
  await expect(visitor.page.getByText(userId, { exact: true })).toBeVisible();
});

test('mistakes are named, and what was typed is kept', async ({ visitor }) => {
  await visitor.open(FORGOT['Forgot your User ID?']);
  await visitor.press('Request a PIN');
  await visitor.problems('Enter your email address', 'Enter your date of birth');
  await visitor.answer({ 'Email address': 'somebody@mail.example', Month: 'April', Day: '12', Year: '86' });
  await visitor.press('Request a PIN');
  await visitor.problems('Year of birth must have four digits');
  await expect(visitor.field('Email address')).toHaveValue('somebody@mail.example');
  await expect(visitor.field('Month')).toHaveValue('April');
});

test('a refused password is said at its field; the PIN is not asked for again', async ({ visitor, portal }) => {
  const { person, password } = await member(portal);
  await enterPin(visitor, await askForPin(visitor, portal, person, 'Forgot your password?'));
  for (const refused of ['short', password]) {
    await answerQuestions(visitor);
    await visitor.answer({ 'New password': refused, 'Confirm password': refused });
    await visitor.press('Save my new password');
    await expect(visitor.field('New password')).toHaveAttribute('aria-invalid', 'true');
    await expect(visitor.field('New password')).toHaveValue('');
    await expect(visitor.field('PIN')).toHaveCount(0);
  }
  await answerQuestions(visitor);
  await visitor.answer({ 'New password': NEW, 'Confirm password': `${NEW}x` });
  await visitor.press('Save my new password');
  await visitor.problems('The two passwords must match.');
});

test('the security questions chosen at registration are asked after the PIN, and five wrong tries lock', { tag: '@spanish' }, async ({ visitor, portal }) => {
  const { person } = await member(portal);
  await enterPin(visitor, await askForPin(visitor, portal, person, 'Forgot your password?'));
  await visitor.sees('Your PIN was right. Answer your security questions and choose your new password.');
  for (const [at, [question]] of QUESTIONS.entries()) {
    await visitor.sees(question);
    const field = securityAnswer(visitor, at + 1);
    await expect(field).toHaveAttribute('type', 'text');
    await expect(field).toHaveAttribute('autocomplete', 'off');
    if (visitor.language === 'en') await expect(visitor.field(`Security question answer ${at + 1}: ${question}`)).toHaveCount(1);
  }
  await visitor.press('Save my new password');
  await visitor.problems('Enter answer 1', 'Enter answer 2', 'Enter answer 3', 'Enter a password');
  for (let i = 1; i <= 5; i++) {
    await answerQuestions(visitor, ['Señor Whiskers', 'Red kite', `Not this book ${i}`]);
    await visitor.answer({ 'New password': NEW, 'Confirm password': NEW });
    await visitor.press('Save my new password');
    if (i === 5) break;
    await visitor.sees('Not all of your answers are right. Check each of them; after too many wrong tries we lock your account');
    // Without scripts the page is another one, and answers are never sent back.
    if (!visitor.scripts) await expect(securityAnswer(visitor, 1)).toHaveValue('');
    await expect(visitor.field('New password')).toHaveValue('');
  }
  await visitor.sees('There were too many wrong tries, so we locked your account. To unlock it, request a new PIN');
  await visitor.look('forgot-password-locked');
  await portal.mailbox.mailTo(person.email!, 'Your account was locked');
});

test('an address without an account gets the same page and another mail', async ({ visitor, portal }) => {
  const email = 'nobody-at-all@mail.example';
  await visitor.open(FORGOT['Forgot your password?']);
  await visitor.answer({ 'Email address': email, Month: '4', Day: '12', Year: '1986' });
  await visitor.press('Request a PIN');
  await visitor.sees(SENT);
  await expect(visitor.field('PIN')).toBeVisible();
  await portal.mailbox.mailTo(email, 'No account found');
  await enterPin(visitor, '12345678');
  await visitor.problems('This PIN is not right. Check the newest email. Tries left: 4');
});

test('five wrong entries end the PIN, and another can be had', async ({ visitor, portal }) => {
  const { person, userId } = await member(portal);
  const pin = await askForPin(visitor, portal, person, 'Forgot your User ID?');
  for (let left = 4; left > 0; left--) {
    await enterPin(visitor, another(pin));
    await visitor.sees(`This PIN is not right. Check the newest email. Tries left: ${left}`);
    // Like every code: it stays where it was typed, and is never sent back.
    if (!visitor.scripts) await expect(visitor.field('PIN')).toHaveValue('');
  }
  await enterPin(visitor, another(pin));
  await visitor.sees('The PIN was entered wrongly too often. Request a new one');
  await visitor.look('forgot-user-id-ended');
  const fresh = await askForPin(visitor, portal, person, 'Forgot your User ID?');
  expect(fresh).not.toBe(pin);
  await enterPin(visitor, fresh);
  await expect(visitor.page.getByText(userId, { exact: true })).toBeVisible();
});

test('the same PIN again within its 90 minutes, and another afterwards', async ({ visitor, anotherVisitor, portal }) => {
  const { person } = await member(portal);
  const pin = await askForPin(visitor, portal, person, 'Forgot your password?');
  await visitor.press('Ask again, or with another address');
  await expect(visitor.field('Email address')).toBeVisible();
  await portal.advance('80m');
  const other = await anotherVisitor();
  expect(await askForPin(other, portal, person, 'Forgot your password?')).toBe(pin);
  await portal.advance('11m');
  await enterPin(other, pin);
  await other.sees('The PIN has expired. Request a new one');
  expect(await askForPin(other, portal, person, 'Forgot your password?')).not.toBe(pin);
});

test('a reset ends the sessions there were, and lifts a lock', async ({ visitor, anotherVisitor, portal }) => {
  const someone = await member(portal);
  const { person, userId } = someone;
  await enter(visitor, someone);
  const other = await anotherVisitor();
  await other.open(`${EVERGREEN}/sign-in`);
  for (let i = 0; i < 5; i++) {
    await signIn(other, userId, `wrong-guess-${i}`);
    await other.sees('The User ID or password is not right, or the account is not available.');
    await expect(other.field('Password')).toHaveValue('');
  }
  await portal.mailbox.mailTo(person.email!, 'Your account was locked');
  await enterPin(other, await askForPin(other, portal, person, 'Forgot your password?'));
  await answerQuestions(other);
  await other.answer({ 'New password': NEW, 'Confirm password': NEW });
  await other.press('Save my new password');
  await other.at('Sign in', 'sign-in-notice');
  await signIn(other, userId, NEW);
  await other.at('Your programs');
  await visitor.comeTo(`${EVERGREEN}/home`);
  await visitor.at('Sign in');
});
