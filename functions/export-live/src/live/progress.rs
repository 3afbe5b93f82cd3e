//! How listings of a game follow one another.

use shared::nba::{GameStatus, Team, elapsed_range, elapsed_seconds};

use super::{LiveGame, LivePlayer};

/// The most points by which a team's score may be ahead of the sum of its players' points.
const MAX_AHEAD_OF_THE_BOX: u32 = 6;
/// The most points of a basket.
const POINTS_OF_A_BASKET: u32 = 3;
/// The seconds before the end of a period in which the last poll of it may have been.
const LAST_POLL_MARGIN_SECONDS: u32 = 60;
/// The period that no jump from regulation to an ordinary overtime reaches.
const SECOND_OVERTIME: i64 = 6;

/// Relation of a listing of a game to an earlier one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Progress {
    /// It may be a later state.
    Onwards,
    /// One of the two is wrong: the new one is outdated or has jumped ahead, or the earlier one had.
    Doubtful,
    /// The new one is wrong: recorded play cannot be undone.
    Impossible,
}

impl LiveGame {
    /// Sort key of the amount of play, to choose between two listings of a game.
    pub(crate) fn play(&self) -> (bool, bool, bool, u32, usize) {
        let elapsed = elapsed_seconds(self.status, self.period, &self.time_remaining);
        // A final listing without play is an abandoned duplicate.
        let is_no_end = self.shows_play() || self.status != GameStatus::Final;
        (self.status != GameStatus::Postponed, self.shows_play(), is_no_end, elapsed, self.player_count)
    }

    /// Compares this listing of a game with the `known` one.
    pub(crate) fn progress_since(&self, known: &LiveGame) -> Progress {
        let range = |game: &LiveGame| elapsed_range(game.status, game.period, &game.time_remaining);
        match (known.status, self.status) {
            // Play that was recorded cannot be undone; a status without any play may have been wrong.
            (GameStatus::Final, GameStatus::Postponed | GameStatus::Scheduled)
            | (GameStatus::InProgress, GameStatus::Scheduled) => {
                if known.shows_play() {
                    Progress::Impossible
                } else {
                    Progress::Doubtful
                }
            }
            // Recorded play is rarely called off, and two polls are never half a game apart: a second report is awaited.
            (GameStatus::InProgress, GameStatus::Postponed) if known.shows_play() => Progress::Doubtful,
            (GameStatus::InProgress, GameStatus::Final) if !self.says_period && known.period <= 2 => {
                Progress::Doubtful
            }
            (GameStatus::Final, GameStatus::InProgress) if !known.shows_play() && self.shows_play() => {
                Progress::Onwards
            }
            // An overtime may follow an apparent end, but only the next one.
            (GameStatus::Final, GameStatus::InProgress) if self.period != known.period + 1 => {
                Progress::Doubtful
            }
            // Periods follow one another, and only an outage hides a whole one from every poll.
            (_, GameStatus::InProgress)
                if self.period >= SECOND_OVERTIME && self.period > known.period + 1 =>
            {
                Progress::Doubtful
            }
            // Without a period nothing can be said about the play that has elapsed.
            (GameStatus::InProgress, GameStatus::InProgress)
                if self.period > 0 && range(self).end() < range(known).start() =>
            {
                Progress::Doubtful
            }
            // An end in an earlier period than the known one.
            (_, GameStatus::Final) if self.says_period && known.has_begun() && self.period < known.period => {
                Progress::Doubtful
            }
            _ => Progress::Onwards,
        }
    }

