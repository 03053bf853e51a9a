//! Runs once, before any worker.

import { existsSync, rmSync, mkdirSync } from 'node:fs';
import { program, target } from './server.mjs';

export const screenshots = `${target}/screenshots`;

export default function beforeAll(): void {
  if (!existsSync(program)) {
    throw new Error(`${program} is not there; run make build first.`);
  }
  rmSync(screenshots, { recursive: true, force: true });
  mkdirSync(screenshots, { recursive: true });
}
