//! What several tests walk through on their way to what they are about.

import { expect, type Locator } from '@playwright/test';
import { codeIn, linkIn } from './mailbox.ts';
import { PlainVisitor } from './plain.mjs';
import { aboutYou, knows, type Row } from './people.ts';
import { EVERGREEN, RIVERSIDE, type Portal } from './portal.ts';
import type { Visitor } from './visitor.ts';
import { subject } from './words.ts';

export interface Member {
  person: Row;
  userId: string;
  password: string;
}

/** Six to twelve characters with a letter and a digit, and nobody's name. */
export const PASSWORD = 'harbor42';

/** What members of these tests are asked after a PIN: the question, its name, and their answer. */
export const QUESTIONS = [
  ['What was the name of your first pet?', 'first_pet', 'Señor Whiskers'],
  ['What was your favorite toy as a child?', 'toy', 'Red kite'],
  ['Which book did you love most as a child?', 'book', 'The Secret Garden'],
] as const;

let members = 0;

/** A User ID that nobody else in this worker has. */
export function newUserId(): string {
  members += 1;
  return `member.${members}x`;
}

/** A member who has registered before the test began. */
export async function member(portal: Portal, person: Row = portal.person()): Promise<Member> {
  const userId = newUserId();
  const browser = new PlainVisitor(portal.url);
  const arrived = (heading: string) => expect(browser.heading, browser.path).toBe(heading);
  const [year = '', month = '', day = ''] = person.date_of_birth!.split('-');
  await browser.open(`${EVERGREEN}/register`);
  arrived('About you');
  await browser.send({
    first_name: person.first_name!,
    last_name: person.last_name!,
    month,
    day,
    year,
    address_line1: person.address_line1!,
    address_line2: person.address_line2 ?? '',
    city: person.city ?? '',
    state: person.state ?? '',
    postal_code: person.postal_code!,
    ssn: '',
  });
  arrived('A few questions');
  await browser.send(browser.choices(knows(person)));
  arrived('Your email');
  await browser.send({});
  arrived('Check your email');
  await browser.send({ code: codeIn(await portal.mailbox.mailTo(person.email!, 'Your registration code')) });
  arrived('Create your sign-in');
  await browser.send({ user_id: userId, password: PASSWORD, confirm: PASSWORD });
  arrived('Security questions');
  const chosen = QUESTIONS.flatMap(([, question, answer], at) => [
    [`question${at + 1}`, question],
    [`answer${at + 1}`, answer],
  ]);
  await browser.send(Object.fromEntries(chosen));
  arrived('Check your answers');
  await browser.send({});
  arrived('You are registered');
  return { person, userId, password: PASSWORD };
}

/** Walks the pages of a registration as far as `until`, the heading of the page to stop at. */
export async function register(visitor: Visitor, portal: Portal, member: Member, until = 'You are registered', page = `${EVERGREEN}/register`): Promise<void> {
  const { person, userId, password } = member;
  const steps: [heading: string, walk: () => Promise<void>][] = [
    [
      'About you',
      async () => {
        await visitor.answer(aboutYou(person));
        await visitor.press('Continue');
      },
    ],
    ['A few questions', async () => answerQuestionnaire(visitor, person)],
    ['Your email', async () => visitor.press('Send code')],
    [
      'Check your email',
      async () => {
        const mail = await portal.mailbox.mailTo(person.email!, subject('Your registration code', visitor.language));
        await visitor.fill('Code', codeIn(mail));
        await visitor.press('Continue');
      },
    ],
    [
      'Create your sign-in',
      async () => {
        await visitor.answer({ 'User ID': userId, Password: password, 'Confirm password': password });
        await visitor.press('Continue');
      },
    ],
    [
      'Security questions',
      async () => {
        await chooseQuestions(visitor);
        await visitor.press('Continue');
      },
    ],
    ['Check your answers', async () => visitor.press('Create my account')],
    ['You are registered', async () => {}],
  ];
  await visitor.open(page);
  for (const [heading, walk] of steps) {
    await visitor.at(heading);
    if (heading === until) return;
    await walk();
  }
}

/** Chooses security questions, on whichever page they are chosen. */
export async function chooseQuestions(visitor: Visitor, chosen: readonly (readonly string[])[] = QUESTIONS): Promise<void> {
  for (const [at, [, question = '', answer = '']] of chosen.entries()) {
    await visitor.answer({ [`Question ${at + 1}`]: question, [`Answer ${at + 1}`]: answer });
  }
}

/** The answer to the security question of this number, from 1; its label has the question. */
export function securityAnswer(visitor: Visitor, number: number): Locator {
  return visitor.page.locator(`#answer${number}`);
}

