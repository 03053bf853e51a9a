//! The password rules, once as a table that the native and the WebAssembly build both run, once as properties.

use portico_rules::password::{Context, PasswordRules, Rule, Verdict, acceptable, check};
use portico_rules::policy::{History, Preset};

#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test;

const MARIA: Context<'_> =
    Context {
        first_name: "María", last_name: "López-Núñez", user_id: "garden_55", email: "", names: &[]
    };

fn of(preset: Preset) -> PasswordRules {
    PasswordRules::of(&preset.defaults())
}

/// The rules that a candidate does not keep.
fn broken(rules: &PasswordRules, context: &Context<'_>, candidate: &str) -> Vec<Rule> {
    check(rules, context, candidate)
        .into_iter()
        .filter(|(_, verdict)| *verdict == Verdict::NotYet)
        .map(|(rule, _)| rule)
        .collect()
}

const MEMBER_LENGTH: Rule = Rule::Length { min: 6, max: 12 };
const STAFF_LENGTH: Rule = Rule::Length { min: 10, max: 128 };
const MODERN_LENGTH: Rule = Rule::Length { min: 15, max: 128 };

/// Candidate, and what the member preset says is broken, for María López-Núñez with the User ID garden_55.
const MEMBER: &[(&str, &[Rule])] = &[
    ("", &[MEMBER_LENGTH, Rule::Letter, Rule::Digit, Rule::NotName]),
    ("walnut42", &[]),
    ("WALNUT42", &[]),
    ("a1a1a1", &[]),
    ("a1a1a", &[MEMBER_LENGTH]),
    ("walnut123456", &[]),
    ("walnut1234567", &[MEMBER_LENGTH]),
    ("walnut", &[Rule::Digit]),
    ("472819", &[Rule::Letter]),
    ("!!!!!!", &[Rule::Letter, Rule::Digit]),
    // Characters, not bytes.
    ("ñandú1", &[]),
    ("ñandú", &[MEMBER_LENGTH, Rule::Digit]),
    ("éééééééééé12", &[]),
    ("漢字漢字漢7", &[]),
    // Only the digits of ASCII are digits.
    ("walnut४२", &[Rule::Digit]),
    // Spaces count and are not trimmed.
    (" wal 42 ", &[]),
    ("  a1  ", &[]),
    // The first name.
    ("maria42", &[Rule::NotName]),
    ("MARIA42", &[Rule::NotName]),
    ("MARÍA42", &[Rule::NotName]),
    ("42maria42", &[Rule::NotName]),
    ("m-a-r-i-a-9", &[Rule::NotName]),
    ("m9a9r9i9a9", &[Rule::NotName]),
    ("m4r14", &[MEMBER_LENGTH, Rule::NotName]),
    ("m4r1@99", &[Rule::NotName]),
    ("maria1", &[Rule::NotName]),
    ("1maria0", &[Rule::NotName]),
    ("airam42", &[Rule::NotName]),
    ("41r4m99", &[Rule::NotName]),
    // The last name.
    ("lopeznunez1", &[Rule::NotName]),
    ("LopezNunez7", &[Rule::NotName]),
    ("l0p3znun3z", &[Rule::NotName]),
    ("10p3znun3z", &[Rule::NotName]),
    ("zenunzepol8", &[Rule::NotName]),
    // The User ID, with its digits and without.
    ("garden_55", &[Rule::NotName]),
    ("garden55", &[Rule::NotName]),
    ("Garden2024", &[Rule::NotName]),
    ("g4rd3n_55", &[Rule::NotName]),
    ("55_nedrag", &[Rule::NotName]),
    ("gardenss9", &[Rule::NotName]),
    // Containing a name is not being one.
    ("mariana42", &[]),
    ("amaria42", &[]),
    ("maria42b", &[]),
    ("lopez42", &[]),
    ("gardens55x", &[]),
];

