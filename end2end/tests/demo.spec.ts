import { expect, test } from '../support/test.ts';
import { violations } from '../support/inspect.ts';
import { RIVERSIDE } from '../support/portal.ts';

test('the mailbox shows what was sent, with links to follow', async ({ visitor, portal }) => {
  const { email } = portal.staff();
  await portal.advance('61m');
  await visitor.open(`${RIVERSIDE}/reset-password`);
  await visitor.fill('Email', email);
  await visitor.press('Reset Password');
  await visitor.at('Check your email');
  await portal.mailbox.mailTo(email, 'Reset your password');
  await visitor.page.goto('/dev/mailbox');
  await expect(visitor.heading).toHaveText('Mailbox');
  expect(await violations(visitor.page, visitor.scripts)).toEqual([]);
  const mails = await visitor.page.request.get('/dev/mailbox.json').then((answer) => answer.json());
  expect(mails[0]).toMatchObject({ to: email, subject: 'Reset your password' });
  expect(Object.keys(mails[0])).toEqual(expect.arrayContaining(['id', 'to', 'subject', 'text', 'html', 'at']));
  await visitor.page.getByRole('link', { name: mails[0].text.match(/https?:\/\/\S+/)[0], exact: true }).first().click();
  await visitor.at('Change your password', 'new-password-button');
});

test('the clock can be moved from the mailbox', async ({ visitor }) => {
  await visitor.page.goto('/dev/mailbox');
  const main = visitor.page.getByRole('main');
  const before = await main.innerText();
  await visitor.page.getByRole('button', { name: '15 minutes', exact: true }).click();
  await expect(visitor.heading).toHaveText('Mailbox');
  await expect(main).not.toHaveText(before);
});
