//! What the commands do, print and end with.

use crate::process::Machine;
use serde_json::Value;
use std::{fs, os::unix::fs::PermissionsExt as _};

const EVERGREEN: &str = include_str!("../../demo/evergreen.toml");
const RIVERSIDE: &str = include_str!("../../demo/riverside.toml");
const ROSTER: &str = include_str!("../../demo/evergreen.csv");

/// A machine with both organizations and the roster.
fn furnished() -> Machine {
    let machine = Machine::ready();
    machine.write("evergreen.toml", EVERGREEN);
    machine.write("riverside.toml", RIVERSIDE);
    machine.write("evergreen.csv", ROSTER);
    machine.done(&["organization", "apply", "evergreen.toml"]);
    machine.done(&["organization", "apply", "riverside.toml"]);
    machine
}

#[test]
fn usage() {
    let machine = Machine::new();
    for arguments in [
        &["--help"][..],
        &["--version"],
        &["serve", "--help"],
        &["migrate", "--help"],
        &["keys", "new", "--help"],
        &["organization", "apply", "--help"],
        &["policy", "explain", "--help"],
        &["roster", "import", "--help"],
        &["staff", "invite", "--help"],
        &["account", "end-sessions", "--help"],
        &["doctor", "--help"],
    ] {
        let out = machine.done(arguments);
        assert!(arguments == ["--version"] || out.contains("Example"), "{arguments:?}: {out}");
    }
    for arguments in [
        &[][..],
        &["nonsense"],
        &["serve", "--nonsense"],
        &["keys"],
        &["account", "unlock", "--organization", "evergreen", "helen.marsh"],
        &["account", "unlock", "--organization", "evergreen", "helen.marsh", "--reason", " "],
    ] {
        let came = machine.run(arguments);
        assert_eq!(came.code, Some(2), "{arguments:?}: {came:?}");
        assert!(came.out.is_empty() && !came.err.is_empty(), "{came:?}");
    }
}

#[test]
fn keys() {
    let machine = Machine::new();
    machine.done(&["keys", "new", "--out", "secret"]);
    let mode = fs::metadata(machine.path().join("secret")).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    let sentence = machine.refused(&["keys", "new", "--out", "secret"]);
    assert!(sentence.contains("never overwritten"), "{sentence}");
    assert!(machine.refused(&["keys", "new"]).contains("`keys_file` is not set"));
    let machine = machine.set("PORTICO_KEYS_FILE", "secret");
    machine.done(&["keys", "rotate"]);
    assert_eq!(
        fs::read_to_string(machine.path().join("secret")).unwrap().matches("portico-key-1").count(),
        2
    );
}

#[test]
fn nothing_starts_with_bad_settings() {
    let machine = Machine::ready();
    machine.write("portico.toml", "listen = \"127.0.0.1:0\"\nlisen = 1\n");
    for arguments in [&["serve"][..], &["migrate"], &["organization", "list"], &["doctor"]] {
        let came = machine.run(arguments);
        let said = format!("{}{}", came.out, came.err);
        assert_eq!(came.code, Some(1), "{came:?}");
        assert!(said.contains("portico.toml, line 2: `lisen` is not a setting"), "{said}");
    }
    machine.done(&["--config", "/dev/null", "migrate"]);
    assert!(
        machine.refused(&["--config", "missing.toml", "migrate"]).contains("missing.toml cannot be read")
    );
}

#[test]
fn the_server_does_not_start_unsafe() {
    let started = |variable, value: &str| {
        let machine = Machine::ready().set(variable, value);
        machine.refused(&["serve"])
    };
    assert!(started("PORTICO_PUBLIC_URL", "http://portal.example.org").contains("must begin with https://"));
    assert!(started("PORTICO_PUBLIC_URL", "").contains("`public_url` is not set"));
    assert!(started("PORTICO_KEYS_FILE", "").contains("`keys_file` is not set"));
    assert!(started("PORTICO_KEYS_FILE", "other").contains("there is no keys file at other"));
    assert!(started("PORTICO_MAIL_URL", "").contains("`mail_url` is not set"));
    assert!(
        started("PORTICO_MAIL_URL", "smtp://mail.example.org?tls=none")
            .contains("tls=none only for this machine")
    );
    assert!(started("PORTICO_MAIL_FROM", "").contains("`mail_from` is not set"));
    assert!(started("PORTICO_ARGON2_MEMORY_KIB", "8").contains("must be at least 19456"));
    assert!(started("PORTICO_DATABASE_URL", "sqlite:other.db").contains("run `portico migrate`"));
    assert!(
        started("PORTICO_DATABASE_URL", "sqlite:no/such/folder.db").contains("the database cannot be opened")
    );
    assert!(started("PORTICO_TLS_KEY", "tls.key").contains("needs `tls.certificate`"));

    let machine = Machine::ready();
    fs::set_permissions(machine.path().join("keys"), fs::Permissions::from_mode(0o644)).unwrap();
    assert!(machine.refused(&["serve"]).contains("others can read the keys file"));
}

