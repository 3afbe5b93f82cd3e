//! The tonight document, `v1/tonight/{date}.json` and `v1/tonight/all-players.json`.

use std::{cmp::Reverse, collections::HashSet};

use chrono::{DateTime, Utc};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use shared::{
    Error,
    clock::{eastern_time, iso_micros},
    documents::{self, status::Fixtures},
    google::bigquery::{BigQuery, Parameter},
    nba::{GameStatus, NbaGameId, PlayerLookup, Season, SlateDay, Team, TeamPair},
    slate::{
        self, ByPlayer, CarriedOver, Context, InjuryStatus, LineSource, Recommendation, ScheduledGame, Slate,
    },
};

use crate::form::{FatigueLevel, FatigueRow, Form, FormRow, RecentResult, fatigue_by_player, record};

/// A player with fewer games is marked `limited_data`.
const LIMITED_GAMES: i64 = 10;
/// Days before and after a day in which other slate days are searched.
const WINDOW_DAYS: u64 = 31;
/// Approximate JSON size of a player, to allocate the body once.
const BYTES_A_PLAYER: usize = 1200;
/// A game with fewer players is implausible and degrades the document (FAILURES.md, F55).
const FEWEST_PLAYERS: usize = 8;

/// The players of a slate day.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[schemars(rename = "TonightDocument")]
pub struct Document {
    /// The slate day: the US Eastern date on which the night of games began.
    pub game_date: SlateDay,
    /// Instant at which the warehouse was read, UTC.
    #[serde(serialize_with = "iso_micros")]
    pub generated_at: DateTime<Utc>,
    /// Number of players of all games; a player is in one game.
    pub total_players: usize,
    /// Number of players with a points line.
    pub total_with_lines: usize,
    /// `degraded` when the document lacks something that a slate should have; absent otherwise.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<Degraded>,
    /// Description of what is missing; absent when nothing is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub degraded_reason: Option<String>,
    /// Counts of what the document lacks.
    pub data_quality: DataQuality,
    /// The games in the order of their tip-off.
    pub games: Vec<Game>,
}

/// State of a document.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Degraded {
    /// Something that a slate should have is missing.
    Degraded,
}

/// Counts of what the document lacks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub struct DataQuality {
    /// Number of games of which a team has no analysis.
    pub games_without_context: usize,
    /// Number of players without a points line.
    pub players_without_line: usize,
    /// Number of players known only from the registry's roster of the team.
    pub players_from_roster: usize,
    /// Number of players with a prediction.
    pub predictions: usize,
}

/// A game of the slate.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[schemars(rename = "TonightGame")]
pub struct Game {
    /// The NBA's ten-digit game id.
    pub game_id: NbaGameId,
    /// Code of the home team.
    pub home_team: Team,
    /// Code of the visiting team.
    pub away_team: Team,
    /// Tip-off in US Eastern time, `7:30 PM ET`; null while it is not fixed.
    pub game_time: Option<String>,
    /// Instant of tip-off, UTC; null while it is not fixed.
    pub tip_off: Option<DateTime<Utc>>,
    /// State of the game.
    pub game_status: GameStatus,
    /// Points of the home team; absent before tip-off.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub home_score: Option<u32>,
    /// Points of the visiting team; absent before tip-off.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub away_score: Option<u32>,
    /// Number of players in `players`.
    pub player_count: usize,
    /// The players: those with a line first, those who are out last, then by confidence and season average.
    pub players: Vec<Player>,
}

/// A player of the slate.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[schemars(rename = "TonightPlayer")]
pub struct Player {
    /// The join key of the player across every document.
    pub player_lookup: PlayerLookup,
    /// Display name.
    pub name: String,
    /// Code of tonight's team.
    pub team: Team,
    /// Whether the team plays at home.
    pub is_home: bool,
    /// Position, such as `G` or `F-C`; null when unknown.
    pub position: Option<String>,
    /// Evidence that the player is with the team tonight.
    pub context: Context,
    /// Whether the player has a points line.
    pub has_line: bool,
    /// Level of fatigue; `normal` when unknown.
    pub fatigue_level: FatigueLevel,
    /// Fatigue score, 0 (tired) to 100 (fresh); null when unknown.
    pub fatigue_score: Option<i64>,
    /// Days without a game before tonight, 0 for back-to-back games; null when unknown.
    pub days_rest: Option<i64>,
    /// Status in the latest injury report of the last three days; `available` without a report.
    pub injury_status: InjuryStatus,
    /// Reason as reported; null when none is reported.
    pub injury_reason: Option<String>,
    /// Points per game this season, one decimal; null before the first game.
    pub season_ppg: Option<f64>,
    /// Minutes per game this season, one decimal; null before the first game.
    pub season_mpg: Option<f64>,
    /// Points per game over the last five games played, one decimal; null before the first game.
    pub last_5_ppg: Option<f64>,
    /// Number of games played this season.
    pub games_played: i64,
    /// Whether the player has played fewer than ten games this season.
    pub limited_data: bool,
    /// Points in each of the last ten games, newest first; null when the player did not play.
    pub last_10_points: Vec<Option<i64>>,
    /// Results of the last ten games against their lines, in the order of `last_10_points`.
    pub last_10_results: Vec<RecentResult>,
    /// Overs and unders of `last_10_results`, `6-3`; null when none of those games had a line.
    pub last_10_record: Option<String>,
    /// Results of the last ten games against the season average, in the same order; absent without an
    /// average.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_10_vs_avg: Option<Vec<RecentResult>>,
    /// Overs and unders of `last_10_vs_avg`, `6-3`; absent without an average.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_10_avg_record: Option<String>,
    /// Source of the points line; null when there is no line.
    pub line_source: Option<LineSource>,
    /// Bets on the player; absent without a line.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub props: Option<[Prop; 1]>,
    /// Prediction of the player's points; absent without a line.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub prediction: Option<Prediction>,
}