    /// Compares this listing with the `known` one of another source. Less play never follows: one of the two is
    /// behind, and the public scores do not go back for it. As much play with a lower score may be a correction.
    pub(crate) fn progress_across_sources(&self, known: &LiveGame) -> Progress {
        use GameStatus::{Final, InProgress, Postponed, Scheduled};
        let range = |game: &LiveGame| elapsed_range(game.status, game.period, &game.time_remaining);
        let score = |game: &LiveGame| game.home_score + game.away_score;
        let by_score = if score(self) >= score(known) { Progress::Onwards } else { Progress::Doubtful };
        match (known.status, self.status) {
            (Scheduled, _) | (Postponed, Postponed | InProgress | Final) => Progress::Onwards,
            (InProgress, Postponed) if !known.shows_play() => Progress::Doubtful,
            (_, Scheduled | Postponed) => Progress::Impossible,
            // An overtime follows an end that was none.
            (Final, InProgress) if self.period != known.period + 1 => Progress::Impossible,
            (Final, InProgress) if known.is_tied_end() => Progress::Onwards,
            (Final, InProgress) => Progress::Doubtful,
            (Final, Final) if self.period > known.period => by_score,
            // The official box score settles which of two ends is right.
            (Final, Final) if score(self) < score(known) || self.period < known.period => {
                Progress::Impossible
            }
            (InProgress, Final) if self.says_period && self.period < known.period => Progress::Impossible,
            (InProgress, InProgress) if self.period > 0 && range(self).end() < range(known).start() => {
                Progress::Impossible
            }
            (InProgress | Final, InProgress | Final) => by_score,
        }
    }

    /// Whether this listing ends or calls off a game of which much was left to play in the `known` one, so that another
    /// source has to be heard.
    pub(crate) fn breaks_off(&self, known: &LiveGame) -> bool {
        known.status == GameStatus::InProgress
            && known.shows_play()
            && match self.status {
                GameStatus::Postponed => true,
                GameStatus::Final => known.period < 4,
                GameStatus::InProgress | GameStatus::Scheduled => false,
            }
    }

    /// Whether this listing, of another source, goes on from the `known` one.
    pub(crate) fn plays_on_from(&self, known: &LiveGame) -> bool {
        self.status == GameStatus::InProgress
            && self.has_moved_since(known)
            && self.progress_across_sources(known) == Progress::Onwards
    }

    /// This listing with its period corrected, where the source counts overtimes from 1 without naming them; `None`
    /// where it does not: the `known` game must be in that overtime, or about to end in a tie before it, with scores
    /// that these can follow.
    pub(crate) fn in_overtime_after(&self, known: &LiveGame) -> Option<LiveGame> {
        let is_on = self.status == GameStatus::InProgress && (1..4).contains(&self.period);
        if !is_on || known.period < 4 || self.home_team != known.home_team {
            return None;
        }
        // A basket may be taken back.
        let follows = |score: u32, known: u32| score + POINTS_OF_A_BASKET >= known;
        let is_no_less =
            follows(self.home_score, known.home_score) && follows(self.away_score, known.away_score);
        let elapsed = |game: &LiveGame| elapsed_seconds(game.status, game.period, &game.time_remaining);
        let end = elapsed_seconds(GameStatus::Final, known.period, "");
        let may_be_tied = known.home_score.abs_diff(known.away_score) <= POINTS_OF_A_BASKET;
        let is_near_tied_end =
            elapsed(known) + LAST_POLL_MARGIN_SECONDS >= end && may_be_tied && known.home_score > 0;
        let period = 4 + self.period;
        let is_next = known.period == period || (is_near_tied_end && known.period + 1 == period);
        // The second period of a game ends with halftime.
        let clock = if self.is_halftime() {
            " 0:00"
        } else {
            self.time_remaining.strip_prefix(&format!("Q{}", self.period))?
        };
        let time_remaining = format!("OT{}{clock}", self.period);
        (is_no_less && is_next).then(|| LiveGame { period, time_remaining, ..self.clone() })
    }

    /// Whether a team has neither a score nor a player's count although in the `known` listing it has more than a basket
    /// that was taken back: the source has cleared it.
    pub(super) fn is_cleared_since(&self, known: &LiveGame, team: &Team) -> bool {
        let mut rows = self.players.iter().filter(|player| player.team == *team);
        self.score_of(team) == 0
            && !rows.any(LivePlayer::has_played)
            && known.score_of(team) > POINTS_OF_A_BASKET
    }

