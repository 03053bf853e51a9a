//! The time of a browser in the hands of a test. Playwright's own clock will not do: performance.now() goes on from one
//! document to the next in it, and its timers have handles beyond the 32 bits that WebAssembly reads.

import type { Visitor } from './visitor.ts';

declare global {
  interface Window {
    /** Moves the time of this document forward, by so many milliseconds. */
    passTime?: (milliseconds: number) => void;
  }
}

/** From the next document on, time in this browser passes by itself and when the test says so. */
export async function holdClock(visitor: Visitor): Promise<void> {
  await visitor.page.context().addInitScript(() => {
    const later = window.setTimeout.bind(window);
    const never = window.clearTimeout.bind(window);
    const sinceStart = performance.now.bind(performance);
    const waiting = new Map<number, { at: number; run: () => void; handle: number }>();
    let passed = 0;
    let timers = 0;
    performance.now = () => sinceStart() + passed;
    window.setTimeout = ((task: (...args: unknown[]) => void, wait = 0, ...args: unknown[]) => {
      const timer = (timers += 1);
      const run = () => {
        waiting.delete(timer);
        task(...args);
      };
      waiting.set(timer, { at: performance.now() + wait, run, handle: later(run, wait) });
      return timer;
    }) as typeof window.setTimeout;
    window.clearTimeout = (handle) => {
      const timer = Number(handle);
      never(waiting.get(timer)?.handle);
      waiting.delete(timer);
    };
    window.passTime = (milliseconds) => {
      passed += milliseconds;
      for (const one of waiting.values()) {
        never(one.handle);
        one.handle = later(one.run, Math.max(0, one.at - performance.now()));
      }
    };
  });
}

/** Lets so many seconds pass in every tab of this browser. */
export async function passTime(visitor: Visitor, seconds: number): Promise<void> {
  const pages = visitor.page.context().pages();
  await Promise.all(pages.map((page) => page.evaluate((milliseconds) => window.passTime?.(milliseconds), seconds * 1000)));
}
