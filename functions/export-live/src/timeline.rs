//! The timeline document, `v1/live-timeline/{date}.json` and `v1/live-timeline/latest.json`: the scoring
//! history of every player with a prediction or a line.
//!
//! Each poll extends the previous document and removes nothing. Without a previous document, or for players
//! that it lacks, the points come from the history table, `nba_raw.bdl_live_boxscores`.

use std::collections::{HashMap, HashSet};

use chrono::{DateTime, Utc};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use shared::{
    Error,
    clock::iso_micros,
    documents,
    google::bigquery::{BigQuery, Parameter},
    nba::{
        GameState, GameStatus, NbaGameId, PlayerLookup, PollId, SlateDay, Team, TeamPair, UpstreamClock,
        elapsed_range, elapsed_seconds,
    },
    slate::{
        Slate,
        people::{BoxRow, Directory, identify},
    },
};

use crate::{live, matchup, predicted::Predicted};

/// Seconds of play in a quarter and in an overtime.
const QUARTER: u32 = 720;
const OVERTIME: u32 = 300;
/// The most seconds by which a review sets the clock back.
const SET_BACK: u32 = 60;
/// Approximate JSON size of a player, to allocate the body once; the next constant is that of a point with
/// its poll.
const BYTES_A_PLAYER: usize = 240;
const BYTES_A_POINT: usize = 29;

/// Scoring history of the players of a slate day.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "TimelineDocument")]
pub struct Document {
    /// Instant at which the live document of the same poll was generated, UTC.
    #[serde(serialize_with = "iso_micros")]
    pub updated_at: DateTime<Utc>,
    /// The slate day: the US Eastern date on which the night of games began.
    pub game_date: SlateDay,
    /// Id of the last poll in the document, the same as in the live document.
    pub poll_id: PollId,
    /// Every player with a prediction or a line, by tip-off of the game, then by name.
    pub players: Vec<Player>,
}

/// Scoring history of a player.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "TimelinePlayer")]
pub struct Player {
    /// The join key of the player across every document.
    pub player_lookup: PlayerLookup,
    /// Display name.
    pub player_name: String,
    /// Code of the player's team.
    pub team: Team,
    /// The NBA's ten-digit game id.
    pub game_id: NbaGameId,
    /// Points line of the player; null when there is none.
    pub line: Option<f64>,
    /// Moment at which the points passed the line for good; null while they have not.
    pub passed_at: Option<Passed>,
    /// Points at the player's first appearance in the game and at every change. Empty before tip-off.
    pub points: Vec<Point>,
    /// Id of the poll at which each entry of `points` was seen, in the same order.
    pub polls: Vec<PollId>,
}

/// Elapsed seconds of play (2,880 at the end of regulation, 300 more per overtime), and the player's points
/// at that time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "TimelinePoint")]
pub struct Point(pub u32, pub u32);

/// Moment of a game.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "LinePassed")]
pub struct Passed {
    /// Period: 1–4 for the quarters, 5 and above for overtimes.
    pub period: u32,
    /// Time left in the period, `6:35`.
    pub clock: String,
    /// Id of the first poll that showed the moment.
    pub poll_id: PollId,
}

/// The points of players in the history table, by lookup and team in the live document.
pub(crate) type History = HashMap<(PlayerLookup, Team), Vec<(Point, PollId)>>;

impl documents::Document for Document {
    const NAME: &'static str = "the timeline";

    fn expected_bytes(&self) -> usize {
        let points: usize = self.players.iter().map(|player| player.points.len()).sum();
        1024 + self.players.len() * BYTES_A_PLAYER + points * BYTES_A_POINT
    }

    fn cache_control(&self) -> &'static str {
        crate::CACHE_CONTROL
    }
}

