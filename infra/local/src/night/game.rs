//! One game of a night at any moment.

use chrono::{DateTime, SecondsFormat, TimeDelta, Utc};
use chrono_tz::America::New_York;
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use serde_json::{Map, Value};
use shared::nba::SlateDay;

use super::{
    line::{Happening, happenings, line_at},
    pace::{self, Moment},
};

const SIDES: [&str; 2] = ["home", "visitor"];

/// A recorded game and the happenings that it is reconstructed from.
#[derive(Clone, Debug)]
pub(super) struct NightGame {
    recorded: Value,
    day: SlateDay,
    tip_off: DateTime<Utc>,
    periods: u32,
    /// Of each side.
    happenings: [Vec<Happening>; 2],
}

impl NightGame {
    /// Game number `index` of its night; its id is the seed of everything invented.
    pub(super) fn new(mut recorded: Value, index: usize) -> Result<Self, String> {
        let text = |field: &str| recorded[field].as_str().ok_or_else(|| format!("{field}: missing"));
        let day: SlateDay = text("date")?.parse().map_err(|error| format!("date: {error}"))?;
        let tip_off = match recorded["datetime"].as_str() {
            Some(instant) => {
                instant.parse().map_err(|_| format!("datetime: {instant:?} is not an instant"))?
            }
            None => staggered(day, index)?,
        };
        let periods =
            recorded["period"].as_u64().and_then(|it| u32::try_from(it).ok()).unwrap_or(4).clamp(4, 10);
        // Old recordings lack both fields.
        if recorded["id"].is_null() {
            recorded["id"] = (index + 1).into();
        }
        if recorded["datetime"].is_null() {
            recorded["datetime"] = tip_off.to_rfc3339_opts(SecondsFormat::Millis, true).into();
        }
        let id = recorded["id"].as_u64().ok_or("id: not a number")?;
        let mut random = ChaCha8Rng::seed_from_u64(id);
        let mut of_side = |side: &str| {
            let lines = players(&recorded, side).ok_or_else(|| format!("{side}_team.players: missing"))?;
            let scores: Vec<u32> =
                (1..=periods).map(|period| score(&recorded[score_field(side, period)])).collect();
            happenings(lines, periods, &scores, &mut random).map_err(|error| format!("{side}_team: {error}"))
        };
        let happenings = [of_side("home")?, of_side("visitor")?];
        Ok(Self { day, tip_off, periods, happenings, recorded })
    }

    pub(super) fn day(&self) -> SlateDay {
        self.day
    }

    pub(super) fn tip_off(&self) -> DateTime<Utc> {
        self.tip_off
    }

    pub(super) fn over(&self) -> DateTime<Utc> {
        self.tip_off + pace::duration(self.periods)
    }

    pub(super) fn recorded(&self) -> &Value {
        &self.recorded
    }

    /// The upstream game object at `now`.
    pub(super) fn at(&self, now: DateTime<Utc>) -> Value {
        let moment = pace::at(now - self.tip_off, self.periods);
        if moment == Moment::Over {
            return self.recorded.clone();
        }
        let mut game = self.recorded.clone();
        let (status, period, time) = self.progress(moment);
        game["status"] = status.into();
        game["period"] = period.into();
        game["time"] = time.into();
        for (side, happenings) in SIDES.into_iter().zip(&self.happenings) {
            self.side_at(&mut game, side, happenings, moment, period);
        }
        game
    }

    /// Upstream's status, period and clock: `3rd Qtr`, 3, `Q3 8:24`; a time stamp as status before tip-off.
    fn progress(&self, moment: Moment) -> (String, u32, String) {
        match moment {
            Moment::Before => (self.tip_off.format("%Y-%m-%dT%H:%M:%SZ").to_string(), 0, String::new()),
            Moment::Halftime => ("Halftime".into(), 2, "Halftime".into()),
            Moment::In { period, seconds_left } => {
                let (status, quarter) = match period {
                    1 => ("1st Qtr".into(), "Q1".into()),
                    2 => ("2nd Qtr".into(), "Q2".into()),
                    3 => ("3rd Qtr".into(), "Q3".into()),
                    4 => ("4th Qtr".into(), "Q4".into()),
                    overtime => (format!("OT{}", overtime - 4), format!("OT{}", overtime - 4)),
                };
                (status, period, format!("{quarter} {}:{:02}", seconds_left / 60, seconds_left % 60))
            }
            Moment::Over => ("Final".into(), self.periods, "Final".into()),
        }
    }

    fn side_at(&self, game: &mut Value, side: &str, happenings: &[Happening], moment: Moment, period: u32) {
        let played = moment.played();
        let whole = pace::played_before(self.periods + 1);
        let share = f64::from(played) / f64::from(whole);
        let lines: Vec<Value> = players(&self.recorded, side)
            .into_iter()
            .flatten()
            .enumerate()
            .map(|(player, line)| {
                let of_player = happenings.iter().filter(|it| it.player == player && it.second <= played);
                let empty = Map::new();
                line_at(line.as_object().unwrap_or(&empty), of_player.map(|it| it.what), share)
            })
            .collect();
        game[format!("{side}_team_score")] = lines.iter().map(|line| score(&line["pts"])).sum::<u32>().into();
        for quarter in 1..=self.periods {
            if let Some(score) = game.get_mut(score_field(side, quarter)) {
                let seconds = pace::played_before(quarter) + 1..=pace::played_before(quarter + 1).min(played);
                let scored =
                    happenings.iter().filter(|it| seconds.contains(&it.second)).map(|it| it.what.points());
                *score = if quarter <= period { scored.sum::<u32>().into() } else { Value::Null };
            }
        }
        game[format!("{side}_team")]["players"] = lines.into();
    }
}

fn players<'a>(game: &'a Value, side: &str) -> Option<&'a Vec<Value>> {
    game[format!("{side}_team")]["players"].as_array()
}

/// `home_q3`, `visitor_ot1`.
fn score_field(side: &str, period: u32) -> String {
    if period <= 4 { format!("{side}_q{period}") } else { format!("{side}_ot{}", period - 4) }
}

fn score(value: &Value) -> u32 {
    value.as_u64().and_then(|score| score.try_into().ok()).unwrap_or(0)
}

/// The tip-off of a game whose recording lacks it: the first at seven in the evening, Eastern, each
/// following one half an hour later, four at most.
fn staggered(day: SlateDay, index: usize) -> Result<DateTime<Utc>, String> {
    let evening = day
        .date()
        .and_hms_opt(19, 0, 0)
        .and_then(|evening| evening.and_local_timezone(New_York).single())
        .ok_or("date: 7 PM in New York is not one instant")?;
    let later = TimeDelta::minutes(30) * i32::try_from(index % 8).unwrap_or(0);
    Ok(evening.to_utc() + later)
}
