//! The evidence for an outcome: the live box score, or the official one once it has arrived.

use shared::{
    nba::{Counts, GameStatus, StatType, minutes_decimal, minutes_text},
    slate::{self, OfficialEntry, Played, may_be_one_name},
    sources::Source,
};

use super::ScoreSource;
use crate::{
    live::{self, LiveGame},
    matchup::Matchup,
    predicted::Predicted,
};

/// The most minutes by which an official entry is below the live box score of the same moment.
const OFFICIAL_MINUTES_TOLERANCE: f64 = 3.0;

/// The evidence for an outcome: the state of the player's game, and the player's counts.
#[derive(Clone)]
pub(super) struct Evidence {
    pub status: GameStatus,
    /// `None` before tip-off, and where the player did not play or has not been on the floor.
    pub counted: Option<Counted>,
    /// Whether the counts are not those of an earlier moment than the game's state: an end may lack the player.
    pub is_current: bool,
    /// Whether it is certain that the player did not play; a missing row is not enough.
    pub did_not_play: bool,
    /// Whether the official box score says so.
    pub is_official: bool,
}

/// A player's counts, their source, and the minutes as displayed.
#[derive(Clone)]
pub(super) struct Counted {
    pub counts: Counts,
    pub source: ScoreSource,
    pub minutes: Option<String>,
    /// The statistics whose counts are of an earlier moment than the others.
    pub outdated: Vec<StatType>,
}

impl Evidence {
    /// Whether the count of a statistic is not of an earlier moment than the game's state.
    pub fn is_current_in(&self, stat: StatType) -> bool {
        self.is_current && !self.counted.as_ref().is_some_and(|counted| counted.outdated.contains(&stat))
    }

    pub fn of(
        matchup: &Matchup<'_>,
        player: &slate::Player,
        predicted: &Predicted,
        is_day_over: bool,
    ) -> Self {
        let row = matchup.box_score_entry(player);
        let by_live = || {
            let row = row.filter(|row| row.has_played())?;
            let minutes = Some(row.minutes.clone());
            let is_nba = matchup.live.is_some_and(|live| live.source == Some(Source::NbaCdn));
            let source = if is_nba { ScoreSource::NbaLive } else { ScoreSource::BdlLive };
            Some(Counted { counts: row.counts(), source, minutes, outdated: row.outdated_stats.clone() })
        };
        let is_current = row
            .is_none_or(|row| !row.outdated || matchup.live.is_some_and(|live| live.is_whole_of(&row.team)));
        // No game ends in a tie: an overtime follows.
        let is_tied = matchup.live.is_some_and(LiveGame::is_tied_end);
        let is_complete = predicted.is_official(&player.team);
        let at_the_end = |counted: Option<_>, is_certain: bool, is_official: bool| Self {
            status: GameStatus::Final,
            did_not_play: counted.is_none() && is_certain,
            counted,
            // After the official box score has arrived, a player who is missing from it gets no further row.
            is_current: (is_current && !is_tied) || is_official || is_complete,
            is_official,
        };
        let before_the_end =
            |status, counted| Self { status, counted, is_current, did_not_play: false, is_official: false };
        let by_official = |played: Played| {
            let live_minutes = || row.map(|row| row.minutes.clone());
            let minutes = played.minutes.map(minutes_text).or_else(live_minutes);
            let counts = played.counts.or(row.map(live::LivePlayer::counts));
            let outdated = row.map(|row| row.outdated_stats.as_slice()).unwrap_or_default().iter();
            let outdated = outdated.filter(|stat| played.counts.of(**stat).is_none()).copied().collect();
            Counted { counts, source: ScoreSource::NbaOfficial, minutes, outdated }
        };
        if let Some(official) = official_entry(matchup, player, predicted, is_day_over) {
            return at_the_end(official.played.map(by_official), true, true);
        }
        if is_complete {
            // A player without an official entry counts as having played only if the live box score shows it.
            let counted = by_live();
            let is_official = counted.is_none();
            return at_the_end(counted, true, is_official);
        }
        match matchup.live {
            Some(live) if live.status == GameStatus::Final => {
                // Zeros mean that the player did not play only if the box score shows another player's play.
                let has_box = live.players.iter().any(live::LivePlayer::has_played);
                let is_named = row.is_some() && is_current && has_box;
                let is_certain =
                    is_named || (live.is_whole() && !has_unidentified_row_for(live, player, predicted));
                at_the_end(by_live(), is_certain, false)
            }
            Some(live) if live.status == GameStatus::InProgress => before_the_end(live.status, by_live()),
            Some(live) => before_the_end(live.status, None),
            // The schedule has no player points; a game that it reports as over waits for a box score.
            None => before_the_end(matchup.scheduled.status, None),
        }
    }
}

/// The player's official entry, unless it is of an unfinished game: then it has fewer minutes than the live box score,
/// or none of a player who has played.
pub(crate) fn official_entry<'a>(
    matchup: &Matchup<'_>,
    player: &slate::Player,
    predicted: &'a Predicted,
    is_day_over: bool,
) -> Option<&'a OfficialEntry> {
    let official = predicted.official(player)?;
    if predicted.is_official(&player.team) {
        return Some(official);
    }
    if !is_day_over && predicted.has_unfinished_official(&player.team) {
        return None;
    }
    let live = matchup.box_score_entry(player).filter(|row| row.has_evidently_played());
    let is_unfinished = live.is_some_and(|row| match official.played {
        None => !official.is_dnp,
        Some(played) => {
            let both = played.minutes.zip(minutes_decimal(&row.minutes));
            both.is_some_and(|(official, live)| official + OFFICIAL_MINUTES_TOLERANCE < live)
        }
    });
    (!is_unfinished).then_some(official)
}

/// Whether a row of the player's team that belongs to no known person could be the player's.
fn has_unidentified_row_for(live: &LiveGame, player: &slate::Player, predicted: &Predicted) -> bool {
    let is_unknown = |row: &live::LivePlayer| {
        predicted.slate.registry.count(&row.player_lookup) == 0
            && !predicted.slate.players().any(|it| it.lookup == row.player_lookup)
    };
    let may_be = |row: &live::LivePlayer| {
        row.team == player.team && row.has_played() && may_be_one_name(&row.name, &player.name)
    };
    live.players.iter().any(|row| may_be(row) && is_unknown(row))
}