#[test]
fn organizations() {
    let machine = furnished();
    assert!(machine.done(&["organization", "apply", "evergreen.toml"]).contains("nothing changed"));
    machine.write("evergreen.toml", &EVERGREEN.replace("[policy]", "[policy]\nidle_seconds = 600"));
    let out = machine.done(&["organization", "apply", "evergreen.toml"]);
    assert!(out.contains("policy.idle_seconds: not set → 600"), "{out}");

    let list: Value = serde_json::from_str(&machine.done(&["organization", "list", "--json"])).unwrap();
    assert_eq!(list[0]["slug"], "evergreen");
    assert_eq!(list[1]["preset"], "staff");
    let shown: Value =
        serde_json::from_str(&machine.done(&["organization", "show", "evergreen", "--json"])).unwrap();
    assert_eq!(shown["policy"]["idle_seconds"], 600);
    assert!(machine.done(&["organization", "show", "evergreen"]).contains("overrides the preset"));

    assert!(
        machine.refused(&["organization", "show", "nobody"]).contains("there is no organization \"nobody\"")
    );
    assert!(
        machine.refused(&["organization", "apply", "missing.toml"]).contains("missing.toml cannot be read")
    );
    machine.write("bad.toml", &EVERGREEN.replace("[policy]", "[policy]\nquestionnaire = 6"));
    assert!(machine.refused(&["organization", "apply", "bad.toml"]).contains("policy.questionnaire"));
    let too_short = EVERGREEN.replace("[policy]", "[policy]\nidle_seconds = -1");
    let line = too_short.lines().position(|line| line.starts_with("idle_seconds = -1")).unwrap() + 1;
    machine.write("bad.toml", &too_short);
    let sentence = machine.refused(&["organization", "apply", "bad.toml"]);
    let expected =
        format!("bad.toml, line {line}: `policy.idle_seconds` must be a whole number from 30 to 86400");
    assert!(sentence.contains(&expected), "{sentence}");
    machine.write("bad.toml", "slug = \"x\"\nnonsense = 1\n");
    assert!(machine.refused(&["organization", "apply", "bad.toml"]).contains("bad.toml, line 2: "));
}

#[test]
fn policy() {
    let machine = furnished();
    let no_preset = EVERGREEN.replace("preset = \"member\"", "").replace("\"evergreen\"", "\"meadow\"");
    machine.write("meadow.toml", &no_preset);
    machine.done(&["organization", "apply", "meadow.toml"]);
    let explained = |slug: &str| -> Value {
        let out = machine.done(&["policy", "explain", "--organization", slug, "--json"]);
        serde_json::from_str(&out).unwrap()
    };
    let ids = |of: &Value| -> Vec<String> {
        of.as_array().unwrap().iter().map(|one| one["id"].as_str().unwrap().to_owned()).collect()
    };
    let modern = explained("meadow");
    assert_eq!(modern["preset"], "modern");
    assert!(ids(&modern["keeps"]).contains(&"V6.2.4".to_owned()));
    assert_eq!(ids(&modern["deviations"]), [] as [&str; 0]);
    assert_eq!(ids(&modern["not_claimed"]), ["V6.2.12", "V6.3.3", "V6.5.5"]);
    assert!(modern["not_claimed"].as_array().unwrap().iter().all(|one| one["reason"] != ""));
    let member = explained("evergreen");
    let deviations = member["deviations"].as_array().unwrap();
    let composition = deviations.iter().find(|deviation| deviation["id"] == "V6.2.5").unwrap();
    assert_eq!(composition["keys"][0], "password_letter");
    assert!(!composition["reason"].as_str().unwrap().is_empty());

    let out = machine.done(&["policy", "explain", "--organization", "meadow"]);
    let said = "Deviates from nothing that Portico claims.\n\nNot claimed by this version, for any policy, 3:\n  V6.2.12";
    assert!(out.contains(said), "{out}");
    let out = machine.done(&["policy", "explain", "--organization", "evergreen"]);
    assert!(out.contains("V6.2.9  passwords of 64 characters and more are taken"), "{out}");
    assert!(machine.refused(&["policy", "explain", "--organization", "nobody"]).contains("no organization"));
}