impl Document {
    /// Builds the timeline of a live document on the previous one, and on the history where there is none.
    pub fn of(
        live: &live::Document,
        predicted: &Predicted,
        before: Option<&Document>,
        history: &History,
    ) -> Self {
        let before = before.filter(|before| before.game_date == live.game_date);
        let mut known: HashMap<&PlayerLookup, Vec<&Player>> = HashMap::new();
        for player in before.into_iter().flat_map(|before| &before.players) {
            known.entry(&player.player_lookup).or_insert_with(|| Vec::with_capacity(1)).push(player);
        }
        let wanted = predicted.slate.players().filter(|player| player.is_timed());
        let mut players = Vec::with_capacity(wanted.count());
        let mut places: HashMap<Team, usize> = HashMap::new();
        let matchups = matchup::all(live, &predicted.slate);
        for (place, matchup) in matchups.iter().enumerate() {
            for team in [&matchup.scheduled.home, &matchup.scheduled.away] {
                places.entry(team.clone()).or_insert(place);
            }
            for player in matchup.players.iter().filter(|player| player.is_timed()) {
                let of_name = known.get_mut(&player.lookup);
                let known = of_name.and_then(|of_name| {
                    // A player who was traded today was expected in another game.
                    let of_team = of_name.iter().position(|it| it.team == player.team);
                    let only = (of_name.len() == 1 && predicted.slate.registry.count(&player.lookup) <= 1)
                        .then_some(0);
                    of_team.or(only).map(|place| of_name.swap_remove(place))
                });
                let line = matchup.box_score_entry(player);
                let past = || history.get(&(player.lookup.clone(), player.team.clone()));
                let mut timed = Player {
                    player_lookup: player.lookup.clone(),
                    player_name: player.name.clone(),
                    team: player.team.clone(),
                    game_id: matchup.scheduled.id.clone(),
                    line: player.line.as_ref().map(|line| line.value),
                    passed_at: None,
                    points: known.map(|known| known.points.clone()).unwrap_or_default(),
                    polls: known.map(|known| known.polls.clone()).unwrap_or_default(),
                };
                if known.is_none() {
                    past().into_iter().flatten().for_each(|(point, poll)| timed.add(*point, *poll));
                }
                if let Some((game, line)) = matchup.live.filter(|game| game.has_begun()).zip(line) {
                    let elapsed = elapsed_seconds(game.status, game.period, &game.time_remaining);
                    // An official score takes precedence over the live one, as in the grading.
                    let official = predicted.official(player).and_then(|official| official.played);
                    let points = official.map_or(line.points, |official| official.points);
                    timed.add(Point(elapsed, points), live.poll_id);
                    let most = *elapsed_range(game.status, game.period, &game.time_remaining).end();
                    timed.take_back_moments_after(most);
                }
                timed.passed_at = timed.passed();
                players.push(timed);
            }
        }
        // A withdrawn prediction, or a game missing from the schedule, does not remove a player.
        players.extend(known.into_values().flatten().cloned());
        let place = |player: &Player| places.get(&player.team).copied().unwrap_or(usize::MAX);
        players
            .sort_by_cached_key(|player| (place(player), player.player_lookup.clone(), player.team.clone()));
        Self { updated_at: live.updated_at, game_date: live.game_date, poll_id: live.poll_id, players }
    }
}

impl Player {
    /// Adds the points of a poll, if they changed.
    fn add(&mut self, Point(elapsed, points): Point, poll: PollId) {
        let last = self.points.last().copied();
        if last.is_some_and(|Point(_, before)| before == points)
            || self.polls.last().is_some_and(|last| *last >= poll)
        {
            return;
        }
        // A clock that a review sets back must not move the recorded time back.
        let elapsed = last.map_or(elapsed, |Point(before, _)| elapsed.max(before));
        self.points.push(Point(elapsed, points));
        self.polls.push(poll);
    }

    /// Caps moments later than `most`, the elapsed time that can have been played: an earlier poll had jumped
    /// ahead. A clock set back by a few seconds does not count as such.
    fn take_back_moments_after(&mut self, most: u32) {
        for Point(elapsed, _) in &mut self.points {
            if *elapsed > most + SET_BACK {
                *elapsed = most;
            }
        }
    }

    /// The first moment after which the points stayed above the line.
    fn passed(&self) -> Option<Passed> {
        let line = self.line?;
        let above = self.points.iter().rev().take_while(|Point(_, points)| f64::from(*points) > line).count();
        let first = self.points.len().checked_sub(above).filter(|_| above > 0)?;
        let Point(elapsed, _) = *self.points.get(first)?;
        let (period, left) = left_at(elapsed);
        let clock = format!("{}:{:02}", left / 60, left % 60);
        Some(Passed { period, clock, poll_id: *self.polls.get(first)? })
    }
}

/// The period in which `elapsed` falls, and the seconds left in it; the end of a period belongs to that
/// period.
fn left_at(elapsed: u32) -> (u32, u32) {
    let regulation = 4 * QUARTER;
    match elapsed {
        0 => (1, QUARTER),
        _ if elapsed <= regulation => {
            let period = elapsed.div_ceil(QUARTER);
            (period, period * QUARTER - elapsed)
        }
        _ => {
            let overtime = (elapsed - regulation).div_ceil(OVERTIME);
            (4 + overtime, regulation + overtime * OVERTIME - elapsed)
        }
    }
}

/// Whether a player of a game that has begun is missing from the timeline `before`: everyone if there is
/// none, else those who received a prediction or a line after tip-off.
pub(crate) fn has_newcomers(live: &live::Document, predicted: &Predicted, before: Option<&Document>) -> bool {
    let known: HashSet<(&PlayerLookup, &Team)> = before
        .into_iter()
        .flat_map(|before| &before.players)
        .map(|player| (&player.player_lookup, &player.team))
        .collect();
    let matchups = matchup::all(live, &predicted.slate);
    let has_begun = |matchup: &&matchup::Matchup<'_>| matchup.live.is_some_and(live::LiveGame::has_begun);
    let begun = matchups.iter().filter(has_begun);
    begun
        .flat_map(|matchup| &matchup.players)
        .any(|player| player.is_timed() && !known.contains(&(&player.lookup, &player.team)))
}