/// A bet on a player.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Prop {
    /// Statistic that the bet is on; always `points`.
    pub stat_type: &'static str,
    /// Line of the bet, points; once locked, as it stood at tip-off.
    pub line: f64,
    /// The first line of the day that was public.
    pub opening_line: f64,
    /// The line that most bookmakers offer, at tip-off the last one; null when no bookmaker offers any.
    pub market_line: Option<f64>,
    /// Number of bookmakers that offer `line`.
    pub books: u32,
    /// Whether the line can no longer change, because the game has begun.
    pub locked: bool,
    /// Best American odds offered on more points than the line; null when no bookmaker offers any.
    pub over_odds: Option<i64>,
    /// Best American odds offered on fewer points than the line; null when no bookmaker offers any.
    pub under_odds: Option<i64>,
}

/// Prediction of a player's points; all fields are null when there is none.
#[derive(Clone, Copy, Debug, Serialize, JsonSchema)]
#[schemars(rename = "TonightPrediction")]
pub struct Prediction {
    /// Predicted points; null when there is no prediction.
    pub predicted: Option<f64>,
    /// Confidence of the model, 0–1; null when there is no prediction or its scale is unknown.
    pub confidence: Option<f64>,
    /// Recommended side of the line; null when there is no prediction.
    pub recommendation: Option<Recommendation>,
}

/// A game's state at its last poll.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct LiveScore {
    home_team_abbr: Team,
    away_team_abbr: Team,
    game_status: Option<GameStatus>,
    home_score: Option<u32>,
    away_score: Option<u32>,
}

/// A row with the previous and the next slate day.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Around {
    previous_slate: Option<SlateDay>,
    next_slate: Option<SlateDay>,
}

impl From<&Around> for Fixtures {
    fn from(around: &Around) -> Self {
        Self { previous: around.previous_slate, next: around.next_slate }
    }
}

/// Everything that a document is built from.
#[derive(Debug)]
pub struct Night {
    /// The slate day.
    pub day: SlateDay,
    /// When the warehouse was read.
    pub read_at: DateTime<Utc>,
    /// The games and their players.
    pub slate: Slate,
    /// The neighbouring slate days.
    pub fixtures: Fixtures,
    /// The games' states at their last poll.
    pub scores: Vec<LiveScore>,
    /// The players' form.
    pub forms: ByPlayer<Form>,
    /// The players' fatigue scores, 0 (tired) to 100 (fresh).
    pub fatigue: ByPlayer<i64>,
}

/// The unprocessed rows of the warehouse for a day; [`Night::of`] interprets them.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Rows {
    slate: slate::Rows,
    around: Vec<Around>,
    scores: Vec<LiveScore>,
    forms: Vec<FormRow>,
    fatigue: Vec<FatigueRow>,
}

impl Rows {
    /// Reads the rows of `day`, all tables concurrently.
    pub async fn read(bigquery: &BigQuery, day: SlateDay) -> Result<Self, Error> {
        let date = Parameter::date("game_date", day);
        let this_season = [
            Parameter::integer("season_year", Season::of(day).start_year()),
            Parameter::date("season_start", day.season_start()),
            date.clone(),
        ];
        let window = [
            Parameter::date("window_start", day.days_before(WINDOW_DAYS)),
            Parameter::date("window_end", day.days_after(WINDOW_DAYS)),
            date.clone(),
        ];
        let date = [date];
        let (slate, around, scores, forms, fatigue) = tokio::try_join!(
            slate::Rows::read(bigquery, day),
            bigquery.query(include_str!("../sql/slates_around.sql"), &window),
            bigquery.query(include_str!("../sql/live_scores.sql"), &date),
            bigquery.query(include_str!("../sql/form.sql"), &this_season),
            bigquery.query(include_str!("../sql/fatigue.sql"), &date),
        )?;
        Ok(Self { slate, around, scores, forms, fatigue })
    }
}

