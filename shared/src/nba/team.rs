//! A team, by its short code.

use std::fmt;

use compact_str::CompactString;
use serde::{Deserialize, Serialize};

/// The code of a team: two to four capital letters, `BOS`. Almost always one of today's thirty, but
/// past seasons and exhibitions have others, and a night must not lose a game over that.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "CompactString")]
pub struct Team(CompactString);

/// A team that cannot be identified.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("no team has the code {0:?}")]
pub struct NotATeam(String);

/// Today's thirty teams in the order of their BallDontLie ids, 1 to 30
/// (<https://docs.balldontlie.io/#get-all-teams>).
const BY_BALLDONTLIE_ID: [&str; 30] = [
    "ATL", "BOS", "BKN", "CHA", "CHI", "CLE", "DAL", "DEN", "DET", "GSW", "HOU", "IND", "LAC", "LAL", "MEM",
    "MIA", "MIL", "MIN", "NOP", "NYK", "OKC", "ORL", "PHI", "PHX", "POR", "SAC", "SAS", "TOR", "UTA", "WAS",
];

/// Spellings of codes that scoreboards use, and the codes that they mean.
const OTHER_SPELLINGS: [(&str, &str); 11] = [
    ("GS", "GSW"),
    ("NY", "NYK"),
    ("NO", "NOP"),
    ("SA", "SAS"),
    ("UTAH", "UTA"),
    ("UTH", "UTA"),
    ("WSH", "WAS"),
    ("PHO", "PHX"),
    ("BRK", "BKN"),
    ("BK", "BKN"),
    ("CHO", "CHA"),
];

impl Team {
    /// The team with this code, in any case, and in the spellings of other scoreboards: `GS`, `UTAH`.
    pub fn of_code(code: &str) -> Result<Self, NotATeam> {
        let code = code.trim();
        if (2..=4).contains(&code.len()) && code.bytes().all(|b| b.is_ascii_alphabetic()) {
            let mut code = CompactString::new(code);
            code.make_ascii_uppercase();
            let other = OTHER_SPELLINGS.iter().find(|(spelling, _)| *spelling == code.as_str());
            Ok(Self(other.map_or(code, |(_, code)| CompactString::const_new(code))))
        } else {
            Err(NotATeam(code.chars().take(20).collect()))
        }
    }

    /// The team with this BallDontLie id, if it is one of today's thirty.
    pub fn of_balldontlie_id(id: i64) -> Option<Self> {
        let index = usize::try_from(id).ok()?.checked_sub(1)?;
        BY_BALLDONTLIE_ID.get(index).map(|code| Self(CompactString::const_new(code)))
    }

    /// Whether it is one of today's thirty, and not an all-star team or a guest from abroad.
    pub fn is_of_the_league(&self) -> bool {
        BY_BALLDONTLIE_ID.contains(&self.as_str())
    }

    /// The code of a team that is not known.
    pub fn unknown() -> Self {
        Self("UNK".into())
    }

    /// The code.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Team {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl TryFrom<CompactString> for Team {
    type Error = NotATeam;

    fn try_from(text: CompactString) -> Result<Self, NotATeam> {
        Self::of_code(&text)
    }
}

impl From<Team> for String {
    fn from(team: Team) -> Self {
        team.0.into()
    }
}

text_schema!(Team, "^[A-Z]{2,4}$", "BOS", "The code of a team.");

/// The two teams of a game, whichever is called the home team: on neutral ground sources disagree, and a
/// team plays once a day, so that the pair identifies the day's game.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct TeamPair(Team, Team);

/// A game as people name it: `TOR at BOS`.
pub fn game_name(away: &Team, home: &Team) -> String {
    format!("{away} at {home}")
}

impl TeamPair {
    /// The pair of these two, in either order.
    pub fn of(one: &Team, other: &Team) -> Self {
        let (first, second) = if one <= other { (one, other) } else { (other, one) };
        Self(first.clone(), second.clone())
    }

    /// The one of the two that is not `team`.
    pub fn other(&self, team: &Team) -> &Team {
        if self.0 == *team { &self.1 } else { &self.0 }
    }

    /// Both, in the order of their codes.
    pub fn teams(&self) -> [&Team; 2] {
        [&self.0, &self.1]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_team_is_found_by_code_or_by_id() {
        assert_eq!(Team::of_code(" bos ").map(String::from).as_deref(), Ok("BOS"));
        assert_eq!(Team::of_balldontlie_id(30).as_ref().map(Team::as_str), Some("WAS"));
        for id in [0, -1, 31, i64::MAX] {
            assert_eq!(Team::of_balldontlie_id(id), None);
        }
        for code in ["", "B", "BOSTON", "B0S", "<b>"] {
            assert!(Team::of_code(code).is_err(), "{code}");
        }
    }
}
