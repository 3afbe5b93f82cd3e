//! The timeline document, `v1/live-timeline/{date}.json` and `v1/live-timeline/latest.json`: the scoring
//! history of every player with a prediction or a line.
//!
//! Each poll extends the previous document and removes nothing. Without a previous document, or for players
//! that it lacks, the points come from the history table, `nba_raw.bdl_live_boxscores`.

mod history;
mod stat_course;

use std::{collections::HashMap, sync::Arc};

use chrono::{DateTime, Utc};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use shared::{
    clock::iso_micros,
    documents,
    nba::{NbaGameId, PlayerLookup, PollId, SlateDay, StatType, Team, elapsed_range, elapsed_seconds},
    slate::{self},
};

use crate::{grading, live, matchup, predicted::Predicted, schedule};
use history::Polled;
use stat_course::StatCourse;

pub use history::History;
pub(crate) use history::history;

/// Approximate JSON size of a player, to allocate the body once; the next constant is that of a point with
/// its poll.
const BYTES_A_PLAYER: usize = 240;
const BYTES_A_POINT: usize = 29;

/// Scoring history of the players of a slate day.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "TimelineDocument")]
pub struct Document {
    /// Instant at which the live document of the same poll was generated, UTC; later where no source of scores has
    /// answered since.
    #[serde(serialize_with = "iso_micros")]
    pub updated_at: DateTime<Utc>,
    /// The slate day: the US Eastern date on which the night of games began.
    pub game_date: SlateDay,
    /// Id of the last poll in the document, the same as in the live document.
    pub poll_id: PollId,
    /// Number of games in progress, as in the live document.
    #[serde(default)]
    pub games_in_progress: usize,
    /// Instant, UTC, at which the scores are polled next, and a new version follows; null once the games of the day
    /// are over, and in a document of a past day.
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
    /// Builds the timeline of a live document on the previous one, and on the history where there is none. The lines
    /// that the public `gradings` have locked are kept.
    pub fn of(
        live: &live::Document,
        predicted: &Predicted,
        gradings: &[Arc<grading::Document>],
        before: Option<&Document>,
        history: &History,
    ) -> Self {
        let before = before.filter(|before| before.game_date == live.game_date);
        let mut known: HashMap<&PlayerLookup, Vec<&Player>> = HashMap::new();
        for player in before.into_iter().flat_map(|before| &before.players) {
            known.entry(&player.player_lookup).or_insert_with(|| Vec::with_capacity(1)).push(player);
        }
        let wanted = predicted.slate.players().filter(|player| player.can_be_challenged());
        let mut players = Vec::with_capacity(wanted.count());
        let mut places: HashMap<Team, usize> = HashMap::new();
        let matchups = grading::matchups(live, &predicted.slate, gradings, live.updated_at);
        let is_day_over = SlateDay::of(live.updated_at) > live.game_date;
        for (place, matchup) in matchups.iter().enumerate() {
            for team in [&matchup.scheduled.home, &matchup.scheduled.away] {
                places.entry(team.clone()).or_insert(place);
            }
            for player in matchup.players.iter().filter(|player| player.can_be_challenged()) {
                let of_name = known.get_mut(&player.lookup);
                let known = of_name.and_then(|of_name| {
                    // A player who was traded today was expected in another game.
                    let of_team = of_name.iter().position(|it| it.team == player.team);
                    let only = (of_name.len() == 1 && predicted.slate.registry.count(&player.lookup) <= 1)
                        .then_some(0);
                    of_team.or(only).map(|place| of_name.swap_remove(place))
                });
                let current = CurrentPoll::of(matchup, player, predicted, live.poll_id, is_day_over);
                let past = history.get(&(player.lookup.clone(), player.team.clone()));
                let past = past.map(Vec::as_slice).unwrap_or_default();
                let points = StatCourse::points(known).extended(StatType::Points, past, current.as_ref());
                let line = player.line.as_ref().map(|line| line.value);
                let other_stats = player.other_lines.iter().map(|line| {
                    let course = StatCourse::of_stat(known, line.stat_type);
                    StatHistory::of(line, course.extended(line.stat_type, past, current.as_ref()))
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

impl Document {
    /// This version with the moments and players that only the `other` one has: each was written where the other was
    /// not.
    pub(crate) fn completed_from(&self, other: &Self) -> Self {
        let mut document = self.clone();
        let is_same =
            |one: &Player, other: &Player| one.player_lookup == other.player_lookup && one.team == other.team;
        for player in &mut document.players {
            let Some(other) = other.players.iter().find(|other| is_same(player, other)) else { continue };
            let points = StatCourse::points(Some(player)).completed_from(StatCourse::points(Some(other)));
            (player.points, player.polls) = (points.counts, points.polls);
            for stat in &mut player.other_stats {
                let of = |stat: &StatHistory| StatCourse {
                    counts: stat.counts.clone(),
                    polls: stat.polls.clone(),
                };
                let Some(other) = other.other_stats.iter().find(|it| it.stat_type == stat.stat_type) else {
                    continue;
                };
                let course = of(stat).completed_from(of(other));
                (stat.counts, stat.polls) = (course.counts, course.polls);
            }
        }
        let missing = other.players.iter().filter(|other| !self.players.iter().any(|it| is_same(it, other)));
        document.players.extend(missing.cloned());
        document
    }
}

/// A player's counts at a poll of a game that has begun.
struct CurrentPoll {
    polled: Polled,
    /// The most seconds of play that there can have been.
    max_elapsed: u32,
}

impl CurrentPoll {
    fn of(
        matchup: &matchup::Matchup<'_>,
        player: &slate::Player,
        predicted: &Predicted,
        poll_id: PollId,
        is_day_over: bool,
    ) -> Option<Self> {
        let game = matchup.live.filter(|game| game.has_begun())?;
        let entry = matchup.box_score_entry(player)?;
        // An official score takes precedence over the live one, as in the grading.
        let official = grading::official_entry(matchup, player, predicted, is_day_over);
        let official = official.and_then(|official| official.played);
        let counts = official.map_or(entry.counts(), |official| official.counts.or(Some(entry.counts())));
        let elapsed = elapsed_seconds(game.status, game.period, &game.time_remaining);
        let max_elapsed = *elapsed_range(game.status, game.period, &game.time_remaining).end();
        Some(Self { polled: Polled { elapsed, counts, poll_id }, max_elapsed })
    }
}

impl StatHistory {
    fn of(line: &slate::Line, course: StatCourse) -> Self {
        Self {
            stat_type: line.stat_type,
            line: line.value,
            passed_at: course.passed(line.value),
            counts: course.counts,
            polls: course.polls,
        }
    }
}

/// Whether a player of a game that has begun, or a line of one, is missing from the timeline `before`: everyone if
/// there is none, else those who received a prediction or a line after tip-off.
pub(crate) fn has_newcomers(
    live: &live::Document,
    predicted: &Predicted,
    gradings: &[Arc<grading::Document>],
    before: Option<&Document>,
) -> bool {
    let known: HashMap<(&PlayerLookup, &Team), &Player> = before
        .into_iter()
        .flat_map(|before| &before.players)
        .map(|player| ((&player.player_lookup, &player.team), player))
        .collect();
    let is_new = |player: &slate::Player| {
        let Some(known) = known.get(&(&player.lookup, &player.team)) else {
            return player.can_be_challenged();
        };
        let has = |line: &slate::Line| known.other_stats.iter().any(|it| it.stat_type == line.stat_type);
        !player.other_lines.iter().all(has)
    };
    let matchups = grading::matchups(live, &predicted.slate, gradings, live.updated_at);
    let has_begun = |matchup: &&matchup::Matchup<'_>| matchup.live.is_some_and(live::LiveGame::has_begun);
    let begun = matchups.iter().filter(has_begun);
    begun.flat_map(|matchup| &matchup.players).any(|player| is_new(player))
}