/// Candidate, and what the staff preset says is broken.
const STAFF: &[(&str, &[Rule])] = &[
    ("", &[STAFF_LENGTH, Rule::Digit, Rule::Uppercase, Rule::Symbol]),
    ("Walnut-tree-42", &[]),
    ("Walnut-t-4", &[]),
    ("Walnut-t4", &[STAFF_LENGTH]),
    ("walnut-tree-42", &[Rule::Uppercase]),
    ("Walnut-tree-x", &[Rule::Digit]),
    ("Walnuttree42", &[Rule::Symbol]),
    // A space is neither punctuation nor symbol.
    ("Walnut tree 42", &[Rule::Symbol]),
    ("Ñandú-árbol-42", &[]),
    ("ñandú-árbol-42", &[Rule::Uppercase]),
    ("Walnut€tree42", &[]),
    ("Walnut¿tree42", &[]),
    ("Walnut🌳tree42", &[]),
    ("WALNUTÑTREE42", &[Rule::Symbol]),
    // Its letters need not be any, and names are not asked about.
    ("0123456789A!", &[]),
    ("Maria-42-Maria", &[]),
];

/// Candidate, and what the modern preset says is broken, for María at Evergreen Health Programs with the address
/// m.lopez@mail.example.
const MODERN: &[(&str, &[Rule])] = &[
    ("", &[MODERN_LENGTH, Rule::NotName, Rule::NotContext]),
    // Nothing is required but length: any characters do, and a space is one.
    ("walnut tree by the lake", &[]),
    ("walnuttreelakes", &[]),
    ("walnuttreelake", &[MODERN_LENGTH]),
    ("8471 2996 0038 5127", &[]),
    ("!?;:,._-+*/=()[]", &[]),
    ("漢字の長いパスフレーズを使います", &[]),
    ("🌳🌻🍃🌧🏔🦉🐟🍂🌙⭐🔥🌊🪵🌵🍄", &[]),
    // Neither the name nor the User ID, however it is made long enough.
    ("maria-2024-2025", &[Rule::NotName]),
    ("María López Núñez", &[Rule::NotName]),
    ("nunez lopez maria", &[]),
    ("Lopez.Nunez.2024!", &[Rule::NotName]),
    ("garden_55_55_55_55", &[Rule::NotName]),
    // Neither the address nor a name of the organization.
    ("m.lopez@mail.example", &[Rule::NotContext]),
    ("M-Lopez-20242025", &[Rule::NotContext]),
    ("Evergreen2024!!", &[Rule::NotContext]),
    ("3v3rgr33n-2024-25", &[Rule::NotContext]),
    ("evergreen health programs", &[Rule::NotContext]),
    ("24clinic24clinic24", &[Rule::NotCommon]),
    ("c1inic-24-24-24-24", &[Rule::NotContext]),
    ("evergreen trees in rain", &[]),
    // No repetition and no run.
    ("passwordpassword", &[Rule::NotCommon]),
    ("passwordpassword12", &[Rule::NotCommon]),
    ("aaaaaaaaaaaaaaa", &[Rule::NotCommon]),
    ("abcabcabcabcabc", &[Rule::NotCommon]),
    ("abcdefghijklmno", &[Rule::NotCommon]),
    ("zyxwvutsrqponml", &[Rule::NotCommon]),
    ("123456789012345", &[Rule::NotCommon]),
    ("987654321098765", &[Rule::NotCommon]),
    ("111222333444555", &[Rule::NotCommon]),
    ("qwertyuiopasdfg", &[Rule::NotCommon]),
    ("1qaz2wsx3edc4rfv", &[Rule::NotCommon]),
    ("Qwertyuiop123456", &[Rule::NotCommon]),
    ("tree tree tree tree", &[Rule::NotCommon]),
    ("tree lake tree fog", &[]),
];

#[cfg_attr(target_arch = "wasm32", wasm_bindgen_test)]
#[cfg_attr(not(target_arch = "wasm32"), test)]
fn member_table() {
    for (candidate, expected) in MEMBER {
        assert_eq!(broken(&of(Preset::Member), &MARIA, candidate), *expected, "{candidate}");
        assert_eq!(acceptable(&of(Preset::Member), &MARIA, candidate), expected.is_empty(), "{candidate}");
    }
}

