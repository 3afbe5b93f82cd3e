//! Whether two spellings may be one name.

use crate::nba::PlayerLookup;

/// What may follow a surname, spelled as in a lookup.
const SUFFIXES: [&str; 8] = ["jr", "sr", "junior", "senior", "ii", "iii", "iv", "v"];

/// The least letters of a first name that another spelling of it begins with.
const MIN_LETTERS: usize = 3;

fn is_suffix(word: &str) -> bool {
    let word = word.trim_end_matches('.').to_ascii_lowercase();
    SUFFIXES.contains(&word.as_str())
}

/// A name without its suffix, spelled as in a lookup.
pub(super) fn without_suffix(name: &str) -> Option<PlayerLookup> {
    let words: Vec<&str> = name.split_whitespace().filter(|word| !is_suffix(word)).collect();
    PlayerLookup::of(&words.join(" ")).ok()
}

/// The words of a name without its suffix, spelled as in a lookup.
pub(super) fn words(name: &str) -> impl Iterator<Item = PlayerLookup> {
    let words = name.split_whitespace().filter(|word| !is_suffix(word));
    words.filter_map(|word| PlayerLookup::of(word).ok())
}

/// Whether two names are spellings of one: they differ in the suffix, in the order of the words, or in how much of
/// the first name is written (Nic and Nicolas Claxton).
pub(super) fn is_one_name(one: &str, other: &str) -> bool {
    let sorted = |name| {
        let mut words: Vec<PlayerLookup> = words(name).collect();
        words.sort();
        words
    };
    sorted(one) == sorted(other) || (share_surname(one, other) && likeness(one, other) == 2)
}

/// Whether a lookup is another spelling of a name, as above; it has no word order.
pub(super) fn is_lookup_of(lookup: &PlayerLookup, name: &str) -> bool {
    let (Some(plain), Some(first), Some(last)) = (without_suffix(name), first_name(name), surname(name))
    else {
        return false;
    };
    let whole = lookup.as_str();
    let without_suffix = SUFFIXES.iter().filter_map(|suffix| whole.strip_suffix(suffix));
    without_suffix.chain([whole]).any(|spelled| {
        let is_begun = |other: &str| first.starts_with(other) || other.starts_with(&first);
        let other_first = spelled.strip_suffix(last.as_str());
        spelled == plain.as_str()
            || other_first.is_some_and(|it| it.len().min(first.len()) >= MIN_LETTERS && is_begun(it))
    })
}

/// Whether two names may be spellings of one. Teammates may be as alike, so this identifies nobody.
///
/// They are spellings of one, or they share the surname and the initial (J. and Jalen Williams), or one of them is the
/// surname alone.
pub fn may_be_one_name(one: &str, other: &str) -> bool {
    let is_alone = |name: &str| name.split_whitespace().nth(1).is_none();
    let may_be_first = || is_alone(one) || is_alone(other) || likeness(one, other) > 0;
    is_one_name(one, other) || (share_surname(one, other) && may_be_first())
}

/// How alike the first names are: 2 where one begins with the other, by three letters at least (Alex, Alexandre), 1
/// where they have one initial, else 0.
pub(super) fn likeness(one: &str, other: &str) -> u8 {
    let Some((one, other)) = first_name(one).zip(first_name(other)) else { return 0 };
    let is_long = one.len().min(other.len()) >= MIN_LETTERS;
    if is_long && (one.starts_with(&other) || other.starts_with(&one)) {
        2
    } else {
        u8::from(one.as_bytes().first() == other.as_bytes().first())
    }
}

/// The first word of a name, spelled as in a lookup.
pub(super) fn first_name(name: &str) -> Option<String> {
    name.split_whitespace().next().and_then(|word| PlayerLookup::of(word).ok()).map(String::from)
}

/// Whether two names have the same last word, suffixes aside.
fn share_surname(one: &str, other: &str) -> bool {
    surname(one).is_some_and(|surname_of_one| Some(surname_of_one) == surname(other))
}

/// The last word of a name that is not a suffix, spelled as in a lookup.
pub(super) fn surname(name: &str) -> Option<PlayerLookup> {
    name.split_whitespace().rfind(|word| !is_suffix(word)).and_then(|word| PlayerLookup::of(word).ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_names_are_one_if_they_differ_in_suffix_beginning_or_order() {
        for (one, other) in [
            ("Michael Porter Jr.", "Michael Porter"),
            ("Nic Claxton", "Nicolas Claxton"),
            ("Yang Hansen", "Hansen Yang"),
        ] {
            assert!(is_one_name(one, other) && may_be_one_name(one, other), "{one} / {other}");
        }
        // Teammates have been as alike.
        for (one, other) in [
            ("J. Williams", "Jalen Williams"),
            ("Jaylin Williams", "Jalen Williams"),
            ("James", "LeBron James"),
        ] {
            assert!(!is_one_name(one, other) && may_be_one_name(one, other), "{one} / {other}");
        }
        for (one, other) in [("Marcus Vale", "Darius Vale"), ("Jaylen Brown", "Jaylen Green")] {
            assert!(!may_be_one_name(one, other), "{one} / {other}");
        }
    }

    #[test]
    fn a_lookup_is_another_spelling_of_a_name() {
        let is_of = |lookup: &str, name| is_lookup_of(&PlayerLookup::of(lookup).expect("a lookup"), name);
        for (lookup, name) in [
            ("jimmybutler", "Jimmy Butler III"),
            ("jimmybutleriii", "Jimmy Butler"),
            ("nicolasclaxton", "Nic Claxton"),
            ("alexsarr", "Alexandre Sarr"),
            ("jaimejaquezjr", "Jaime Jaquez Junior"),
        ] {
            assert!(is_of(lookup, name), "{lookup} / {name}");
        }
        for (lookup, name) in [
            ("jaylinwilliams", "Jalen Williams"),
            ("jwilliams", "Jalen Williams"),
            ("claxton", "Nic Claxton"),
            ("carltoncarrington", "Bub Carrington"),
            ("nicclaxton", "Nic"),
        ] {
            assert!(!is_of(lookup, name), "{lookup} / {name}");
        }
    }

    #[test]
    fn a_surname_is_told_from_a_suffix_and_an_accent() {
        let text = |name| surname(name).map(String::from);
        for (name, expected) in [
            ("Jimmy Butler III", "butler"),
            ("Jimmy Butler", "butler"),
            ("Wendell Carter Jr.", "carter"),
            ("Nolan Traoré", "traore"),
            ("Nenê", "nene"),
        ] {
            assert_eq!(text(name).as_deref(), Some(expected), "{name}");
        }
        assert_eq!(text("Jr."), None);
    }
}
