//! Deciding which person of the roster a registration means (DESIGN.md, Register).
//!
//! The store finds candidates by the fingerprint of their [`match_key`]; what they have in common beyond it is decided
//! here. Names, date of birth, address and ZIP must agree; city and state where the roster has them; the Social
//! Security number where both have one.

use portico_rules::identity::Facts;

/// What is compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Field {
    /// First name.
    FirstName,
    /// Last name.
    LastName,
    /// Date of birth.
    DateOfBirth,
    /// Both lines of the address.
    Address,
    /// First five digits of the ZIP code.
    Zip,
    /// City.
    City,
    /// State.
    State,
    /// Social Security number.
    Ssn,
}

/// What is known of one field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Agreement {
    /// Both have it and it is the same.
    Agrees,
    /// It is not the same, or the roster has what was not entered.
    Differs,
    /// One side has nothing to compare, and need not.
    NotCompared,
}

impl Field {
    /// Every field, in the order of the form.
    pub const ALL: [Self; 8] = [
        Self::FirstName,
        Self::LastName,
        Self::DateOfBirth,
        Self::Address,
        Self::Zip,
        Self::City,
        Self::State,
        Self::Ssn,
    ];
}

/// How a registration and one person of the roster agree, field by field. Holds no value: it may be kept for the desk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Comparison([(Field, Agreement); 8]);

impl Comparison {
    /// Every field with its agreement, in the order of the form.
    pub fn fields(&self) -> impl Iterator<Item = (Field, Agreement)> {
        self.0.into_iter()
    }

    /// The fields that agree.
    pub fn agreed(&self) -> Vec<Field> {
        self.fields()
            .filter(|(_, agreement)| *agreement == Agreement::Agrees)
            .map(|(field, _)| field)
            .collect()
    }

    /// Which fields were compared, and which of them agree: the bit of a field is its place in [`Field::ALL`].
    pub fn bits(&self) -> (u8, u8) {
        let bits = |is_set: fn(Agreement) -> bool| {
            let set = self.fields().enumerate().filter(|(_, (_, agreement))| is_set(*agreement));
            set.fold(0, |bits, (at, _)| bits | 1 << at)
        };
        (
            bits(|agreement| agreement != Agreement::NotCompared),
            bits(|agreement| agreement == Agreement::Agrees),
        )
    }

    /// The comparison of these bits.
    pub fn from_bits(compared: u8, agreed: u8) -> Self {
        let mut at = 0;
        Self(Field::ALL.map(|field| {
            let bit = 1 << at;
            at += 1;
            let agreement = match (compared & bit != 0, agreed & bit != 0) {
                (false, _) => Agreement::NotCompared,
                (true, true) => Agreement::Agrees,
                (true, false) => Agreement::Differs,
            };
            (field, agreement)
        }))
    }

    /// Whether this is the person: nothing differs.
    pub fn is_match(&self) -> bool {
        self.fields().all(|(_, agreement)| agreement != Agreement::Differs)
    }
}

/// A person of the roster who may be meant.
#[derive(Debug)]
pub struct Candidate<Id> {
    /// Whatever the caller knows the person by.
    pub id: Id,
    /// Their normalised facts.
    pub facts: Facts,
    /// How the Social Security numbers compare. The numbers themselves exist only as fingerprints, which the caller
    /// compares: [`Agreement::NotCompared`] unless both sides have one.
    pub ssn: Agreement,
}

/// Whom a registration means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Match<Id> {
    /// This person and nobody else.
    One(Id),
    /// Nobody.
    None,
    /// Several people, who cannot be told apart by what was entered.
    Ambiguous,
}

/// What the store keeps a fingerprint of to find candidates: the facts that must always agree, so that whoever it
/// does not find cannot match.
pub fn match_key(facts: &Facts) -> String {
    let Facts { first_name, last_name, date_of_birth, address, zip, city: _, state: _ } = facts;
    // Normalised values have no control characters, so that no two people share a key by shifting letters from one
    // field to the next.
    format!("{first_name}\u{1f}{last_name}\u{1f}{date_of_birth}\u{1f}{address}\u{1f}{zip}")
}