/** Answers the security questions that are asked after a PIN: as one types them, not as they were typed. */
export async function answerQuestions(visitor: Visitor, answers = QUESTIONS.map(([, , answer]) => ` ${answer.toUpperCase()}. `)): Promise<void> {
  for (const [at, answer] of answers.entries()) await securityAnswer(visitor, at + 1).fill(answer);
}

/** The option of each question that this person chooses. */
export async function choices(visitor: Visitor, person: Row): Promise<Locator[]> {
  const chosen: Locator[] = [];
  const words = knows(person);
  for (const question of await visitor.page.getByRole('main').getByRole('group').all()) {
    const options = (await question.locator('label').allTextContents()).map((option) => option.trim());
    const own = options.findIndex((option) => words.has(option));
    chosen.push(question.getByRole('radio').nth(own < 0 ? options.length - 1 : own));
  }
  return chosen;
}

/** Answers the identity questionnaire, on the page that the visitor is looking at, as this person would. */
export async function answerQuestionnaire(visitor: Visitor, person: Row): Promise<void> {
  for (const choice of await choices(visitor, person)) await choice.check();
  await visitor.press('Continue');
}

/** Gives About you, on the page that the visitor is looking at, and answers the questions. */
export async function identify(visitor: Visitor, person: Row): Promise<void> {
  await visitor.answer(aboutYou(person));
  await visitor.press('Continue');
  await visitor.at('A few questions');
  await answerQuestionnaire(visitor, person);
}

/** Signs in, on the sign-in page that the visitor is looking at. */
export async function signIn(visitor: Visitor, identifier: string, password: string): Promise<void> {
  const staff = new URL(visitor.page.url()).pathname.startsWith(RIVERSIDE);
  await visitor.fill(staff ? 'Email' : 'User ID', identifier);
  await visitor.fill('Password', password);
  await visitor.press('Sign In');
}

/** Opens the portal and signs in as a member. */
export async function enter(visitor: Visitor, { userId, password }: Member): Promise<void> {
  await visitor.open(`${EVERGREEN}/sign-in`);
  await signIn(visitor, userId, password);
  await visitor.at('Your programs');
}

/** Asks for a reset of this account's password and returns the link of the first mail. */
export async function askForReset(visitor: Visitor, portal: Portal, email: string): Promise<string> {
  await visitor.open(`${RIVERSIDE}/reset-password`);
  await visitor.at('Reset your password');
  await visitor.fill('Email', email);
  await visitor.press('Reset Password');
  await visitor.at('Check your email');
  return linkIn(await portal.mailbox.mailTo(email, subject('Reset your password', visitor.language)));
}

/** Opens the link of the first mail and presses its one button; returns the code of the second mail. */
export async function askForCode(visitor: Visitor, portal: Portal, email: string, link: string): Promise<string> {
  await visitor.open(link);
  await visitor.at('Change your password', 'new-password-button');
  await visitor.press('Get my security code');
  await expect(visitor.field('Security code')).toBeVisible();
  await visitor.look('new-password-code');
  return codeIn(await portal.mailbox.mailTo(email, subject('Your security code', visitor.language)));
}

/** Enters the code with a new password. */
export async function choosePassword(visitor: Visitor, code: string, password: string, again = password): Promise<void> {
  await visitor.answer({ 'Security code': code, 'New password': password, 'Confirm password': again });
  await visitor.press('Save my new password');
}

/** The page for a forgotten User ID, and the one for a forgotten password. */
export const FORGOT = {
  'Forgot your User ID?': `${EVERGREEN}/forgot-user-id`,
  'Forgot your password?': `${EVERGREEN}/forgot-password`,
} as const;

/** What `/forgot-user-id` and `/forgot-password` ask a person for. */
export function birthday(person: Row): Record<string, string> {
  const [Year = '', Month = '', Day = ''] = person.date_of_birth!.split('-');
  return { Month, Day, Year };
}

/** Asks for a PIN on one of the two pages, and returns it as the mail has it. */
export async function askForPin(visitor: Visitor, portal: Portal, person: Row, heading: keyof typeof FORGOT): Promise<string> {
  await visitor.open(FORGOT[heading]);
  await visitor.at(heading);
  await visitor.answer({ 'Email address': person.email!, ...birthday(person) });
  await visitor.press('Request a PIN');
  await expect(visitor.field('PIN')).toBeVisible();
  return codeIn(await portal.mailbox.mailTo(person.email!, subject('Your PIN', visitor.language)));
}

/** Enters a PIN on the page that asks for it. */
export async function enterPin(visitor: Visitor, pin: string): Promise<void> {
  await visitor.fill('PIN', pin);
  await visitor.press('Continue');
}
