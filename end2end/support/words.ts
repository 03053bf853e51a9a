//! The tests are written in English. In Spanish they look for what the catalogue has in place of the same words.

import { readdirSync, readFileSync } from 'node:fs';
import { root } from './server.mjs';

export type Language = 'en' | 'es';

/** A name to look for: the words themselves, or a pattern where the catalogue has several for the same English. */
export type Words = string | RegExp;

const escaped = (text: string) => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');

/** The catalogue, as pairs of English and Spanish. */
function catalogue(): [string, string][] {
  const pairs: [string, string][] = [];
  for (const file of readdirSync(`${root}/locales`)) {
    const toml = readFileSync(`${root}/locales/${file}`, 'utf8');
    const entry = /^en = ("(?:[^"\\]|\\.)*")\s*\nes = ("(?:[^"\\]|\\.)*")/gm;
    for (const [, en, es] of toml.matchAll(entry)) pairs.push([JSON.parse(en!), JSON.parse(es!)]);
  }
  return pairs;
}

const pairs = catalogue();

/** What `english` reads in Spanish. Values that stand for a `{placeholder}` are carried over. */
function inSpanish(english: string): string[] {
  const found = new Set<string>();
  for (const [en, es] of pairs) {
    const names: string[] = [];
    const pattern = escaped(en).replace(/\\\{(\w+)\\\}/g, (_, name: string) => {
      names.push(name);
      return '(.+?)';
    });
    const match = english.match(new RegExp(`^${pattern}$`));
    if (!match || (names.length > 0 && en.replace(/\{\w+\}/g, '').trim().length < 3)) continue;
    found.add(es.replace(/\{(\w+)\}/g, (_, name: string) => match[names.indexOf(name) + 1] ?? ''));
  }
  return [...found];
}

/** The words to look for in `language`. */
export function say(english: string, language: Language): Words {
  if (language === 'en') return english;
  const spanish = inSpanish(english);
  if (spanish.length === 0) throw new Error(`The catalogue has no Spanish for “${english}”.`);
  return spanish.length === 1 ? spanish[0]! : new RegExp(`^(?:${spanish.map(escaped).join('|')})$`);
}

/** The same words as a pattern that may stand inside a longer text. */
export function within(words: Words): RegExp {
  return words instanceof RegExp ? new RegExp(words.source.replace(/^\^|\$$/g, '')) : new RegExp(escaped(words));
}

const SUBJECTS: Record<string, string> = {
  'Welcome to {organization}': 'Le damos la bienvenida a {organization}',
  'Reset your password': 'Restablezca su contraseña',
  'Your security code': 'Su código de seguridad',
  'Your PIN': 'Su PIN',
  'Your User ID was looked up': 'Se consultó su nombre de usuario',
  'Your registration code': 'Su código de registro',
  'You are registered': 'Su registro está completo',
  'Your password was changed': 'Su contraseña fue cambiada',
  'Your security questions were changed': 'Sus preguntas de seguridad fueron cambiadas',
  'New sign-in': 'Nuevo inicio de sesión',
  'Your account was locked': 'Su cuenta fue bloqueada',
  'Your account was closed': 'Su cuenta fue cerrada',
};

/** The subject of a mail in `language`. */
export function subject(english: string, language: Language): string {
  const spanish = SUBJECTS[english];
  if (language === 'en') return english;
  if (!spanish) throw new Error(`Add the Spanish subject of “${english}” to words.ts.`);
  return spanish;
}
