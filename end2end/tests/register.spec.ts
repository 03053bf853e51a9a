import { aboutYou, named, type Row } from '../support/people.ts';
import { codeIn } from '../support/mailbox.ts';
import {
  answerQuestionnaire,
  choices,
  chooseQuestions,
  enter,
  identify,
  member,
  newUserId,
  PASSWORD,
  QUESTIONS,
  register,
  type Member,
} from '../support/journeys.ts';
import { EVERGREEN, type Portal } from '../support/portal.ts';
import { expect, test } from '../support/test.ts';
import type { Visitor } from '../support/visitor.ts';
import { subject } from '../support/words.ts';

const newcomer = (portal: Portal): Member => ({ person: portal.person(), userId: newUserId(), password: PASSWORD });

test('happy path, with the address on file', { tag: '@spanish' }, async ({ visitor, portal }) => {
  const someone = newcomer(portal);
  await visitor.open(`${EVERGREEN}/sign-in`);
  await visitor.follow('Register');
  await visitor.at('About you');
  await register(visitor, portal, someone);
  await expect(visitor.page.getByText(someone.userId, { exact: true })).toBeVisible();
  const mail = await portal.mailbox.mailTo(someone.person.email!, subject('You are registered', visitor.language));
  expect(mail.text).toContain(someone.userId);
  expect(mail.text + mail.html).not.toContain(someone.password);
  await visitor.follow('Go to your programs');
  await visitor.at('Your programs');
  await expect(visitor.page.getByText(`${someone.person.first_name} ${someone.person.last_name}`, { exact: true })).toBeVisible();
  await visitor.follow('Your information');
  await visitor.at('Your information');
});

test('an address is entered where none is on file', async ({ visitor, portal }) => {
  const person = portal.person((row) => row.email === '');
  const email = `entered-${newUserId()}@mail.example`;
  await visitor.open(`${EVERGREEN}/register`);
  await identify(visitor, person);
  await visitor.at('Your email', 'register-email-entered');
  await visitor.press('Send code');
  await visitor.problems('Enter your email address');
  await visitor.fill('Email address', email);
  await visitor.press('Send code');
  await visitor.at('Check your email');
  await visitor.fill('Code', codeIn(await portal.mailbox.mailTo(email, 'Your registration code')));
  await visitor.press('Continue');
  await visitor.at('Create your sign-in');
});

test('the address on file is shown masked, by its first letters alone', async ({ visitor, portal }) => {
  const someone = newcomer(portal);
  await register(visitor, portal, someone, 'Your email');
  const [user = '', domain = ''] = someone.person.email!.split('@');
  await visitor.seesNot(someone.person.email!);
  await visitor.seesNot(domain);
  await expect(visitor.page.getByRole('main')).toContainText(user[0]!);
});

test('what is typed need not be as on file to the letter', async ({ visitor, portal }) => {
  const person = portal.person((row) => row.email !== '' && row.address_line1!.endsWith('Street'));
  const { City: city, ...typed } = aboutYou(person);
  const months = ['Jan', 'february', 'MARCH', 'Abril', 'mayo', 'June', 'julio', 'Aug.', 'septiembre', 'Oct', 'noviembre', 'December'];
  await visitor.open(`${EVERGREEN}/register`);
  await visitor.answer({
    ...typed,
    'First name': ` ${person.first_name!.toUpperCase()} `,
    'Last name': person.last_name!.toLowerCase(),
    Month: months[Number(typed.Month) - 1]!,
    'Street address': person.address_line1!.replace(/ Street$/, '  st.'),
    City: city!.toUpperCase(),
    'ZIP code': `${person.postal_code!.slice(0, 5)}-0000`,
  });
  await visitor.press('Continue');
  await visitor.at('A few questions');
  await answerQuestionnaire(visitor, person);
  await visitor.at('Your email');
});

test('empty form: every mistake is named, nothing else is said', async ({ visitor }) => {
  await visitor.open(`${EVERGREEN}/register`);
  await visitor.press('Continue');
  await visitor.problems(
    'Enter your first name',
    'Enter your last name',
    'Enter your date of birth',
    'Enter your street address',
    'Enter your city',
    'Choose your state',
    'Enter your ZIP code',
  );
});

