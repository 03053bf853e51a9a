//! Turns `locales/*.toml` into Rust constants, one module per file and one constant per key.
//!
//! A constant that no page uses is dropped by the linker, so the WebAssembly carries only the words it
//! needs, and rustc's dead-code lint names every unused key. A key that lacks a language, or whose
//! languages name different placeholders, stops the build.

use std::{collections::BTreeSet, env, error::Error, fmt::Write as _, fs, path::Path};

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo::rerun-if-changed=locales");
    let mut out = String::new();
    let mut files: Vec<_> = fs::read_dir("locales")?.collect::<Result<_, _>>()?;
    files.sort_by_key(fs::DirEntry::path);
    for file in
        files.iter().map(fs::DirEntry::path).filter(|path| path.extension().is_some_and(|e| e == "toml"))
    {
        module(&file, &mut out).map_err(|e| format!("{}: {e}", file.display()))?;
    }
    fs::write(Path::new(&env::var("OUT_DIR")?).join("text.rs"), out)?;
    Ok(())
}

/// Appends the module of one locale file.
fn module(file: &Path, out: &mut String) -> Result<(), Box<dyn Error>> {
    let name = file.file_stem().and_then(|s| s.to_str()).ok_or("a file name in UTF-8 is needed")?;
    let keys: toml::Table = fs::read_to_string(file)?.parse()?;
    writeln!(out, "pub(crate) mod {name} {{ use super::Text;")?;
    for (key, value) in &keys {
        let language = |code: &str| {
            value.get(code).and_then(toml::Value::as_str).ok_or_else(|| format!("{key}: no \"{code}\""))
        };
        let (en, es) = (language("en")?, language("es")?);
        if placeholders(en) != placeholders(es) {
            return Err(format!("{key}: the languages name different placeholders").into());
        }
        writeln!(out, "pub(crate) const {}: Text = Text::new({en:?}, {es:?});", key.to_uppercase())?;
    }
    writeln!(out, "}}")?;
    Ok(())
}

/// The names between braces.
fn placeholders(text: &str) -> BTreeSet<&str> {
    text.split('{').skip(1).filter_map(|rest| rest.split_once('}')).map(|(name, _)| name).collect()
}
