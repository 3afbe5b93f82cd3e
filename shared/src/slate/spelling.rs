//! Whether two spellings may be one name.

use crate::nba::PlayerLookup;

/// The first word of a name, spelled as in a lookup.
pub(super) fn first_name(name: &str) -> Option<String> {
    name.split_whitespace().next().and_then(|word| PlayerLookup::of(word).ok()).map(String::from)
}

/// How alike two first names are: one begins with the other (Alex, Alexandre), they have one initial, or neither.
pub(super) fn alike(one: Option<&str>, other: Option<&str>) -> u8 {
    let Some((one, other)) = one.zip(other) else { return 0 };
    let is_short = one.len().min(other.len()) < 3;
    match one.starts_with(other) || other.starts_with(one) {
        true if !is_short => 2,
        _ => u8::from(one.as_bytes().first() == other.as_bytes().first()),
    }
}

fn is_suffix(word: &str) -> bool {
    let word = word.trim_end_matches('.').to_ascii_lowercase();
    ["jr", "sr", "ii", "iii", "iv", "v"].contains(&word.as_str())
}

/// A name without its suffix, spelled as in a lookup.
pub(super) fn without_suffix(name: &str) -> Option<PlayerLookup> {
    let words: Vec<&str> = name.split_whitespace().filter(|word| !is_suffix(word)).collect();
    PlayerLookup::of(&words.join(" ")).ok()
}

/// Whether two names may be spellings of one: they differ in the suffix, in a first name of the same beginning (Nic and
/// Nicolas Claxton, J. and Jalen Williams), or in the order of the words, or one of them is the surname alone.
pub fn may_be_one_name(one: &str, other: &str) -> bool {
    let words = |name: &str| {
        let words = name.split_whitespace().filter(|word| !is_suffix(word));
        let mut words: Vec<PlayerLookup> = words.filter_map(|word| PlayerLookup::of(word).ok()).collect();
        words.sort();
        words
    };
    let is_alone = |name: &str| name.split_whitespace().nth(1).is_none();
    let is_alike = || {
        is_alone(one)
            || is_alone(other)
            || alike(first_name(one).as_deref(), first_name(other).as_deref()) > 0
    };
    words(one) == words(other) || (share_surname(one, other) && is_alike())
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
    fn two_names_may_be_one_if_they_differ_in_suffix_beginning_or_order() {
        for (one, other) in [
            ("Michael Porter Jr.", "Michael Porter"),
            ("Nic Claxton", "Nicolas Claxton"),
            ("J. Williams", "Jalen Williams"),
            ("James", "LeBron James"),
            ("Yang Hansen", "Hansen Yang"),
        ] {
            assert!(may_be_one_name(one, other), "{one} / {other}");
        }
        for (one, other) in [("Marcus Vale", "Darius Vale"), ("Jaylen Brown", "Jaylen Green")] {
            assert!(!may_be_one_name(one, other), "{one} / {other}");
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