/// Reads the points of a day from the history table.
pub(crate) async fn history(
    bigquery: &BigQuery,
    day: SlateDay,
    directory: &Directory,
    slate: &Slate,
) -> Result<History, Error> {
    #[derive(Deserialize)]
    struct Row {
        bdl_player_id: i64,
        player_lookup: PlayerLookup,
        player_full_name: Option<String>,
        team_abbr: Team,
        home_team_abbr: Team,
        away_team_abbr: Team,
        poll_id: PollId,
        game_status: GameStatus,
        period: i64,
        time_remaining: Option<String>,
        points: u32,
    }
    let date = [Parameter::date("game_date", day)];
    let rows: Vec<Row> = bigquery.query(include_str!("../sql/point_changes.sql"), &date).await?;
    // Each player once, under the name of the newest row.
    let players: HashMap<i64, (&Row, TeamPair)> = rows
        .iter()
        .map(|row| (row.bdl_player_id, (row, TeamPair::of(&row.home_team_abbr, &row.away_team_abbr))))
        .collect();
    let boxed: Vec<BoxRow<'_>> = players
        .values()
        .map(|(row, game)| BoxRow {
            bdl_id: Some(row.bdl_player_id),
            lookup: &row.player_lookup,
            name: row.player_full_name.as_deref().unwrap_or(row.player_lookup.as_str()),
            team: &row.team_abbr,
            game,
        })
        .collect();
    let identities = identify(&boxed, directory, Some(slate), &HashMap::new());
    let identities: HashMap<Option<i64>, _> = boxed.iter().map(|row| row.bdl_id).zip(identities).collect();
    let mut history = History::new();
    for row in &rows {
        // The history keeps the clock as upstream wrote it.
        let clock = UpstreamClock {
            period: Some(row.period),
            time: row.time_remaining.as_deref(),
            ..UpstreamClock::default()
        };
        let state = GameState::read(&clock);
        let elapsed = elapsed_seconds(row.game_status, row.period, &state.time_remaining);
        if let Some(identity) = identities.get(&Some(row.bdl_player_id)) {
            let player = (identity.lookup.clone(), identity.team.clone());
            history.entry(player).or_default().push((Point(elapsed, row.points), row.poll_id));
        }
    }
    Ok(history)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn poll(minute: u32) -> PollId {
        format!("20260110T00{minute:02}00Z").parse().expect("a poll")
    }

    fn player(line: f64) -> Player {
        Player {
            player_lookup: PlayerLookup::of("Jaylen Brown").expect("a lookup"),
            player_name: "Jaylen Brown".into(),
            team: Team::of_code("BOS").expect("a team"),
            game_id: "0022500555".parse().expect("an id"),
            line: Some(line),
            passed_at: None,
            points: Vec::new(),
            polls: Vec::new(),
        }
    }

    #[test]
    fn points_are_kept_where_they_change_and_the_clock_never_runs_back() {
        let mut player = player(4.5);
        for (minute, elapsed, points) in [
            (1, 10, 0),
            (2, 60, 0),
            (3, 120, 2),
            (3, 130, 3),
            (2, 140, 9),
            (4, 100, 5),
            (5, 300, 4),
            (6, 400, 6),
        ] {
            player.add(Point(elapsed, points), poll(minute));
        }
        let points: Vec<(u32, u32)> = player.points.iter().map(|Point(at, points)| (*at, *points)).collect();
        assert_eq!(points, [(10, 0), (120, 2), (120, 5), (300, 4), (400, 6)]);
        assert_eq!(player.polls, [1, 3, 4, 5, 6].map(poll));
        let passed = player.passed().expect("passed");
        assert_eq!((passed.period, passed.clock.as_str(), passed.poll_id), (1, "5:20", poll(6)), "for good");
    }

    #[test]
    fn on_the_line_is_not_past_it() {
        let mut player = player(5.0);
        player.add(Point(60, 5), poll(1));
        assert_eq!(player.passed(), None);
        assert_eq!(Player { line: None, ..player }.passed(), None);
    }

    #[test]
    fn elapsed_seconds_have_a_period_and_a_clock() {
        for (elapsed, expected) in [
            (0, (1, 720)),
            (720, (1, 0)),
            (721, (2, 719)),
            (2880, (4, 0)),
            (2881, (5, 299)),
            (3180, (5, 0)),
            (3300, (6, 180)),
        ] {
            assert_eq!(left_at(elapsed), expected, "{elapsed}");
        }
    }
}
