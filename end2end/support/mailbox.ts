//! A real mail server: what Portico sends by SMTP ends up here, and is read as a mail program reads it.

import PostalMime from 'postal-mime';
import { SMTPServer } from 'smtp-server';
import type { AddressInfo } from 'node:net';
import { expect } from '@playwright/test';

export interface Mail {
  /** The address of the envelope. */
  to: string;
  from: string;
  subject: string;
  text: string;
  html: string;
  messageId: string;
  /** As it came over the wire. */
  raw: string;
}

/** Mails leave within 5 s of the change; a busy machine gets some more. */
const PATIENCE = 15_000;

export class Mailbox {
  readonly mails: Mail[] = [];
  private readonly taken = new Set<Mail>();
  private readonly server: SMTPServer;

  private constructor() {
    this.server = new SMTPServer({
      authOptional: true,
      disabledCommands: ['STARTTLS', 'AUTH'],
      disableReverseLookup: true,
      logger: false,
      onData: (stream, session, done) => {
        const chunks: Buffer[] = [];
        stream.on('data', (chunk: Buffer) => chunks.push(chunk));
        stream.once('end', () => {
          const recipients = session.envelope.rcptTo.map((recipient) => recipient.address);
          this.receive(Buffer.concat(chunks), recipients).then(() => done(), done);
        });
      },
    });
    this.server.on('error', () => {});
  }

  static async open(): Promise<Mailbox> {
    const mailbox = new Mailbox();
    await new Promise<void>((resolve) => mailbox.server.listen(0, '127.0.0.1', resolve));
    return mailbox;
  }

  /** What the setting `mail_url` has to be. */
  get url(): string {
    const { port } = this.server.server.address() as AddressInfo;
    return `smtp://127.0.0.1:${port}?tls=none`;
  }

  close(): Promise<void> {
    return new Promise((resolve) => this.server.close(() => resolve()));
  }

  private async receive(raw: Buffer, recipients: string[]): Promise<void> {
    const mail = await PostalMime.parse(raw);
    for (const to of recipients) {
      this.mails.push({
        to: to.toLowerCase(),
        from: mail.from?.address ?? '',
        subject: mail.subject ?? '',
        text: mail.text ?? '',
        html: mail.html ?? '',
        messageId: mail.messageId ?? '',
        raw: raw.toString('utf8'),
      });
    }
  }

  /** Puts away what came so far: the next test reads its own mails. */
  putAway(): void {
    for (const mail of this.mails) this.taken.add(mail);
  }

  /** Every mail to `address` with that subject, the oldest first. */
  to(address: string, subject: string): Mail[] {
    return this.mails.filter((mail) => mail.to === address.toLowerCase() && mail.subject === subject);
  }

  /** The next mail to `address` with that subject that no test has read yet; waits for it. */
  async mailTo(address: string, subject: string): Promise<Mail> {
    const next = () => this.to(address, subject).find((mail) => !this.taken.has(mail));
    await expect
      .poll(() => next() !== undefined, {
        message: `a mail “${subject}” to ${address}; there are: ${this.mails.map((m) => `${m.subject} (${m.to})`).join(', ')}`,
        timeout: PATIENCE,
      })
      .toBe(true);
    const mail = next()!;
    this.taken.add(mail);
    return mail;
  }
}

/** The link of a mail: the first one in its text part, alone on its line. */
export function linkIn(mail: Mail): string {
  const first = mail.text.match(/https?:\/\/\S+/)?.[0];
  const alone = mail.text.match(/^https?:\/\/\S+$/m)?.[0];
  expect(first, `the first link of “${mail.subject}” is alone on its line`).toBeDefined();
  expect(alone).toBe(first);
  return first!;
}

/** The code of a mail: 8 digits, alone on their line. */
export function codeIn(mail: Mail): string {
  const codes = mail.text.match(/^\d{8}$/gm) ?? [];
  expect(codes, `“${mail.subject}” has one code, alone on its line`).toHaveLength(1);
  return codes[0]!;
}
