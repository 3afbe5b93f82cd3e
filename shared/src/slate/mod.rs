//! The slate: the games of a day, everyone who plays in them, and what is predicted of whom.
//!
//! One reading of the warehouse for both exports, so that tonight's list and the live grading know the
//! same players by the same names, and hold them against the same line.

mod prediction;
mod registry;
mod schedule;

use std::collections::HashMap;

use serde::{Deserialize, Serialize};

pub use prediction::{LineSource, PointsLine, Prediction, Recommendation};
pub use registry::Registry;
pub use schedule::{ScheduledGame, schedule};

use crate::{
    Error,
    bigquery::{BigQuery, Parameter},
    nba::{PlayerLookup, Season, SlateDay, Team, WarehouseGameId},
};
use registry::{Person, title_case};

/// The games of a day and who plays in them.
#[derive(Clone, Debug, Default)]
pub struct Slate {
    /// In the order they begin.
    pub games: Vec<Game>,
    /// Who the players are.
    pub registry: Registry,
}

/// A game and everyone who is expected to play in it.
#[derive(Clone, Debug)]
pub struct Game {
    /// As the schedule knows it.
    pub scheduled: ScheduledGame,
    /// Each player once.
    pub players: Vec<Player>,
}

/// A player of tonight.
#[derive(Clone, Debug, PartialEq)]
pub struct Player {
    /// The join key.
    pub lookup: PlayerLookup,
    /// The certain id, where there is one.
    pub universal_id: Option<String>,
    /// As shown.
    pub name: String,
    /// Tonight's team.
    pub team: Team,
    /// Such as `G` or `F-C`.
    pub position: Option<String>,
    /// How we know that the player is with the team tonight.
    pub context: Context,
    /// Days without a game before tonight; 0 back to back.
    pub days_rest: Option<i64>,
    /// What is predicted, if anything.
    pub prediction: Option<Prediction>,
    /// The line, if there is any.
    pub line: Option<PointsLine>,
}

/// How we know that a player is with a team tonight.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Context {
    /// The analysis of the coming game has the player.
    Analysis,
    /// Only the registry has: the player is on the team's roster.
    Roster,
}

/// A row of the players who are expected to play.
#[derive(Clone, Debug, Deserialize)]
struct Expected {
    player_lookup: String,
    universal_player_id: Option<String>,
    game_id: String,
    team_abbr: String,
    days_rest: Option<i64>,
    processed_at: Option<i64>,
}

/// Reads the slate of `day`, all of its tables at once.
pub async fn slate(bigquery: &BigQuery, day: SlateDay) -> Result<Slate, Error> {
    let season = Season::of(day);
    let date = [Parameter::date("game_date", day)];
    let seasons = [Parameter::text("season", season), Parameter::text("previous_season", season.previous())];
    let (schedule, expected, registry, predictions, offers) = tokio::try_join!(
        schedule(bigquery, day),
        bigquery.query(include_str!("../../sql/expected_players.sql"), &date),
        bigquery.query(include_str!("../../sql/registry.sql"), &seasons),
        bigquery.query(include_str!("../../sql/predictions.sql"), &date),
        bigquery.query(include_str!("../../sql/points_lines.sql"), &date),
    )?;
    let mut slate = Slate::expected(day, schedule, expected, Registry::of(registry, season));
    slate.predict(day, predictions, offers);
    Ok(slate)
}

