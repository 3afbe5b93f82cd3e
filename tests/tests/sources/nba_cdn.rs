//! The NBA's feed as it was captured: every file is read, or refused with a reason.

use std::{collections::BTreeMap, fs, io::Read};

use flate2::read::GzDecoder;
use shared::{
    nba::GameStatus,
    sources::{
        Game,
        nba_cdn::{read_box_score, read_games, read_scoreboard},
    },
};
use tests::recorded_data;

/// The captured files, by name.
fn captures() -> Option<BTreeMap<String, Vec<u8>>> {
    let folder = recorded_data()?.join("cdn_nba");
    let files = fs::read_dir(folder).expect("captures").map(|entry| {
        let path = entry.expect("an entry").path();
        let mut body = fs::read(&path).expect("a capture");
        if path.extension().is_some_and(|extension| extension == "gz") {
            let mut content = Vec::new();
            GzDecoder::new(&*body).read_to_end(&mut content).expect("gzip");
            body = content;
        }
        (path.file_name().expect("a name").to_str().expect("a name").to_owned(), body)
    });
    Some(files.collect())
}

/// The games of a scoreboard; all of them can be read.
fn scoreboard(body: &[u8]) -> Vec<Game> {
    let games = read_scoreboard(body).expect("a scoreboard");
    let (read, rejected) = read_games(games.iter().map(AsRef::as_ref));
    assert!(rejected.is_empty(), "{rejected:?}");
    assert_eq!(read.len(), games.len());
    read
}

/// A game's teams, state, clock and score: `DEN at DAL in_progress Q3 5:47 79-59`.
fn line(game: &Game) -> String {
    let status = serde_json::to_value(game.state.status).expect("a status");
    let status = status.as_str().expect("a word").to_owned();
    let state = &game.state;
    let Game { home, visitor, .. } = game;
    let line = format!(
        "{} at {} {status} {} {}-{}",
        visitor.team, home.team, state.time_remaining, visitor.score, home.score
    );
    line.replace("  ", " ")
}

#[test]
fn every_capture_is_read_or_refused_with_the_reason() {
    let Some(captures) = captures() else { return };
    assert_eq!(captures.len(), 25);
    let mut kinds: BTreeMap<&str, usize> = BTreeMap::new();
    for (name, body) in &captures {
        let kind = match (read_scoreboard(body), read_box_score(body)) {
            (Ok(_), Err(_)) => {
                assert!(!scoreboard(body).is_empty(), "{name}");
                "scoreboard"
            }
            (Err(_), Ok(game)) => {
                let (games, rejected) = read_games([&*game]);
                match games.as_slice() {
                    [_] if name.starts_with("boxscore") => "box score",
                    _ => {
                        // The play-by-play has a game without a state or teams.
                        assert!(
                            rejected[0].reason.starts_with("gameCode and gameTimeUTC: missing"),
                            "{rejected:?}"
                        );
                        "refused"
                    }
                }
            }
            (Err(_), Err(reason)) => {
                // A list of players is no box score.
                assert!(name.contains("home_players") && !reason.is_empty(), "{name}: {reason}");
                "refused"
            }
            (Ok(_), Ok(_)) => panic!("{name} is both"),
        };
        *kinds.entry(kind).or_default() += 1;
    }
    assert_eq!(kinds, BTreeMap::from([("scoreboard", 18), ("box score", 5), ("refused", 2)]));
}

