//! Makes `src/common_passwords/list.txt` from passwords on standard input, one a line: long ones as they are, short ones
//! as their roots. The README beside the list says which passwords.

use std::collections::BTreeMap;
use std::io::{self, Write as _};

use portico_rules::password::{drawn_like, is_pattern, root};

/// As long as the longest password that a preset asks for.
const LONG: usize = 15;

fn main() -> io::Result<()> {
    let mut entries = BTreeMap::new();
    for line in io::stdin().lines() {
        let line = line?;
        let is_address = line.split_once('@').is_some_and(|(_, domain)| domain.contains('.'));
        if !line.bytes().all(|byte| byte.is_ascii_graphic()) || is_address || line.len() > 64 {
            continue;
        }
        let entry = if line.len() >= LONG { line.to_lowercase() } else { root(&line) };
        let stands_for_itself = entry.len() >= 4 && (entry.len() >= LONG || !is_pattern(&entry));
        if stands_for_itself {
            let drawn: String = entry.chars().map(drawn_like).collect();
            entries.entry(drawn).or_insert(entry);
        }
    }
    let mut out = io::stdout().lock();
    entries.values().try_for_each(|entry| writeln!(out, "{entry}"))
}
