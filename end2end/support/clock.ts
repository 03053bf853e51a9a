//! The time of a browser in the hands of a test.

import type { Visitor } from './visitor.ts';

/** From the next document on, time in this browser goes on when the test says so, too. */
export async function holdClock(visitor: Visitor): Promise<void> {
  await visitor.page.clock.install();
  // The handles of its timers begin at 10^12. A page's own fit into 32 bits, and WebAssembly counts on that.
  await visitor.page.context().addInitScript(() => {
    const first = 1e12;
    const scope = window as unknown as Record<string, (...args: unknown[]) => unknown>;
    for (const [start, stop] of [
      ['setTimeout', 'clearTimeout'],
      ['setInterval', 'clearInterval'],
      ['requestAnimationFrame', 'cancelAnimationFrame'],
      ['requestIdleCallback', 'cancelIdleCallback'],
    ] as const) {
      const [starts, stops] = [scope[start]!.bind(window), scope[stop]!.bind(window)];
      scope[start] = (...args) => Number(starts(...args)) - first;
      scope[stop] = (handle) => stops(Number(handle) + first);
    }
  });
}
