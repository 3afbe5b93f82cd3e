//! The tonight document, `v1/tonight/{date}.json` and `v1/tonight/all-players.json`.

mod wire;

use std::{cmp::Reverse, sync::Arc};

use chrono::{DateTime, TimeDelta, Utc};
use shared::{
    clock::eastern_time,
    documents::{self, counted},
    nba::{GameStatus, SlateDay, StatType, Team},
    slate::{self, Context, InjuryStatus, Line, ScheduledGame, Settled},
};

use crate::{
    fatigue::FatigueLevel,
    form::{Form, record},
    night::{Night, further},
    settlement::SettledLine,
};

pub use wire::{DataQuality, Degraded, Document, Game, PickResult, Player, Prediction, Prop};

/// A player with fewer games is marked `limited_data`.
const LIMITED_GAMES: i64 = 10;
/// Approximate JSON size of a player, to allocate the body once.
const BYTES_A_PLAYER: usize = 2600;
/// A game with fewer players is implausible and degrades the document (FAILURES.md, F55).
const MIN_PLAYERS: usize = 8;
/// Predictions are due this long before the first tip-off; until then a list without any lacks nothing. They become an
/// issue of the status later: `WARN_BEFORE_TIP_OFF` in its `slate_state.rs`.
const PREDICTIONS_DUE: TimeDelta = TimeDelta::hours(2);
/// How long browsers and caches keep a list that still changes, and one that is settled officially.
const CACHE_UNTIL_OFFICIAL: &str = "public, max-age=300";
const CACHE_ONCE_OFFICIAL: &str = "public, max-age=86400";

impl documents::Document for Document {
    const NAME: &'static str = "tonight's list";

    fn expected_bytes(&self) -> usize {
        1024 + self.total_players * BYTES_A_PLAYER
    }

    fn cache_control(&self) -> &'static str {
        if self.settled == Settled::Official { CACHE_ONCE_OFFICIAL } else { CACHE_UNTIL_OFFICIAL }
    }

    fn restamped(&self, version: DateTime<Utc>) -> Option<Self> {
        Some(Self { generated_at: version, ..self.clone() })
    }
}

impl Document {
    /// Builds the public document of `night`.
    pub fn of(night: &Night) -> Self {
        // Shared, because the comparison with the public list makes a copy.
        let games: Arc<Vec<Game>> =
            Arc::new(night.slate.games.iter().map(|game| Game::of(game, night)).collect());
        let players = || games.iter().flat_map(|game| &game.players);
        let count = |test: fn(&&Player) -> bool| players().filter(test).count();
        let data_quality = DataQuality {
            games_without_context: night.slate.games.iter().filter(|game| lacks_context(game)).count(),
            players_without_line: count(|player| !player.has_line),
            players_from_roster: count(|player| player.context == Context::Roster),
            predictions: night.slate.predictions(),
        };
        let degraded_reason = degraded(&games, &data_quality, night);
        let settled = settled(players(), night);
        Self {
            game_date: night.day,
            generated_at: night.read_at,
            total_players: players().count(),
            total_with_lines: count(|player| player.has_line),
            status: degraded_reason.is_some().then_some(Degraded::Degraded),
            degraded_reason,
            settled,
            data_quality,
            games,
        }
    }
}

/// Whether a team of the game has no analysis.
fn lacks_context(game: &slate::Game) -> bool {
    let teams = [&game.scheduled.home, &game.scheduled.away];
    game.scheduled.status != GameStatus::Postponed
        && teams.into_iter().any(|team| {
            !game.players.iter().any(|player| player.team == *team && player.context == Context::Analysis)
        })
}

/// How far the lines are settled. None is official before the end of the day, because until then a postponed game
/// may yet be played.
fn settled<'a>(players: impl Iterator<Item = &'a Player>, night: &Night) -> Settled {
    let props = players.filter_map(|player| player.props.as_ref()).flatten();
    let mut lines = props.map(|prop| prop.settled).peekable();
    if lines.peek().is_none() {
        return Settled::Open;
    }
    let is_over = SlateDay::of(night.read_at) > night.day;
    lines.fold(Settled::Official, |all, line| match (all, line) {
        (Settled::Open, _) | (_, Settled::Open) => Settled::Open,
        (Settled::Official, Settled::Official) if is_over => Settled::Official,
        _ => Settled::Provisional,
    })
}

