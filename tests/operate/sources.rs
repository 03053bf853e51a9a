//! What the sources never do, whatever is added to them. What a compiler or clippy can refuse is refused there instead
//! (`Cargo.toml`, `clippy.toml`).

use std::{
    fs,
    path::{Path, PathBuf},
};

/// What must not be written, where it may be all the same, and why not.
const NEVER: [(&str, &[&str], &str); 10] = [
    // sqlx takes texts that are known when it is compiled, unless it is told otherwise.
    (
        "AssertSqlSafe",
        &["crates/store/src/testing.rs", "crates/store/src/migrations.rs"],
        "SQL put together while running",
    ),
    (
        "inner_html",
        &["src/shell.rs", "src/pages/components/page.rs"],
        "HTML that is not escaped; the scripts of the document and the specimens of the demo have none of others",
    ),
    ("std::process::Command", &[], "commands of the system"),
    ("Regex::new", &[], "patterns made of what people typed"),
    ("dangerous", &[], "certificates that are not checked"),
    ("document.cookie", &[], "cookies that scripts can read"),
    ("local_storage", &[], "what a browser keeps after a session"),
    ("session_storage", &[], "what a browser keeps after a session"),
    ("localStorage", &[], "the same in a script"),
    ("sessionStorage", &[], "the same in a script"),
];

fn sources(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            sources(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
}

#[test]
fn what_is_never_written() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut files = Vec::new();
    for folder in [
        "src",
        "crates/access/src",
        "crates/mail/src",
        "crates/roster/src",
        "crates/rules/src",
        "crates/store/src",
    ] {
        sources(&root.join(folder), &mut files);
    }
    assert!(files.len() > 100, "{}", files.len());
    for file in files {
        let text = fs::read_to_string(&file).unwrap();
        let name = file.strip_prefix(root).unwrap().to_string_lossy().into_owned();
        for (never, but, why) in NEVER {
            // Code alone: prose may say what is not done.
            let mut code = text.lines().filter(|line| !line.trim_start().starts_with("//"));
            let is_there = code.any(|line| line.contains(never));
            assert!(!is_there || but.contains(&name.as_str()), "{name} has {never}: {why}");
        }
    }
}
