//! A player's stat line: the moments of the game at which it grows.

use rand::{
    Rng, RngExt,
    seq::{IndexedRandom, SliceRandom},
};
use serde_json::{Map, Number, Value};

use super::pace;

/// The counters that happenings increase.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum What {
    MadeThree,
    MadeTwo,
    MadeFreeThrow,
    MissedThree,
    MissedTwo,
    MissedFreeThrow,
    Counted(&'static str),
}

/// Independent counters; the shots and their points derive from the others of [`What`].
const PLAIN: [&str; 7] = ["oreb", "dreb", "ast", "stl", "blk", "turnover", "pf"];

/// An action of a player at a second of the game.
#[derive(Clone, Copy, Debug)]
pub(super) struct Happening {
    /// The player's index in the team's box score.
    pub player: usize,
    pub what: What,
    pub second: u32,
}

impl What {
    pub(super) fn points(self) -> u32 {
        match self {
            Self::MadeThree => 3,
            Self::MadeTwo => 2,
            Self::MadeFreeThrow => 1,
            _ => 0,
        }
    }
}

/// The happenings of a team's recorded stat lines, spread over the game so that each period has the points
/// of `period_scores` where that is possible.
pub(super) fn happenings(
    lines: &[Value],
    periods: u32,
    period_scores: &[u32],
    random: &mut impl Rng,
) -> Result<Vec<Happening>, String> {
    let mut scoring = Vec::new();
    let mut others = Vec::new();
    for (player, line) in lines.iter().enumerate() {
        for (what, times) in parts(line).map_err(|error| format!("player {}: {error}", player + 1))? {
            let list = if what.points() > 0 { &mut scoring } else { &mut others };
            list.extend((0..times).map(|_| Happening { player, what, second: 0 }));
        }
    }
    scoring.shuffle(random);
    let in_period = in_periods(&scoring, period_scores, random);
    for (index, happening) in scoring.iter_mut().enumerate() {
        let period = in_period.as_ref().map_or_else(|| random.random_range(1..=periods), |it| it[index]);
        happening.second = second_of(period, random);
    }
    for happening in &mut others {
        happening.second = second_of(random.random_range(1..=periods), random);
    }
    scoring.append(&mut others);
    Ok(scoring)
}

fn second_of(period: u32, random: &mut impl Rng) -> u32 {
    pace::played_before(period) + random.random_range(1..=pace::length(period))
}

/// Assigns the scoring to periods so that each reaches its score: threes first, free throws, which fit
/// anywhere, last. `None` if the scores do not add up or the assignment fails.
fn in_periods(scoring: &[Happening], scores: &[u32], random: &mut impl Rng) -> Option<Vec<u32>> {
    let points: u32 = scoring.iter().map(|happening| happening.what.points()).sum();
    if scores.iter().sum::<u32>() != points {
        return None;
    }
    let mut order: Vec<usize> = (0..scoring.len()).collect();
    order.sort_by_key(|index| std::cmp::Reverse(scoring[*index].what.points()));
    let mut left = scores.to_vec();
    let mut periods = vec![0; scoring.len()];
    for index in order {
        let points = scoring[index].what.points();
        let fits: Vec<usize> = (0..left.len()).filter(|period| left[*period] >= points).collect();
        // A period is chosen in proportion to its remaining points, so that every period can be filled to
        // the end.
        let period = *fits.choose_weighted(random, |period| left[*period]).ok()?;
        left[period] -= points;
        periods[index] = u32::try_from(period).ok()? + 1;
    }
    Some(periods)
}