#[cfg_attr(target_arch = "wasm32", wasm_bindgen_test)]
#[cfg_attr(not(target_arch = "wasm32"), test)]
fn staff_table() {
    for (candidate, expected) in STAFF {
        assert_eq!(broken(&of(Preset::Staff), &MARIA, candidate), *expected, "{candidate}");
    }
    let rules = of(Preset::Staff);
    let longest = format!("A1!{}", "x".repeat(125));
    assert!(acceptable(&rules, &MARIA, &longest));
    assert_eq!(broken(&rules, &MARIA, &format!("{longest}x")), [STAFF_LENGTH]);
}

#[cfg_attr(target_arch = "wasm32", wasm_bindgen_test)]
#[cfg_attr(not(target_arch = "wasm32"), test)]
fn modern_table() {
    let names = ["Evergreen Health Programs", "Evergreen", "Health", "Clinic 24"].map(str::to_owned);
    let maria = Context { email: "m.lopez@mail.example", names: &names, ..MARIA };
    let rules = of(Preset::Modern);
    for (candidate, expected) in MODERN {
        assert_eq!(broken(&rules, &maria, candidate), *expected, "{candidate}");
        assert_eq!(acceptable(&rules, &maria, candidate), expected.is_empty(), "{candidate}");
    }
    let longest: String = (10..26).map(|n| format!("tree {n} ")).collect();
    assert_eq!(broken(&rules, &maria, &longest), []);
    assert_eq!(broken(&rules, &maria, &format!("{longest}x")), [MODERN_LENGTH]);
}

#[cfg_attr(target_arch = "wasm32", wasm_bindgen_test)]
#[cfg_attr(not(target_arch = "wasm32"), test)]
fn both_names_in_either_order() {
    let rules = PasswordRules { max: 64, ..of(Preset::Member) };
    let names = Context { first_name: "Jo Ann", last_name: "O'Neil", ..Context::default() };
    for candidate in ["joann-oneil-1", "0n31lj04nn", "oneil.joann.2", "lienonnaoj3", "nnaojlieno3"] {
        assert_eq!(broken(&rules, &names, candidate), [Rule::NotName], "{candidate}");
    }
    for candidate in ["joann-oneal-1", "joannjoann1", "oneiljoan22"] {
        assert_eq!(broken(&rules, &names, candidate), [], "{candidate}");
    }
}

#[cfg_attr(target_arch = "wasm32", wasm_bindgen_test)]
#[cfg_attr(not(target_arch = "wasm32"), test)]
fn nobody_has_no_name() {
    let rules = PasswordRules { letter: false, ..of(Preset::Member) };
    for user_id in ["", "1234-567", "...."] {
        let nobody = Context { user_id, ..Context::default() };
        assert!(acceptable(&rules, &nobody, "27829672"), "{user_id}");
    }
}

#[cfg_attr(target_arch = "wasm32", wasm_bindgen_test)]
#[cfg_attr(not(target_arch = "wasm32"), test)]
fn the_list_of_each_preset() {
    assert_eq!(
        of(Preset::Member).rules(),
        [MEMBER_LENGTH, Rule::Letter, Rule::Digit, Rule::NotName, Rule::NotEarlier(History::All)]
    );
    assert_eq!(
        of(Preset::Staff).rules(),
        [STAFF_LENGTH, Rule::Digit, Rule::Uppercase, Rule::Symbol, Rule::NotEarlier(History::Last(5))]
    );
    assert_eq!(
        of(Preset::Modern).rules(),
        [MODERN_LENGTH, Rule::NotName, Rule::NotContext, Rule::NotCommon, Rule::NotEarlier(History::Last(1))]
    );
    let without = PasswordRules { history: History::Last(0), ..of(Preset::Staff) };
    assert!(!without.rules().iter().any(|rule| matches!(rule, Rule::NotEarlier(_))));
    for (preset, candidate) in [(Preset::Member, "walnut42"), (Preset::Modern, "walnut tree by the lake")] {
        for (rule, verdict) in check(&of(preset), &MARIA, candidate) {
            let only_the_server_knows = matches!(rule, Rule::NotEarlier(_) | Rule::NotCommon);
            assert_eq!(verdict == Verdict::CheckedWhenSaved, only_the_server_knows, "{rule:?}");
        }
    }
}

