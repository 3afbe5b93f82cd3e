//! The timeline document, `v1/live-timeline/{date}.json` and `v1/live-timeline/latest.json`: the scoring
//! history of every player with a prediction or a line.
//!
//! Each poll extends the previous document and removes nothing. Without a previous document, or for players
//! that it lacks, the points come from the history table, `nba_raw.bdl_live_boxscores`.

use std::collections::HashMap;

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
        self, Counts, Slate, StatType,
        people::{BoxRow, Directory, identify},
    },
};

use crate::{live, matchup, predicted::Predicted, schedule};

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
    /// Number of games in progress, as in the live document.
    #[serde(default)]
    pub games_in_progress: usize,
    /// Instant, UTC, at which the next version is expected; null once the games of the day are over.
    #[serde(default)]
    pub next_update_expected: Option<DateTime<Utc>>,
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
    /// The other statistics on which the player has a line.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub other_stats: Vec<StatHistory>,
}

/// History of a statistic other than points.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "TimelineStat")]
pub struct StatHistory {
    /// The statistic.
    pub stat_type: StatType,
    /// The line.
    pub line: f64,
    /// Moment at which the count passed the line for good; null while it has not.
    pub passed_at: Option<Passed>,
    /// Count at the player's first appearance in the game and at every change, each with the elapsed seconds of play as
    /// in `points`. Empty before tip-off.
    pub counts: Vec<Point>,
    /// Id of the poll at which each entry of `counts` was seen, in the same order.
    pub polls: Vec<PollId>,
}

/// Elapsed seconds of play (2,880 at the end of regulation, 300 more per overtime), and the player's count at that
/// time.
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

/// The polls of players in the history table at which a count changed, by lookup and team in the live document.
pub type History = HashMap<(PlayerLookup, Team), Vec<Polled>>;

/// A player's counts at a poll.
#[derive(Clone, Copy, Debug)]
pub struct Polled {
    /// Elapsed seconds of play.
    elapsed: u32,
    counts: Counts,
    poll_id: PollId,
}

impl documents::Document for Document {
    const NAME: &'static str = "the timeline";

    fn expected_bytes(&self) -> usize {
        let points: usize = self.players.iter().map(|player| player.points.len()).sum();
        1024 + self.players.len() * BYTES_A_PLAYER + points * BYTES_A_POINT
    }

    fn cache_control(&self) -> &'static str {
        schedule::cache_control(self.games_in_progress)
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
                let now = Now::of(matchup, player, predicted, live.poll_id);
                let past = history.get(&(player.lookup.clone(), player.team.clone()));
                let past = past.map(Vec::as_slice).unwrap_or_default();
                let points = Track::points(known).extended(StatType::Points, past, now.as_ref());
                let line = player.line.as_ref().map(|line| line.value);
                let other_stats = player.other_lines.iter().map(|line| {
                    let track = Track::of_stat(known, line.stat_type);
                    StatHistory::of(line, track.extended(line.stat_type, past, now.as_ref()))
                });
                players.push(Player {
                    player_lookup: player.lookup.clone(),
                    player_name: player.name.clone(),
                    team: player.team.clone(),
                    game_id: matchup.scheduled.id.clone(),
                    line,
                    passed_at: line.and_then(|line| points.passed(line)),
                    other_stats: other_stats.collect(),
                    points: points.counts,
                    polls: points.polls,
                });
            }
        }
        // A withdrawn prediction, or a game missing from the schedule, does not remove a player.
        players.extend(known.into_values().flatten().cloned());
        let place = |player: &Player| places.get(&player.team).copied().unwrap_or(usize::MAX);
        players
            .sort_by_cached_key(|player| (place(player), player.player_lookup.clone(), player.team.clone()));
        Self {
            updated_at: live.updated_at,
            game_date: live.game_date,
            poll_id: live.poll_id,
            games_in_progress: live.games_in_progress,
            next_update_expected: live.next_update_expected,
            players,
        }
    }
}