#[test]
fn every_spelling_of_the_captured_scoreboards_is_read() {
    let Some(captures) = captures() else { return };
    let lines = |name: &str| -> Vec<String> { scoreboard(&captures[name]).iter().map(line).collect() };
    for (name, expected) in [
        ("scoreboard_20260108_PPD.json", "MIA at CHI postponed Postponed 0-0"),
        ("scoreboard_20260114_2309_end_of_Q1.json", "DEN at DAL in_progress Q3 5:47 79-59"),
    ] {
        let lines = lines(name);
        assert!(lines.iter().any(|line| line == expected), "{name}: {lines:#?}");
    }
    let states = |name: &str| -> Vec<(GameStatus, String)> {
        let read = scoreboard(&captures[name]);
        read.into_iter().map(|game| (game.state.status, game.state.time_remaining)).collect()
    };
    let has = |name: &str, status: GameStatus, shown: &str| {
        let states = states(name);
        assert!(states.contains(&(status, shown.to_owned())), "{name}: {shown}: {states:?}");
    };
    has("scoreboard_20230420_Q2_0715.json", GameStatus::InProgress, "Q2 7:15");
    has("scoreboard_20250124_2039_qtr_spelling.json", GameStatus::InProgress, "Q3 3:37");
    has("scoreboard_20250124_2039_qtr_spelling.json", GameStatus::InProgress, "Q2 10:37");
    has("scoreboard_20260114_2309_end_of_Q1.json", GameStatus::InProgress, "Q1 0:00");
    has("scoreboard_20260117_2054_half.json", GameStatus::InProgress, "Halftime");
    has("scoreboard_20260110_padded_final.json", GameStatus::Final, "Final");
    has("scoreboard_20260123_2309_OT2_half.json", GameStatus::Final, "Final/OT2");
    has("scoreboard_20260105_morning_after_OT.json", GameStatus::Final, "Final/OT");
    has("scoreboard_20210116_PPD.json", GameStatus::Postponed, "Postponed");
    for (name, body) in &captures {
        if !name.starts_with("scoreboard") {
            continue;
        }
        for game in scoreboard(body) {
            let day = name["scoreboard_".len()..].get(..8).expect("a day");
            let day = format!("{}-{}-{}", &day[..4], &day[4..6], &day[6..]);
            let of_file: shared::nba::SlateDay = day.parse().expect("a day");
            let is_near = game.day == of_file || game.day == of_file.days_before(1);
            assert!(is_near, "{name}: {} of {}", game.id, game.day);
            assert_eq!(game.nba_id.as_ref().map(|id| id.as_str()), Some(game.id.as_str()));
        }
    }
}

#[test]
fn a_captured_box_score_has_everyone_who_plays_and_why_the_others_do_not() {
    let Some(captures) = captures() else { return };
    let game = |name: &str| -> Game {
        let raw = read_box_score(&captures[name]).expect("a box score");
        let (mut games, rejected) = read_games([&*raw]);
        assert!(rejected.is_empty(), "{rejected:?}");
        games.pop().expect("a game")
    };
    let second_quarter = game("boxscore_0022500575_Q2_0512.json");
    assert_eq!(line(&second_quarter), "DEN at DAL in_progress Q2 5:12 48-33");
    let dallas = &second_quarter.home;
    let flagg =
        dallas.players.iter().find(|player| player.lookup.as_str() == "cooperflagg").expect("a player");
    assert_eq!((flagg.nba_id, flagg.bdl_id), (Some(1_642_843), None));
    assert_eq!((flagg.minutes.as_deref(), flagg.counters.points), (Some("12:14"), 6));
    let counters = flagg.counters;
    assert_eq!(
        (counters.field_goals_made, counters.field_goals_attempted, counters.personal_fouls),
        (3, 8, 2)
    );
    for side in second_quarter.sides() {
        let points: u32 = side.players.iter().map(|player| player.counters.points).sum();
        assert_eq!(points, side.score, "{}", side.team);
    }
    let reasons: Vec<&str> = dallas.inactive.iter().map(|player| player.reason.as_str()).collect();
    assert!(reasons.contains(&"Injury: Right Foot; Surgery"), "{reasons:?}");
    assert!(
        dallas.inactive.iter().all(|out| dallas.players.iter().any(|row| row.nba_id == Some(out.nba_id)))
    );

    // The clock of a box score before tip-off counts down to it.
    let pregame = game("boxscore_0022300682_pregame.json");
    assert_eq!((pregame.state.status, pregame.state.period), (GameStatus::Scheduled, 0));
    assert!(pregame.sides().iter().all(|side| side.players.is_empty()));
    assert!(pregame.sides().iter().any(|side| !side.inactive.is_empty()));

    for name in
        ["boxscore_0022400695_final.json", "boxscore_0022500776_final.json", "boxscore_0042200123_final.json"]
    {
        let over = game(name);
        assert_eq!(over.state.status, GameStatus::Final, "{name}");
        assert_eq!(over.unreadable, 0, "{name}");
        for side in over.sides() {
            let points: u32 = side.players.iter().map(|player| player.counters.points).sum();
            assert_eq!(points, side.score, "{name}: {}", side.team);
            let played = side.players.iter().filter(|player| player.minutes.as_deref() != Some("0:00"));
            assert!(played.count() >= 8, "{name}: {}", side.team);
        }
    }
}