/// The happenings of a recorded stat line, with the number of each.
fn parts(line: &Value) -> Result<Vec<(What, u32)>, String> {
    let count = |field: &str| count(line, field);
    let (made, made_three) = (count("fgm")?, count("fg3m")?);
    let (tried, tried_three) = (count("fga")?, count("fg3a")?);
    let (free, tried_free) = (count("ftm")?, count("fta")?);
    let less = |a: u32, b: u32, what: &str| a.checked_sub(b).ok_or_else(|| format!("{what} do not add up"));
    let made_two = less(made, made_three, "fgm and fg3m")?;
    let missed_three = less(tried_three, made_three, "fg3a and fg3m")?;
    let mut parts = vec![
        (What::MadeThree, made_three),
        (What::MadeTwo, made_two),
        (What::MadeFreeThrow, free),
        (What::MissedThree, missed_three),
        (What::MissedTwo, less(less(tried, made, "fga and fgm")?, missed_three, "fga and fg3a")?),
        (What::MissedFreeThrow, less(tried_free, free, "fta and ftm")?),
    ];
    let points: u32 = parts.iter().map(|(what, times)| what.points() * times).sum();
    if points != count("pts")? || count("reb")? != count("oreb")? + count("dreb")? {
        return Err("pts or reb does not match the line's other counters".into());
    }
    for field in PLAIN {
        parts.push((What::Counted(field), count(field)?));
    }
    Ok(parts)
}

fn count(line: &Value, field: &str) -> Result<u32, String> {
    match &line[field] {
        Value::Null => Ok(0),
        value => value
            .as_u64()
            .and_then(|count| count.try_into().ok())
            .ok_or_else(|| format!("{field} is {value}, expected a whole number, 0 or more")),
    }
}

/// A recorded stat line after the happenings `happened`, with `share` of the game played.
pub(super) fn line_at(
    recorded: &Map<String, Value>,
    happened: impl Iterator<Item = What>,
    share: f64,
) -> Value {
    let mut line = recorded.clone();
    for (field, value) in &mut line {
        if value.is_number() {
            *value = scaled(field, value, share);
        }
    }
    let mut add = |field: &str, more: u32| {
        let so_far = line.get(field).and_then(Value::as_u64).unwrap_or(0);
        line.insert(field.into(), (so_far + u64::from(more)).into());
    };
    for what in happened {
        add("pts", what.points());
        match what {
            What::MadeThree | What::MissedThree => ["fga", "fg3a"].iter().for_each(|field| add(field, 1)),
            What::MadeTwo | What::MissedTwo => add("fga", 1),
            What::MadeFreeThrow | What::MissedFreeThrow => add("fta", 1),
            What::Counted(field) => add(field, 1),
        }
        match what {
            What::MadeThree => ["fgm", "fg3m"].iter().for_each(|field| add(field, 1)),
            What::MadeTwo => add("fgm", 1),
            What::MadeFreeThrow => add("ftm", 1),
            What::Counted("oreb" | "dreb") => add("reb", 1),
            _ => {}
        }
    }
    for (share, made, tried) in
        [("fg_pct", "fgm", "fga"), ("fg3_pct", "fg3m", "fg3a"), ("ft_pct", "ftm", "fta")]
    {
        let percentage = percentage(&line, made, tried);
        if let Some(known) = line.get_mut(share) {
            *known = percentage;
        }
    }
    let minutes = recorded.get("min").and_then(Value::as_str).and_then(shared::nba::minutes_decimal);
    if let Some(minutes) = minutes {
        line.insert("min".into(), format!("{:02}", (minutes * share).floor()).into());
    }
    Value::Object(line)
}

/// The initial value of a field of the stat line: 0 for counters, the score difference in proportion to its
/// share.
fn scaled(field: &str, value: &Value, share: f64) -> Value {
    let difference = value.as_f64().filter(|_| field == "plus_minus");
    #[allow(clippy::cast_possible_truncation, reason = "a score difference is small")]
    difference.map_or(Value::from(0), |difference| Value::from((difference * share) as i64))
}

fn percentage(line: &Map<String, Value>, made: &str, tried: &str) -> Value {
    let count = |field| line.get(field).and_then(Value::as_f64).unwrap_or(0.0);
    let share = (count(made) / count(tried) * 1000.0).round() / 1000.0;
    Number::from_f64(share).map_or(Value::from(0), Value::Number)
}
