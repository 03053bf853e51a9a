//! What makes a long password a weak one: that it repeats itself, runs along the keyboard, or is a short one in disguise.

use crate::letters;

/// Where neighbours are what a hand or the alphabet gives next. A digit's row is a ring: 0 follows 9.
const ROWS: [&str; 13] = [
    "12345678901",
    "abcdefghijklmnopqrstuvwxyz",
    "qwertyuiop",
    "asdfghjkl",
    "zxcvbnm",
    "1qaz",
    "2wsx",
    "3edc",
    "4rfv",
    "5tgb",
    "6yhn",
    "7ujm",
    "8ik",
];

/// Of a run, so many characters say as much as one.
const RUN: usize = 4;

/// Whether a password says less than its length (NIST SP 800-63B-4 3.1.1.2: *repetitive or sequential characters*): it
/// is the same text twice or more often, `passwordpassword12`, or on average every [`RUN`] of its characters are a run
/// of the alphabet, the digits or the keyboard, `abcdefghijklmno`, `1qaz2wsx3edc4rfv`. Case and diacritics do not count.
pub fn is_pattern(candidate: &str) -> bool {
    let folded: Vec<char> = letters::fold(candidate).chars().collect();
    let core = core(&folded);
    let is_most = core.len() * 2 >= folded.len();
    repeats(&folded).is_some() || (is_most && repeats(core).is_some()) || runs(&folded) * RUN <= folded.len()
}

/// The forms in which a password is looked for in a list of common ones: as it is, without its spaces and symbols, once
/// where it repeats itself, and each with and without the digits around it; all with [`drawn_like`].
///
/// `P@ssw0rd2024!!!` and `letmein-letmein-1` have `password` and `letmein` among theirs.
pub fn plain_forms(candidate: &str) -> Vec<String> {
    let whole: Vec<char> = letters::fold(candidate).chars().collect();
    let squeezed: Vec<char> = whole.iter().copied().filter(|c| is_word(*c)).collect();
    let core = core(&squeezed);
    let mut forms = vec![drawn(&whole)];
    for text in [&squeezed, core, once(&squeezed), once(core)] {
        let (from, to) = bounds(text);
        forms.push(drawn(text));
        // A digit at the end may be drawn for the last letter, so the letters may end at any of them.
        for end in (to..=text.len()).filter(|_| from < to) {
            forms.push(drawn(&text[from..end]));
            forms.push(drawn(&text[..end]));
        }
    }
    forms.sort_unstable();
    forms.dedup();
    forms
}

/// The shortest text that stands for a password in a list: lowercase, without what was put around it to make it long or
/// mixed; the whole of one that would leave fewer than four letters.
pub fn root(password: &str) -> String {
    let folded: Vec<char> = letters::fold(password).chars().collect();
    let squeezed: Vec<char> = folded.iter().copied().filter(|c| is_word(*c)).collect();
    let root = once(core(&squeezed));
    (if root.len() >= 4 { root } else { &folded }).iter().collect()
}

/// The character that stands for all that are drawn alike: `0 1 3 4 5 @ $` for their letters, `i` for `l` as well,
/// since a `1` may be either.
pub fn drawn_like(c: char) -> char {
    match c {
        '0' => 'o',
        '1' | 'l' => 'i',
        '3' => 'e',
        '4' | '@' => 'a',
        '5' | '$' => 's',
        c => c,
    }
}

fn drawn(text: &[char]) -> String {
    text.iter().copied().map(drawn_like).collect()
}

fn is_word(c: char) -> bool {
    c.is_ascii_digit() || matches!(c, '@' | '$') || letters::is_letter(c)
}

/// From the first letter to behind the last one; both 0 where there is none.
fn bounds(text: &[char]) -> (usize, usize) {
    let is_letter = |c: &char| letters::is_letter(*c);
    let from = text.iter().position(is_letter).unwrap_or(0);
    let to = text.iter().rposition(is_letter).map_or(0, |last| last + 1);
    (from, to)
}

fn core(text: &[char]) -> &[char] {
    let (from, to) = bounds(text);
    &text[from..to]
}

/// What a text that repeats itself repeats, and every other text.
fn once(text: &[char]) -> &[char] {
    repeats(text).map_or(text, |unit| &text[..unit])
}

/// How long the shortest part is that the text repeats at least twice, the last time perhaps not to its end. What is
/// drawn alike is the same.
fn repeats(text: &[char]) -> Option<usize> {
    let text: Vec<char> = text.iter().copied().map(drawn_like).collect();
    // For each place, how long the longest beginning of the text is that also ends there (Knuth, Morris and Pratt).
    let mut borders = vec![0; text.len()];
    for at in 1..text.len() {
        let mut border = borders[at - 1];
        while border > 0 && text[at] != text[border] {
            border = borders[border - 1];
        }
        borders[at] = border + usize::from(text[at] == text[border]);
    }
    let unit = text.len() - borders.last()?;
    (unit * 2 <= text.len()).then_some(unit)
}

/// How many runs the text is made of. A run goes from each character to the same one or to a neighbour.
fn runs(text: &[char]) -> usize {
    let breaks = text.windows(2).filter(|pair| !matches!(pair, [a, b] if a == b || are_neighbours(*a, *b)));
    breaks.count() + 1
}

fn are_neighbours(a: char, b: char) -> bool {
    let follows = |a: char, b: char| {
        ROWS.iter().any(|row| row.chars().zip(row.chars().skip(1)).any(|pair| pair == (a, b)))
    };
    follows(a, b) || follows(b, a)
}
