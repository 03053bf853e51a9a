//! What the documents say of the tests is so: each test that they name is there.

use std::{collections::BTreeMap, fs, path::Path};

/// Documents whose tables name tests in their last column.
const DOCUMENTS: [&str; 2] = ["docs/MEMBERS.md", "docs/CHECKLISTS.md"];

/// The folders that the documents call by a short name.
const FOLDERS: [(&str, &str); 9] = [
    ("core/", "crates/access/tests/core/"),
    ("journeys/", "crates/access/tests/journeys/"),
    ("portal/", "tests/portal/"),
    ("operate/", "tests/operate/"),
    ("kill/", "tests/kill/"),
    ("rules/", "crates/rules/tests/"),
    ("roster/", "crates/roster/tests/"),
    ("store/", "crates/store/tests/"),
    ("mail/", "crates/mail/tests/it/"),
];

/// The path of a file as a document names it, if it names one.
fn path_of(word: &str) -> Option<String> {
    if let Some(spec) = word.strip_suffix(".spec.ts") {
        return Some(format!("end2end/tests/{spec}.spec.ts"));
    }
    if !word.ends_with(".rs") {
        return None;
    }
    let folder =
        FOLDERS.iter().find_map(|(short, long)| Some(format!("{long}{}", word.strip_prefix(short)?)));
    Some(folder.unwrap_or_else(|| word.to_owned()))
}

/// What stands in the last column of each row of a table, by its line.
fn last_cells(document: &str) -> impl Iterator<Item = (usize, &str)> {
    document.lines().enumerate().filter_map(|(at, line)| {
        let row = line.trim().strip_prefix('|')?.strip_suffix('|')?;
        Some((at + 1, row.rsplit('|').next()?))
    })
}

/// Words in back ticks and titles in quotation marks, in their order.
fn named(cell: &str) -> Vec<(bool, &str)> {
    let mut all = Vec::new();
    let mut rest = cell;
    while let Some(at) = rest.find(['`', '“']) {
        let is_title = rest[at..].starts_with('“');
        let (open, close) = if is_title { ("“", '”') } else { ("`", '`') };
        let inside = &rest[at + open.len()..];
        let Some(end) = inside.find(close) else { break };
        all.push((is_title, &inside[..end]));
        rest = &inside[end + close.len_utf8()..];
    }
    all
}

#[test]
fn the_tests_that_documents_name_are_there() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut texts: BTreeMap<String, String> = BTreeMap::new();
    let mut missing = Vec::new();
    for document in DOCUMENTS {
        let text = fs::read_to_string(root.join(document)).expect(document);
        let mut found = 0;
        for (line, cell) in last_cells(&text) {
            let mut file: Option<String> = None;
            for (is_title, word) in named(cell) {
                if let Some(path) = (!is_title).then(|| path_of(word)).flatten() {
                    let there = fs::read_to_string(root.join(&path));
                    match there {
                        Ok(text) => drop(texts.insert(path.clone(), text)),
                        Err(_) => missing.push(format!("{document}:{line}: there is no {path}")),
                    }
                    file = Some(path);
                    continue;
                }
                let Some(path) = &file else { continue };
                let text = texts.get(path).map(String::as_str).unwrap_or_default();
                let is_name = word.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
                // The titles of browser tests are in three kinds of quotation marks.
                let is_there = if is_title {
                    ["'", "\"", "`"].iter().any(|mark| text.contains(&format!("{mark}{word}{mark}")))
                } else if is_name && path.ends_with(".rs") {
                    text.contains(&format!("fn {word}("))
                } else {
                    continue;
                };
                found += 1;
                if !is_there {
                    missing.push(format!("{document}:{line}: there is no `{word}` in {path}"));
                }
            }
        }
        assert!(found > 50, "{document} names tests: {found}");
    }
    assert!(missing.is_empty(), "{}", missing.join("\n"));
}