test('a date of birth without its year: the year is asked for, the rest stays', async ({ visitor, portal }) => {
  const person = portal.person();
  await visitor.open(`${EVERGREEN}/register`);
  await visitor.answer({ ...aboutYou(person), Year: '', 'Social Security number (optional)': '900-12-3456' });
  await visitor.press('Continue');
  await visitor.problems('Date of birth must include a year');
  await expect(visitor.field('First name')).toHaveValue(person.first_name!);
  await expect(visitor.field('Street address')).toHaveValue(person.address_line1!);
  await expect(visitor.field('State')).toHaveValue(person.state!);
  const link = visitor.page.getByRole('alert').getByRole('link');
  await link.click();
  await visitor.isOn(visitor.field('Year'));
});

test('no match: the neutral page, and Try again keeps what was typed but for the SSN', async ({ visitor, portal }) => {
  const person = portal.person();
  const typed = aboutYou(person);
  await visitor.open(`${EVERGREEN}/register`);
  await visitor.answer({ ...typed, Year: '1901', 'Social Security number (optional)': '900-12-3456' });
  await visitor.press('Continue');
  await visitor.at('A few questions');
  await answerQuestionnaire(visitor, person);
  await visitor.at('We could not verify your information');
  await visitor.control('Try again').click();
  await visitor.at('About you');
  for (const [label, value] of Object.entries({ ...typed, Year: '1901', 'Social Security number (optional)': '' })) {
    await expect(visitor.field(label), label).toHaveValue(value);
  }
  await visitor.answer({ Year: typed.Year! });
  await visitor.press('Continue');
  await visitor.at('A few questions');
  await answerQuestionnaire(visitor, person);
  await visitor.at('Your email');
});

test('questions: one answer each, the same ones again, and two tries whatever the browser', async ({ visitor, anotherVisitor, portal }) => {
  const person = portal.person();
  const asked = async (browser: Visitor) => {
    await browser.open(`${EVERGREEN}/register`);
    await browser.answer(aboutYou(person));
    await browser.press('Continue');
    await browser.at('A few questions');
    return browser.page.getByRole('main').getByRole('group').allInnerTexts();
  };
  const questions = await asked(visitor);
  expect(questions).toHaveLength(3);
  for (const question of questions) expect(question).toMatch(/None of these\s*$/);
  await visitor.press('Continue');
  const missing = questions.map((question) => `Choose an answer: ${question.split('\n')[0]!.trim()}`);
  await visitor.sees('There is a problem');
  await expect(visitor.page.getByRole('alert').getByRole('listitem')).toHaveText(missing);
  await visitor.look('register-questions-problem');
  for (const browser of [visitor, await anotherVisitor()]) {
    expect(await asked(browser)).toEqual(questions);
    for (const right of await choices(browser, person)) {
      const others = right.locator('xpath=ancestor::fieldset').getByRole('radio').and(browser.page.locator(':not(:checked)'));
      await right.check();
      await others.first().check();
    }
    await browser.press('Continue');
    await browser.at('We could not verify your information');
  }
  const third = await anotherVisitor();
  await third.open(`${EVERGREEN}/register`);
  await third.answer(aboutYou(person));
  await third.press('Continue');
  await third.at('We could not verify your information');
});

test('whoever cannot register ends on one and the same page', async ({ anotherVisitor, portal }) => {
  test.setTimeout(120_000);
  const registered = await member(portal);
  const people: [why: string, person: Row][] = [
    ['has an account', registered.person],
    ['a spouse without the number of the employee', named('Wanda', 'Finch')],
    ['listed only under an employer', named('Priya', 'Raman')],
    ['coverage ended', named('Gordon', 'Ames')],
    ['on the roster twice', named('Carol', 'Jensen')],
    ['on no roster', { ...named('Rosa', 'Delgado'), first_name: 'Rosalind' }],
  ];
  const pages = new Map<string, string>();
  for (const [why, person] of people) {
    const visitor = await anotherVisitor();
    await visitor.open(`${EVERGREEN}/register`);
    await identify(visitor, person);
    await visitor.at('We could not verify your information');
    expect(new URL(visitor.page.url()).search, why).toBe('');
    pages.set(why, await visitor.page.getByRole('main').innerText());
  }
  for (const [why, page] of pages) expect(page, why).toBe(pages.get('on no roster'));
  await portal.mailbox.mailTo(registered.person.email!, 'Someone tried to register as you');
});

test('accents, a double name and an apartment need not be typed as on file', async ({ visitor }) => {
  await visitor.open(`${EVERGREEN}/register`);
  await visitor.answer({
    ...aboutYou(named('José', 'Núñez-Ortega')),
    'First name': 'JOSE',
    'Last name': 'nunez ortega',
    'Street address': '2200 Northwest Pettygrove Street #4b',
    'Apartment or unit (optional)': '',
  });
  await visitor.press('Continue');
  await visitor.at('A few questions');
  await answerQuestionnaire(visitor, named('José', 'Núñez-Ortega'));
  await visitor.at('Your email');
});

