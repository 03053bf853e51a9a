//! One portal with a mail server beside it: a worker's own, with people whom no other test has used.

import { Mailbox } from './mailbox.ts';
import { mayRegister, roster, type Row } from './people.ts';
import { Server, target } from './server.mjs';

export const EVERGREEN = '/o/evergreen';
export const RIVERSIDE = '/o/riverside';

/** The staff that the demo invents. */
const STAFF = [
  { name: 'Dana Whitfield', email: 'dana.whitfield@riverside.example' },
  { name: 'Marcus Lee', email: 'marcus.lee@riverside.example' },
];

export class Portal {
  private readonly used = new Set<Row>();
  private staffAsked = 0;

  private constructor(
    readonly server: Server,
    readonly mailbox: Mailbox,
  ) {}

  static async start(name: string): Promise<Portal> {
    const mailbox = await Mailbox.open();
    try {
      const server = await Server.start({
        args: ['--demo'],
        environment: { PORTICO_MAIL_URL: mailbox.url },
        log: `${target}/playwright-${name}.log`,
      });
      return new Portal(server, mailbox);
    } catch (error) {
      await mailbox.close();
      throw error;
    }
  }

  async stop(): Promise<void> {
    await this.server.stop();
    await this.mailbox.close();
  }

  get url(): string {
    return this.server.url;
  }

  /** Moves the demo's clock forward, by `90d`, `15m` or `30s`. */
  async advance(time: string): Promise<void> {
    await this.server.advance(time);
  }

  /** Somebody of the roster who fits and whom no test of this portal has met. */
  person(fits: (row: Row) => boolean = (row) => row.email !== ''): Row {
    const person = roster.find((row) => mayRegister(row) && fits(row) && !this.used.has(row));
    if (!person) throw new Error('The demo has nobody left who fits; give it more people.');
    this.used.add(person);
    return person;
  }

  /** Somebody of the staff, with an account; the next one each time, and then the first again. */
  staff(): { email: string; name: string } {
    const one = STAFF[this.staffAsked % STAFF.length]!;
    this.staffAsked += 1;
    return one;
  }
}
