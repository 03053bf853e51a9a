import { EVERGREEN } from '../support/portal.ts';
import { expect, test } from '../support/test.ts';

// scripts/payload measures every page without a browser; here a browser says that it asks for no more than that.
test('the sign-in page comes in eight requests and 180 kB, all included', { tag: '@scripts' }, async ({ visitor }) => {
  await visitor.open(`${EVERGREEN}/sign-in`);
  await visitor.page.waitForLoadState('networkidle');
  const requests = await visitor.page.requests();
  const urls = requests.map((request) => request.url());
  expect(new Set(urls).size, `nothing twice, and what is loaded ahead is used: ${urls.join(' ')}`).toBe(urls.length);
  const sizes = await Promise.all(requests.map(async (request) => (await request.sizes()).responseBodySize));
  expect(urls.length, urls.join(' ')).toBeLessThanOrEqual(8);
  expect(sizes.reduce((sum, size) => sum + size, 0)).toBeLessThanOrEqual(180_000);
});
