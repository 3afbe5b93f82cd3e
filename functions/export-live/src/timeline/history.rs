//! The polls of a day in the history table, for players whom the public timeline lacks.

use std::collections::{BTreeMap, HashMap};

use serde::Deserialize;
use shared::{
    Error,
    google::bigquery::{BigQuery, Parameter},
    nba::{
        Counts, GameState, GameStatus, PlayerLookup, PollId, SlateDay, Team, TeamPair, UpstreamClock,
        elapsed_seconds,
    },
    slate::{
        Slate,
        people::{BoxRow, Directory, identify},
    },
};

/// The polls of players in the history table at which a count changed, by lookup and team in the live document.
pub type History = HashMap<(PlayerLookup, Team), Vec<Polled>>;

/// A player's counts at a poll.
#[derive(Clone, Copy, Debug)]
pub struct Polled {
    /// Elapsed seconds of play.
    pub(super) elapsed: u32,
    pub(super) counts: Counts,
    pub(super) poll_id: PollId,
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
    let rows: Vec<Row> = bigquery.query(include_str!("../../sql/changed_counts.sql"), &date).await?;
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
            nba_id: None,
            lookup: &row.player_lookup,
            name: row.player_full_name.as_deref().unwrap_or(row.player_lookup.as_str()),
            team: &row.team_abbr,
            on_both_sides: false,
            game,
        })
        .collect();
    let identities = identify(&boxed, directory, Some(slate), &HashMap::new());
    let identities: HashMap<_, _> = keys.into_iter().zip(identities).collect();
    let mut games: HashMap<TeamPair, BTreeMap<PollId, u32>> = HashMap::new();
    for row in &rows {
        // The history keeps the clock as upstream wrote it.
        let clock = UpstreamClock {
            period: Some(row.period),
            time: row.time_remaining.as_deref(),
            ..UpstreamClock::default()
        };
        let state = GameState::read(&clock);
        let elapsed = elapsed_seconds(row.game_status, row.period, &state.time_remaining);
        let game = games.entry(TeamPair::of(&row.home_team_abbr, &row.away_team_abbr)).or_default();
        game.insert(row.poll_id, elapsed);
    }
    games.values_mut().for_each(put_in_order);
    let mut history = History::new();
    for row in &rows {
        let game = games.get(&TeamPair::of(&row.home_team_abbr, &row.away_team_abbr));
        let elapsed = game.and_then(|game| game.get(&row.poll_id)).copied().unwrap_or_default();
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

/// Corrects the polls of a game whose clock does not fit the others': the most polls that follow one another are
/// right, and any other one, such as a false end, is as late as the next of them.
fn put_in_order(polls: &mut BTreeMap<PollId, u32>) {
    let clocks: Vec<u32> = polls.values().copied().collect();
    // For each length of a chain of polls that follow one another: the poll that ends it earliest.
    let mut ends: Vec<usize> = Vec::new();
    let mut before: Vec<Option<usize>> = Vec::with_capacity(clocks.len());
    for (poll, clock) in clocks.iter().enumerate() {
        let length = ends.partition_point(|end| clocks[*end] <= *clock);
        before.push(length.checked_sub(1).map(|shorter| ends[shorter]));
        match ends.get_mut(length) {
            Some(end) => *end = poll,
            None => ends.push(poll),
        }
    }
    let mut last = ends.last().copied();
    let mut next = last.map(|poll| clocks[poll]).unwrap_or_default();
    for (poll, clock) in polls.values_mut().enumerate().rev() {
        if last == Some(poll) {
            next = *clock;
            last = before[poll];
        } else {
            *clock = next;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clock_that_does_not_fit_the_others_is_that_of_the_next_poll_that_does() {
        for (clocks, expected) in [
            (vec![100, 200, 300], vec![100, 200, 300]),
            // A false end.
            (vec![100, 200, 2880, 300, 400], vec![100, 200, 300, 300, 400]),
            // A state from before.
            (vec![100, 200, 300, 50, 400], vec![100, 200, 300, 400, 400]),
            // An end, and overtime after it.
            (vec![2800, 2880, 2880, 2950], vec![2800, 2880, 2880, 2950]),
            (vec![100, 200, 2880], vec![100, 200, 2880]),
            (vec![], vec![]),
        ] {
            let poll = |second: usize| format!("20260110T0000{second:02}Z").parse().expect("a poll id");
            let mut polls: BTreeMap<PollId, u32> =
                clocks.iter().enumerate().map(|(second, clock)| (poll(second), *clock)).collect();
            put_in_order(&mut polls);
            assert_eq!(polls.into_values().collect::<Vec<_>>(), expected);
        }
    }
}
