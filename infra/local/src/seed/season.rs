//! The games of the season so far.

use std::collections::HashMap;

use chrono::{Days, NaiveDate};
use rand::{Rng, RngExt, seq::IndexedRandom};
use serde_json::{Value, json};

use super::{Correction, Eve, id_of_teams, people::Player, with};

/// Every game of every player of the night since the season began; some twice, in an older version.
pub(super) fn summaries(eve: &Eve, random: &mut impl Rng) -> Vec<Value> {
    let mut rows = Vec::new();
    let mut calendars: HashMap<&str, Vec<(NaiveDate, String)>> = HashMap::new();
    let teams: Vec<String> =
        eve.games.iter().flat_map(|game| [game.home.clone(), game.away.clone()]).collect();
    for team in &teams {
        calendars.insert(team, calendar(eve, team, &teams, random));
    }
    for player in &eve.players {
        for (day, opponent) in calendars.get(player.team.as_str()).into_iter().flatten() {
            let row = summary(eve, player, *day, opponent, random);
            if random.random_bool(0.03) {
                let older = json!({"points": 0, "processed_at": format!("{day}T23:00:00Z")});
                rows.push(with(&row, older));
            }
            rows.push(row);
        }
    }
    rows
}

/// The official box scores of the night itself, as recorded but for one free throw that is taken from the
/// highest scorer.
pub(super) fn official(eve: &Eve) -> (Vec<Value>, Option<Correction>) {
    let scorers = eve.players.iter().filter(|player| player.count("ftm") > 0);
    let corrected = scorers.max_by_key(|player| player.count("pts"));
    let row = |player: &Player| {
        let is_corrected = corrected.is_some_and(|corrected| std::ptr::eq(corrected, player));
        json!({
            "player_lookup": player.lookup,
            "universal_player_id": player.universal_id,
            "game_id": eve.game_of(player).id_of_teams(eve.day),
            "game_date": eve.day,
            "team_abbr": player.team,
            "opponent_team_abbr": player.opponent,
            "season_year": eve.season.start_year(),
            "points": player.count("pts") - i64::from(is_corrected),
            "offensive_rebounds": player.count("oreb"),
            "defensive_rebounds": player.count("dreb"),
            "assists": player.count("ast"),
            "steals": player.count("stl"),
            "blocks": player.count("blk"),
            "fg_makes": player.count("fgm"),
            "fg_attempts": player.count("fga"),
            "three_pt_makes": player.count("fg3m"),
            "three_pt_attempts": player.count("fg3a"),
            "ft_attempts": player.count("fta"),
            "plus_minus": player.entry["plus_minus"].as_i64(),
            "minutes_played": player.played,
            "is_dnp": !player.plays,
            "starter_flag": player.minutes > 24.0,
            "win_flag": false,
            "is_active": true,
            "processed_at": format!("{}T09:00:00Z", eve.day.date() + Days::new(1)),
        })
    };
    let correction = corrected.map(|player| Correction {
        player_lookup: player.lookup.clone(),
        from: player.count("pts"),
        to: player.count("pts") - 1,
    });
    (eve.players.iter().map(row).collect(), correction)
}

/// A team's game days and opponents.
fn calendar(eve: &Eve, team: &str, teams: &[String], random: &mut impl Rng) -> Vec<(NaiveDate, String)> {
    let others: Vec<&String> = teams.iter().filter(|other| *other != team).collect();
    let mut days = Vec::new();
    // Opening night is in the third week of October.
    let mut day = eve.day.season_start().date() + Days::new(20);
    while day < eve.day.date() {
        days.push((day, others.choose(random).map(ToString::to_string).unwrap_or_default()));
        day = day + Days::new(*[1, 2, 2, 2, 3, 3].choose(random).unwrap_or(&2));
    }
    days
}

fn summary(eve: &Eve, player: &Player, day: NaiveDate, opponent: &str, random: &mut impl Rng) -> Value {
    let sits_out = random.random_bool(if player.plays { 0.08 } else { 0.5 });
    #[allow(clippy::cast_possible_truncation, reason = "a game's points")]
    let points = (player.level * random.random_range(0.4..1.6)).round() as i64;
    let minutes = (player.minutes * random.random_range(0.8..1.2) * 10.0).round() / 10.0;
    let line = (player.level - 0.5).floor() + 0.5;
    let had_line = player.level >= 8.0 && random.random_bool(0.75);
    let result = if points as f64 > line { "OVER" } else { "UNDER" };
    let row = json!({
        "player_lookup": player.lookup,
        "universal_player_id": player.universal_id,
        "game_id": id_of_teams(day, opponent, &player.team),
        "game_date": day,
        "team_abbr": player.team,
        "opponent_team_abbr": opponent,
        "season_year": eve.season.start_year(),
        "points": points,
        "minutes_played": minutes,
        "offensive_rebounds": points / 12,
        "defensive_rebounds": points / 5,
        "assists": points / 6,
        "steals": points / 15,
        "blocks": points / 20,
        "fg_makes": points * 2 / 5,
        "fg_attempts": points * 4 / 5 + 1,
        "three_pt_makes": points / 10,
        "three_pt_attempts": points / 4,
        "ft_attempts": points / 4,
        "plus_minus": points - 12,
        "over_under_result": had_line.then_some(result),
        "points_line": had_line.then_some(line),
        "starter_flag": player.minutes > 24.0,
        "win_flag": random.random_bool(0.5),
        "is_active": true,
        "processed_at": format!("{}T10:00:00Z", day + Days::new(1)),
    });
    if !sits_out {
        return row;
    }
    // Half of the games not played are recognisable only by their zeros.
    let is_dnp = random.random_bool(0.5).then_some(true);
    let zero = random.random_bool(0.5).then_some(0);
    let counts = [
        "offensive_rebounds",
        "defensive_rebounds",
        "assists",
        "steals",
        "blocks",
        "fg_makes",
        "fg_attempts",
        "three_pt_makes",
        "three_pt_attempts",
        "ft_attempts",
        "plus_minus",
    ];
    let zeros: Value = counts.into_iter().map(|field| (field.to_owned(), json!(zero))).collect();
    let row = with(&row, zeros);
    with(&row, json!({"points": zero, "minutes_played": zero, "is_dnp": is_dnp, "over_under_result": null}))
}