/// Describes what the document lacks; `None` where it lacks nothing.
fn degraded(games: &[Game], quality: &DataQuality, night: &Night) -> Option<String> {
    let kept = night.slate.kept;
    let first = games.iter().filter_map(|game| game.tip_off).min();
    let predictions_are_due = first.is_none_or(|first| first - PREDICTIONS_DUE <= night.read_at);
    let thin = games.iter().filter(|game| {
        let has = |team: &Team| game.players.iter().any(|player| player.team == *team);
        let is_thin = game.player_count < MIN_PLAYERS || !has(&game.home_team) || !has(&game.away_team);
        is_thin && game.game_status != GameStatus::Postponed
    });
    let some = |count: usize, which: &str| {
        (count > 0).then(|| format!("{count} of {} {which}", counted(games.len(), "game")))
    };
    let reasons: Vec<String> = [
        // The analyses are made on the day of the game, like the predictions.
        some(quality.games_without_context, "without the analysis of a team").filter(|_| predictions_are_due),
        some(thin.count(), "with too few players").filter(|_| predictions_are_due),
        (!games.is_empty() && quality.predictions == 0 && predictions_are_due)
            .then(|| "no predictions".to_owned()),
        some(kept.games, "kept from an earlier read"),
        (kept.players > 0)
            .then(|| format!("{} with data kept from an earlier read", counted(kept.players, "player"))),
    ]
    .into_iter()
    .flatten()
    .collect();
    (!reasons.is_empty()).then(|| reasons.join("; "))
}

impl Game {
    fn of(game: &slate::Game, night: &Night) -> Self {
        let ScheduledGame { id, home, away, tip_off, .. } = &game.scheduled;
        let pair = game.scheduled.pair();
        let live = night.scores.iter().find(|live| live.pair() == pair).map(|live| live.with_home(home));
        let game_status =
            match further(game.scheduled.status, live.as_ref().and_then(|live| live.game_status)) {
                GameStatus::Scheduled if night.settlement.has_called_off(id) => GameStatus::Postponed,
                status => status,
            };
        let has_begun = game_status.has_begun();
        let score = |official: Option<u32>, live: Option<u32>| official.or(live).filter(|_| has_begun);
        // The lines of a postponed game are open until it is played.
        let is_locked = game.is_locked && game_status != GameStatus::Postponed;
        let players = game.players.iter();
        let mut players: Vec<Player> =
            players.map(|player| Player::of(player, &game.scheduled, is_locked, night)).collect();
        players.sort_by(|a, b| a.rank().cmp(&b.rank()).then_with(|| a.player_lookup.cmp(&b.player_lookup)));
        Self {
            game_id: id.clone(),
            home_team: home.clone(),
            away_team: away.clone(),
            game_time: tip_off.map(eastern_time),
            tip_off: *tip_off,
            game_status,
            home_score: score(game.scheduled.home_score, live.as_ref().and_then(|live| live.home_score)),
            away_score: score(game.scheduled.away_score, live.as_ref().and_then(|live| live.away_score)),
            player_count: players.len(),
            players,
        }
    }
}

impl Prop {
    fn of(line: &Line, locked: bool, settled: Option<&SettledLine>) -> Self {
        Self {
            stat_type: line.stat_type,
            line: line.value,
            opening_line: line.opening.unwrap_or(line.value),
            market_line: line.market,
            books: line.books,
            locked,
            over_odds: line.over_odds,
            under_odds: line.under_odds,
            actual: settled.and_then(SettledLine::count),
            outcome: settled.map(|line| line.outcome).unwrap_or_default(),
            settled: settled.map(|line| line.settled).unwrap_or_default(),
        }
    }
}