    /// Whether a team's rows have all points of its score and no fewer minutes than the `known` ones, at the end all.
    pub(super) fn adds_up_since(&self, known: &LiveGame, team: &Team) -> bool {
        match self.status {
            GameStatus::Final => self.is_whole_of(team),
            _ => {
                self.points_of(team) == self.score_of(team) && self.minutes_of(team) >= known.minutes_of(team)
            }
        }
    }

    /// The sum of the points of a team's players.
    fn points_of(&self, team: &Team) -> u32 {
        let rows = self.players.iter().filter(|player| player.team == *team);
        rows.map(|player| player.points).sum()
    }

    /// How many points of a team's score its rows lack.
    fn lacking_points(&self, team: &Team) -> u32 {
        self.score_of(team).saturating_sub(self.points_of(team))
    }

    /// Whether a team's rows lack more points of its score than a delay explains: many, or some as in the `known`
    /// listing of the same source.
    fn is_short_of_points(&self, team: &Team, known: Option<&LiveGame>) -> bool {
        let known = known.filter(|known| known.source == self.source && known.has_begun());
        let lacked = known.map_or(0, |known| known.lacking_points(team));
        let lacking = self.lacking_points(team);
        lacking > MAX_AHEAD_OF_THE_BOX || lacking.min(lacked) > POINTS_OF_A_BASKET
    }

    /// Whether the game is said to have ended in a tie, which no game does.
    pub(crate) fn is_tied_end(&self) -> bool {
        self.status == GameStatus::Final && self.home_score == self.away_score && self.home_score > 0
    }

    /// Whether anything has happened in the game since the `known` listing.
    pub(crate) fn has_moved_since(&self, known: &LiveGame) -> bool {
        let counts = |game: &LiveGame| game.players.iter().map(LivePlayer::total).sum::<u32>();
        !self.stands_as(known) || counts(self) != counts(known)
    }

    /// Whether clock and score are those of the `known` listing, whatever rows the two have.
    pub(crate) fn stands_as(&self, known: &LiveGame) -> bool {
        let state = |game: &LiveGame| (game.status, game.period, game.home_score, game.away_score);
        state(self) == state(known) && self.time_remaining == known.time_remaining
    }

    /// Whether the game is in its last minute, or in that of an overtime.
    pub(crate) fn is_in_last_minute(&self) -> bool {
        let elapsed = |status| elapsed_seconds(status, self.period, &self.time_remaining);
        self.period >= 4 && elapsed(self.status) + LAST_POLL_MARGIN_SECONDS >= elapsed(GameStatus::Final)
    }

    /// How many players who have played in the `known` listing are missing, or have a row without play.
    pub(crate) fn players_missing_since(&self, known: &LiveGame) -> usize {
        let is_same_player = |row: &LivePlayer, player: &LivePlayer| {
            row.is_same(player) && (row.has_played() || !player.has_evidently_played())
        };
        let is_listed = |player: &&LivePlayer| self.players.iter().any(|row| is_same_player(row, player));
        known.players.iter().filter(|player| player.has_played() && !is_listed(player)).count()
    }

    /// How many players are evidently missing: those who have played in the `known` listing, and one for each team
    /// whose score is more than its players' points.
    pub(crate) fn evidently_missing_players(&self, known: Option<&LiveGame>) -> usize {
        if !self.has_begun() {
            return 0;
        }
        let missing = known.map_or(0, |known| self.players_missing_since(known));
        let teams = [&self.home_team, &self.away_team];
        missing + teams.iter().filter(|team| self.is_short_of_points(team, known)).count()
    }

    /// Whether this listing shows the same state as the published `other` one, with as many players.
    pub(crate) fn has_all_of(&self, other: &LiveGame) -> bool {
        self.stands_as(other) && self.player_count == other.player_count
    }

    /// Whether the game has evidently been played: a score, or a player who was on the floor.
    pub(crate) fn shows_play(&self) -> bool {
        self.home_score + self.away_score > 0 || self.players.iter().any(LivePlayer::has_played)
    }
}