/// A player's counts at a poll of a game that has begun.
struct Now {
    polled: Polled,
    /// The most seconds of play that there can have been.
    most: u32,
}

impl Now {
    fn of(
        matchup: &matchup::Matchup<'_>,
        player: &slate::Player,
        predicted: &Predicted,
        poll_id: PollId,
    ) -> Option<Self> {
        let game = matchup.live.filter(|game| game.has_begun())?;
        let entry = matchup.box_score_entry(player)?;
        // An official score takes precedence over the live one, as in the grading.
        let official = predicted.official(player).and_then(|official| official.played);
        let counts = official.map_or(entry.counts(), |official| official.counts.or(Some(entry.counts())));
        let elapsed = elapsed_seconds(game.status, game.period, &game.time_remaining);
        let most = *elapsed_range(game.status, game.period, &game.time_remaining).end();
        Some(Self { polled: Polled { elapsed, counts, poll_id }, most })
    }
}

impl StatHistory {
    fn of(line: &slate::Line, track: Track) -> Self {
        Self {
            stat_type: line.stat_type,
            line: line.value,
            passed_at: track.passed(line.value),
            counts: track.counts,
            polls: track.polls,
        }
    }
}

/// The course of one statistic of a player.
#[derive(Debug, Default)]
struct Track {
    counts: Vec<Point>,
    polls: Vec<PollId>,
}

impl Track {
    /// The points of the previous version.
    fn points(known: Option<&Player>) -> Self {
        known.map_or_else(Self::default, |known| Self {
            counts: known.points.clone(),
            polls: known.polls.clone(),
        })
    }

    /// Another statistic of the previous version.
    fn of_stat(known: Option<&Player>, stat: StatType) -> Self {
        let known = known.and_then(|known| known.other_stats.iter().find(|it| it.stat_type == stat));
        known.map_or_else(Self::default, |known| Self {
            counts: known.counts.clone(),
            polls: known.polls.clone(),
        })
    }

    /// The same course with the polls of the history where it has none, and with the current one.
    fn extended(mut self, stat: StatType, past: &[Polled], now: Option<&Now>) -> Self {
        let past = if self.polls.is_empty() { past } else { &[] };
        for polled in past.iter().chain(now.map(|now| &now.polled)) {
            if let Some(count) = polled.counts.of(stat) {
                self.add(Point(polled.elapsed, count), polled.poll_id);
            }
        }
        if let Some(now) = now {
            self.take_back_moments_after(now.most);
        }
        self
    }

    /// Adds the count of a poll, if it changed.
    fn add(&mut self, Point(elapsed, count): Point, poll: PollId) {
        let last = self.counts.last().copied();
        if last.is_some_and(|Point(_, before)| before == count)
            || self.polls.last().is_some_and(|last| *last >= poll)
        {
            return;
        }
        // A clock that a review sets back must not move the recorded time back.
        let elapsed = last.map_or(elapsed, |Point(before, _)| elapsed.max(before));
        self.counts.push(Point(elapsed, count));
        self.polls.push(poll);
    }

    /// Caps moments later than `most`, the elapsed time that can have been played: an earlier poll had jumped
    /// ahead. A clock set back by a few seconds does not count as such.
    fn take_back_moments_after(&mut self, most: u32) {
        for Point(elapsed, _) in &mut self.counts {
            if *elapsed > most + SET_BACK {
                *elapsed = most;
            }
        }
    }

