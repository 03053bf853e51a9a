//! A person at a browser: what they open, fill in, press and see, by the names that they see.

import { expect, type CDPSession, type Locator, type Page, type Request } from '@playwright/test';
import { inspect } from './inspect.ts';
import type { Watch } from './watch.ts';
import { say, within, type Language, type Words } from './words.ts';

export class Visitor {
  private debugger: CDPSession | undefined;

  constructor(
    readonly page: Page,
    readonly watch: Watch,
    readonly language: Language,
    readonly scripts: boolean,
  ) {}

  /** The words for `english` in the language that this visitor reads. */
  say(english: string): Words {
    return say(english, this.language);
  }

  /** The same visitor, reading another language from now on. */
  reading(language: Language): Visitor {
    return new Visitor(this.page, this.watch, language, this.scripts);
  }

  /** The same page in a second tab, as by opening a link of the page there. */
  async tab(): Promise<Visitor> {
    const opened = this.page.context().waitForEvent('page');
    await this.page.evaluate(() => void window.open(location.href));
    return new Visitor(await opened, this.watch, this.language, this.scripts);
  }

  // --- Going about ---------------------------------------------------------------------------------------------------

  /** Types an address, or follows a bookmark. */
  async open(address: string): Promise<void> {
    await this.page.goto(address);
    await this.ready();
  }

  /** Comes to an address from inside the portal, with a new document: the browser says that it was not typed. */
  async comeTo(address: string): Promise<void> {
    const loaded = this.page.waitForEvent('load');
    await this.page.evaluate((href) => location.assign(href), address);
    await loaded;
    await this.ready();
  }

  /** Waits until the app has taken over the page; without scripts there is nothing to wait for. */
  async ready(): Promise<void> {
    if (!this.scripts) return;
    // The router listens to Back from the moment on that the page lives; nothing on the page itself shows it.
    await expect.poll(() => this.listensToBack(), { message: 'the app takes over the page', timeout: 20_000 }).toBe(true);
  }

  private async listensToBack(): Promise<boolean> {
    this.debugger ??= await this.page.context().newCDPSession(this.page);
    try {
      const { result } = await this.debugger.send('Runtime.evaluate', { expression: 'window' });
      const { listeners } = await this.debugger.send('DOMDebugger.getEventListeners', { objectId: result.objectId! });
      return listeners.some(({ type }) => type === 'popstate');
    } catch {
      return false; // between two documents
    }
  }

  /** Follows a link. */
  async follow(name: string): Promise<void> {
    await this.link(name).click();
  }

  /** Presses a button. */
  async press(name: string): Promise<void> {
    await this.button(name).click();
  }

  /** Goes back, as with the browser's own button. */
  async back(): Promise<void> {
    await this.page.goBack();
  }

  // --- Filling in ----------------------------------------------------------------------------------------------------

  async fill(label: string, value: string): Promise<void> {
    await this.field(label).fill(value);
  }

  /** Fills in several fields, by their labels; a select is chosen from. */
  async answer(answers: Record<string, string>): Promise<void> {
    for (const [label, value] of Object.entries(answers)) {
      const field = this.field(label);
      if ((await field.evaluate((element) => element.tagName)) === 'SELECT') await field.selectOption(value);
      else await field.fill(value);
    }
  }

  // --- Looking -------------------------------------------------------------------------------------------------------

  field(label: string): Locator {
    return this.page.getByLabel(this.say(label), { exact: true });
  }

  button(name: string): Locator {
    return this.page.getByRole('button', { name: this.say(name), exact: true });
  }

  link(name: string): Locator {
    return this.page.getByRole('link', { name: this.say(name), exact: true });
  }

  /** A link or a button, where it reads as a link and acts as a button. */
  control(name: string): Locator {
    return this.link(name).or(this.button(name));
  }

  get heading(): Locator {
    return this.page.getByRole('heading', { level: 1 });
  }

  /** Arrives on the page with this heading, and looks at it as a whole. `name` is for another state of one page. */
  async at(heading: string, name?: string): Promise<void> {
    await expect(this.heading).toHaveText(this.say(heading));
    await this.ready();
    await this.look(name);
  }

  /** Looks at the page as it is now: axe, narrow and wide. */
  async look(name?: string): Promise<void> {
    await inspect(this.page, name ?? nameOf(this.page.url()), this.language, this.scripts);
  }

  /** Sees a text anywhere on the page. */
  async sees(english: string): Promise<void> {
    await expect(this.page.getByText(within(this.say(english))).first()).toBeVisible();
  }

  async seesNot(text: string | RegExp): Promise<void> {
    await expect(this.page.locator('body')).not.toContainText(text);
  }

  /** Sees these mistakes and no others: in the summary, which has the focus, and in the same words at the fields. */
  async problems(...mistakes: string[]): Promise<void> {
    const title = this.page.getByRole('heading', { level: 2, name: this.say('There is a problem'), exact: true });
    await expect(title).toBeVisible();
    const alert = this.page.getByRole('alert').filter({ has: title });
    await expect(alert.getByRole('listitem')).toHaveText(mistakes.map((mistake) => this.say(mistake)));
    await expect(this.page.locator(':focus').filter({ has: title })).toHaveCount(1);
    await expect(this.page).toHaveTitle(new RegExp(`^${within(this.say('Error:')).source}`));
    for (const link of await alert.getByRole('link').all()) {
      const id = (await link.getAttribute('href'))!.replace('#', '');
      const field = this.page.locator(`[id="${id}"]`);
      await expect(field, `the field that “${await link.innerText()}” leads to`).toHaveAttribute('aria-invalid', 'true');
      expect(await this.descriptionOf(field)).toContain(await link.innerText());
    }
    await this.look(`${nameOf(this.page.url())}-problem`);
  }

  /** What describes a field, or the group that it belongs to. */
  private async descriptionOf(field: Locator): Promise<string> {
    return field.evaluate((element) => {
      const described = [element, element.closest('fieldset')].map((one) => one?.getAttribute('aria-describedby') ?? '');
      const ids = described.join(' ').split(' ').filter(Boolean);
      return ids.map((id) => document.getElementById(id)?.innerText ?? `nothing has the id ${id}`).join(' ');
    });
  }

  /** Has the focus on the one thing of this name. */
  async isOn(target: Locator): Promise<void> {
    await expect(target).toBeFocused();
  }

  /** The documents that the browser asks for from now on. */
  documents(): string[] {
    const asked: string[] = [];
    this.page.on('request', (request: Request) => {
      if (request.resourceType() === 'document') asked.push(`${request.method()} ${new URL(request.url()).pathname}`);
    });
    return asked;
  }
}

/** What a page is called in pictures: its path, without the organization. */
function nameOf(url: string): string {
  const path = new URL(url).pathname.replace(/^\/o\/[^/]+\//, '').replace(/^\//, '');
  return path.replaceAll('/', '-') || 'start';
}
