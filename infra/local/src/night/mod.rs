//! The replay of a recorded night of box scores, from its first moment to the recorded end.
//!
//! A recording contains only the end of a night. The replay invents a plausible course: every player's
//! shots, rebounds and fouls at fixed moments of the game, so that counters only grow, points equal the
//! made shots, quarter scores are the recorded ones, and the end equals the recording.

mod api;
mod cdn;
mod game;
mod line;
mod pace;

use std::path::Path;

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::Value;
use shared::nba::{Season, SlateDay};

pub use api::router;
pub use cdn::feed;
pub(crate) use cdn::league_name;
use game::NightGame;

/// How long before tip-off a game is listed on the live endpoint.
const LISTED_BEFORE: TimeDelta = TimeDelta::minutes(15);
/// How long after its end a game is listed on the live endpoint.
const LINGERS: TimeDelta = TimeDelta::minutes(60);

/// A night of games with a timeline.
#[derive(Clone, Debug)]
pub struct Night {
    /// The slate day of its games.
    pub day: SlateDay,
    games: Vec<NightGame>,
}

/// The reason why a night cannot be replayed.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct NotANight(String);

impl Night {
    /// The small invented night that is part of the project.
    pub fn sample() -> Result<Self, NotANight> {
        Self::from_json(include_bytes!("../../nights/sample.json"))
    }

    /// Reads a file in the shape of BallDontLie's `/v1/box_scores`.
    pub fn from_file(path: &Path) -> Result<Self, NotANight> {
        let named = |error: &dyn std::fmt::Display| NotANight(format!("{}: {error}", path.display()));
        let json = std::fs::read(path).map_err(|error| named(&error))?;
        Self::from_json(&json).map_err(|error| named(&error))
    }

    fn from_json(json: &[u8]) -> Result<Self, NotANight> {
        #[derive(serde::Deserialize)]
        struct Recorded {
            data: Vec<Value>,
        }
        let recorded: Recorded = serde_json::from_slice(json)
            .map_err(|error| NotANight(format!("not a list of box scores: {error}")))?;
        Self::of(recorded.data)
    }

    fn of(recorded: Vec<Value>) -> Result<Self, NotANight> {
        let games = recorded
            .into_iter()
            .enumerate()
            .map(|(index, game)| {
                NightGame::new(game, index).map_err(|error| NotANight(format!("game {}: {error}", index + 1)))
            })
            .collect::<Result<Vec<_>, _>>()?;
        let day = games.first().ok_or_else(|| NotANight("the night has no games".into()))?.day();
        match games.iter().find(|game| game.day() != day) {
            Some(other) => {
                Err(NotANight(format!("the night has games of two days, {day} and {}", other.day())))
            }
            None => Ok(Self { day, games }),
        }
    }

    /// The same night moved to another day.
    pub fn moved_to(&self, day: SlateDay) -> Result<Self, NotANight> {
        self.moved(day, chrono::NaiveDate::from(day) - chrono::NaiveDate::from(self.day))
    }

    /// The same night on the same day, with every tip-off later by `delay`.
    pub fn delayed(&self, delay: TimeDelta) -> Result<Self, NotANight> {
        self.moved(self.day, delay)
    }

    fn moved(&self, day: SlateDay, delay: TimeDelta) -> Result<Self, NotANight> {
        let moved = self.recorded().cloned().map(|mut game| {
            game["date"] = day.to_string().into();
            let tip_off = game["datetime"].as_str().and_then(|at| at.parse::<DateTime<Utc>>().ok());
            if let Some(tip_off) = tip_off {
                game["datetime"] = (tip_off + delay).to_rfc3339().into();
            }
            game
        });
        Self::of(moved.collect())
    }

    /// When the first game begins.
    pub fn first_tip_off(&self) -> DateTime<Utc> {
        self.begins() + LISTED_BEFORE
    }

    /// When the first game is listed.
    pub fn begins(&self) -> DateTime<Utc> {
        self.games.iter().map(NightGame::tip_off).min().unwrap_or_default() - LISTED_BEFORE
    }

    /// When the last game disappears from the live endpoint.
    pub fn ends(&self) -> DateTime<Utc> {
        self.games.iter().map(NightGame::over).max().unwrap_or_default() + LINGERS
    }