impl Slate {
    /// The games with everyone who is expected to play; for a team of whom nobody is, its roster
    /// (facts F10, F55).
    fn expected(
        day: SlateDay,
        schedule: Vec<ScheduledGame>,
        mut expected: Vec<Expected>,
        registry: Registry,
    ) -> Self {
        let games = schedule.into_iter().map(|scheduled| Game { scheduled, players: Vec::new() }).collect();
        let mut slate = Self { games, registry };
        expected.sort_by_key(|row| std::cmp::Reverse(row.processed_at));
        for row in expected {
            if !slate.expect(day, &row) {
                tracing::warn!(
                    player = row.player_lookup,
                    game = row.game_id,
                    "expected in no game of the day"
                );
            }
        }
        let Self { games, registry } = &mut slate;
        let placed: Vec<Player> = games.iter().flat_map(|game| game.players.clone()).collect();
        for game in games {
            for team in [game.scheduled.home.clone(), game.scheduled.away.clone()] {
                if !game.players.iter().any(|player| player.team == team) {
                    tracing::warn!(%team, game = %game.scheduled.id, "nobody is expected; its roster stands in");
                    let mut roster: Vec<Player> =
                        registry.roster(&team).map(|person| Player::on_roster(person, &team)).collect();
                    roster.retain(|player| !placed.iter().any(|known| known.is_same(player)));
                    game.players.extend(roster);
                }
            }
        }
        slate
    }

    /// Adds a player who is expected to play, once; `false` where there is no such game or player.
    fn expect(&mut self, day: SlateDay, row: &Expected) -> bool {
        let (Some(lookup), Ok(team)) =
            (self.registry.lookup(&row.player_lookup), Team::of_code(&row.team_abbr))
        else {
            return false;
        };
        // A team plays once a day, so its game is certain; the row's game id has two forms and typos.
        let Some(index) = self.games.iter().position(|game| game.scheduled.has(&team)) else { return false };
        let game = &self.games[index];
        if WarehouseGameId::read(&row.game_id).is_ok_and(|id| !game.scheduled.is(day, &id)) {
            tracing::debug!(
                player = row.player_lookup,
                game = row.game_id,
                "expected in another game of the team"
            );
        }
        let person = self.registry.person(&lookup, row.universal_player_id.as_deref(), Some(&team));
        let player = Player {
            universal_id: row.universal_player_id.clone(),
            name: person.map_or_else(|| title_case(&lookup), |person| person.name.clone()),
            position: person.and_then(|person| person.position.clone()),
            lookup,
            team,
            context: Context::Analysis,
            // A game after tonight's has been counted as the last one (facts F42).
            days_rest: row.days_rest.filter(|days| *days >= 0),
            prediction: None,
            line: None,
        };
        // Rows come newest first: of two teams a player was expected with, the later one has him.
        if !self.games.iter().flat_map(|game| &game.players).any(|known| known.is_same(&player)) {
            self.games[index].players.push(player);
        }
        true
    }

    /// Gives each player the line and the prediction of the day's rows.
    fn predict(&mut self, day: SlateDay, rows: Vec<prediction::Row>, offers: Vec<prediction::Offer>) {
        let mut predictions: HashMap<(usize, usize), prediction::Row> = HashMap::new();
        for row in rows {
            let Some(place) = self.place(day, &row) else {
                tracing::warn!(
                    player = row.player_lookup,
                    game = row.game_id,
                    "predicted in no game of the day"
                );
                continue;
            };
            match predictions.get(&place) {
                Some(known) if !row.goes_before(known) => {}
                _ => drop(predictions.insert(place, row)),
            }
        }
        let mut by_lookup: HashMap<PlayerLookup, Vec<&prediction::Offer>> = HashMap::new();
        for offer in &offers {
            // The name tells what accented letters the lookup has lost.
            if let Ok(lookup) = PlayerLookup::of_stored(&offer.player_lookup, Some(&offer.player_name)) {
                by_lookup.entry(lookup).or_default().push(offer);
            }
        }
        let mut namesakes: HashMap<PlayerLookup, usize> = HashMap::new();
        for player in self.games.iter().flat_map(|game| &game.players) {
            *namesakes.entry(player.lookup.clone()).or_default() += 1;
        }
        for (game_index, game) in self.games.iter_mut().enumerate() {
            for (index, player) in game.players.iter_mut().enumerate() {
                let row = predictions.get(&(game_index, index));
                let offers = by_lookup.get(&player.lookup).map(Vec::as_slice).unwrap_or_default();
                let is_alone = namesakes.get(&player.lookup) == Some(&1);
                player.line = prediction::line(row, &of_one_player(offers, &player.team, is_alone));
                player.prediction = row.map(|row| row.against(player.line.as_ref()));
            }
        }
    }

