//! The games of a day in the answer of a source.

use std::{collections::HashMap, sync::Arc};

use shared::{
    Error,
    nba::{GameStatus, SlateDay, TeamPair},
    sources::{Game, Polled},
};

use crate::live::LiveGame;

/// Each game once: of several listings of one pair of teams, the one with the most play.
pub(super) fn one_of_each(games: impl IntoIterator<Item = Arc<LiveGame>>) -> Vec<Arc<LiveGame>> {
    let mut of_pair: HashMap<TeamPair, Arc<LiveGame>> = HashMap::new();
    for game in games {
        match of_pair.get(&game.pair()) {
            Some(known) if known.play() > game.play() => {}
            _ => drop(of_pair.insert(game.pair(), game)),
        }
    }
    of_pair.into_values().collect()
}

/// The games of `day` that are postponed or cancelled by upstream's list of games.
pub(crate) fn called_off(day: SlateDay, listed: &Polled) -> Result<Vec<Arc<LiveGame>>, Error> {
    let (games, _) = games_of(day, false, listed)?;
    Ok(live_games(games, false).filter(|game| game.status == GameStatus::Postponed).collect())
}

pub(super) fn live_games(games: Vec<Game>, is_live: bool) -> impl Iterator<Item = Arc<LiveGame>> {
    games.into_iter().map(move |game| {
        let game = LiveGame::of(game);
        // A dated answer comes after the night, whatever clock is left in it.
        let told = game.as_told().filter(|_| !is_live);
        Arc::new(told.unwrap_or(game))
    })
}

/// The games of `day` in upstream's answer, and the number of games and rows that could not be read.
pub(super) fn games_of(
    day: SlateDay,
    with_begun_after_midnight: bool,
    upstream: &Polled,
) -> Result<(Vec<Game>, usize), Error> {
    let (mut games, rejected) = upstream.read();
    for rejected in &rejected {
        tracing::warn!(
            what = rejected.what,
            reason = rejected.reason,
            "part of the box scores cannot be read; it is left out"
        );
    }
    if games.is_empty() && !upstream.games.is_empty() {
        let reason = rejected.first().map_or("", |first| first.reason.as_str());
        let detail = format!("none of {} games can be read: {reason}", upstream.games.len());
        return Err(upstream.source.error(detail));
    }
    // A game abroad may begin after midnight on the next date, and end, before the slate day changes.
    let has_begun_already = |game: &Game| {
        let has_begun = game.state.status.has_begun();
        with_begun_after_midnight && game.day == day.days_after(1) && has_begun
    };
    games.retain(|game| game.day == day || has_begun_already(game));
    Ok((games, rejected.len()))
}