test('steps cannot be skipped: every later address leads to the first gap', async ({ visitor, portal }) => {
  const later = ['register/email', 'register/email/code', 'register/sign-in-details', 'register/security-questions', 'register/check', 'register/done'];
  for (const page of later) {
    await visitor.open(`${EVERGREEN}/${page}`);
    await visitor.at('About you');
  }
  await register(visitor, portal, newcomer(portal), 'Check your email');
  for (const page of later.slice(2)) {
    await visitor.comeTo(`${EVERGREEN}/${page}`);
    await visitor.at('Check your email');
  }
});

test('a wrong code is refused and the right one still works', async ({ visitor, portal }) => {
  const someone = newcomer(portal);
  await register(visitor, portal, someone, 'Check your email');
  const code = codeIn(await portal.mailbox.mailTo(someone.person.email!, 'Your registration code'));
  await visitor.fill('Code', String((Number(code) + 1) % 100_000_000).padStart(8, '0'));
  await visitor.press('Continue');
  await expect(visitor.page.getByRole('alert')).toBeVisible();
  await expect(visitor.heading).toHaveText('Check your email');
  await visitor.fill('Code', ` ${code.slice(0, 4)} ${code.slice(4)} `);
  await visitor.press('Continue');
  await visitor.at('Create your sign-in');
});

test('Send it again sends the same code', async ({ visitor, portal }) => {
  const someone = newcomer(portal);
  await register(visitor, portal, someone, 'Check your email');
  const first = codeIn(await portal.mailbox.mailTo(someone.person.email!, 'Your registration code'));
  await visitor.control('Send it again').click();
  const second = codeIn(await portal.mailbox.mailTo(someone.person.email!, 'Your registration code'));
  expect(second).toBe(first);
  await expect(visitor.heading).toHaveText('Check your email');
});

test('a User ID that is taken is said to be, with others to choose from', async ({ visitor, portal }) => {
  const owner = await member(portal);
  const someone = { ...newcomer(portal), userId: owner.userId.toUpperCase() };
  await register(visitor, portal, someone, 'Create your sign-in');
  await visitor.answer({ 'User ID': someone.userId, Password: PASSWORD, 'Confirm password': PASSWORD });
  await visitor.press('Continue');
  await expect(visitor.field('User ID')).toHaveAttribute('aria-invalid', 'true');
  await expect(visitor.field('User ID')).toHaveValue(someone.userId);
  await visitor.look('register-user-id-taken');
});

test('two passwords that differ are refused, and neither is shown again', async ({ visitor, portal }) => {
  await register(visitor, portal, newcomer(portal), 'Create your sign-in');
  await visitor.answer({ 'User ID': newUserId(), Password: PASSWORD, 'Confirm password': `${PASSWORD}x` });
  await visitor.press('Continue');
  await visitor.problems('The two passwords must match.');
  await expect(visitor.field('Password')).toHaveValue('');
  await expect(visitor.field('Confirm password')).toHaveValue('');
});

test('the summary shows the answers without SSN and password, and Change leads back to it', async ({ visitor, portal }) => {
  const someone = newcomer(portal);
  await register(visitor, portal, someone, 'Check your answers');
  const main = visitor.page.getByRole('main');
  await expect(main).toContainText(someone.person.first_name!);
  await expect(main).toContainText(someone.userId);
  await expect(main).not.toContainText(PASSWORD);
  const change = main.getByRole('link', { name: /^Change.*User ID/i });
  await change.click();
  await visitor.at('Create your sign-in');
  await visitor.answer({ 'User ID': someone.userId, Password: PASSWORD, 'Confirm password': PASSWORD });
  await visitor.press('Continue');
  // Nothing has changed, so nothing is asked for again.
  await visitor.at('Check your answers');
  await change.click();
  await visitor.at('Create your sign-in');
  const changed = newUserId();
  await visitor.answer({ 'User ID': changed, Password: PASSWORD, 'Confirm password': PASSWORD });
  await visitor.press('Continue');
  // Their answers may be neither, so they are asked for again, to the same questions.
  await visitor.at('Security questions');
  await expect(visitor.field('Question 1')).toHaveValue(QUESTIONS[0][1]);
  await chooseQuestions(visitor);
  await visitor.press('Continue');
  await visitor.at('Check your answers');
  await expect(main).toContainText(changed);
});