    /// Which player of which game a prediction is about. One whom nobody expected joins the team that
    /// the registry names, so that a challenge on it can be made and graded.
    fn place(&mut self, day: SlateDay, row: &prediction::Row) -> Option<(usize, usize)> {
        let lookup = self.registry.lookup(&row.player_lookup)?;
        let named = WarehouseGameId::read(&row.game_id).ok();
        let named = named.and_then(|id| self.games.iter().position(|game| game.scheduled.is(day, &id)));
        let namesakes: Vec<(usize, usize)> = self
            .games
            .iter()
            .enumerate()
            .flat_map(|(game_index, game)| {
                let players = game.players.iter().enumerate();
                let may_be = |player: &Player| {
                    player.lookup == lookup && agree(&player.universal_id, &row.universal_player_id)
                };
                let places = players.filter(|(_, player)| may_be(player));
                places.map(|(index, _)| (game_index, index)).collect::<Vec<_>>()
            })
            .collect();
        let in_named: Vec<_> =
            namesakes.iter().copied().filter(|(game, _)| named.is_none_or(|named| *game == named)).collect();
        let of_id = in_named.iter().copied().find(|(game, index)| {
            let id = &self.games[*game].players[*index].universal_id;
            id.is_some() && *id == row.universal_player_id
        });
        match (of_id, in_named.as_slice(), namesakes.as_slice()) {
            (Some(place), ..) => return Some(place),
            (None, [place], _) | (None, [], [place]) => return Some(*place),
            // Of two namesakes neither is certain.
            (None, [_, _, ..], _) | (None, [], [_, _, ..]) => return None,
            (None, [], []) => {}
        }
        let person = self.registry.person(&lookup, row.universal_player_id.as_deref(), None)?;
        let team = person.team.clone().filter(|_| agree(&person.universal_id, &row.universal_player_id))?;
        let game_index = self.games.iter().position(|game| game.scheduled.has(&team))?;
        let player = Player::on_roster(person, &team);
        let players = &mut self.games[game_index].players;
        players.push(player);
        Some((game_index, players.len() - 1))
    }
}

/// Whether two certain ids may be one person's: they are the same, or one of them is not known.
fn agree(one: &Option<String>, other: &Option<String>) -> bool {
    one.as_ref().zip(other.as_ref()).is_none_or(|(one, other)| one == other)
}

/// The offers on a player of `team`; by the team where several have the name, tonight or at the bookmakers.
fn of_one_player<'a>(
    offers: &[&'a prediction::Offer],
    team: &Team,
    is_alone: bool,
) -> Vec<&'a prediction::Offer> {
    let of_team = |offer: &&&prediction::Offer| offer.player_team.eq_ignore_ascii_case(team.as_str());
    let is_one = is_alone && offers.windows(2).all(|pair| pair[0].bp_player_id == pair[1].bp_player_id);
    if is_one { offers.to_vec() } else { offers.iter().filter(of_team).copied().collect() }
}

impl Player {
    fn on_roster(person: &Person, team: &Team) -> Self {
        Self {
            lookup: person.lookup.clone(),
            universal_id: person.universal_id.clone(),
            name: person.name.clone(),
            team: team.clone(),
            position: person.position.clone(),
            context: Context::Roster,
            days_rest: None,
            prediction: None,
            line: None,
        }
    }

    /// Whether two rows mean one person: the name is the same, and no id speaks against it.
    fn is_same(&self, other: &Self) -> bool {
        self.lookup == other.lookup && agree(&self.universal_id, &other.universal_id)
    }
}
