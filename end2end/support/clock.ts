//! The time of a browser in the hands of a test.

import type { Visitor } from './visitor.ts';

/** From the next document on, time in this browser goes on when the test says so, too. */
export async function holdClock(visitor: Visitor): Promise<void> {
  await visitor.page.clock.install();
  // Two things it does otherwise than a browser: the handles of its timers begin at 10^12, where a browser's fit into
  // the 32 bits that WebAssembly reads, and performance.now() does not begin anew with each document.
  await visitor.page.context().addInitScript(() => {
    const now = performance.now.bind(performance);
    const begun = now();
    performance.now = () => now() - begun;
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
