//! Listings of a game completed from one another, and versions of the public games merged.

use std::sync::Arc;

use shared::nba::{GameStatus, Team, TeamPair, elapsed_seconds, final_text, period_text};

use super::{InactivePlayer, LiveGame, LivePlayer, Progress};

/// Seconds of play by which the rows of a listing may be behind that of another source.
const MAX_LAG_OF_ROWS: u32 = 60;

impl LiveGame {
    /// This listing of a game, completed from the `known` one with the NBA id, players, points and scores that are
    /// missing or set to zero here, and the period that came without a number.
    pub(crate) fn completed_from(&self, known: &LiveGame) -> LiveGame {
        let mut game = self.with_ids_of(known);
        if known.has_begun() && known.period > game.period {
            match game.status {
                GameStatus::Final if !game.says_period => {
                    game.period = known.period;
                    game.time_remaining = final_text(game.period);
                }
                GameStatus::InProgress if game.period == 0 => {
                    game.period = known.period;
                    game.time_remaining = period_text(game.period);
                }
                _ => {}
            }
        }
        let [lacks_home, lacks_away] = self.lacks_scores;
        if lacks_home || self.is_cleared_since(known, &self.home_team) {
            game.home_score = game.home_score.max(known.score_of(&self.home_team));
        }
        if lacks_away || self.is_cleared_since(known, &self.away_team) {
            game.away_score = game.away_score.max(known.score_of(&self.away_team));
        }
        for player in game.players.iter_mut().filter(|player| player.lacks_points) {
            let last = known.players.iter().find(|it| it.is_same(player));
            player.points = last.map_or(player.points, |last| last.points);
        }
        // A row without play of a player who was on the floor is wrong, unless the team's box adds up without the player.
        let teams = [&self.home_team, &self.away_team];
        let right: Vec<&Team> = teams.into_iter().filter(|team| game.adds_up_since(known, team)).collect();
        for player in game.players.iter_mut().filter(|player| !player.has_played()) {
            let last = known.players.iter().find(|it| it.is_same(player) && it.has_evidently_played());
            if let Some(last) = last.filter(|last| known.has_begun() && !right.contains(&&last.team)) {
                *player = LivePlayer { outdated: true, ..last.clone() };
            }
        }
        let is_listed = |missing: &&LivePlayer| self.players.iter().any(|it| it.is_same(missing));
        // Players listed before tip-off have not played yet and may leave the list.
        let seen = known.players.iter().filter(|_| known.has_begun());
        let left_out = seen.filter(|player| !is_listed(player));
        // A row of the end stays that of the end.
        let has_ended = known.status == GameStatus::Final;
        let kept =
            |player: &LivePlayer| LivePlayer { outdated: player.outdated || !has_ended, ..player.clone() };
        game.players.extend(left_out.map(kept));
        game.sort_players();
        game
    }

    /// This listing of a game with what only the `known` one has: the other source's ids, who does not play, and counts
    /// that a row lacks here.
    pub(crate) fn with_ids_of(&self, known: &LiveGame) -> LiveGame {
        let mut game = self.clone();
        game.nba_game_id = game.nba_game_id.or_else(|| known.nba_game_id.clone());
        // A game keeps its id whichever source speaks, and once it has begun in any case.
        let knows_better = game.lacks_id() || game.has_nba_id_only() && known.has_balldontlie_id();
        if game.source.is_some() && (knows_better || known.has_begun()) {
            game.game_id.clone_from(&known.game_id);
        }
        // Only the NBA's feed has its ids: a listing with a player's id says itself whether the player is inactive.
        let is_told = |it: &&InactivePlayer| {
            let id = it.nba_player_id;
            self.inactive.iter().any(|other| other.nba_player_id == id)
                || self.players.iter().any(|row| row.nba_player_id == Some(id))
        };
        // Before tip-off a list may be corrected; afterwards one that lacks a name is only short.
        if game.inactive.is_empty() || known.has_begun() {
            game.inactive.extend(known.inactive.iter().filter(|it| !is_told(it)).cloned());
        }
        let has_ended = known.status == GameStatus::Final;
        for player in &mut game.players {
            if let Some(known) = known.players.iter().find(|it| it.is_same(player)) {
                player.bdl_player_id = player.bdl_player_id.or(known.bdl_player_id);
                player.nba_player_id = player.nba_player_id.or(known.nba_player_id);
                player.complete_counts_from(known, has_ended);
            }
        }
        let LiveGame { players, inactive, .. } = &mut game;
        inactive
            .retain(|inactive| !players.iter().any(|player| inactive.is_of(player) && player.has_played()));
        game
    }

    /// This listing with the rows that it lacks, of players who have played by the `other` source's listing of the same
    /// poll, unless that is far behind. Who has more points in the `known` game keeps that row.
    pub(crate) fn with_missing_rows_of(mut self, other: &LiveGame, known: Option<&LiveGame>) -> LiveGame {
        let elapsed = |game: &LiveGame| elapsed_seconds(game.status, game.period, &game.time_remaining);
        if elapsed(other) + MAX_LAG_OF_ROWS < elapsed(&self) {
            return self;
        }
        let has_more = |row: &LivePlayer| {
            let known = known.and_then(|known| known.players.iter().find(|it| it.is_same(row)));
            known.is_some_and(|known| known.points > row.points)
        };
        for row in other.players.iter().filter(|row| row.has_played() && !has_more(row)) {
            match self.players.iter_mut().find(|it| it.is_same(row)) {
                Some(listed) if listed.has_played() => {}
                Some(listed) => *listed = row.clone(),
                None => self.players.push(row.clone()),
            }
        }
        self.sort_players();
        self
    }

    fn with_higher_points(&self, older: &LiveGame) -> LiveGame {
        let mut game = self.completed_from(older);
        for player in &mut game.players {
            let known = older.players.iter().find(|it| it.is_same(player) && it.points > player.points);
            if let Some(known) = known {
                *player = known.clone();
            }
        }
        game.sort_players();
        game
    }
}

/// The games of two versions, of which `newer` is of the later poll: each game in the state that can follow the
/// other, with the players of both and each player's higher points. The later poll may have an older state: its
/// request may have been answered first, or its own state was held back and the known one kept.
pub(crate) fn merged(newer: &[Arc<LiveGame>], older: &[Arc<LiveGame>]) -> Vec<Arc<LiveGame>> {
    let find = |games: &[Arc<LiveGame>], pair: &TeamPair| games.iter().find(|it| it.pair() == *pair).cloned();
    let both = newer.iter().map(|game| match find(older, &game.pair()) {
        Some(older) => {
            let follows = |one: &LiveGame, other: &LiveGame| one.progress_since(other) == Progress::Onwards;
            // A break has two clocks: of the end of a period and of the beginning of the next.
            let moment = |game: &LiveGame| (game.period, game.moved_at);
            let is_older_later = match (follows(game, &older), follows(&older, game)) {
                (false, follows) => follows,
                (true, true) => game.status == older.status && moment(&older) > moment(game),
                (true, false) => false,
            };
            Arc::new(if is_older_later {
                older.with_higher_points(game)
            } else {
                game.with_higher_points(&older)
            })
        }
        None => game.clone(),
    });
    let only_older = older.iter().filter(|game| find(newer, &game.pair()).is_none());
    both.chain(only_older.cloned()).collect()
}
