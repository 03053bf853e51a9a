// @ts-check
/**
 * The plainest of browsers: it follows redirects, keeps cookies and sends forms. For what has to be there before a
 * test begins, and for measuring pages, where a real browser would only be slower.
 */

import { request } from 'node:http';
import { brotliDecompressSync, gunzipSync } from 'node:zlib';

/**
 * @typedef {object} Answer
 * @property {number} status
 * @property {import('node:http').IncomingHttpHeaders} headers
 * @property {Buffer} body as it came over the wire
 * @property {string} text decoded
 * @property {string} url
 */

/**
 * @param {string} url
 * @param {{ method?: string, headers?: Record<string, string>, body?: string }} [options]
 * @returns {Promise<Answer>}
 */
export function ask(url, { method = 'GET', headers = {}, body } = {}) {
  return new Promise((resolve, reject) => {
    const sent = request(url, { method, headers: { 'accept-encoding': 'br', ...headers } }, (answer) => {
      /** @type {Buffer[]} */
      const chunks = [];
      answer.on('data', (chunk) => chunks.push(chunk));
      answer.once('error', reject);
      answer.once('end', () => {
        const whole = Buffer.concat(chunks);
        const text = decoded(whole, answer.headers['content-encoding']).toString('utf8');
        resolve({ status: answer.statusCode ?? 0, headers: answer.headers, body: whole, text, url });
      });
    });
    sent.once('error', reject);
    sent.end(body);
  });
}

/**
 * @param {Buffer} body
 * @param {string | undefined} encoding
 */
function decoded(body, encoding) {
  if (body.length === 0) return body;
  if (encoding === 'br') return brotliDecompressSync(body);
  if (encoding === 'gzip') return gunzipSync(body);
  return body;
}

/** @param {string} html */
function unescaped(html) {
  return html.replace(/&quot;/g, '"').replace(/&#39;|&#x27;/g, "'").replace(/&lt;/g, '<').replace(/&gt;/g, '>').replace(/&amp;/g, '&');
}

/**
 * @param {string} tag
 * @param {string} name
 */
function attribute(tag, name) {
  const value = tag.match(new RegExp(`\\s${name}="([^"]*)"`))?.[1];
  return value === undefined ? undefined : unescaped(value);
}

export class PlainVisitor {
  /** @type {Map<string, string>} */
  #cookies = new Map();
  /** @type {Answer | undefined} */
  #page;

  /** @param {string} origin */
  constructor(origin) {
    this.origin = origin;
  }

  /** The page that was answered last. */
  get page() {
    if (!this.#page) throw new Error('no page was opened yet');
    return this.#page;
  }

  /** The path of that page. */
  get path() {
    return new URL(this.page.url).pathname;
  }

  get heading() {
    const inner = this.page.text.match(/<h1\b[^>]*>([\s\S]*?)<\/h1>/)?.[1] ?? '';
    return unescaped(inner.replace(/<!--.*?-->|<[^>]*>/g, '')).trim();
  }

  /**
   * What somebody answers to the multiple-choice questions of the page who knows these words: the option that is one of
   * them, else the last one, None of these.
   * @param {Set<string>} words
   * @returns {Record<string, string>} values by the names of the fields
   */
  choices(words) {
    /** @type {Record<string, string>} */
    const chosen = {};
    const options = this.page.text.matchAll(/(<input\b[^>]*type="radio"[^>]*>)[\s\S]*?<label\b[^>]*>([\s\S]*?)<\/label>/g);
    /** @type {Set<string>} */
    const known = new Set();
    for (const [, input = '', label = ''] of options) {
      const name = attribute(input, 'name') ?? '';
      if (known.has(name)) continue;
      chosen[name] = attribute(input, 'value') ?? '';
      if (words.has(unescaped(label.replace(/<!.*?>|<[^>]*>/g, '')).trim())) known.add(name);
    }
    return chosen;
  }

  /** Where every request to the portal goes through. @param {string} url @param {Parameters<typeof ask>[1]} options */
  async #ask(url, { headers, ...options } = {}) {
    const cookie = [...this.#cookies].map(([name, value]) => `${name}=${value}`).join('; ');
    const answer = await ask(url, {
      ...options,
      headers: {
        accept: 'text/html',
        'accept-language': 'en',
        'sec-fetch-site': 'same-origin',
        ...(cookie ? { cookie } : {}),
        ...headers,
      },
    });
    for (const set of answer.headers['set-cookie'] ?? []) {
      const [pair = '', ...attributes] = set.split(';').map((part) => part.trim());
      const [name = '', value = ''] = [pair.slice(0, pair.indexOf('=')), pair.slice(pair.indexOf('=') + 1)];
      if (attributes.some((a) => /^max-age=0$/i.test(a))) this.#cookies.delete(name);
      else this.#cookies.set(name, value);
    }
    return answer;
  }

  /** Opens a page, as a link on another page of the portal does. @param {string} address */
  async open(address) {
    let answer = await this.#ask(new URL(address, this.origin).href);
    for (let hops = 0; answer.headers.location; hops++) {
      if (hops === 10) throw new Error(`${address} redirects without end`);
      answer = await this.#ask(new URL(answer.headers.location, answer.url).href);
    }
    this.#page = answer;
    return answer;
  }

  /**
   * Fills in the form of the page and sends it.
   * @param {Record<string, string>} fields by their names
   * @param {string} [form] a part of the form's tag, for another form than the page's own
   */
  async send(fields, form = 'id="form"') {
    const { text, url } = this.page;
    const found = [...text.matchAll(/(<form\b[^>]*>)([\s\S]*?)<\/form>/g)].find(([, tag]) => tag?.includes(form));
    if (!found) throw new Error(`${url} has no form with ${form}`);
    const [, tag = '', inner = ''] = found;
    const body = new URLSearchParams();
    for (const [input] of inner.matchAll(/<input\b[^>]*>/g)) {
      const name = attribute(input, 'name');
      if (name && attribute(input, 'type') === 'hidden') body.set(name, attribute(input, 'value') ?? '');
    }
    for (const [name, value] of Object.entries(fields)) body.set(name, value);
    const answer = await this.#ask(new URL(attribute(tag, 'action') ?? '', url).href, {
      method: 'POST',
      headers: { origin: this.origin, 'content-type': 'application/x-www-form-urlencoded' },
      body: body.toString(),
    });
    if (answer.status !== 303) throw new Error(`${answer.url} answered ${answer.status} and not 303: ${answer.text.slice(0, 200)}`);
    return this.open(answer.headers.location ?? url);
  }
}
