//! One spelling of a player.

use std::fmt;

use compact_str::CompactString;
use serde::{Deserialize, Serialize};
use unicode_normalization::{UnicodeNormalization, char::is_combining_mark};

/// The join key of a player across every table and document: lower-case letters a–z and digits, as
/// in `nolantraore`, `jarenjacksonjr`. Never empty.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "CompactString")]
pub struct PlayerLookup(CompactString);

/// A name with no letter or digit in it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} has no letter that a player could be looked up by")]
pub struct NotALookup(String);

impl PlayerLookup {
    /// The lookup of a name: decomposed, accents dropped, letters that do not decompose
    /// transliterated (ø → o, ß → ss), everything outside a–z and 0–9 dropped. Suffixes stay.
    pub fn of(name: &str) -> Result<Self, NotALookup> {
        if !name.is_empty() && name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit()) {
            return Ok(Self(name.into()));
        }
        let mut lookup = String::with_capacity(name.len());
        if name.is_ascii() {
            // Fast path for almost every name: nothing in it decomposes.
            let letters = name.bytes().filter(u8::is_ascii_alphanumeric);
            lookup.extend(letters.map(|letter| char::from(letter.to_ascii_lowercase())));
            return if lookup.is_empty() { Err(refused(name)) } else { Ok(Self(lookup.into())) };
        }
        for c in name.nfd().filter(|c| !is_combining_mark(*c)) {
            if c.is_ascii() {
                lookup.extend(c.is_ascii_alphanumeric().then(|| c.to_ascii_lowercase()));
            } else if c.is_alphanumeric() {
                let ascii = deunicode::deunicode_char(c).unwrap_or_default();
                lookup.extend(
                    ascii.chars().filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_lowercase()),
                );
            }
        }
        if lookup.is_empty() { Err(refused(name)) } else { Ok(Self(lookup.into())) }
    }

    /// The lookup of a player whom a table stores as `stored`, with the name that it was derived from.
    ///
    /// Producers spell accented letters in several ways (`nolantraor`, `nikolaoric`). Where `stored` is one
    /// of the [`spellings`](Self::spellings) of `full_name`, the lookup is derived from the name again; any
    /// other spelling is deliberate (an alias) and is kept, normalised.
    pub fn of_stored(stored: &str, full_name: Option<&str>) -> Result<Self, NotALookup> {
        match full_name {
            Some(name) if Self::spellings(name).iter().any(|spelling| spelling == stored) => Self::of(name),
            _ => Self::of(stored),
        }
    }

    /// The producers' spellings of a name with letters outside a–z, each once: transliterated
    /// (`nikoladordic`), decomposed without the letters that do not decompose (`nikolaoric`), without
    /// accented letters (`nikolaori`), and with two letters for one (`nikoladjordjic`). Empty for a name of
    /// plain letters, which has one lookup.
    ///
    /// ```
    /// # use shared::nba::PlayerLookup;
    /// let spellings = PlayerLookup::spellings("Nikola Đorđić");
    /// assert_eq!(spellings, ["nikoladordic", "nikolaoric", "nikolaori", "nikoladjordjic"]);
    /// assert!(PlayerLookup::spellings("Jaylen Brown").is_empty());
    /// ```
    pub fn spellings(name: &str) -> Vec<String> {
        if name.is_ascii() {
            return Vec::new();
        }
        let plain = |text: String| text.to_lowercase().chars().filter(char::is_ascii_alphanumeric).collect();
        let decomposed: String = plain(name.nfd().filter(|c| !is_combining_mark(*c)).collect());
        let two_for_one: String = name.nfc().map(in_two_letters).collect();
        let transliterated = |name: &str| Self::of(name).map(String::from).ok();
        let mut spellings: Vec<String> = Vec::with_capacity(4);
        for spelling in [
            transliterated(name),
            Some(decomposed),
            Some(Self::dropping_accented_letters(name)),
            transliterated(&two_for_one),
        ]
        .into_iter()
        .flatten()
        {
            if !spelling.is_empty() && !spellings.contains(&spelling) {
                spellings.push(spelling);
            }
        }
        spellings
    }

    /// The spelling of producers that drop accented letters: `nolantraor`.
    pub fn dropping_accented_letters(name: &str) -> String {
        name.nfc().collect::<String>().to_lowercase().chars().filter(char::is_ascii_alphanumeric).collect()
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A letter of another alphabet as transliterated by sources that write two letters for it.
fn in_two_letters(letter: char) -> String {
    let two = match letter {
        'đ' | 'Đ' => "dj",
        'ø' | 'Ø' | 'ö' | 'Ö' => "oe",
        'ü' | 'Ü' => "ue",
        'ä' | 'Ä' | 'æ' | 'Æ' => "ae",
        'å' | 'Å' => "aa",
        'ß' => "ss",
        'þ' | 'Þ' => "th",
        other => return other.to_string(),
    };
    two.to_owned()
}

fn refused(name: &str) -> NotALookup {
    NotALookup(name.chars().take(80).collect())
}

impl fmt::Display for PlayerLookup {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl TryFrom<CompactString> for PlayerLookup {
    type Error = NotALookup;

    fn try_from(text: CompactString) -> Result<Self, NotALookup> {
        Self::of(&text)
    }
}

impl From<PlayerLookup> for String {
    fn from(lookup: PlayerLookup) -> Self {
        lookup.0.into()
    }
}

text_schema!(
    PlayerLookup,
    "^[a-z0-9]+$",
    "nolantraore",
    "One spelling of a player, the join key across all documents."
);

#[cfg(test)]
mod tests {
    use super::*;

    fn lookup(name: &str) -> String {
        PlayerLookup::of(name).expect("a name").into()
    }

    #[test]
    fn f70_every_name_has_one_spelling() {
        for (name, expected) in [
            ("LeBron James Jr.", "lebronjamesjr"),
            ("José Alvarado", "josealvarado"),
            ("De'Aaron Fox", "deaaronfox"),
            ("De’Aaron Fox", "deaaronfox"),
            ("P.J. Washington", "pjwashington"),
            ("Karl-Anthony Towns", "karlanthonytowns"),
            ("Nolan Traoré", "nolantraore"),
            ("Hugo González", "hugogonzalez"),
            ("Chris Mañon", "chrismanon"),
            ("Jaren Jackson Jr.", "jarenjacksonjr"),
            ("Trey Murphy III", "treymurphyiii"),
            ("Nikola Đurišić", "nikoladurisic"),
            ("Ömer Aşık", "omerasik"),
            ("Mikkel Sørensen", "mikkelsorensen"),
            ("Łukasz Groß", "lukaszgross"),
            ("İlkan", "ilkan"),
            ("Dārzs Ķēniņš", "darzskenins"),
        ] {
            assert_eq!(lookup(name), expected, "{name}");
            assert_eq!(lookup(&name.nfc().collect::<String>()), lookup(&name.nfd().collect::<String>()));
        }
    }

    #[test]
    fn a_stored_spelling_that_lost_its_accents_is_mended_and_an_alias_is_kept() {
        let of = |stored, name| PlayerLookup::of_stored(stored, name).map(String::from);
        assert_eq!(of("nolantraor", Some("Nolan Traoré")).as_deref(), Ok("nolantraore"));
        assert_eq!(of("nolantraoré", Some("Nolan Traoré")).as_deref(), Ok("nolantraore"));
        assert_eq!(of("nicolasclaxton", Some("Nic Claxton")).as_deref(), Ok("nicolasclaxton"));
        assert_eq!(of("LeBron-James", None).as_deref(), Ok("lebronjames"));
    }

    #[test]
    fn a_name_without_letters_is_refused() {
        for name in ["", "  ", "…", "''", "\u{301}"] {
            assert!(PlayerLookup::of(name).is_err(), "{name:?}");
        }
    }

    proptest::proptest! {
        #[test]
        fn a_lookup_has_only_letters_and_digits_and_is_its_own_lookup(name in "\\PC{0,40}") {
            if let Ok(lookup) = PlayerLookup::of(&name) {
                proptest::prop_assert!(lookup.as_str().bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit()));
                proptest::prop_assert_eq!(PlayerLookup::of(lookup.as_str()), Ok(lookup));
            }
        }
    }
}