impl Night {
    /// Interprets the rows of `day`, which were read at `read_at`.
    pub fn of(rows: Rows, day: SlateDay, read_at: DateTime<Utc>) -> Self {
        let slate = Slate::of(day, rows.slate);
        Self {
            day,
            read_at,
            fixtures: rows.around.first().map(Fixtures::from).unwrap_or_default(),
            scores: rows.scores,
            forms: Form::by_player(rows.forms, &slate.registry),
            fatigue: fatigue_by_player(rows.fatigue, &slate.registry),
            slate,
        }
    }
}

impl Night {
    /// The games that had begun at the last poll.
    pub fn begun(&self) -> HashSet<TeamPair> {
        let has_begun =
            |status: Option<GameStatus>| matches!(status, Some(GameStatus::InProgress | GameStatus::Final));
        let begun = self.scores.iter().filter(|live| has_begun(live.game_status));
        begun.map(|live| TeamPair::of(&live.home_team_abbr, &live.away_team_abbr)).collect()
    }
}

impl documents::Document for Document {
    const NAME: &'static str = "tonight's list";

    fn expected_bytes(&self) -> usize {
        1024 + self.total_players * BYTES_A_PLAYER
    }
}

impl Document {
    /// Builds the public document of `night`.
    pub fn of(night: &Night) -> Self {
        let games: Vec<Game> = night.slate.games.iter().map(|game| Game::of(game, night)).collect();
        let players = || games.iter().flat_map(|game| &game.players);
        let count = |test: fn(&&Player) -> bool| players().filter(test).count();
        let data_quality = DataQuality {
            games_without_context: night.slate.games.iter().filter(|game| lacks_context(game)).count(),
            players_without_line: count(|player| !player.has_line),
            players_from_roster: count(|player| player.context == Context::Roster),
            predictions: night.slate.predictions(),
        };
        let degraded_reason = degraded(&games, &data_quality, night.slate.kept);
        Self {
            game_date: night.day,
            generated_at: night.read_at,
            total_players: players().count(),
            total_with_lines: count(|player| player.has_line),
            status: degraded_reason.is_some().then_some(Degraded::Degraded),
            degraded_reason,
            data_quality,
            games,
        }
    }
}

/// Whether a team of the game has no analysis.
fn lacks_context(game: &slate::Game) -> bool {
    [&game.scheduled.home, &game.scheduled.away].into_iter().any(|team| {
        !game.players.iter().any(|player| player.team == *team && player.context == Context::Analysis)
    })
}

/// Describes what the document lacks; `None` where it lacks nothing.
fn degraded(games: &[Game], quality: &DataQuality, kept: CarriedOver) -> Option<String> {
    let thin = games.iter().filter(|game| {
        let has = |team: &Team| game.players.iter().any(|player| player.team == *team);
        game.player_count < FEWEST_PLAYERS || !has(&game.home_team) || !has(&game.away_team)
    });
    let counted =
        |count: usize, what: &str| (count > 0).then(|| format!("{count} of {} games {what}", games.len()));
    let reasons: Vec<String> = [
        counted(quality.games_without_context, "without context for a team"),
        counted(thin.count(), "with too few players"),
        (!games.is_empty() && quality.predictions == 0).then(|| "no predictions".to_owned()),
        counted(kept.games, "no longer in the schedule, kept as they were"),
        (kept.players > 0)
            .then(|| format!("of {} players something can no longer be read, kept as it was", kept.players)),
    ]
    .into_iter()
    .flatten()
    .collect();
    (!reasons.is_empty()).then(|| reasons.join("; "))
}

impl Game {
    fn of(game: &slate::Game, night: &Night) -> Self {
        let ScheduledGame { id, home, away, tip_off, .. } = &game.scheduled;
        let pair = game.scheduled.pair();
        let live = night
            .scores
            .iter()
            .find(|live| TeamPair::of(&live.home_team_abbr, &live.away_team_abbr) == pair)
            .map(|live| live.with_home(home));
        let game_status = further(game.scheduled.status, live.as_ref().and_then(|live| live.game_status));
        let has_begun = matches!(game_status, GameStatus::InProgress | GameStatus::Final);
        let score = |official: Option<u32>, live: Option<u32>| official.or(live).filter(|_| has_begun);
        let mut players: Vec<Player> = game
            .players
            .iter()
            .map(|player| Player::of(player, &game.scheduled, game_status, night))
            .collect();
        players.sort_by(|a, b| a.rank().cmp(&b.rank()).then_with(|| a.player_lookup.cmp(&b.player_lookup)));
        Self {
            game_id: id.clone(),
            home_team: home.clone(),
            away_team: away.clone(),
            game_time: tip_off.map(eastern_time),
            tip_off: *tip_off,
            game_status,
            home_score: score(game.scheduled.home_score, live.as_ref().and_then(|live| live.home_score)),
            away_score: score(game.scheduled.away_score, live.as_ref().and_then(|live| live.away_score)),
            player_count: players.len(),
            players,
        }
    }
}

