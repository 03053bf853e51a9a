import type { Locator } from '@playwright/test';
import { askForCode, askForReset, newUserId, PASSWORD, register } from '../support/journeys.ts';
import { expect, test } from '../support/test.ts';
import type { Visitor } from '../support/visitor.ts';

/** The list of rules that describes this field, one item for each rule. */
async function rulesOf(visitor: Visitor, label: string): Promise<Locator> {
  const described = (await visitor.field(label).getAttribute('aria-describedby'))!.split(' ');
  const lists = visitor.page.locator(described.map((id) => `[id="${id}"]`).join(', '));
  return lists.getByRole('listitem');
}

/** What each rule says of itself: met, not met yet, or checked when you save. */
async function states(rules: Locator): Promise<string[]> {
  const texts = await rules.allTextContents();
  return texts.map((text) => text.match(/(not met yet|met|checked when you save)\s*$/)?.[1] ?? `says nothing: ${text}`);
}

test('member: every keystroke is judged', { tag: '@scripts' }, async ({ visitor, portal }) => {
  const person = portal.person((row) => row.email !== '' && /^[A-Za-z]{4,8}$/.test(row.first_name!));
  await register(visitor, portal, { person, userId: newUserId(), password: PASSWORD }, 'Create your sign-in');
  const rules = await rulesOf(visitor, 'Password');
  await expect(rules).toHaveText([/6 to 12 characters/, /letter/, /digit/, /name/, /before|used/]);
  const typed: [string, string[]][] = [
    ['a', ['not met yet', 'met', 'not met yet', 'met', 'checked when you save']],
    ['a2', ['not met yet', 'met', 'met', 'met', 'checked when you save']],
    ['a2cde', ['not met yet', 'met', 'met', 'met', 'checked when you save']],
    ['a2cdef', ['met', 'met', 'met', 'met', 'checked when you save']],
    ['a2cdef789012', ['met', 'met', 'met', 'met', 'checked when you save']],
    ['a2cdef7890123', ['not met yet', 'met', 'met', 'met', 'checked when you save']],
    ['123456', ['met', 'not met yet', 'met', 'met', 'checked when you save']],
  ];
  const field = visitor.field('Password');
  for (const [password, verdicts] of typed) {
    await field.clear();
    await field.pressSequentially(password);
    await expect.poll(() => states(rules), { message: password }).toEqual(verdicts);
  }
  await field.clear();
  await field.pressSequentially(`${person.first_name}1`);
  await expect.poll(async () => (await states(rules))[3], { message: 'the own name' }).toBe('not met yet');
  await field.clear();
  await expect.poll(async () => (await states(rules)).slice(0, 3)).toEqual(['not met yet', 'not met yet', 'not met yet']);
});

test('member: a rule says its state in words, and not by colour alone', { tag: '@scripts' }, async ({ visitor, portal }) => {
  await register(visitor, portal, { person: portal.person(), userId: newUserId(), password: PASSWORD }, 'Create your sign-in');
  const rules = await rulesOf(visitor, 'Password');
  // The mark of a met rule is drawn, and differs in shape.
  const mark = () => rules.first().evaluate((item) => getComputedStyle(item, '::after').content);
  expect(await mark()).toBe('none');
  await visitor.field('Password').pressSequentially(PASSWORD);
  await expect.poll(mark).not.toBe('none');
  await visitor.look('register-rules-met');
});

test('member: the rules are said beforehand and decided by the server', async ({ visitor, portal }) => {
  const person = portal.person();
  await register(visitor, portal, { person, userId: newUserId(), password: PASSWORD }, 'Create your sign-in');
  await expect(await rulesOf(visitor, 'Password')).toHaveText([/6 to 12 characters/, /letter/, /digit/, /name/, /before|used/]);
  if (!visitor.scripts) await expect(await rulesOf(visitor, 'Password')).toHaveText(Array(5).fill(/: checked when you save$/));
  const userId = newUserId();
  for (const bad of ['a2cde', 'a2cdef7890123', 'abcdefgh', '12345678', `${userId.slice(0, 11)}`]) {
    await visitor.answer({ 'User ID': userId, Password: bad, 'Confirm password': bad });
    await visitor.press('Continue');
    await expect(visitor.field('Password'), bad).toHaveAttribute('aria-invalid', 'true');
    await expect(visitor.field('Password')).toHaveValue('');
    await expect(visitor.field('User ID')).toHaveValue(userId);
  }
});

test('member: a long password is refused with a message, never cut', async ({ visitor, portal }) => {
  await register(visitor, portal, { person: portal.person(), userId: newUserId(), password: PASSWORD }, 'Create your sign-in');
  await expect(visitor.field('Password')).not.toHaveAttribute('maxlength', /.*/);
  const long = `${PASSWORD}${'x'.repeat(300)}`;
  await visitor.answer({ 'User ID': newUserId(), Password: long, 'Confirm password': long });
  await expect(visitor.field('Password')).toHaveValue(long);
  await visitor.press('Continue');
  await expect(visitor.field('Password')).toHaveAttribute('aria-invalid', 'true');
});

test('staff: ten characters, a digit, an uppercase letter, a symbol', { tag: '@scripts' }, async ({ visitor, portal }) => {
  await portal.advance('61m');
  const { email } = portal.staff();
  await askForCode(visitor, portal, email, await askForReset(visitor, portal, email));
  const rules = await rulesOf(visitor, 'New password');
  await expect(rules).toHaveText([/10/, /digit/, /uppercase/, /symbol/, /last 5/]);
  const typed: [string, string[]][] = [
    ['river', ['not met yet', 'not met yet', 'not met yet', 'not met yet', 'checked when you save']],
    ['riverstones', ['met', 'not met yet', 'not met yet', 'not met yet', 'checked when you save']],
    ['riverstone4', ['met', 'met', 'not met yet', 'not met yet', 'checked when you save']],
    ['Riverstone4', ['met', 'met', 'met', 'not met yet', 'checked when you save']],
    ['Riverstone-4', ['met', 'met', 'met', 'met', 'checked when you save']],
  ];
  for (const [password, verdicts] of typed) {
    await visitor.field('New password').clear();
    await visitor.field('New password').pressSequentially(password);
    await expect.poll(() => states(rules), { message: password }).toEqual(verdicts);
  }
});