#[cfg_attr(target_arch = "wasm32", wasm_bindgen_test)]
#[cfg_attr(not(target_arch = "wasm32"), test)]
fn the_rules_travel_to_the_page() {
    for preset in Preset::ALL {
        let json = serde_json::to_string(&of(preset)).unwrap_or_default();
        let read = serde_json::from_str::<PasswordRules>(&json);
        assert_eq!(read.ok(), Some(of(preset)), "{json}");
    }
}

#[cfg(not(target_arch = "wasm32"))]
mod properties {
    use proptest::prelude::*;

    use super::*;

    fn is_name(first_name: &str, last_name: &str, user_id: &str, candidate: &str) -> bool {
        let rules = PasswordRules { min: 0, max: 1000, letter: false, digit: false, ..of(Preset::Member) };
        !acceptable(&rules, &Context { first_name, last_name, user_id, ..Context::default() }, candidate)
    }

    /// Draws some letters as the digits and signs that stand for them.
    fn drawn(name: &str, choices: &[bool]) -> String {
        let draw = |(n, c): (usize, char)| match (choices.get(n), c) {
            (Some(true), 'o') => '0',
            (Some(true), 'l' | 'i') => '1',
            (Some(true), 'e') => '3',
            (Some(true), 'a') => '4',
            (Some(true), 's') => '$',
            _ => c,
        };
        name.chars().enumerate().map(draw).collect()
    }

    fn reversed(text: &str) -> String {
        text.chars().rev().collect()
    }

    proptest! {
        #[test]
        fn a_decorated_name_is_a_name(
            first in "[a-z]{1,8}",
            last in "[a-z]{1,8}",
            choices in proptest::collection::vec(any::<bool>(), 20),
            between in "[0-9 !#%._@$-]{0,5}",
            around in "[0-9 !#%._@$-]{0,5}",
        ) {
            for name in [first.clone(), last.clone(), format!("{first}{last}"), format!("{last}{first}")] {
                for name in [drawn(&name, &choices), reversed(&drawn(&name, &choices)), name.to_ascii_uppercase()] {
                    let spaced: String = name.chars().map(|c| format!("{c}{between}")).collect();
                    let candidate = [around.as_str(), &spaced, &around].concat();
                    prop_assert!(is_name(&first, &last, "", &candidate));
                }
            }
        }

        #[test]
        fn a_letter_that_no_name_has_makes_it_another_word(
            first in "[a-y]{1,8}",
            last in "[a-y]{1,8}",
            user_id in "[a-y0-9]{4,8}",
            start in ".{0,6}",
            end in ".{0,6}",
        ) {
            let candidate = format!("{start}z{end}");
            prop_assert!(!is_name(&first, &last, &user_id, &candidate));
        }

        #[test]
        fn the_user_id_itself_is_refused(user_id in "[a-zA-Z0-9._-]{4,20}", choices in proptest::collection::vec(any::<bool>(), 20)) {
            if user_id.bytes().any(|b| b.is_ascii_alphabetic()) {
                prop_assert!(is_name("", "", &user_id, &user_id));
                prop_assert!(is_name("", "", &user_id, &reversed(&user_id)));
                prop_assert!(is_name("", "", &user_id, &drawn(&user_id, &choices)));
            }
        }

        #[test]
        fn forwards_and_backwards_are_the_same(first in ".{0,6}", last in ".{0,6}", candidate in ".{0,12}") {
            prop_assert_eq!(
                is_name(&first, &last, "", &candidate),
                is_name(&last, &first, "", &candidate)
            );
        }

        #[test]
        fn any_text_has_a_verdict_on_each_rule(candidate in "\\PC{0,200}", first in "\\PC{0,30}") {
            for preset in Preset::ALL {
                let rules = of(preset);
                let context = Context { first_name: &first, ..MARIA };
                prop_assert_eq!(check(&rules, &context, &candidate).len(), rules.rules().len());
            }
        }
    }
}