    /// The first moment after which the count stayed above the line.
    fn passed(&self, line: f64) -> Option<Passed> {
        let above = self.counts.iter().rev().take_while(|Point(_, count)| f64::from(*count) > line).count();
        let first = self.counts.len().checked_sub(above).filter(|_| above > 0)?;
        let Point(elapsed, _) = *self.counts.get(first)?;
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

/// Whether a player of a game that has begun, or a line of one, is missing from the timeline `before`: everyone if
/// there is none, else those who received a prediction or a line after tip-off.
pub(crate) fn has_newcomers(live: &live::Document, predicted: &Predicted, before: Option<&Document>) -> bool {
    let known: HashMap<(&PlayerLookup, &Team), &Player> = before
        .into_iter()
        .flat_map(|before| &before.players)
        .map(|player| ((&player.player_lookup, &player.team), player))
        .collect();
    let is_new = |player: &slate::Player| {
        let Some(known) = known.get(&(&player.lookup, &player.team)) else { return player.is_timed() };
        let has = |line: &slate::Line| known.other_stats.iter().any(|it| it.stat_type == line.stat_type);
        !player.other_lines.iter().all(has)
    };
    let matchups = matchup::all(live, &predicted.slate);
    let has_begun = |matchup: &&matchup::Matchup<'_>| matchup.live.is_some_and(live::LiveGame::has_begun);
    let begun = matchups.iter().filter(has_begun);
    begun.flat_map(|matchup| &matchup.players).any(|player| is_new(player))
}

/// Reads the counts of a day from the history table.
pub(crate) async fn history(
    bigquery: &BigQuery,
    day: SlateDay,
    directory: &Directory,
    slate: &Slate,
) -> Result<History, Error> {
    #[derive(Deserialize)]
    struct Row {
        bdl_player_id: Option<i64>,
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
        rebounds: u32,
        assists: u32,
        threes: u32,
        steals: u32,
        blocks: u32,
    }
    let date = [Parameter::date("game_date", day)];
    let rows: Vec<Row> = bigquery.query(include_str!("../sql/count_changes.sql"), &date).await?;
    // Each player once, under the name of the newest row; rows of the NBA's feed have no id.
    let key = |row: &Row| match row.bdl_player_id {
        Some(id) => (Some(id), None),
        None => (None, Some((row.player_lookup.clone(), row.team_abbr.clone()))),
    };
    let players: HashMap<_, (&Row, TeamPair)> = rows
        .iter()
        .map(|row| (key(row), (row, TeamPair::of(&row.home_team_abbr, &row.away_team_abbr))))
        .collect();
    let keys: Vec<_> = players.keys().cloned().collect();
    let boxed: Vec<BoxRow<'_>> = players
        .values()
        .map(|(row, game)| BoxRow {
            bdl_id: row.bdl_player_id,
            lookup: &row.player_lookup,
            name: row.player_full_name.as_deref().unwrap_or(row.player_lookup.as_str()),
            team: &row.team_abbr,
            game,
        })
        .collect();
    let identities = identify(&boxed, directory, Some(slate), &HashMap::new());
    let identities: HashMap<_, _> = keys.into_iter().zip(identities).collect();
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
        if let Some(identity) = identities.get(&key(row)) {
            let player = (identity.lookup.clone(), identity.team.clone());
            let counts = Counts {
                points: row.points,
                rebounds: Some(row.rebounds),
                assists: Some(row.assists),
                threes: Some(row.threes),
                steals: Some(row.steals),
                blocks: Some(row.blocks),
            };
            history.entry(player).or_default().push(Polled { elapsed, counts, poll_id: row.poll_id });
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

    #[test]
    fn points_are_kept_where_they_change_and_the_clock_never_runs_back() {
        let mut track = Track::default();
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
            track.add(Point(elapsed, points), poll(minute));
        }
        let points: Vec<(u32, u32)> = track.counts.iter().map(|Point(at, points)| (*at, *points)).collect();
        assert_eq!(points, [(10, 0), (120, 2), (120, 5), (300, 4), (400, 6)]);
        assert_eq!(track.polls, [1, 3, 4, 5, 6].map(poll));
        let passed = track.passed(4.5).expect("passed");
        assert_eq!((passed.period, passed.clock.as_str(), passed.poll_id), (1, "5:20", poll(6)), "for good");
    }

    #[test]
    fn on_the_line_is_not_past_it() {
        let mut track = Track::default();
        track.add(Point(60, 5), poll(1));
        assert_eq!(track.passed(5.0), None);
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
