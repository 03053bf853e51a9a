import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { codeIn, linkIn, Mailbox } from '../support/mailbox.ts';
import { signIn } from '../support/journeys.ts';
import { ask } from '../support/plain.mjs';
import { RIVERSIDE } from '../support/portal.ts';
import { freePort, root, run, Server, target } from '../support/server.mjs';
import { expect, test } from '../support/test.ts';

const EMAIL = 'sam.porter@riverside.example';
const PASSWORD = 'River-stone-42';
const REFUSED = 'The email or password is not right, or the account is not available.';

test('from an empty folder to a member of staff, by the commands of an operator', async ({ anotherVisitor }) => {
  test.setTimeout(180_000);
  const folder = mkdtempSync(`${tmpdir()}/portico-operator-`);
  const mailbox = await Mailbox.open();
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const environment = {
    PORTICO_PUBLIC_URL: url,
    PORTICO_DATABASE_URL: `sqlite:${folder}/portico.db`,
    PORTICO_MAIL_URL: mailbox.url,
    PORTICO_MAIL_FROM: 'Riverside Clinics <portal@riverside.example>',
    PORTICO_KEYS_FILE: `${folder}/keys`,
    PORTICO_DEFAULT_ORGANIZATION: 'riverside',
  };
  let server: Server | undefined;

  /** Runs a command that has to succeed; returns what it prints. */
  const portico = async (...args: string[]) => {
    const { status, stdout, stderr } = await run(args, environment);
    expect(status, `portico ${args.join(' ')}: ${stderr}`).toBe(0);
    return stdout + stderr;
  };

  try {
    await portico('keys', 'new', '--out', `${folder}/keys`);
    expect(statSync(`${folder}/keys`).mode & 0o777).toBe(0o600);
    expect((await run(['keys', 'new', '--out', `${folder}/keys`], environment)).status, 'keys are never overwritten').toBe(1);
    await portico('migrate');
    await portico('organization', 'apply', `${root}/demo/riverside.toml`);
    server = await Server.start({ environment, log: `${target}/playwright-operator.log`, port });

    for (const path of ['/dev/mailbox', '/dev/mailbox.json', '/dev/components']) {
      expect((await ask(`${url}${path}`)).status, `${path} is for the demo alone`).toBe(404);
    }
    const clock = await ask(`${url}/dev/clock`, {
      method: 'POST',
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      body: 'advance=90d',
    });
    expect(clock.status, 'so is the clock').toBeGreaterThanOrEqual(400);

    // A mail written by a command leaves within 5 s.
    await portico('staff', 'invite', '--organization', 'riverside', '--email', EMAIL, '--name', 'Sam Porter');
    const invited = Date.now();
    const welcome = await mailbox.mailTo(EMAIL, 'Welcome to Riverside Clinics');
    expect(Date.now() - invited).toBeLessThan(5_000);
    expect(welcome.from).toBe('portal@riverside.example');

    const visitor = await anotherVisitor({ baseURL: url });
    await visitor.open(linkIn(welcome));
    await visitor.at('Choose your password', 'welcome-button');
    await visitor.press('Get my security code');
    await expect(visitor.field('Security code')).toBeVisible();
    await visitor.look('welcome-code');
    await visitor.answer({
      'Security code': codeIn(await mailbox.mailTo(EMAIL, 'Your security code')),
      'New password': PASSWORD,
      'Confirm password': PASSWORD,
    });
    await visitor.press('Save my new password');
    await visitor.at('Sign in', 'riverside-sign-in-notice');
    await signIn(visitor, EMAIL, PASSWORD);
    await visitor.at('Your programs', 'riverside-home');

    // Staff keep their session when they type an address.
    await visitor.open(`${RIVERSIDE}/account`);
    await visitor.at('Your information', 'riverside-account');

    const who = ['--organization', 'riverside', EMAIL];
    expect(await portico('account', 'show', ...who)).toMatch(/active/i);
    await portico('account', 'end-sessions', ...who, '--reason', 'a lost phone');
    await visitor.comeTo(`${RIVERSIDE}/home`);
    await visitor.at('Sign in', 'riverside-sign-in');

    await portico('account', 'disable', ...who, '--reason', 'on leave');
    await mailbox.mailTo(EMAIL, 'Your account was disabled');
    await signIn(visitor, EMAIL, 'River-stone-43');
    await visitor.sees(REFUSED);
    await signIn(visitor, EMAIL, PASSWORD);
    await expect(visitor.heading).toHaveText(/disabled/i);
    await visitor.look('unavailable');

    await portico('account', 'reactivate', ...who, '--reason', 'is back');
    await mailbox.mailTo(EMAIL, 'Your account was reactivated');
    await visitor.open(`${RIVERSIDE}/sign-in`);
    for (let i = 0; i < 5; i++) {
      await signIn(visitor, EMAIL, `Wrong-guess-${i}`);
      await visitor.sees(REFUSED);
      await expect(visitor.field('Password')).toHaveValue('');
    }
    await mailbox.mailTo(EMAIL, 'Your account was locked');
    expect(await portico('account', 'show', ...who)).toMatch(/locked/i);
    await portico('account', 'unlock', ...who, '--reason', 'called from the clinic');
    await mailbox.mailTo(EMAIL, 'Your account was unlocked');
    await signIn(visitor, EMAIL, PASSWORD);
    await visitor.at('Your programs', 'riverside-home');
  } finally {
    await server?.stop();
    await mailbox.close();
    rmSync(folder, { recursive: true, force: true });
  }
});

test('the demo refuses what is not for it', { tag: '@scripts' }, async () => {
  const settings: Record<string, string>[] = [{ PORTICO_LISTEN: '0.0.0.0:0' }, { PORTICO_DATABASE_URL: 'sqlite:portico.db' }];
  for (const environment of settings) {
    const { status, stderr } = await run(['serve', '--demo'], environment);
    expect(status, JSON.stringify(environment)).toBe(1);
    expect(stderr.trim().length).toBeGreaterThan(0);
  }
});