/// What the store keeps fingerprints of to find those who do not match but may be meant: all that must agree but the
/// name, but the date of birth, but the address, in this order.
pub fn near_keys(facts: &Facts) -> [String; 3] {
    let Facts { first_name, last_name, date_of_birth, address, zip, city: _, state: _ } = facts;
    [
        format!("{date_of_birth}\u{1f}{address}\u{1f}{zip}"),
        format!("{first_name}\u{1f}{last_name}\u{1f}{address}\u{1f}{zip}"),
        format!("{first_name}\u{1f}{last_name}\u{1f}{date_of_birth}"),
    ]
}

/// Compares what was entered with one person, field by field. `ssn` as in [`Candidate::ssn`].
pub fn compare(entered: &Facts, on_file: &Facts, ssn: Agreement) -> Comparison {
    let agreement = |same: bool| {
        if same { Agreement::Agrees } else { Agreement::Differs }
    };
    let where_on_file = |on_file: &Option<String>, entered: &Option<String>| match on_file {
        Some(_) => agreement(on_file == entered),
        None => Agreement::NotCompared,
    };
    Comparison([
        (Field::FirstName, agreement(entered.first_name == on_file.first_name)),
        (Field::LastName, agreement(entered.last_name == on_file.last_name)),
        (Field::DateOfBirth, agreement(entered.date_of_birth == on_file.date_of_birth)),
        (Field::Address, agreement(entered.address == on_file.address)),
        (Field::Zip, agreement(entered.zip == on_file.zip)),
        (Field::City, where_on_file(&on_file.city, &entered.city)),
        (Field::State, where_on_file(&on_file.state, &entered.state)),
        (Field::Ssn, ssn),
    ])
}