impl LiveScore {
    /// The same score with `home` as the home team, which sources disagree about on neutral ground.
    fn with_home(&self, home: &Team) -> Self {
        let mut score = self.clone();
        if score.home_team_abbr != *home {
            std::mem::swap(&mut score.home_team_abbr, &mut score.away_team_abbr);
            std::mem::swap(&mut score.home_score, &mut score.away_score);
        }
        score
    }
}

/// The later of the two states that the schedule and the last poll report.
fn further(schedule: GameStatus, live: Option<GameStatus>) -> GameStatus {
    let progress = |status| match status {
        GameStatus::Scheduled => 0,
        GameStatus::Postponed => 1,
        GameStatus::InProgress => 2,
        GameStatus::Final => 3,
    };
    live.filter(|live| progress(*live) > progress(schedule)).unwrap_or(schedule)
}

impl Player {
    fn of(player: &slate::Player, game: &ScheduledGame, game_status: GameStatus, night: &Night) -> Self {
        let has_begun = game.has_begun(night.read_at)
            || matches!(game_status, GameStatus::InProgress | GameStatus::Final);
        let no_form = Form::default();
        let form = night.forms.of(player).unwrap_or(&no_form);
        let injury = night.slate.injuries.of(player);
        let fatigue_score = night.fatigue.of(player).copied();
        let since_last_played = || {
            let last = form.last_played?;
            Some((night.day.date() - last).num_days() - 1).filter(|days| *days >= 0)
        };
        let last_10_vs_avg = form.last_10_vs_avg();
        let predicted = player.prediction.as_ref();
        Self {
            player_lookup: player.lookup.clone(),
            name: player.name.clone(),
            team: player.team.clone(),
            is_home: game.home == player.team,
            position: player.position.as_deref().map(str::to_owned),
            context: player.context,
            has_line: player.line.is_some(),
            fatigue_level: fatigue_score.map(FatigueLevel::of).unwrap_or_default(),
            fatigue_score,
            days_rest: player.days_rest.or_else(since_last_played),
            injury_status: injury.map(|injury| injury.status).unwrap_or_default(),
            injury_reason: injury.and_then(|injury| injury.reason.clone()),
            season_ppg: form.season_ppg(),
            season_mpg: form.season_mpg(),
            last_5_ppg: form.last_5_ppg(),
            games_played: form.games,
            limited_data: form.games < LIMITED_GAMES,
            last_10_points: form.last_10_points(),
            last_10_record: form.last_10_record(),
            last_10_results: form.last_10_results(),
            last_10_avg_record: last_10_vs_avg.as_deref().map(record),
            last_10_vs_avg,
            line_source: player.line.as_ref().map(|line| line.source),
            props: player.line.as_ref().map(|line| {
                [Prop {
                    stat_type: "points",
                    line: line.value,
                    opening_line: line.opening.unwrap_or(line.value),
                    market_line: line.market,
                    books: line.books,
                    locked: game_status != GameStatus::Postponed && has_begun,
                    over_odds: line.over_odds,
                    under_odds: line.under_odds,
                }]
            }),
            prediction: player.line.as_ref().map(|_| Prediction {
                predicted: predicted.map(|it| it.predicted),
                confidence: predicted.and_then(|it| it.confidence),
                recommendation: predicted.map(|it| it.recommendation),
            }),
        }
    }

    /// The sort key within a game.
    fn rank(&self) -> (bool, bool, Reverse<i64>, Reverse<i64>) {
        #[allow(clippy::cast_possible_truncation, reason = "small numbers, to four places")]
        let place = |value: Option<f64>| Reverse(value.map_or(-1, |value| (value * 1e4) as i64));
        let confidence = self.prediction.and_then(|prediction| prediction.confidence);
        let is_out = self.injury_status == InjuryStatus::Out;
        (!self.has_line, is_out, place(confidence), place(self.season_ppg))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn f51_whoever_knows_more_of_a_game_is_believed() {
        use GameStatus::{Final, InProgress, Postponed, Scheduled};
        assert_eq!(further(Scheduled, None), Scheduled);
        assert_eq!(further(Scheduled, Some(InProgress)), InProgress);
        assert_eq!(further(Final, Some(InProgress)), Final);
        assert_eq!(further(InProgress, Some(Scheduled)), InProgress);
        assert_eq!(further(Scheduled, Some(Postponed)), Postponed);
    }
}
