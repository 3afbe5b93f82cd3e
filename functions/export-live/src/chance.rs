//! The chance that a player ends over a points line.
//!
//! The points still to come follow a negative binomial distribution: they vary about four times as much as a
//! Poisson distribution allows. Their mean is the player's rate, a season average regressed to the mean and
//! blended with the points so far, times the time left; a large lead late in the game lowers it for players
//! who are then rested. The parameters were fitted on 1,159 games of 2023-24 and 2024-25 and checked on 1,160
//! others and on three other seasons; `make calibration` measures them again.

use shared::nba::QUARTER_SECONDS;

/// Seconds of play in regulation.
pub const REGULATION: f64 = 4.0 * QUARTER_SECONDS as f64;
/// Variance of the points to come, relative to their mean.
const DISPERSION: f64 = 4.2;
/// The regression of a season average to the mean: `REGRESSION.0 + REGRESSION.1 * average`.
const REGRESSION: (f64, f64) = (1.8, 0.94);
/// Number of games of prior knowledge that the season average is worth against the game so far.
const PRIOR_GAMES: f64 = 3.0;
/// Most additional points that are summed up; no line is as high.
const MAX_POINTS: u32 = 500;

/// A player's points at a moment of a game.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Moment {
    /// The player's season average, points.
    pub average: f64,
    /// Points so far.
    pub points: u32,
    /// Elapsed share of regulation, 0–1; 1 in overtime.
    pub elapsed: f64,
    /// Time left, as a share of regulation; in overtime, what is left of it.
    pub left: f64,
    /// Absolute difference of the two teams' scores.
    pub lead: u32,
}

/// The chances of where the points end; the rest of 1 is the chance of the under.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Chance {
    /// That they end over the line, 0–1.
    pub over: f64,
    /// That they end on the line, 0–1; 0 unless the line is a whole number.
    pub push: f64,
}

impl Chance {
    /// The chances at `moment`.
    ///
    /// ```
    /// use export_live::chance::{Chance, Moment};
    ///
    /// let moment = Moment { average: 20.0, points: 18, elapsed: 0.75, left: 0.25, lead: 3 };
    /// let chance = Chance::of(moment, 22.5);
    /// assert!((chance.over - 0.575_697).abs() < 1e-6);
    /// ```
    pub fn of(moment: Moment, line: f64) -> Self {
        let needed = line.floor() + 1.0 - f64::from(moment.points);
        if needed <= 0.0 {
            return Self { over: 1.0, push: 0.0 };
        }
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "positive and limited")]
        let needed = needed.min(f64::from(MAX_POINTS)) as u32;
        let size = moment.points_to_come() / (DISPERSION - 1.0);
        let step = 1.0 - 1.0 / DISPERSION;
        // The probabilities of no more points, one more, and so on, and the sum of those below what is needed.
        let mut probability = (-size * DISPERSION.ln()).exp();
        let (mut below, mut last) = (0.0, 0.0);
        for count in 0..needed {
            below += probability;
            last = probability;
            probability *= (size + f64::from(count)) / f64::from(count + 1) * step;
        }
        // One point fewer than needed is on a line that is a whole number.
        let push = if line.fract() == 0.0 { last } else { 0.0 };
        Self { over: (1.0 - below).clamp(0.0, 1.0), push }
    }

    /// That they end under the line, 0–1.
    pub fn under(&self) -> f64 {
        (1.0 - self.over - self.push).clamp(0.0, 1.0)
    }
}

impl Moment {
    /// The mean of the points to come.
    fn points_to_come(&self) -> f64 {
        let prior = REGRESSION.0 + REGRESSION.1 * self.average;
        let rate = (PRIOR_GAMES * prior + f64::from(self.points)) / (PRIOR_GAMES + self.elapsed);
        (self.left * rate * self.rest()).max(1e-9)
    }

    /// The factor by which a lead changes the mean: it grows through the second half, and with the player's
    /// part in the offense.
    fn rest(&self) -> f64 {
        let late = ((self.elapsed - 0.5) / 0.5).clamp(0.0, 1.0);
        let is_scorer = ((self.average - 6.0) / 10.0).clamp(0.0, 1.0);
        let of_lead = 1.5 / (1.0 + ((f64::from(self.lead) - 15.0) / 3.2).exp());
        1.0 + late * is_scorer * (of_lead - 1.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn over(average: f64, points: u32, elapsed: f64, line: f64, lead: u32) -> f64 {
        Chance::of(Moment { average, points, elapsed, left: 1.0 - elapsed, lead }, line).over
    }

    #[test]
    fn the_published_examples_come_out() {
        for (average, points, elapsed, line, lead, expected) in [
            (20.0, 12, 0.5, 22.5, 5, 0.428_342),
            (20.0, 18, 0.75, 22.5, 3, 0.575_697),
            (20.0, 18, 0.75, 22.5, 25, 0.220_112),
            (10.0, 2, 0.25, 9.5, 8, 0.464_658),
            (27.3, 24, 0.9, 27.5, 2, 0.401_202),
            (8.0, 7, 0.6, 7.5, 0, 0.830_672),
            (15.0, 0, 0.1, 14.5, 0, 0.402_631),
        ] {
            let said = over(average, points, elapsed, line, lead);
            assert!((said - expected).abs() < 5e-7, "{average} {points} {elapsed} {line}: {said}");
        }
    }

    #[test]
    fn on_a_whole_number_the_three_outcomes_add_up_and_the_push_lies_between_the_halves() {
        let moment = Moment { average: 20.0, points: 18, elapsed: 0.75, left: 0.25, lead: 3 };
        let [low, whole, high] = [21.5, 22.0, 22.5].map(|line| Chance::of(moment, line));
        assert!(whole.push > 0.0 && low.push == 0.0);
        assert!((whole.over - high.over).abs() < 1e-12);
        assert!((low.over - (whole.over + whole.push)).abs() < 1e-12);
        assert!((whole.over + whole.push + whole.under() - 1.0).abs() < 1e-12);
    }

    #[test]
    fn overtime_goes_on_from_the_whole_of_regulation() {
        let moment = Moment { average: 20.0, points: 22, elapsed: 1.0, left: 300.0 / REGULATION, lead: 0 };
        let chance = Chance::of(moment, 22.5);
        assert!(chance.over > 0.5 && chance.over < 0.9, "{chance:?}");
        let over = Moment { left: 0.0, ..moment };
        assert!(Chance::of(over, 22.5).over < 1e-6);
    }

    proptest::proptest! {
        #[test]
        fn a_chance_is_a_probability_and_falls_with_the_line(
            average in 0.0..40.0_f64, points in 0_u32..70, elapsed in 0.0..=1.0_f64, lead in 0_u32..60,
            line in 0.0..80.0_f64,
        ) {
            let moment = Moment { average, points, elapsed, left: 1.0 - elapsed, lead };
            let (chance, higher) = (Chance::of(moment, line), Chance::of(moment, line + 1.0));
            for part in [chance.over, chance.push, chance.under()] {
                proptest::prop_assert!((0.0..=1.0).contains(&part));
            }
            proptest::prop_assert!(higher.over <= chance.over + 1e-12);
        }
    }
}
