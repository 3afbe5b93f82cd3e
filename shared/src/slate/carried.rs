//! Carry-over of a day's slate from one read to the next: one empty or short read removes nothing, and what
//! stood at tip-off no longer changes. The first read after tip-off still takes what was offered and predicted by
//! then; the reads after it change no line.

use std::collections::HashSet;

use chrono::{DateTime, TimeDelta, Utc};

use super::{
    Context, Game, Line, LineSource, Player, Prediction, Slate, memory::Remembered, registry::title_case,
};
use crate::nba::{GameStatus, TeamPair};

/// Counts of what remains on a slate only because an earlier read had it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct CarriedOver {
    /// Games that the schedule no longer lists.
    pub games: usize,
    /// Players who, or whose prediction or line, the last read did not find.
    pub players: usize,
}

/// The circumstances of one carry-over.
pub(super) struct Carrying<'a> {
    pub now: DateTime<Utc>,
    pub min_time_between_misses: TimeDelta,
    pub begun: &'a HashSet<TeamPair>,
    /// Whether the schedule was read without any game: the table is being replaced, which says nothing about a game.
    pub lacks_schedule: bool,
    /// Whether the predictions were read without any row, likewise.
    pub lacks_predictions: bool,
}

/// Whether the lines of a game may change with a read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Lock {
    /// The game has not begun.
    Open,
    /// The first read after tip-off: what was offered and predicted by then is the locked line.
    AtTipOff,
    /// A read after tip-off was made before.
    Locked,
}

