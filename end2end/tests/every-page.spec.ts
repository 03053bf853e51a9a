import { enter, member } from '../support/journeys.ts';
import { ask } from '../support/plain.mjs';
import { EVERGREEN, RIVERSIDE } from '../support/portal.ts';
import { expect, test } from '../support/test.ts';

const OPEN_PAGES: [path: string, heading: string][] = [
  [`${EVERGREEN}/sign-in`, 'Sign in'],
  [`${EVERGREEN}/register`, 'About you'],
  [`${EVERGREEN}/help`, 'Login Help'],
  [`${EVERGREEN}/forgot-user-id`, 'Forgot your User ID?'],
  [`${EVERGREEN}/forgot-password`, 'Forgot your password?'],
  [`${EVERGREEN}/signed-out`, 'You are signed out'],
];

const STAFF_PAGES: [path: string, heading: string][] = [
  [`${RIVERSIDE}/sign-in`, 'Sign in'],
  [`${RIVERSIDE}/reset-password`, 'Reset your password'],
  [`${RIVERSIDE}/help`, 'Login Help'],
];

for (const [path, heading] of OPEN_PAGES) {
  test(`${path} is open to everyone`, { tag: '@spanish' }, async ({ visitor }) => {
    await visitor.open(path);
    await visitor.at(heading);
    await expect(visitor.link('Skip to main content')).not.toBeInViewport();
    await visitor.page.keyboard.press('Tab');
    await visitor.isOn(visitor.link('Skip to main content'));
    await expect(visitor.link('Skip to main content')).toBeInViewport();
  });
}

for (const [path, heading] of STAFF_PAGES) {
  test(`${path} is open to everyone`, { tag: '@spanish' }, async ({ visitor }) => {
    await visitor.open(path);
    await visitor.at(heading, `riverside-${path.split('/').at(-1)}`);
  });
}

for (const path of [`${EVERGREEN}/nowhere`, `${EVERGREEN}/support`, '/nowhere', `${EVERGREEN}/sign-in/`]) {
  test(`${path} is not found, and says so with a way on`, { tag: '@spanish' }, async ({ visitor }) => {
    visitor.watch.announce(404, path);
    await visitor.open(path);
    await visitor.at('Page not found', 'not-found');
    await visitor.follow('Go to Sign in');
    await visitor.at('Sign in');
  });
}

test('an organization that does not exist is not found', async ({ visitor }) => {
  visitor.watch.announce(404, '/o/nobody/sign-in');
  const answer = await visitor.page.goto('/o/nobody/sign-in');
  expect(answer?.status()).toBe(404);
});

test('Login Help has the figures of the policy, and the phone number', async ({ visitor }) => {
  await visitor.open(`${EVERGREEN}/help`);
  const main = visitor.page.getByRole('main');
  await expect(main).toContainText(/6 to 12 characters/);
  await expect(main).toContainText(/15 minutes/);
  await expect(main).toContainText('1-800-555-0100');
  await visitor.open(`${RIVERSIDE}/help`);
  await expect(main).toContainText(/90 days/);
  await expect(main).toContainText('1-800-555-0140');
});

test('Login Help is searched, and an answer has an address of its own', { tag: '@spanish' }, async ({ visitor }) => {
  await visitor.open(`${EVERGREEN}/help`);
  await visitor.fill('Search these answers', 'PIN');
  await visitor.press('Search');
  await visitor.at('Login Help', 'help-search');
  await expect(visitor.field('Search these answers')).toHaveValue('PIN');
  await expect(visitor.page.locator('h3#pin')).toBeVisible();
  await expect(visitor.page.locator('h3#browser')).toHaveCount(0);
  await visitor.follow('Show all questions');
  await expect(visitor.page.locator('h3#browser')).toHaveCount(1);
  await visitor.open(`${EVERGREEN}/sign-in`);
  await visitor.follow('Why can I not sign in?');
  await visitor.at('Login Help');
  await expect(visitor.page.locator('h3#cannot-sign-in')).toBeInViewport();
});

test('the sign-in pages have the links of their preset', async ({ visitor }) => {
  await visitor.open(`${EVERGREEN}/sign-in`);
  for (const name of ['Register', 'Forgot User ID', 'Forgot Password', 'Login Help']) await expect(visitor.link(name)).toBeVisible();
  await expect(visitor.field('User ID')).toHaveAttribute('autocomplete', 'username');
  await expect(visitor.field('Password')).toHaveAttribute('autocomplete', 'current-password');
  await visitor.open(`${RIVERSIDE}/sign-in`);
  for (const name of ['Reset your password', "Don't have an account yet?", 'Login Help']) await expect(visitor.link(name)).toBeVisible();
  await expect(visitor.link('Register')).toHaveCount(0);
  await expect(visitor.field('Email')).toHaveAttribute('autocomplete', 'username');
});