test('security questions: every mistake is named, answers are never sent back, and the summary has none', { tag: '@spanish' }, async ({ visitor, portal }) => {
  const someone = newcomer(portal);
  await register(visitor, portal, someone, 'Security questions');
  await visitor.press('Continue');
  await visitor.problems('Choose question 1', 'Enter answer 1', 'Choose question 2', 'Enter answer 2', 'Choose question 3', 'Enter answer 3');
  const [first, second, third] = QUESTIONS;
  await chooseQuestions(visitor, [first, [...second.slice(0, 1), first[1], second[2]], ['', third[1], 'It']]);
  await visitor.press('Continue');
  await visitor.problems('Question 2 must be a different one', 'Answer 3 must have at least 3 letters or digits');
  await expect(visitor.field('Question 3')).toHaveValue(third[1]);
  if (!visitor.scripts) await expect(visitor.field('Answer 1')).toHaveValue('');
  await chooseQuestions(visitor, [first, ['', second[1], first[2].toLowerCase()], ['', third[1], someone.userId]]);
  await visitor.press('Continue');
  await visitor.problems('Answer 2 must differ from the other answers', 'Answer 3 must not be your name, your User ID or your password');
  await chooseQuestions(visitor);
  await visitor.press('Continue');
  await visitor.at('Check your answers');
  const main = visitor.page.getByRole('main');
  for (const [question, , answer] of QUESTIONS) {
    await visitor.sees(question);
    await expect(main).not.toContainText(answer);
  }
  await main.locator('a[href$="/register/security-questions"]').click();
  await visitor.at('Security questions', 'register-security-questions-again');
  await expect(visitor.field('Question 1')).toHaveValue(first[1]);
  await expect(visitor.field('Answer 1')).toHaveValue('');
});

test('the address on file is not proven twice', async ({ visitor, portal }) => {
  await register(visitor, portal, newcomer(portal), 'Check your answers');
  await visitor.page.getByRole('main').getByRole('link', { name: /^Change.*email/i }).click();
  await visitor.at('Your email');
  await visitor.press('Send code');
  await visitor.at('Check your answers');
});

test('a changed email has to be proven again', async ({ visitor, portal }) => {
  const [first, second] = [`first-${newUserId()}@mail.example`, `second-${newUserId()}@mail.example`];
  await visitor.open(`${EVERGREEN}/register`);
  await identify(visitor, portal.person((row) => row.email === ''));
  await visitor.at('Your email', 'register-email-entered');
  await visitor.fill('Email address', first);
  await visitor.press('Send code');
  await visitor.at('Check your email');
  await visitor.fill('Code', codeIn(await portal.mailbox.mailTo(first, 'Your registration code')));
  await visitor.press('Continue');
  await visitor.at('Create your sign-in');
  await visitor.answer({ 'User ID': newUserId(), Password: PASSWORD, 'Confirm password': PASSWORD });
  await visitor.press('Continue');
  await visitor.at('Security questions');
  await chooseQuestions(visitor);
  await visitor.press('Continue');
  await visitor.at('Check your answers');
  await visitor.page.getByRole('main').getByRole('link', { name: /^Change.*email/i }).click();
  await visitor.at('Your email', 'register-email-entered');
  await expect(visitor.field('Email address')).toHaveValue(first);
  await visitor.fill('Email address', second);
  await visitor.press('Send code');
  await visitor.at('Check your email');
  await visitor.comeTo(`${EVERGREEN}/register/check`);
  await visitor.at('Check your email');
  await visitor.fill('Code', codeIn(await portal.mailbox.mailTo(second, 'Your registration code')));
  await visitor.press('Continue');
  // What hangs on nothing of this is kept.
  await visitor.at('Check your answers');
  await expect(visitor.page.getByRole('main')).toContainText(second);
});

test('a dependent registers with the number of the employee', async ({ visitor }) => {
  const wanda = named('Wanda', 'Finch');
  const box = 'I am covered by another family member\'s plan';
  await visitor.open(`${EVERGREEN}/register`);
  await visitor.answer(aboutYou(wanda));
  await expect(visitor.field("Employee's Social Security number")).toBeHidden();
  await visitor.field(box).check();
  await visitor.fill("Employee's Social Security number", named('Walter', 'Finch').ssn!);
  await visitor.look('register-dependent');
  await visitor.press('Continue');
  await visitor.at('A few questions');
  await answerQuestionnaire(visitor, wanda);
  await visitor.at('Your email');
});