impl Player {
    fn of(player: &slate::Player, game: &ScheduledGame, is_locked: bool, night: &Night) -> Self {
        let no_form = Form::default();
        let form = night.forms.of(player).unwrap_or(&no_form);
        let injury = night.slate.injuries.of(player);
        let fatigue_score = night.fatigue.of(player).copied();
        let since_last_played = || {
            let last = form.last_played()?;
            Some((night.day.date() - last).num_days() - 1).filter(|days| *days >= 0)
        };
        let last_10_vs_avg = form.last_10_vs_avg();
        let predicted = player.prediction.as_ref();
        let settled = night.settlement.of(player, StatType::Points);
        let official = night.official.entry(player, &night.slate.registry);
        let official_points = official.and_then(|entry| entry.played).map(|played| played.counts.points);
        Self {
            player_lookup: player.lookup.clone(),
            name: player.name.clone(),
            team: player.team.clone(),
            is_home: game.home == player.team,
            position: player.position.as_deref().map(str::to_owned),
            context: player.context,
            has_line: player.line.is_some(),
            fatigue_level: fatigue_score.map(FatigueLevel::of).unwrap_or_default(),
            fatigue_score,
            days_rest: player.days_rest.or_else(since_last_played),
            injury_status: injury.map(|injury| injury.status).unwrap_or_default(),
            injury_reason: injury.and_then(|injury| injury.reason.clone()),
            injury_report_at: injury.and_then(|injury| injury.reported_at),
            season_ppg: form.season_ppg(),
            season_mpg: form.season_mpg(),
            minutes_avg: form.season_mpg(),
            last_5_ppg: form.last_5_ppg(),
            last_30d_ppg: form.last_30d_ppg(),
            season_fg_pct: form.season_fg_pct(),
            season_three_pct: form.season_three_pct(),
            season_fta: form.season_fta(),
            season_plus_minus: form.season_plus_minus(),
            recent_form: form.recent_form(),
            games_played: form.games(),
            limited_data: form.games() < LIMITED_GAMES,
            last_10_points: form.last_10_points(),
            last_10_record: form.last_10_record(),
            last_10_results: form.last_10_results(),
            last_10_avg_record: last_10_vs_avg.as_deref().map(record),
            last_10_vs_avg,
            last_10_lines: form.last_10_lines(),
            last_10_minutes: form.last_10_minutes(),
            last_10_fg_pct: form.last_10_fg_pct(),
            last_10_three_pct: form.last_10_three_pct(),
            last_10_fta: form.last_10_fta(),
            last_10_plus_minus: form.last_10_plus_minus(),
            last_10_home_away: form.last_10_home_away(),
            last_10_days_rest: form.last_10_days_rest(),
            line_source: player.line.as_ref().map(|line| line.source),
            props: player.has_line().then(|| {
                let settled = |line: &Line| night.settlement.of(player, line.stat_type);
                player.lines().map(|line| Prop::of(line, is_locked, settled(line))).collect()
            }),
            prediction: player.line.as_ref().map(|_| Prediction {
                predicted: predicted.map(|it| it.predicted),
                confidence: predicted.and_then(|it| it.confidence),
                recommendation: predicted.map(|it| it.recommendation),
                factors: predicted.map(|it| it.factors.clone()).unwrap_or_default(),
            }),
            // A line and its player's points come from the same box score.
            actual_points: settled.map_or(official_points, SettledLine::count),
            result: settled.and_then(|line| line.result(predicted.map(|it| it.recommendation))),
            settled: settled.map(|line| line.settled).unwrap_or_default(),
        }
    }

    /// The sort key within a game.
    fn rank(&self) -> (bool, bool, Reverse<i64>, Reverse<i64>) {
        #[allow(clippy::cast_possible_truncation, reason = "small numbers, to four places")]
        let place = |value: Option<f64>| Reverse(value.map_or(-1, |value| (value * 1e4) as i64));
        let confidence = self.prediction.as_ref().and_then(|prediction| prediction.confidence);
        let is_out = self.injury_status == InjuryStatus::Out;
        (!self.has_line, is_out, place(confidence), place(self.season_ppg))
    }
}
