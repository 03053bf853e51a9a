import { chooseQuestions, enter, member, newUserId, QUESTIONS, signIn } from '../support/journeys.ts';
import { codeIn } from '../support/mailbox.ts';
import { EVERGREEN, Portal } from '../support/portal.ts';
import { expect, test } from '../support/test.ts';
import { subject } from '../support/words.ts';

test('a new password: the current one is asked for, and every other session ends', { tag: '@spanish' }, async ({ visitor, anotherVisitor, portal }) => {
  const someone = await member(portal);
  await enter(visitor, someone);
  const elsewhere = await anotherVisitor();
  await enter(elsewhere, someone);

  await visitor.follow('Your information');
  await visitor.at('Your information');
  await visitor.follow('Change your password');
  await visitor.at('Change your password');
  await visitor.press('Save my new password');
  await visitor.problems('Enter your current password', 'Enter a password');
  const save = async (current: string, password: string, again = password) => {
    await visitor.answer({ 'Current password': current, 'New password': password, 'Confirm password': again });
    await visitor.press('Save my new password');
  };
  await save('guess4it', 'meadow88');
  await visitor.problems('This is not your current password. Check it and try again');
  for (const label of ['Current password', 'New password', 'Confirm password']) {
    await expect(visitor.field(label)).toHaveValue('');
  }
  await save(someone.password, 'meadow88', 'meadow89');
  await visitor.problems('The two passwords must match.');
  await save(someone.password, 'meadow88');
  await visitor.at('Your information', 'account-notice');
  await visitor.sees('Your new password is now set');
  await portal.mailbox.mailTo(someone.person.email!, subject('Your password was changed', 'en'));

  await elsewhere.comeTo(`${EVERGREEN}/account`);
  await elsewhere.at('Sign in');
  await signIn(elsewhere, someone.userId, 'meadow88');
  await elsewhere.at('Your information');
});

test('the rules of a new password tick while it is typed', { tag: '@scripts' }, async ({ visitor, portal }) => {
  const someone = await member(portal);
  await enter(visitor, someone);
  await visitor.comeTo(`${EVERGREEN}/account/password`);
  await visitor.at('Change your password');
  const rules = visitor.page.locator('#password-rules').getByRole('listitem');
  await visitor.fill('New password', 'meadow');
  await expect(rules.filter({ hasText: 'has a letter' })).toContainText(': met');
  await expect(rules.filter({ hasText: 'has a digit' })).toContainText(': not met yet');
  await visitor.fill('New password', 'meadow88');
  await expect(rules.filter({ hasText: 'has a digit' })).toContainText(': met');
  await expect(rules.filter({ hasText: 'used before' })).toContainText(': checked when you save');
});

test('five wrong current passwords lock the account, and the owner is told', async ({ visitor, portal }) => {
  const someone = await member(portal);
  await enter(visitor, someone);
  await visitor.comeTo(`${EVERGREEN}/account/password`);
  for (let i = 0; i < 5; i++) {
    await visitor.answer({ 'Current password': `guess4it${i}`, 'New password': 'meadow88', 'Confirm password': 'meadow88' });
    await visitor.press('Save my new password');
    await expect(visitor.field('Current password')).toHaveAttribute('aria-invalid', 'true');
    await expect(visitor.field('Current password')).toHaveValue('');
  }
  await visitor.look('account-password-locked');
  await portal.mailbox.mailTo(someone.person.email!, 'Your account was locked');
});

test('other security questions, with the current password', { tag: '@spanish' }, async ({ visitor, portal }) => {
  const someone = await member(portal);
  await enter(visitor, someone);
  await visitor.follow('Your information');
  await visitor.at('Your information');
  await visitor.follow('Security questions');
  await visitor.at('Security questions');
  for (const [at, [, question]] of QUESTIONS.entries()) {
    await expect(visitor.field(`Question ${at + 1}`)).toHaveValue(question);
    await expect(visitor.field(`Answer ${at + 1}`)).toHaveValue('');
  }
  await visitor.press('Save my security questions');
  await visitor.problems('Enter answer 1', 'Enter answer 2', 'Enter answer 3', 'Enter your current password');
  const chosen = [
    ['', 'wish', 'Pilot'],
    ['', 'first_dish', 'Pancakes'],
    ['', 'nickname', 'Brooky'],
  ];
  await chooseQuestions(visitor, chosen);
  await visitor.fill('Current password', 'guess4it');
  await visitor.press('Save my security questions');
  await visitor.problems('This is not your current password. Check it and try again');
  await expect(visitor.field('Question 1')).toHaveValue('wish');
  if (!visitor.scripts) await expect(visitor.field('Answer 1')).toHaveValue('');
  await chooseQuestions(visitor, chosen);
  await visitor.fill('Current password', someone.password);
  await visitor.press('Save my security questions');
  await visitor.at('Your information', 'account-questions-notice');
  await visitor.sees('Your security questions are now set');
  const mail = await portal.mailbox.mailTo(someone.person.email!, subject('Your security questions were changed', 'en'));
  expect(mail.text + mail.html).not.toMatch(/pilot|pancakes|brooky/i);
});