#[test]
fn roster() {
    let machine = furnished();
    let import = ["roster", "import", "--organization", "evergreen", "evergreen.csv"];
    let dry = machine.run(&[&import[..], &["--dry-run"]].concat());
    assert_eq!(dry.code, Some(0), "{dry:?}");
    assert!(machine.run(&import).err.contains("245"), "counts are on stderr");
    let again = machine.run(&import);
    assert_eq!(again.code, Some(0), "{again:?}");

    machine.write("bad.csv", &ROSTER.replacen("1986-04-12", "1986-13-12", 1));
    let came = machine.run(&[
        "roster",
        "import",
        "--organization",
        "evergreen",
        "bad.csv",
        "--rejects",
        "rejects.csv",
    ]);
    assert_eq!(came.code, Some(0), "{came:?}");
    assert!(!came.err.contains("1986-13-12"), "a reason quotes nothing personal: {came:?}");
    let rejects = machine.path().join("rejects.csv");
    assert_eq!(fs::metadata(&rejects).unwrap().permissions().mode() & 0o777, 0o600);
    let rejects = fs::read_to_string(rejects).unwrap();
    assert!(rejects.contains("date_of_birth") && !rejects.contains("1986-13-12"), "{rejects}");
}

#[test]
fn staff_and_accounts() {
    let machine = furnished();
    let riverside = ["--organization", "riverside"];
    let with = |first: &[&'static str], last: &[&'static str]| [first, &riverside, last].concat();
    machine.done(&with(
        &["staff", "invite"],
        &["--email", "dana@riverside.example", "--name", "Dana Whitfield"],
    ));
    let sentence = machine.refused(&with(
        &["staff", "invite"],
        &["--email", "sam@riverside.example", "--name", "Sam Park", "--role", "administrator"],
    ));
    assert!(sentence.contains("administrator"), "{sentence}");

    let show = with(&["account", "show"], &["dana@riverside.example", "--json"]);
    let shown: Value = serde_json::from_str(&machine.done(&show)).unwrap();
    assert_eq!(shown["state"], "invited");
    let with_reason = machine.done(&[&show[..], &["--reason", "on the phone"]].concat());
    assert_eq!(serde_json::from_str::<Value>(&with_reason).unwrap(), shown, "it needs none, and takes one");
    assert!(machine.done(&["account", "show", "--help"]).contains("needs no reason"));
    let account = |verb: &'static str| {
        machine.done(&with(&["account", verb], &["dana@riverside.example", "--reason", "a test"]))
    };
    assert!(account("disable").contains("is disabled"));
    assert!(account("disable").contains("disabled already"));
    assert!(account("reactivate").contains("usable again"));
    assert!(account("unlock").contains("not locked"));
    assert!(account("end-sessions").contains("not signed in anywhere"));
    assert!(
        machine
            .refused(&with(&["account", "show"], &["nobody@riverside.example"]))
            .contains("no such account")
    );
    let elsewhere = ["account", "show", "--organization", "evergreen", "dana@riverside.example"];
    assert!(machine.refused(&elsewhere).contains("no such account"));
}

#[test]
fn doctor() {
    let machine = furnished();
    let came = machine.run(&["doctor", "--json"]);
    assert_eq!(came.code, Some(1), "no mail server answers: {came:?}");
    let findings: Vec<Value> = serde_json::from_str(&came.out).unwrap();
    let problems: Vec<_> = findings.iter().filter(|finding| finding["standing"] == "problem").collect();
    assert_eq!(problems.len(), 1, "{problems:?}");
    assert_eq!(problems[0]["about"], "mail");

    let machine = machine.set("PORTICO_KEYS_FILE", "others");
    machine.done(&["keys", "new"]);
    let came = machine.run(&["doctor"]);
    assert!(came.out.contains("they do not open what evergreen has written"), "{came:?}");
    let came = Machine::ready().set("PORTICO_DATABASE_URL", "sqlite:empty.db").run(&["doctor"]);
    assert!(came.out.contains("run `portico migrate`"), "{came:?}");
}

#[test]
fn served_and_stopped() {
    let machine = Machine::ready();
    for signal in ["-TERM", "-INT"] {
        let server = machine.serve();
        assert!(server.get("/health").starts_with("HTTP/1.1 200 "));
        assert!(server.get("/ready").starts_with("HTTP/1.1 200 "));
        let (status, said) = server.stop(signal);
        assert_eq!(status.code(), Some(0), "{said}");
        for line in said.lines() {
            assert!(serde_json::from_str::<Value>(line).is_ok(), "{line}");
        }
        assert!(said.contains("the portal closes"), "{said}");
    }
}