/// The one candidate that matches, if it is one.
pub fn decide<Id>(entered: &Facts, candidates: impl IntoIterator<Item = Candidate<Id>>) -> Match<Id> {
    let mut matching = candidates
        .into_iter()
        .filter(|candidate| compare(entered, &candidate.facts, candidate.ssn).is_match())
        .map(|candidate| candidate.id);
    match (matching.next(), matching.next()) {
        (None, _) => Match::None,
        (Some(id), None) => Match::One(id),
        (Some(_), Some(_)) => Match::Ambiguous,
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;
    use portico_rules::identity::Details;
    use proptest::prelude::*;

    use super::*;

    const JANE: Details<'_> = Details {
        first_name: "Jane",
        last_name: "O'Brien",
        date_of_birth: date(1980, 1, 19),
        address_line1: "12 North Main Street",
        address_line2: "Apt 4B",
        city: "Saint Louis",
        state: "MO",
        postal_code: "63101-1234",
    };

    fn on_file<Id>(id: Id, details: Details<'_>) -> Candidate<Id> {
        Candidate { id, facts: Facts::of(&details), ssn: Agreement::NotCompared }
    }

    /// What Jane may type and be found, and what not.
    #[test]
    fn exact_after_normalisation() {
        let entered: &[(Details<'_>, bool)] = &[
            (JANE, true),
            (Details { first_name: " JANE ", last_name: "OBrien", ..JANE }, true),
            (Details { address_line1: "12 N. Main St.", address_line2: "#4b", ..JANE }, true),
            (Details { address_line1: "12 N Main St Apartment 4-B", address_line2: "", ..JANE }, true),
            (Details { city: "st. louis", state: "mo", postal_code: "63101", ..JANE }, true),
            (Details { postal_code: "63101-9999", ..JANE }, true),
            (Details { first_name: "Janet", ..JANE }, false),
            (Details { first_name: "", ..JANE }, false),
            (Details { last_name: "Brien", ..JANE }, false),
            (Details { first_name: "O'Brien", last_name: "Jane", ..JANE }, false),
            (Details { date_of_birth: date(1980, 1, 20), ..JANE }, false),
            (Details { address_line1: "12 South Main Street", ..JANE }, false),
            (Details { address_line2: "", ..JANE }, false),
            (Details { city: "Kansas City", ..JANE }, false),
            (Details { city: "", ..JANE }, false),
            (Details { state: "IL", ..JANE }, false),
            (Details { postal_code: "63102", ..JANE }, false),
        ];
        for (n, (details, expected)) in entered.iter().enumerate() {
            let found = decide(&Facts::of(details), [on_file(7, JANE)]);
            assert_eq!(found, if *expected { Match::One(7) } else { Match::None }, "case {n}");
        }
    }

    #[test]
    fn what_the_roster_lacks_is_not_compared() {
        let sparse = Details { city: "", state: "", ..JANE };
        assert_eq!(decide(&Facts::of(&JANE), [on_file((), sparse)]), Match::One(()));
        let comparison = compare(&Facts::of(&JANE), &Facts::of(&sparse), Agreement::NotCompared);
        assert_eq!(
            comparison.agreed(),
            [Field::FirstName, Field::LastName, Field::DateOfBirth, Field::Address, Field::Zip]
        );
    }

    #[test]
    fn another_number_is_another_person() {
        for (ssn, expected) in [
            (Agreement::NotCompared, Match::One(1)),
            (Agreement::Agrees, Match::One(1)),
            (Agreement::Differs, Match::None),
        ] {
            let candidate = Candidate { ssn, ..on_file(1, JANE) };
            assert_eq!(decide(&Facts::of(&JANE), [candidate]), expected, "{ssn:?}");
        }
    }

    #[test]
    fn two_people_are_ambiguous_unless_something_tells_them_apart() {
        let entered = Facts::of(&JANE);
        assert_eq!(decide(&entered, [on_file(1, JANE), on_file(2, JANE)]), Match::Ambiguous);
        let other_number = Candidate { ssn: Agreement::Differs, ..on_file(2, JANE) };
        assert_eq!(decide(&entered, [on_file(1, JANE), other_number]), Match::One(1));
        // A number that agrees does not outweigh that the other person matches too.
        let same_number = Candidate { ssn: Agreement::Agrees, ..on_file(2, JANE) };
        assert_eq!(decide(&entered, [on_file(1, JANE), same_number]), Match::Ambiguous);
        assert_eq!(decide::<u8>(&entered, []), Match::None);
    }

    #[test]
    fn the_key_keeps_fields_apart() {
        let key = |first_name, last_name| match_key(&Facts::of(&Details { first_name, last_name, ..JANE }));
        assert_ne!(key("Anna", "Bell"), key("Ann", "Abell"));
        assert_ne!(key("Anna", ""), key("", "Anna"));
        assert_eq!(key("ÁNNA", "Bell"), key("anna", "bell"));
    }

    fn any_details() -> impl Strategy<Value = [String; 6]> {
        // Few different values, so that they often agree.
        let word = || {
            proptest::sample::select(vec!["", "a", "A", "b", "1 a st", "1 A Street", "63101", "MO", "\u{1f}"])
        };
        proptest::array::uniform6(word().prop_map(str::to_owned))
    }

    fn facts(texts: &[String; 6]) -> Facts {
        let [first_name, last_name, address_line1, city, state, postal_code] =
            texts.each_ref().map(String::as_str);
        Facts::of(&Details {
            first_name,
            last_name,
            address_line1,
            city,
            state,
            postal_code,
            address_line2: "",
            ..JANE
        })
    }

    proptest! {
        /// Whoever matches is found by the key; and a key says no more than that those fields agree.
        #[test]
        fn the_key_finds_whoever_matches(entered in any_details(), on_file in any_details()) {
            let (entered, on_file) = (facts(&entered), facts(&on_file));
            let comparison = compare(&entered, &on_file, Agreement::NotCompared);
            let by_key = match_key(&entered) == match_key(&on_file);
            if comparison.is_match() {
                prop_assert!(by_key);
            }
            let always = [Field::FirstName, Field::LastName, Field::DateOfBirth, Field::Address, Field::Zip];
            let agreed = comparison.agreed();
            prop_assert_eq!(by_key, always.iter().all(|field| agreed.contains(field)));
        }

        #[test]
        fn a_comparison_is_kept_as_bits(entered in any_details(), on_file in any_details(), ssn in 0_usize..3) {
            let ssn = [Agreement::Agrees, Agreement::Differs, Agreement::NotCompared][ssn];
            let comparison = compare(&facts(&entered), &facts(&on_file), ssn);
            let (compared, agreed) = comparison.bits();
            prop_assert_eq!(Comparison::from_bits(compared, agreed), comparison);
            prop_assert_eq!(comparison.fields().map(|(field, _)| field).collect::<Vec<_>>(), Field::ALL);
        }

        #[test]
        fn a_person_matches_themselves(texts in any_details()) {
            prop_assert!(compare(&facts(&texts), &facts(&texts), Agreement::NotCompared).is_match());
        }
    }
}