test('another email address, with the current password and a code', { tag: '@spanish' }, async ({ visitor, portal }) => {
  const someone = await member(portal);
  const email = `moved-${newUserId()}@mail.example`;
  await enter(visitor, someone);
  await visitor.follow('Your information');
  await visitor.follow('Your email');
  await visitor.at('Your email');
  await visitor.sees(`Your email address now is ${someone.person.email}.`);
  await visitor.press('Send code');
  await visitor.problems('Enter your email address', 'Enter your current password');
  await visitor.answer({ 'New email address': email, 'Current password': 'guess4it' });
  await visitor.press('Send code');
  await visitor.problems('This is not your current password. Check it and try again');
  await expect(visitor.field('New email address')).toHaveValue(email);
  await expect(visitor.field('Current password')).toHaveValue('');
  await visitor.fill('Current password', someone.password);
  await visitor.press('Send code');
  await visitor.sees(`We have sent a code to ${email}.`);
  await visitor.at('Your email', 'account-email-code');
  const code = codeIn(await portal.mailbox.mailTo(email, subject('Your security code', visitor.language)));
  await visitor.fill('Code', (code.startsWith('0') ? '1' : '0') + code.slice(1));
  await visitor.press('Continue');
  await expect(visitor.page.getByRole('alert')).toBeVisible();
  await visitor.press('Send it again');
  await visitor.sees('The code is on its way again.');
  expect(codeIn(await portal.mailbox.mailTo(email, subject('Your security code', visitor.language)))).toBe(code);
  await visitor.fill('Code', code);
  await visitor.press('Continue');
  await visitor.at('Your information', 'account-email-notice');
  await visitor.sees('Your email address is changed');
  await expect(visitor.page.getByRole('main')).toContainText(email);
  for (const to of [email, someone.person.email!]) {
    await portal.mailbox.mailTo(to, 'Your email was changed');
  }
});

test('where one is signed in: one session ended, then all others', { tag: '@spanish' }, async ({ visitor, anotherVisitor, portal }) => {
  const someone = await member(portal);
  await enter(visitor, someone);
  const others = [await anotherVisitor(), await anotherVisitor(), await anotherVisitor()];
  for (const other of others) await enter(other, someone);
  await visitor.follow('Your information');
  await visitor.follow('Where you are signed in');
  await visitor.at('Where you are signed in');
  const one = visitor.page.getByRole('main').locator('form[action="/api/end-session"]').getByRole('button');
  await expect(one).toHaveCount(4); // the registration's own session lives as well
  await one.first().click();
  await visitor.sees('The session is ended');
  await expect(one).toHaveCount(3);
  await visitor.look('account-sessions-ended');
  await visitor.press('End all other sessions');
  await visitor.sees('All other sessions are ended');
  await visitor.sees('You are not signed in anywhere else.');
  for (const other of others) {
    await other.comeTo(`${EVERGREEN}/account`);
    await other.at('Sign in');
  }
  await visitor.comeTo(`${EVERGREEN}/home`);
  await visitor.at('Your programs');
});

test('recent activity and the sign-in before', { tag: '@spanish' }, async ({ visitor, portal }) => {
  const someone = await member(portal);
  await visitor.open(`${EVERGREEN}/sign-in`);
  await signIn(visitor, someone.userId, 'guess4it');
  await expect(visitor.field('User ID')).toHaveAttribute('aria-invalid', 'true');
  await enter(visitor, someone);
  await visitor.follow('Your information');
  await visitor.at('Your information');
  await expect(visitor.page.getByRole('main')).toContainText(/You last signed in at .+\.|La última vez inició sesión a .+\./);
  await visitor.follow('Recent activity');
  await visitor.at('Recent activity');
  for (const told of ['Somebody tried to sign in with a wrong password', 'You registered']) await visitor.sees(told);
});

// In a portal of its own: half a year later the staff of the shared one would have expired.
test('a reminder to change the password, put off and followed', { tag: '@spanish' }, async ({ visitor }, info) => {
  test.setTimeout(180_000);
  const portal = await Portal.start(`reminder-${info.project.name}-${info.workerIndex}`);
  try {
    const { userId, password } = await member(portal);
    for (const choice of ['Not now', 'Change your password']) {
      await portal.advance('180d');
      await visitor.open(`${portal.url}${EVERGREEN}/sign-in`);
      await signIn(visitor, userId, password);
      await visitor.at('Your programs', 'home-reminder');
      await visitor.page.getByRole('main').locator('.note').getByText(visitor.say(choice)).click();
      if (choice === 'Not now') await expect(visitor.button(choice)).toHaveCount(0);
      else await visitor.at(choice);
    }
  } finally {
    await portal.stop();
  }
});