    /// The games on the live endpoint at `now`: about to begin, in progress, or just over.
    pub fn live(&self, now: DateTime<Utc>) -> Vec<Value> {
        let listed =
            |game: &&NightGame| (game.tip_off() - LISTED_BEFORE..game.over() + LINGERS).contains(&now);
        self.games.iter().filter(listed).map(|game| game.at(now)).collect()
    }

    /// All games of the night on the dated endpoint at `now`.
    pub fn dated(&self, now: DateTime<Utc>) -> Vec<Value> {
        self.games.iter().map(|game| game.at(now)).collect()
    }

    /// The NBA's id of a game, which the schedule of the warehouse and the NBA's feed have.
    pub fn nba_game_id(&self, index: usize) -> String {
        format!("002{:02}{:05}", Season::of(self.day).start_year() % 100, 500 + index)
    }

    /// The games as recorded.
    pub fn recorded(&self) -> impl Iterator<Item = &Value> {
        self.games.iter().map(NightGame::recorded)
    }

    /// The codes of each game's teams, in alphabetical order.
    pub fn pairs(&self) -> Vec<[String; 2]> {
        let code =
            |game: &Value, side: &str| game[side]["abbreviation"].as_str().unwrap_or_default().to_owned();
        let pair = |game: &Value| {
            let mut pair = [code(game, "home_team"), code(game, "visitor_team")];
            pair.sort_unstable();
            pair
        };
        self.recorded().map(pair).collect()
    }

    /// The points of all players of a game at `now`.
    pub fn points(&self, index: usize, now: DateTime<Utc>) -> u64 {
        let Some(game) = self.games.get(index).map(|game| game.at(now)) else { return 0 };
        let sides =
            ["home_team", "visitor_team"].into_iter().filter_map(|side| game[side]["players"].as_array());
        sides.flatten().filter_map(|line| line["pts"].as_u64()).sum()
    }

    /// The number of games in progress at `now`.
    pub fn games_on(&self, now: DateTime<Utc>) -> usize {
        self.games.iter().filter(|game| (game.tip_off()..game.over()).contains(&now)).count()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn number(value: &Value, field: &str) -> i64 {
        value[field].as_i64().unwrap_or(0)
    }

    fn check(night: &Night) {
        let mut now = night.begins();
        let mut before: std::collections::HashMap<i64, Value> = Default::default();
        while now <= night.ends() {
            for game in night.dated(now) {
                for side in ["home_team", "visitor_team"] {
                    let players = game[side]["players"].as_array().expect("players");
                    let sum: i64 = players.iter().map(|line| number(line, "pts")).sum();
                    assert_eq!(sum, number(&game, &format!("{side}_score")), "{now} {side}");
                    for line in players {
                        let made = (number(line, "fgm"), number(line, "fg3m"), number(line, "ftm"));
                        assert_eq!(number(line, "pts"), 2 * made.0 + made.1 + made.2, "{now} {line}");
                        assert!(number(line, "fga") >= made.0 && number(line, "fta") >= made.2);
                        assert!(number(line, "fg3a") >= made.1 && made.0 >= made.1);
                        assert_eq!(number(line, "reb"), number(line, "oreb") + number(line, "dreb"));
                        let id = number(&line["player"], "id");
                        if let Some(before) = before.insert(id, line.clone()) {
                            for (counter, value) in before.as_object().expect("a line") {
                                if counter != "plus_minus" && !counter.ends_with("_pct") {
                                    assert!(
                                        number(line, counter) >= value.as_i64().unwrap_or(0),
                                        "{counter} {now}"
                                    );
                                }
                            }
                        }
                    }
                }
            }
            now += TimeDelta::minutes(3);
        }
        assert_eq!(night.dated(night.ends()), night.recorded().cloned().collect::<Vec<_>>());
        assert!(night.live(night.ends()).is_empty());
    }

    #[test]
    fn the_sample_night_grows_to_its_recording() {
        check(&Night::sample().expect("the sample night"));
    }

    #[test]
    fn a_file_that_is_no_night_is_refused_with_the_reason() {
        let error = |json: &str| Night::from_json(json.as_bytes()).err().map(|error| error.to_string());
        assert!(error("{}").is_some_and(|error| error.contains("missing field `data`")));
        assert_eq!(error(r#"{"data":[]}"#).as_deref(), Some("the night has no games"));
        assert!(error(r#"{"data":[{"id":1}]}"#).is_some_and(|error| error.starts_with("game 1: ")));
    }
}
