//! The ids of games in the warehouse.

use std::{fmt, str::FromStr};

use compact_str::CompactString;
use serde::{Deserialize, Serialize};

use super::{SlateDay, Team};

/// The NBA's own id of a game: ten digits, `0022500432`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "CompactString")]
pub struct NbaGameId(CompactString);

/// A text that is not a game id.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is neither ten digits nor in the form 20260109_TOR_BOS")]
pub struct NotAGameId(String);

/// A game id in the warehouse, whose tables use two forms, sometimes both in one night.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum WarehouseGameId {
    /// The NBA's own id.
    Nba(NbaGameId),
    /// `20260109_TOR_BOS`: day, visitors, home team.
    Teams {
        /// The day of the game.
        day: SlateDay,
        /// The visiting team.
        away: Team,
        /// The home team.
        home: Team,
    },
}

impl NbaGameId {
    /// Reads an id as tables and feeds hold it: one that was a number once has lost its two leading zeros.
    ///
    /// ```
    /// use shared::nba::NbaGameId;
    ///
    /// let ids = ["0022500432", "22500432", " 0022500432 "].map(NbaGameId::of_stored);
    /// assert!(ids.iter().all(|id| id.as_ref().is_ok_and(|id| id.as_str() == "0022500432")));
    /// assert!(NbaGameId::of_stored("2250043").is_err());
    /// ```
    pub fn of_stored(text: &str) -> Result<Self, NotAGameId> {
        let text = text.trim();
        if text.len() == 8 { format!("00{text}").parse() } else { text.parse() }
    }

    /// Whether the game is an exhibition, preseason or All-Star, which does not count (FAILURES.md, F43). The query
    /// `slates_around.sql` of the tonight export leaves out the same kinds.
    pub fn is_exhibition(&self) -> bool {
        ["001", "003"].iter().any(|kind| self.0.starts_with(kind))
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for NbaGameId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for NbaGameId {
    type Err = NotAGameId;

    fn from_str(text: &str) -> Result<Self, NotAGameId> {
        if text.len() == 10 && text.bytes().all(|b| b.is_ascii_digit()) {
            Ok(Self(text.into()))
        } else {
            Err(NotAGameId(text.chars().take(40).collect()))
        }
    }
}

impl TryFrom<CompactString> for NbaGameId {
    type Error = NotAGameId;

    fn try_from(text: CompactString) -> Result<Self, NotAGameId> {
        text.parse()
    }
}

impl From<NbaGameId> for String {
    fn from(id: NbaGameId) -> Self {
        id.0.into()
    }
}

impl WarehouseGameId {
    /// Reads either form.
    pub fn read(text: &str) -> Result<Self, NotAGameId> {
        let refused = || NotAGameId(text.chars().take(40).collect());
        let text = text.trim();
        if let Ok(id) = NbaGameId::of_stored(text) {
            return Ok(Self::Nba(id));
        }
        let mut parts = text.split('_');
        let (Some(day), Some(away), Some(home), None) =
            (parts.next(), parts.next(), parts.next(), parts.next())
        else {
            return Err(refused());
        };
        if day.len() != 8 || !day.bytes().all(|b| b.is_ascii_digit()) {
            return Err(refused());
        }
        let day = format!("{}-{}-{}", &day[..4], &day[4..6], &day[6..]);
        Ok(Self::Teams {
            day: day.parse().map_err(|_| refused())?,
            away: Team::of_code(away).map_err(|_| refused())?,
            home: Team::of_code(home).map_err(|_| refused())?,
        })
    }
}

impl fmt::Display for WarehouseGameId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Nba(id) => id.fmt(f),
            Self::Teams { day, away, home } => write!(f, "{}_{away}_{home}", day.date().format("%Y%m%d")),
        }
    }
}

text_schema!(NbaGameId, "^[0-9]{10}$", "0022500432", "The NBA's own id of a game.");

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_forms_of_a_game_id_are_read() {
        let native = WarehouseGameId::read("0022500432");
        assert!(matches!(native, Ok(WarehouseGameId::Nba(id)) if id.as_str() == "0022500432"));
        let Ok(WarehouseGameId::Teams { day, away, home }) = WarehouseGameId::read("20260109_TOR_BOS") else {
            panic!("the form with teams");
        };
        assert_eq!((day.to_string().as_str(), away.as_str(), home.as_str()), ("2026-01-09", "TOR", "BOS"));
        for text in ["0022500432", "20260109_TOR_BOS"] {
            assert_eq!(WarehouseGameId::read(text).map(|id| id.to_string()).as_deref(), Ok(text));
        }
        assert_eq!(WarehouseGameId::read("22500432"), WarehouseGameId::read("0022500432"));
        for refused in ["", "225004321", "20260109_TOR", "20261309_TOR_BOS", "20260109_TOR_BOS_1", "today"] {
            assert!(WarehouseGameId::read(refused).is_err(), "{refused}");
        }
    }

    proptest::proptest! {
        #[test]
        fn any_text_is_a_game_id_or_refused(text in "\\PC{0,20}|[0-9]{8}_[A-Z]{0,5}_[A-Z]{0,5}|[0-9]{9,11}") {
            if let Ok(WarehouseGameId::Nba(id)) = WarehouseGameId::read(&text) {
                proptest::prop_assert!(id.as_str().ends_with(text.trim()) && id.as_str().len() == 10);
            }
        }
    }
}
