//! How often a player ends over a line of whom the live grading says a chance, by recorded games.

use std::{fmt, io::BufRead};

use export_live::chance::{Chance, Moment, REGULATION};
use serde::Deserialize;

use crate::Result;

/// The moments of a game at which a chance is computed, as shares of regulation.
const MOMENTS: [f64; 11] = [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.85, 0.9, 0.95];
/// The lines of a player, relative to half a point above the whole part of the average.
const LINES: [f64; 3] = [-2.0, 0.0, 2.0];
/// A player with fewer games, or a lower average, has no line.
const MIN_GAMES: u32 = 5;
const LOWEST_AVERAGE: f64 = 5.0;
const BUCKETS: usize = 10;

/// A player's game: one line of a file of recorded timelines.
#[derive(Debug, Deserialize)]
struct Recorded {
    game_id: String,
    team: String,
    points: u32,
    season_avg_before: Option<f64>,
    n_before: u32,
    /// Seconds of play, and the points from then on.
    timeline: Vec<(f64, u32)>,
}

/// A rule's chances compared with the results.
#[derive(Clone, Debug, Default)]
pub struct Score {
    rows: u64,
    squares: f64,
    undecided: u64,
    undecided_squares: f64,
    /// Undecided rows by tenth of the computed chance: rows, sum of the chances, players who ended over.
    buckets: [(u64, f64, u64); BUCKETS],
}

/// The result over a file.
#[derive(Clone, Debug, Default)]
pub struct Calibration {
    /// Number of games.
    pub games: u64,
    /// The rule in use.
    pub chance: Score,
    /// For comparison: 1 above the line, 0.2 from five points below it on, else 0.5.
    pub naive: Score,
}

impl Calibration {
    /// Reads one player's game a line; the lines of a game follow one another.
    pub fn of(lines: impl BufRead) -> Result<Self> {
        let (mut calibration, mut game): (Self, Vec<Recorded>) = Default::default();
        for line in lines.lines() {
            let recorded: Recorded = serde_json::from_str(&line?)?;
            if game.first().is_some_and(|first| first.game_id != recorded.game_id) {
                calibration.add(&game);
                game.clear();
            }
            game.push(recorded);
        }
        calibration.add(&game);
        Ok(calibration)
    }

    fn add(&mut self, game: &[Recorded]) {
        self.games += u64::from(!game.is_empty());
        for elapsed in MOMENTS {
            let lead = lead(game, elapsed);
            for player in game.iter().filter(|player| player.n_before >= MIN_GAMES) {
                let Some(average) = player.season_avg_before.filter(|average| *average >= LOWEST_AVERAGE)
                else {
                    continue;
                };
                let points = player.at(elapsed);
                for line in LINES.map(|offset| average.floor() + 0.5 + offset) {
                    let moment = Moment { average, points, elapsed, left: 1.0 - elapsed, lead };
                    let is_over = f64::from(player.points) > line;
                    let margin = f64::from(points) - line;
                    let naive = if margin > 0.0 {
                        1.0
                    } else if margin < -5.0 {
                        0.2
                    } else {
                        0.5
                    };
                    self.chance.add(Chance::of(moment, line).over, is_over, margin > 0.0);
                    self.naive.add(naive, is_over, margin > 0.0);
                }
            }
        }
    }
}

impl Recorded {
    /// The points at an elapsed share of regulation.
    fn at(&self, elapsed: f64) -> u32 {
        let scored = self.timeline.iter().take_while(|(second, _)| *second <= elapsed * REGULATION);
        scored.last().map_or(0, |(_, points)| *points)
    }
}

/// The difference of the two teams' scores at an elapsed share of regulation.
fn lead(game: &[Recorded], elapsed: f64) -> u32 {
    let Some(first) = game.first() else { return 0 };
    let (mut one, mut other) = (0_u32, 0_u32);
    for player in game {
        let side = if player.team == first.team { &mut one } else { &mut other };
        *side += player.at(elapsed);
    }
    one.abs_diff(other)
}

impl Score {
    fn add(&mut self, chance: f64, is_over: bool, is_decided: bool) {
        let square = (chance - f64::from(u8::from(is_over))).powi(2);
        self.rows += 1;
        self.squares += square;
        if is_decided {
            return;
        }
        self.undecided += 1;
        self.undecided_squares += square;
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "0–9")]
        let bucket = ((chance * BUCKETS as f64) as usize).min(BUCKETS - 1);
        let (rows, said, over) = &mut self.buckets[bucket];
        *rows += 1;
        *said += chance;
        *over += u64::from(is_over);
    }

    /// The mean square of the difference between chance and outcome, over all rows.
    pub fn brier(&self) -> f64 {
        ratio(self.squares, self.rows)
    }

    /// The same over the rows in which the player is not over the line yet.
    pub fn undecided_brier(&self) -> f64 {
        ratio(self.undecided_squares, self.undecided)
    }

    /// The mean difference between the computed chance and the observed share, by tenth of the chance.
    pub fn calibration_error(&self) -> f64 {
        let off = |(_, said, over): &(u64, f64, u64)| (said - *over as f64).abs();
        ratio(self.buckets.iter().map(off).sum(), self.undecided)
    }
}

fn ratio(sum: f64, count: u64) -> f64 {
    if count == 0 { 0.0 } else { sum / count as f64 }
}

impl fmt::Display for Calibration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "{} games, {} rows, {} of them undecided\n",
            self.games, self.chance.rows, self.chance.undecided
        )?;
        writeln!(f, "| Rule | Brier, all | Brier, undecided | Calibration error |\n|---|---|---|---|")?;
        for (name, score) in [("1 / 0.2 / 0.5", &self.naive), ("in use", &self.chance)] {
            let (all, undecided, error) = (score.brier(), score.undecided_brier(), score.calibration_error());
            writeln!(f, "| {name} | {all:.4} | {undecided:.4} | {error:.4} |")?;
        }
        writeln!(f, "\n| Said | Rows | Mean said | Came |\n|---|---|---|---|")?;
        for (tenth, (rows, said, over)) in self.chance.buckets.iter().enumerate() {
            let (from, to) = (tenth as f64 / 10.0, (tenth + 1) as f64 / 10.0);
            let (said, came) = (ratio(*said, *rows), ratio(*over as f64, *rows));
            writeln!(f, "| {from:.1}–{to:.1} | {rows} | {said:.3} | {came:.3} |")?;
        }
        Ok(())
    }
}
