//! The invented people of the demo, read from the files that the demo itself imports.

import { readdirSync, readFileSync } from 'node:fs';
import { root } from './server.mjs';

/** A row of the roster, by the names of its columns. */
export type Row = Record<string, string>;

/** The rows of a CSV file. Quoted fields may hold commas and quotes, as RFC 4180 has them. */
function rows(file: string): Row[] {
  const text = readFileSync(file, 'utf8').replace(/^\uFEFF/, '');
  const lines: string[][] = [];
  let line: string[] = [];
  for (const [, quoted, bare, end] of text.matchAll(/(?:"((?:[^"]|"")*)"|([^",\r\n]*))(,|\r?\n|$)/g)) {
    line.push(quoted === undefined ? bare! : quoted.replaceAll('""', '"'));
    if (end !== ',') {
      if (line.some((field) => field !== '')) lines.push(line);
      line = [];
    }
  }
  const [names = [], ...values] = lines;
  return values.map((value) => Object.fromEntries(names.map((name, i) => [name, value[i] ?? ''])));
}

export const roster: Row[] = readdirSync(`${root}/demo`)
  .filter((file) => file.endsWith('.csv'))
  .flatMap((file) => rows(`${root}/demo/${file}`));

/** All rows of the person of this one. */
export const enrolments = (row: Row) => roster.filter((other) => other.member_id === row.member_id);

const isOver = (row: Row) => row.coverage_end !== '' && row.coverage_end! < new Date().toISOString();

const isAdult = (row: Row) => Number(row.date_of_birth!.slice(0, 4)) < new Date().getFullYear() - 19;

/** The people of demo/README.md are there for walks and special cases: no test takes one of them for just anybody. */
const LAST_WITH_A_PART = 'EG100016';

/** Whether the row's person may register by themselves: enrolled in a program, of age, on their own account. */
export function mayRegister(row: Row): boolean {
  const all = enrolments(row);
  return (
    row === all[0] &&
    row.member_id! > LAST_WITH_A_PART &&
    (row.relationship === '' || row.relationship === 'self') &&
    isAdult(row) &&
    all.some((one) => one.program !== '' && !isOver(one))
  );
}

/** The person of that name, one of demo/README.md. */
export function named(first: string, last: string): Row {
  const person = roster.find((row) => row.first_name === first && row.last_name === last);
  if (!person) throw new Error(`The demo's roster has no ${first} ${last}.`);
  return person;
}

/** What the organization file calls the thing of a slug, in each language. */
function namesOf(table: string, slug: string): string[] {
  const toml = readFileSync(`${root}/demo/evergreen.toml`, 'utf8');
  const blocks = toml.split(/^\[+/m).filter((block) => block.startsWith(`${table}]]`));
  const block = blocks.find((one) => one.includes(`slug = "${slug}"`)) ?? '';
  return [...block.matchAll(/^name(?:_es)? = "(.*)"$/gm)].map(([, name]) => name!);
}

/** What a person knows of themselves that About you does not ask, in the words of the questionnaire in each language. */
export function knows(row: Row): Set<string> {
  const words = new Set<string>();
  for (const { clinic, plan_name: plan, program, employer, coverage_start: start } of enrolments(row)) {
    for (const word of [clinic, plan]) if (word) words.add(word);
    for (const name of program ? namesOf('programs', program) : []) words.add(name);
    for (const name of employer ? namesOf('employers', employer) : []) words.add(name);
    for (const language of start ? ['en-US', 'es-MX'] : []) {
      words.add(new Date(`${start}T00:00:00Z`).toLocaleDateString(language, { month: 'long', year: 'numeric', timeZone: 'UTC' }));
    }
  }
  return words;
}

/** What a person answers on the page About you, by its labels. */
export function aboutYou(row: Row): Record<string, string> {
  const [year = '', month = '', day = ''] = row.date_of_birth!.split('-');
  return {
    'First name': row.first_name!,
    'Last name': row.last_name!,
    Month: month,
    Day: day,
    Year: year,
    'Street address': row.address_line1!,
    'Apartment or unit (optional)': row.address_line2 ?? '',
    City: row.city ?? '',
    State: row.state ?? '',
    'ZIP code': row.postal_code!,
  };
}
