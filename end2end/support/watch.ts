//! What no test may cause: a console message, an error on a page, a failed request, a refused one.

import type { BrowserContext, ConsoleMessage, Request, Response } from '@playwright/test';

interface Announced {
  status: number;
  path: string;
  came: boolean;
}

export class Watch {
  private readonly found: string[] = [];
  private readonly forgiven: RegExp[] = [];
  private readonly announced: Announced[] = [];

  constructor(
    context: BrowserContext,
    private readonly scripts: boolean,
  ) {
    context.on('console', (message) => this.console(message));
    context.on('weberror', (error) => this.found.push(`page error: ${error.error().stack ?? error.error().message}`));
    context.on('requestfailed', (request) => this.failed(request));
    context.on('response', (response) => this.answered(response));
  }

  /** Says that a request to `path` will be answered with `status`, which is 400 or more. */
  announce(status: number, path: string): void {
    this.announced.push({ status, path, came: false });
  }

  /** Leaves out what has to go wrong in this test, before or after. */
  forgive(expected: RegExp): void {
    this.forgiven.push(expected);
  }

  /** What went wrong, and what was announced and did not come. */
  troubles(): string[] {
    const missing = this.announced.filter((one) => !one.came).map((one) => `no ${one.status} came from ${one.path}`);
    const found = this.found.filter((line) => !this.forgiven.some((expected) => expected.test(line)));
    return [...found, ...missing];
  }

  private isAnnounced(url: string): boolean {
    return this.announced.some((one) => pathOf(url) === one.path);
  }

  private console(message: ConsoleMessage): void {
    if (message.type() !== 'error' && message.type() !== 'warning') return;
    const { url } = message.location();
    // Advice on time: the machine was too busy to use what was loaded ahead. payload.spec.ts sees that it is used.
    if (/was preloaded using link preload but not used within a few seconds/.test(message.text())) return;
    // Chromium writes a line for each answer of 400 and above.
    if (message.text().startsWith('Failed to load resource') && this.isAnnounced(url)) return;
    this.found.push(`console ${message.type()}: ${message.text()} (${url})`);
  }

  private failed(request: Request): void {
    // A navigation ends what is still under way.
    if (request.failure()?.errorText === 'net::ERR_ABORTED') return;
    // Chromium says so of every script that is loaded ahead while scripts are off, whatever the policy.
    if (!this.scripts && request.resourceType() === 'script' && request.failure()?.errorText === 'csp') return;
    this.found.push(`failed request: ${request.method()} ${request.url()}: ${request.failure()?.errorText}`);
  }

  private answered(response: Response): void {
    if (response.status() < 400) return;
    const one = this.announced.find(({ status, path }) => status === response.status() && path === pathOf(response.url()));
    if (one) one.came = true;
    else this.found.push(`answer ${response.status()}: ${response.request().method()} ${response.url()}`);
  }
}

function pathOf(url: string): string {
  return URL.canParse(url) ? new URL(url).pathname : url;
}
