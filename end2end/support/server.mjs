// @ts-check
/**
 * The release, started and stopped as an operator would. Plain JavaScript on Node alone, because scripts/payload
 * uses it too.
 */

import { spawn } from 'node:child_process';
import { createWriteStream, mkdirSync } from 'node:fs';
import { createServer } from 'node:net';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = fileURLToPath(new URL('../..', import.meta.url)).replace(/\/$/, '');
export const target = `${root}/target`;
export const program = process.env.PORTICO_PROGRAM || `${target}/release/portico`;

/** How long a start may take, in milliseconds: the machine may be busy with compiling. */
const PATIENCE = 60_000;

/**
 * A port that nobody listens on at the moment.
 * @returns {Promise<number>}
 */
export function freePort() {
  return new Promise((resolve, reject) => {
    const server = createServer().once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address ? address.port : 0));
    });
  });
}

/** The environment of this process without its settings for Portico. */
function bareEnvironment() {
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('PORTICO_')));
}

/**
 * Runs one of Portico's commands to its end.
 * @param {string[]} args
 * @param {Record<string, string>} [environment]
 * @returns {Promise<{ status: number | null, stdout: string, stderr: string }>}
 */
export function run(args, environment = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { env: { ...bareEnvironment(), ...environment }, stdio: ['ignore', 'pipe', 'pipe'] });
    let stdout = '';
    let stderr = '';
    child.stdout.on('data', (data) => (stdout += data));
    child.stderr.on('data', (data) => (stderr += data));
    child.once('error', reject);
    child.once('close', (status) => resolve({ status, stdout, stderr }));
  });
}

/** A running server. */
export class Server {
  /** What it has printed so far, on both of its outputs. */
  output = '';
  /** @type {number | null | undefined} */
  #status;

  /**
   * @param {import('node:child_process').ChildProcess} child
   * @param {string} url
   * @param {string} log file that its output goes to
   */
  constructor(child, url, log) {
    this.child = child;
    this.url = url;
    mkdirSync(dirname(log), { recursive: true });
    const file = createWriteStream(log);
    for (const stream of [child.stdout, child.stderr]) {
      stream?.on('data', (data) => {
        this.output += data;
        file.write(data);
      });
    }
    this.ended = new Promise((resolve) =>
      child.once('close', (status) => {
        this.#status = status;
        file.end();
        resolve(status);
      }),
    );
  }

  /**
   * Starts `portico serve` on a free port and waits until it is ready.
   * @param {{ args?: string[], environment?: Record<string, string>, log: string, port?: number }} options
   */
  static async start({ args = [], environment = {}, log, port }) {
    port ??= await freePort();
    const url = `http://127.0.0.1:${port}`;
    const child = spawn(program, ['serve', ...args], {
      env: { ...bareEnvironment(), PORTICO_LISTEN: `127.0.0.1:${port}`, ...environment },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const server = new Server(child, url, log);
    child.once('error', () => {});
    await server.#ready();
    return server;
  }

  async #ready() {
    const until = Date.now() + PATIENCE;
    while (Date.now() < until) {
      if (this.#status !== undefined) {
        throw new Error(`portico ended at once with status ${this.#status}:\n${this.output}`);
      }
      const ready = await fetch(`${this.url}/ready`).then((answer) => answer.ok, () => false);
      if (ready) return;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    await this.stop();
    throw new Error(`portico was not ready after ${PATIENCE / 1000} s:\n${this.output}`);
  }

  /**
   * Moves the demo's clock forward.
   * @param {string} time such as `90d`, `15m`, `781s`
   */
  async advance(time) {
    const body = new URLSearchParams({ advance: time });
    const answer = await fetch(`${this.url}/dev/clock`, { method: 'POST', body, redirect: 'manual' });
    if (answer.status >= 400) throw new Error(`/dev/clock answered ${answer.status} to advance=${time}`);
  }

  /** Asks it to end, and sees to it. */
  async stop() {
    if (this.#status !== undefined) return;
    this.child.kill('SIGTERM');
    const force = setTimeout(() => this.child.kill('SIGKILL'), 10_000);
    await this.ended;
    clearTimeout(force);
  }
}
