//! The timeline document, `v1/live-timeline/{date}.json` and `v1/live-timeline/latest.json`: the points of
//! everyone of whom something is predicted or who has a line, as they came.
//!
//! Built poll by poll over the document before: what is in it stays in it. Where there is none it is built
//! from the history, `nba_raw.bdl_live_boxscores`, and so is the part of whoever comes late.

use std::collections::{HashMap, HashSet};

use bytes::Bytes;
use chrono::{DateTime, Utc};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use shared::{
    Error,
    bigquery::{BigQuery, Parameter},
    clock::iso_micros,
    json,
    nba::{
        GameState, GameStatus, NbaGameId, PlayerLookup, PollId, SlateDay, Team, TeamPair, UpstreamClock,
        elapsed_seconds,
    },
    slate,
};

use crate::{live, matchup, names::Directory, predicted::Predicted};

/// Seconds of play in a quarter and in an overtime.
const QUARTER: u32 = 720;
const OVERTIME: u32 = 300;
/// About as many bytes of JSON has a player, and each of his points with its poll.
const BYTES_A_PLAYER: usize = 240;
const BYTES_A_POINT: usize = 29;

/// How the points of a slate day came.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "TimelineDocument")]
pub struct Document {
    /// When the live document of the same poll was made.
    #[serde(serialize_with = "iso_micros")]
    pub updated_at: DateTime<Utc>,
    /// The slate day, as New York counts it.
    pub game_date: SlateDay,
    /// The last poll that is in it: that of the live document beside this one.
    pub poll_id: PollId,
    /// Everyone of whom something is predicted or who has a line: game by game as they begin, each by name.
    pub players: Vec<Player>,
}

/// How a player's points came.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "TimelinePlayer")]
pub struct Player {
    /// The join key of the player across every document.
    pub player_lookup: PlayerLookup,
    /// As shown.
    pub player_name: String,
    /// The player's team.
    pub team: Team,
    /// The NBA's ten digits.
    pub game_id: NbaGameId,
    /// The line of tonight's challenges, points; null where there is none.
    pub line: Option<f64>,
    /// When the points passed the line for good; null while they have not.
    pub passed_at: Option<Passed>,
    /// The points when the player was first seen in the game, and wherever they changed. Empty before
    /// tip-off.
    pub points: Vec<Point>,
    /// The poll of each of `points`, in the same order.
    pub polls: Vec<PollId>,
}

/// Elapsed seconds of play (2,880 at the end of regulation, 300 more an overtime), and the points by then.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "TimelinePoint")]
pub struct Point(pub u32, pub u32);

/// A moment of a game.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "LinePassed")]
pub struct Passed {
    /// 1–4 by quarter, 5 and up in overtime.
    pub period: u32,
    /// What was left of the period, `6:35`.
    pub clock: String,
    /// The first poll that knew.
    pub poll_id: PollId,
}

/// The points of players as the history has them, by their lookup and team in the live document.
pub(crate) type History = HashMap<(PlayerLookup, Team), Vec<(Point, PollId)>>;

impl Document {
    /// The body of the public object.
    pub fn json(&self) -> Result<Bytes, Error> {
        let points: usize = self.players.iter().map(|player| player.points.len()).sum();
        let expected = 1024 + self.players.len() * BYTES_A_PLAYER + points * BYTES_A_POINT;
        json::body("the timeline", self, expected)
    }