test('too young: a page of its own, whoever it is, and what was typed is still there', { tag: '@spanish' }, async ({ visitor }) => {
  const noah = named('Noah', 'Whitaker');
  for (const person of [{ ...noah, first_name: 'Nobody' }, noah]) {
    await visitor.open(`${EVERGREEN}/register`);
    await visitor.answer(aboutYou(person));
    await visitor.press('Continue');
    await visitor.at('You are too young to register');
    await visitor.follow('Change the date of birth');
    await visitor.at('About you');
    await expect(visitor.field('First name')).toHaveValue(person.first_name!);
    await expect(visitor.field('Year')).toHaveValue('2010');
  }
});

test('people listed only under an employer register on its page, and see its programs', async ({ visitor, portal }) => {
  const page = `${EVERGREEN}/employers/acme/register`;
  const priya = named('Priya', 'Raman');
  await visitor.open(page);
  await visitor.sees('Acme Manufacturing');
  await visitor.at('About you', 'register-employer');
  await visitor.answer({ ...aboutYou(priya), Year: '1901' });
  await visitor.press('Continue');
  await visitor.at('A few questions');
  await answerQuestionnaire(visitor, priya);
  await visitor.at('We could not verify your information');
  await visitor.control('Try again').click();
  await visitor.at('About you', 'register-employer');
  expect(new URL(visitor.page.url()).pathname).toBe(page);
  await visitor.control('Not you? Start again').click();
  await expect(visitor.field('First name')).toHaveValue('');
  const someone = { person: priya, userId: newUserId(), password: PASSWORD };
  await register(visitor, portal, someone, 'You are registered', page);
  await visitor.follow('Go to your programs');
  await visitor.at('Your programs');
  for (const program of ['Healthy Steps', 'Heart Wise']) await visitor.sees(program);
});

test('an employer that the organization does not have is not found', async ({ visitor }) => {
  const page = `${EVERGREEN}/employers/nobody/register`;
  visitor.watch.announce(404, page);
  await visitor.open(page);
  await visitor.at('Page not found', 'not-found');
});

test('Not you? Start again forgets everything', async ({ visitor, portal }) => {
  const someone = newcomer(portal);
  await register(visitor, portal, someone, 'Your email');
  await visitor.control('Not you? Start again').click();
  await visitor.at('About you');
  await expect(visitor.field('First name')).toHaveValue('');
  await visitor.comeTo(`${EVERGREEN}/register/email`);
  await visitor.at('About you');
});

test('goes on where it was left in the same browser, and nowhere else', async ({ visitor, anotherVisitor, portal }) => {
  const someone = newcomer(portal);
  await register(visitor, portal, someone, 'Create your sign-in');
  await visitor.page.goto('about:blank');
  await visitor.open(`${EVERGREEN}/register`);
  await visitor.comeTo(`${EVERGREEN}/register/sign-in-details`);
  await visitor.at('Create your sign-in');
  const stranger = await anotherVisitor();
  await stranger.open(`${EVERGREEN}/register/sign-in-details`);
  await stranger.at('About you');
});

test('left alone for long, it asks for the date of birth and a fresh code before it shows anything', async ({ visitor, portal }) => {
  const someone = newcomer(portal);
  await register(visitor, portal, someone, 'Create your sign-in');
  await portal.advance('20m');
  await visitor.open(`${EVERGREEN}/register/sign-in-details`);
  await expect(visitor.field('User ID')).toHaveCount(0);
  await visitor.seesNot(someone.person.last_name!);
  await visitor.at('Is it still you?');
  await visitor.press('Send code');
  const { Month, Day, Year } = aboutYou(someone.person);
  const fresh = codeIn(await portal.mailbox.mailTo(someone.person.email!, 'Your registration code'));
  await visitor.answer({ Month: Month!, Day: Day!, Year: Year!, Code: fresh });
  await visitor.press('Continue');
  await visitor.at('Create your sign-in');
});

test('left alone before an email is proven, it starts again', async ({ visitor, portal }) => {
  await register(visitor, portal, newcomer(portal), 'Check your email');
  await portal.advance('20m');
  await visitor.open(`${EVERGREEN}/register/email/code`);
  await visitor.at('About you');
  await expect(visitor.field('First name')).toHaveValue('');
});

test('the page that shows the User ID is there until the session ends, and the account works at once', async ({ visitor, anotherVisitor, portal }) => {
  const someone = newcomer(portal);
  await register(visitor, portal, someone);
  const elsewhere = await anotherVisitor();
  await enter(elsewhere, someone);
});