test('programs open a new tab and say so', async ({ visitor, portal }) => {
  await enter(visitor, await member(portal));
  const links = visitor.page.getByRole('main').getByRole('link');
  expect(await links.count()).toBeGreaterThan(0);
  for (const link of await links.all()) {
    await expect(link).toHaveAccessibleName(/opens in a new tab/);
    await expect(link).toHaveAttribute('target', '_blank');
    await expect(link).toHaveAttribute('rel', /noopener/);
  }
});

test('components are shown in the demo, in one place', async ({ visitor }) => {
  await visitor.page.goto('/dev/components');
  await expect(visitor.heading).toBeVisible();
  await visitor.look('dev-components');
});

test('every page carries the security headers, with a nonce that no other page has', async ({ portal }) => {
  const nonces = new Set<string>();
  const paths = [...OPEN_PAGES, ...STAFF_PAGES].map(([path]) => path);
  for (const path of [...paths, `${EVERGREEN}/home`, `${EVERGREEN}/nowhere`, '/nowhere', '/']) {
    const { headers, text } = await ask(`${portal.url}${path}`, { headers: { accept: 'text/html' } });
    const policy = String(headers['content-security-policy']);
    expect(policy, path).toContain("frame-ancestors 'none'");
    expect(policy, path).not.toContain('unsafe-inline');
    expect(policy.replaceAll("'wasm-unsafe-eval'", ''), path).not.toContain('unsafe-eval');
    expect(headers['x-content-type-options'], path).toBe('nosniff');
    expect(headers['referrer-policy'], path).toBe('same-origin');
    expect(headers['cache-control'], path).toContain('no-store');
    expect(headers['strict-transport-security'], `${path}: plain http`).toBeUndefined();
    if (!text.includes('<script')) continue;
    const nonce = policy.match(/'nonce-([^']+)'/)?.[1];
    expect(nonce, path).toBeTruthy();
    expect(nonces, path).not.toContain(nonce);
    nonces.add(nonce!);
    for (const [tag] of text.matchAll(/<script\b[^>]*>/g)) expect(tag, path).toContain(`nonce="${nonce}"`);
    expect(text, path).not.toMatch(/\sstyle="|\son[a-z]+="/);
  }
  expect(nonces.size).toBeGreaterThan(5);
});

test('what does not change is kept by the browser for good', async ({ portal }) => {
  const { text } = await ask(`${portal.url}${EVERGREEN}/sign-in`);
  const assets = [...new Set([...text.matchAll(/(?:href|src)="(\/pkg\/[^"]+)"/g)].map(([, path]) => path!))];
  expect(assets.length).toBeGreaterThanOrEqual(3);
  for (const path of assets) {
    const { status, headers } = await ask(`${portal.url}${path}`);
    expect(status, path).toBe(200);
    expect(headers['cache-control'], path).toContain('immutable');
    expect(headers.vary, path).toMatch(/accept-encoding/i);
    expect(headers['x-content-type-options'], path).toBe('nosniff');
  }
});

test('a form from another site is refused', async ({ portal }) => {
  const foreign: Record<string, string>[] = [{ origin: 'https://evil.example' }, { 'sec-fetch-site': 'cross-site' }, { origin: 'null' }];
  for (const headers of foreign) {
    const { status } = await ask(`${portal.url}/api/sign-in`, {
      method: 'POST',
      headers: { 'content-type': 'application/x-www-form-urlencoded', ...headers },
      body: 'organization=evergreen&page=%2Fo%2Fevergreen%2Fsign-in&identifier=a&password=b',
    });
    expect(status, JSON.stringify(headers)).toBe(403);
  }
});

test('only its own host names are answered', async ({ portal }) => {
  const { status } = await ask(`${portal.url}${EVERGREEN}/sign-in`, { headers: { host: 'evil.example' } });
  expect(status).toBeGreaterThanOrEqual(400);
});

test('alive and ready', async ({ portal }) => {
  for (const path of ['/health', '/ready']) expect((await ask(`${portal.url}${path}`)).status, path).toBe(200);
});