    /// The timeline of a live document over the one before, and over the history where there is none.
    pub fn of(
        live: &live::Document,
        predicted: &Predicted,
        before: Option<&Document>,
        history: &History,
    ) -> Self {
        let before = before.filter(|before| before.game_date == live.game_date);
        // By team and not by the game's id, which may change: a team plays once a day.
        let mut known: HashMap<&Team, Vec<&Player>> = HashMap::new();
        for player in before.into_iter().flat_map(|before| &before.players) {
            known.entry(&player.team).or_default().push(player);
        }
        let wanted = predicted.slate.games.iter().flat_map(|game| &game.players);
        let mut players = Vec::with_capacity(wanted.filter(|player| is_timed(player)).count());
        for matchup in matchup::all(live, &predicted.slate) {
            let of_game = players.len();
            let teams = [&matchup.scheduled.home, &matchup.scheduled.away];
            let mut known: Vec<&Player> =
                teams.into_iter().flat_map(|team| known.remove(team).unwrap_or_default()).collect();
            for player in matchup.players.iter().filter(|player| is_timed(player)) {
                let is_his = |it: &&Player| it.player_lookup == player.lookup && it.team == player.team;
                let known = known.iter().position(is_his).map(|place| known.swap_remove(place));
                let line = matchup.line(player);
                // The history has who is in the box score by the name there.
                let as_boxed =
                    line.map_or((&player.lookup, &player.team), |it| (&it.player_lookup, &it.team));
                let past = || history.get(&(as_boxed.0.clone(), as_boxed.1.clone()));
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
                    // Once the official score is there it counts, as in the grading.
                    let official = predicted.official(player).and_then(|official| official.played);
                    let points = official.map_or(line.points, |official| official.points);
                    timed.add(Point(elapsed, points), live.poll_id);
                }
                timed.passed_at = timed.passed();
                players.push(timed);
            }
            // Nobody vanishes, not even one whose prediction was withdrawn.
            players.extend(known.into_iter().cloned());
            players[of_game..].sort_by(|a, b| (&a.player_lookup, &a.team).cmp(&(&b.player_lookup, &b.team)));
        }
        // Nor does a game that the schedule has lost.
        let lost = before.into_iter().flat_map(|before| &before.players);
        players.extend(lost.filter(|player| known.contains_key(&player.team)).cloned());
        Self { updated_at: live.updated_at, game_date: live.game_date, poll_id: live.poll_id, players }
    }
}

impl Player {
    /// Adds the points of a poll, if they are news.
    fn add(&mut self, Point(elapsed, points): Point, poll: PollId) {
        let last = self.points.last().copied();
        if last.is_some_and(|Point(_, before)| before == points)
            || self.polls.last().is_some_and(|last| *last >= poll)
        {
            return;
        }
        // A clock that was set back does not turn the line back.
        let elapsed = last.map_or(elapsed, |Point(before, _)| elapsed.max(before));
        self.points.push(Point(elapsed, points));
        self.polls.push(poll);
    }

    /// The first moment from which on the points were above the line.
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

/// The period in which so many seconds have been played, and what is left of it. The end of a period is
/// its own, not the beginning of the next.
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

/// Whether a timeline is kept of a player: of everyone who can be in a challenge.
fn is_timed(player: &slate::Player) -> bool {
    player.prediction.is_some() || player.line.is_some()
}

/// Whether somebody of a game that has begun is not in the timeline `before`: all of them where there is
/// none, else those who were given a prediction or a line since tip-off.
pub(crate) fn has_newcomers(live: &live::Document, predicted: &Predicted, before: Option<&Document>) -> bool {
    let begun: HashSet<TeamPair> =
        live.games.iter().filter(|game| game.has_begun()).map(|game| game.pair()).collect();
    let known: HashSet<(&PlayerLookup, &Team)> = before
        .into_iter()
        .flat_map(|before| &before.players)
        .map(|player| (&player.player_lookup, &player.team))
        .collect();
    let games = &predicted.slate.games;
    let has_begun = |game: &&slate::Game| begun.contains(&game.scheduled.pair());
    let mut timed =
        games.iter().filter(has_begun).flat_map(|game| &game.players).filter(|player| is_timed(player));
    timed.any(|player| !known.contains(&(&player.lookup, &player.team)))
}

/// The points of a day as the history has them.
pub(crate) async fn history(
    bigquery: &BigQuery,
    day: SlateDay,
    directory: &Directory,
) -> Result<History, Error> {
    #[derive(Deserialize)]
    struct Row {
        bdl_player_id: i64,
        player_lookup: PlayerLookup,
        team_abbr: Team,
        poll_id: PollId,
        game_status: GameStatus,
        period: i64,
        time_remaining: Option<String>,
        points: u32,
    }
    let date = [Parameter::date("game_date", day)];
    let rows: Vec<Row> = bigquery.query(include_str!("../sql/point_changes.sql"), &date).await?;
    let mut history = History::new();
    for row in rows {
        // The history keeps the clock as upstream wrote it.
        let clock = UpstreamClock {
            period: Some(row.period),
            time: row.time_remaining.as_deref(),
            ..UpstreamClock::default()
        };
        let state = GameState::read(&clock);
        let elapsed = elapsed_seconds(row.game_status, row.period, &state.time_remaining);
        let known = directory.get(&row.bdl_player_id).map(|player| player.lookup.clone());
        let player = (known.unwrap_or(row.player_lookup), row.team_abbr);
        history.entry(player).or_default().push((Point(elapsed, row.points), row.poll_id));
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