impl Carrying<'_> {
    /// Adds to a slate what it lacks of the remembered one.
    pub fn carry(&self, slate: &mut Slate, known: &Remembered) {
        for game in &known.games {
            let pair = game.scheduled.pair();
            match slate.games.iter().position(|it| it.scheduled.pair() == pair) {
                Some(index) => self.carry_players(slate, index, game),
                None => self.carry_game(slate, game.clone()),
            }
        }
        for game in &mut slate.games {
            game.is_locked |= self.has_begun(game);
        }
        for unplaced in &known.unplaced {
            let is_same_player = |it: &Player| it.is_same(&unplaced.player);
            let is_locked = |pair: &TeamPair| {
                let mut games = slate.games.iter().filter(|game| game.scheduled.pair() == *pair);
                self.begun.contains(pair) || games.any(|game| game.is_locked)
            };
            if unplaced.pair.as_ref().is_some_and(is_locked) {
                // As it stood at tip-off.
                slate.unplaced.retain(|it| !is_same_player(&it.player));
                if !slate.players().any(is_same_player) {
                    slate.unplaced.push(unplaced.clone());
                }
                continue;
            }
            let is_there = slate.players().any(is_same_player)
                || slate.unplaced.iter().any(|it| is_same_player(&it.player));
            let is_gone = !self.lacks_predictions && self.is_gone(unplaced.player.absent.player);
            // A line that was public is carried to the end of the day.
            if !is_there && (!is_gone || unplaced.player.has_line()) {
                let mut unplaced = unplaced.clone();
                unplaced.player.absent.player.get_or_insert(self.now);
                if is_gone {
                    unplaced.player.prediction = None;
                }
                slate.unplaced.push(unplaced);
            }
        }
        let absent = slate.games.iter().filter(|game| game.absent_since.is_some());
        let games = absent.filter(|game| game.scheduled.status != GameStatus::Postponed).count();
        let absent = |player: &&Player| !player.absent.is_none();
        slate.kept = CarriedOver { games, players: slate.players().filter(absent).count() };
        if slate.games.iter().any(|game| game.absent_since.is_some()) {
            slate.games.sort_by(|a, b| {
                let order = |game: &Game| (game.scheduled.tip_off.is_none(), game.scheduled.tip_off);
                order(a).cmp(&order(b)).then_with(|| a.scheduled.id.cmp(&b.scheduled.id))
            });
        }
        if slate.kept != CarriedOver::default() {
            let CarriedOver { games, players } = slate.kept;
            tracing::warn!(games, players, "the tables lack what an earlier read found; the slate keeps it");
        }
    }

    /// Whether something has been missing for long enough that a second read without it removes it.
    fn is_gone(&self, absent_since: Option<DateTime<Utc>>) -> bool {
        absent_since.is_some_and(|since| self.now - since >= self.min_time_between_misses)
    }

    fn has_begun(&self, game: &Game) -> bool {
        game.scheduled.has_begun(self.now) || self.begun.contains(&game.scheduled.pair())
    }

    /// Whether the game was seen on, so that it is played whatever the schedule says.
    fn was_seen_in_progress(&self, game: &Game) -> bool {
        self.begun.contains(&game.scheduled.pair())
    }

    fn carry_game(&self, slate: &mut Slate, mut game: Game) {
        // A team that now plays another game is no longer in this one.
        let teams = [&game.scheduled.home, &game.scheduled.away];
        let plays_another = slate.games.iter().any(|it| teams.iter().any(|team| it.scheduled.has(team)));
        let is_taken_off =
            !self.was_seen_in_progress(&game) && (plays_another || self.is_gone(game.absent_since));
        let is_taken_off = is_taken_off && !self.lacks_schedule;
        if is_taken_off {
            tracing::warn!(game = %game.scheduled.id, "a game has left the schedule; its public lines become void");
            // A line that was public is settled: the game is not played on this day.
            game.scheduled.status = GameStatus::Postponed;
            game.players.retain(Player::has_line);
        }
        game.absent_since.get_or_insert(self.now);
        let elsewhere: Vec<bool> =
            game.players.iter().map(|player| slate.players().any(|it| it.is_same(player))).collect();
        let mut elsewhere = elsewhere.into_iter();
        game.players.retain(|_| !elsewhere.next().unwrap_or_default());
        if is_taken_off && game.players.is_empty() {
            return;
        }
        slate.unplaced.retain(|it| !game.players.iter().any(|player| player.lookup == it.player.lookup));
        slate.games.push(game);
    }

    fn carry_players(&self, slate: &mut Slate, index: usize, known: &Game) {
        let read = &slate.games[index];
        // A game that was moved to a later hour is open again; one whose hour is no longer known is not.
        let had_begun = self.has_begun(known) && read.scheduled.tip_off.is_none();
        // Another instance may have locked the lines while this read, made before tip-off, was under way.
        let was_locked = known.is_locked && read.scheduled.tip_off == known.scheduled.tip_off;
        let has_begun = self.has_begun(read) || had_begun || was_locked;
        // The offers of a game that has begun ahead of its time are already of the game in progress.
        let is_past_tip_off = read.scheduled.tip_off.is_some_and(|tip_off| tip_off <= self.now);
        let lock = match (has_begun, known.is_locked || !is_past_tip_off) {
            (false, _) => Lock::Open,
            (true, false) => Lock::AtTipOff,
            (true, true) => Lock::Locked,
        };
        slate.games[index].is_locked = has_begun;
        for player in &known.players {
            let here = slate.games[index].players.iter().position(|it| it.is_same(player));
            match here {
                Some(place) => {
                    let tip_off = slate.games[index].scheduled.tip_off;
                    self.carry_player(&mut slate.games[index].players[place], player, lock, tip_off);
                }
                None => {
                    // The player may have been traded or be expected elsewhere. A roster that replaces a
                    // missing analysis is no evidence of that, and nobody changes teams after tip-off.
                    let is_locked = has_begun && player.can_be_challenged();
                    if !is_locked && !player.has_line() && self.is_gone(player.absent.player) {
                        continue;
                    }
                    let is_better_evidence =
                        |it: &Player| it.context == Context::Analysis || player.context == Context::Roster;
                    let is_elsewhere =
                        |it: &Player| it.is_same(player) && !is_locked && is_better_evidence(it);
                    if !slate.players().any(is_elsewhere) {
                        for game in &mut slate.games {
                            game.players.retain(|it| !it.is_same(player));
                        }
                        self.carry_missing(slate, index, player.clone(), has_begun);
                    }
                }
            }
        }
    }

    fn carry_missing(&self, slate: &mut Slate, index: usize, mut player: Player, has_begun: bool) {
        let game = &mut slate.games[index];
        let is_analysed = |it: &Player| it.team == player.team && it.context == Context::Analysis;
        // Players from a roster that replaced a missing analysis leave when the analysis arrives.
        let was_roster_fallback = player.context == Context::Roster && game.players.iter().any(is_analysed);
        // A line that was public is carried to the end of the day.
        let is_kept = player.has_line() || (has_begun && player.can_be_challenged());
        let stays = !self.is_gone(player.absent.player) || is_kept;
        if !stays || (was_roster_fallback && !player.can_be_challenged()) {
            return;
        }
        player.absent.player.get_or_insert(self.now);
        slate.unplaced.retain(|it| it.player.lookup != player.lookup);
        game.players.push(player);
    }

    fn carry_player(&self, player: &mut Player, known: &Player, lock: Lock, tip_off: Option<DateTime<Utc>>) {
        let has_begun = lock != Lock::Open;
        if player.name == title_case(&player.lookup) && known.name != player.name {
            player.name.clone_from(&known.name);
            player.lookup.clone_from(&known.lookup);
            player.position = player.position.take().or_else(|| known.position.clone());
        }
        let lost_analysis = known.context == Context::Analysis && player.context == Context::Roster;
        if lost_analysis && (has_begun || !self.is_gone(known.absent.analysis)) {
            player.context = known.context;
            player.days_rest = known.days_rest;
            player.absent.analysis = known.absent.analysis.or(Some(self.now));
        }
        if let (Some(line), Some(known)) = (&mut player.line, &known.line) {
            line.opens_as(known);
        }
        carry_other_lines(&mut player.other_lines, &known.other_lines, lock);
        // Without offers an estimate replaces a bookmaker's line.
        let lost_line = strength(player.line.as_ref()) < strength(known.line.as_ref());
        if has_begun && (known.prediction.is_some() || known.line.is_some()) {
            let is_in_time = |prediction: &Prediction| tip_off.is_some_and(|it| prediction.made_at <= it);
            let read = player.prediction.take().filter(is_in_time);
            let source = |line: &Option<Line>| line.as_ref().map(|line| line.source);
            // A prediction's own line stays with the prediction, and one that was made too late brings none.
            let is_at_tip_off = read.is_some()
                || (source(&player.line) == Some(LineSource::Bettingpros)
                    && source(&known.line) != Some(LineSource::Prediction));
            if lock == Lock::AtTipOff && !lost_line && is_at_tip_off {
                let is_kept = read.is_none();
                player.prediction = read.or_else(|| known.prediction.clone());
                let value = |line: &Option<Line>| line.as_ref().map(|line| line.value);
                if is_kept && value(&player.line) != value(&known.line) {
                    let line = player.line.clone();
                    player.take_side_of(line.as_ref());
                }
                return;
            }
            let is_first = known.prediction.is_none();
            player.prediction = known.prediction.clone().or(read);
            if is_first {
                player.take_side_of(known.line.as_ref());
            }
            player.line.clone_from(&known.line);
            return;
        }
        let lost_prediction = known.prediction.is_some() && player.prediction.is_none();
        let keeps_prediction =
            lost_prediction && (self.lacks_predictions || !self.is_gone(known.absent.prediction));
        // A line that was public is carried to the end of the day.
        let keeps_line = lost_line && (player.line.is_none() || !self.is_gone(known.absent.line));
        if keeps_prediction {
            player.absent.prediction = known.absent.prediction.or(Some(self.now));
        }
        if keeps_line {
            player.absent.line = known.absent.line.or(Some(self.now));
        }
        // Prediction and line stay together: the prediction recommends a side of it, and the line may be its
        // own.
        if keeps_prediction || (keeps_line && !lost_prediction && known.prediction.is_some()) {
            player.prediction.clone_from(&known.prediction);
            player.line.clone_from(&known.line);
        } else if keeps_line {
            player.take_side_of(known.line.as_ref());
            player.line.clone_from(&known.line);
        }
    }
}

/// Carries the lines of other statistics, which no prediction belongs to: a line that was public stays to the
/// end of the day, and after tip-off as it stood then.
fn carry_other_lines(lines: &mut Vec<Line>, known: &[Line], lock: Lock) {
    for known in known {
        match lines.iter_mut().find(|line| line.stat_type == known.stat_type) {
            Some(line) if lock == Lock::Locked => *line = known.clone(),
            Some(line) => line.opens_as(known),
            None => lines.push(known.clone()),
        }
    }
    lines.sort_by_key(|line| line.stat_type);
}

/// The rank of a line's source: a bookmaker's above an estimate, an estimate above none.
fn strength(line: Option<&Line>) -> u8 {
    match line.map(|line| line.source) {
        Some(LineSource::Prediction | LineSource::Bettingpros) => 2,
        Some(LineSource::EstimatedAvg) => 1,
        None => 0,
    }
}
