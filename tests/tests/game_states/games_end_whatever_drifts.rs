//! Upstream drifts: whatever is dropped, duplicated or jumps, every game ends as recorded, with every
//! player who was ever listed in it.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::LazyLock,
};

use proptest::{collection::vec, option, prelude::*};
use serde_json::{Value, json};
use tests::drift::{LIVE, box_of, instant_of, line};
use tests::{Cloud, HandClock, Reply, Stub, game, warehouse::DAY};
use tokio::runtime::{Builder, Runtime};

/// The number of simultaneous games.
const TEAMS: [&str; 30] = [
    "ATL", "BOS", "BKN", "CHA", "CHI", "CLE", "DAL", "DEN", "DET", "GSW", "HOU", "IND", "LAC", "LAL", "MEM",
    "MIA", "MIL", "MIN", "NOP", "NYK", "OKC", "ORL", "PHI", "PHX", "POR", "SAC", "SAS", "TOR", "UTA", "WAS",
];
/// The moments of a game; the last two are at its end.
const MOMENTS: [(&str, i64, &str); 8] = [
    ("1st Qtr", 1, "Q1 5:00"),
    ("2nd Qtr", 2, "Q2 5:00"),
    ("Halftime", 2, "Halftime"),
    ("3rd Qtr", 3, "Q3 5:00"),
    ("4th Qtr", 4, "Q4 8:00"),
    ("4th Qtr", 4, "Q4 1:00"),
    ("Final", 4, "Final"),
    ("Final", 4, "Final"),
];

/// A fault of a game in one answer.
#[derive(Clone, Copy, Debug)]
enum Drift {
    /// One player is not listed, of the home team's two and the visitors' two.
    Dropped(usize),
    /// A player's row cannot be read.
    Unreadable(usize),
    /// A player is listed again under another id.
    Doubled(usize),
    /// The period is wrong, beside a clock that still names its quarter.
    Period(i64),
    /// The period is wrong, and nothing beside the clock tells which period is right.
    Jumped(i64),
    NoPeriod,
    NoStatus,
    NoClock,
    NoPlayers,
    CalledOver,
}

impl Drift {
    /// Whether the fault leaves the progress of the game unaffected.
    fn is_about_a_player(self) -> bool {
        matches!(self, Self::Dropped(_) | Self::Unreadable(_) | Self::Doubled(_))
    }
}

fn any_drift() -> impl Strategy<Value = Drift> {
    prop_oneof![
        3 => (0..4_usize).prop_map(Drift::Dropped),
        3 => (0..4_usize).prop_map(Drift::Unreadable),
        3 => (0..4_usize).prop_map(Drift::Doubled),
        1 => (0..10_i64).prop_map(Drift::Period),
        3 => (5..10_i64).prop_map(Drift::Jumped),
        1 => Just(Drift::NoPeriod),
        1 => Just(Drift::NoStatus),
        1 => Just(Drift::NoClock),
        1 => Just(Drift::NoPlayers),
        1 => Just(Drift::CalledOver),
    ]
}

/// The points of each player of a game at a moment.
fn points(player: usize, moment: usize) -> i64 {
    // The two moments at the end have the same points.
    i64::try_from(10 * player + 3 * moment.min(6)).expect("a small number")
}

fn name_of(nth: usize, player: usize) -> (&'static str, &'static str, String) {
    let (side, team) =
        if player < 2 { ("home_team", TEAMS[2 * nth]) } else { ("visitor_team", TEAMS[2 * nth + 1]) };
    (side, team, format!("{}{team}", ["Star", "Bench"][player % 2]))
}

/// Game number `nth` at a moment, as upstream sends it without faults.
fn recorded(nth: usize, moment: usize) -> Value {
    let id = i64::try_from(nth + 1).expect("a small number");
    let (status, period, time) = MOMENTS[moment];
    let mut game = game(id, DAY, status, period, time);
    for (side, score, players) in
        [("home_team", "home_team_score", [0, 1]), ("visitor_team", "visitor_team_score", [2, 3])]
    {
        let rows = players.map(|player| {
            let (_, team, last) = name_of(nth, player);
            let player_id = i64::try_from(1_000 + 10 * nth + player).expect("a small number");
            line(player_id, team, &last, points(player, moment), "20")
        });
        let (_, team, _) = name_of(nth, players[0]);
        game[score] = json!(players.iter().map(|player| points(*player, moment)).sum::<i64>());
        game[side] = json!({"id": null, "abbreviation": team, "players": rows});
    }
    game
}

/// The game with the fault, and the players who can be read in it.
fn drifted(nth: usize, moment: usize, drift: Option<Drift>) -> (Value, BTreeSet<usize>) {
    let mut game = recorded(nth, moment);
    let mut seen: BTreeSet<usize> = (0..4).collect();
    let Some(drift) = drift.filter(|drift| moment < 6 || drift.is_about_a_player()) else {
        return (game, seen);
    };
    match drift {
        Drift::Dropped(player) => {
            box_of(&mut game, name_of(nth, player).0).remove(player % 2);
            seen.remove(&player);
        }
        Drift::Unreadable(player) => {
            box_of(&mut game, name_of(nth, player).0)[player % 2]["player"] = Value::Null;
            seen.remove(&player);
        }
        Drift::Doubled(player) => {
            let rows = box_of(&mut game, name_of(nth, player).0);
            let mut again = rows[player % 2].clone();
            again["player"]["id"] = json!(900_000 + nth * 10 + player);
            rows.push(again);
        }
        Drift::Period(period) => game["period"] = json!(period),
        Drift::Jumped(period) => {
            let clock = MOMENTS[moment].2.rsplit(' ').next().unwrap_or_default();
            game["status"] = json!("In Progress");
            game["time"] = json!(if clock.contains(':') { clock } else { "2:00" });
            game["period"] = json!(period);
        }
        Drift::NoPeriod => game["period"] = Value::Null,
        Drift::NoStatus => game["status"] = json!(""),
        Drift::NoClock => game["time"] = Value::Null,
        Drift::NoPlayers => {
            game["home_team"]["players"] = json!([]);
            game["visitor_team"]["players"] = Value::Null;
            seen.clear();
        }
        Drift::CalledOver => (game["status"], game["time"]) = (json!("Final"), json!("Final")),
    }
    (game, seen)
}

/// Checks game number `nth` in the last document: it has ended as recorded, and every player who was ever
/// listed is in it once, with points that upstream has sent, the newest ones if the last answer lists the
/// player.
fn check(nth: usize, game: &Value, seen: &[BTreeSet<usize>]) {
    let last = recorded(nth, MOMENTS.len() - 1);
    assert_eq!(game["status"], "final", "{game}");
    assert_eq!(game["period"], 4, "{game}");
    for (shown, sent) in [("home_score", "home_team_score"), ("away_score", "visitor_team_score")] {
        assert_eq!(game[shown], last[sent], "{game}");
    }
    let mut listed: BTreeMap<&str, Vec<i64>> = BTreeMap::new();
    for player in game["players"].as_array().expect("players") {
        let name = player["name"].as_str().expect("a name");
        listed.entry(name).or_default().push(player["points"].as_i64().expect("points"));
    }
    for player in 0..4 {
        let (_, team, last_name) = name_of(nth, player);
        let had: Vec<i64> = (0..MOMENTS.len())
            .filter(|moment| seen[*moment].contains(&player))
            .map(|moment| points(player, moment))
            .collect();
        let name = format!("{team} {last_name}");
        let shown = listed.get(name.as_str()).cloned().unwrap_or_default();
        match had.as_slice() {
            [] => assert!(shown.is_empty(), "{name} was never seen: {game}"),
            had => {
                assert_eq!(shown.len(), 1, "{name} is in {game}");
                assert!(had.contains(&shown[0]), "{name} had {had:?}: {game}");
            }
        }
        if seen[MOMENTS.len() - 1].contains(&player) {
            assert_eq!(shown, [points(player, MOMENTS.len() - 1)], "{name}: {game}");
        }
    }
}

static RUNTIME: LazyLock<Runtime> =
    LazyLock::new(|| Builder::new_multi_thread().enable_all().build().expect("a runtime"));

/// Each case is fifteen games of eight polls; a poll takes a second, because an object is written at most
/// once a second.
fn cases(count: u32) -> ProptestConfig {
    let wanted = std::env::var("PROPTEST_CASES").ok().and_then(|count| count.parse().ok());
    let cases = wanted.map_or(count, |wanted: u32| (wanted / 100_000).max(count));
    ProptestConfig { failure_persistence: None, max_shrink_iters: 12, ..ProptestConfig::with_cases(cases) }
}

proptest! {
    #![proptest_config(cases(3))]

    #[test]
    fn every_game_ends_as_recorded_with_everyone_who_was_seen(
        drifts in vec(vec(option::weighted(0.6, any_drift()), MOMENTS.len()), TEAMS.len() / 2),
    ) {
        RUNTIME.block_on(async {
            let cloud = Cloud::start().await;
            let (clock, stub) = (HandClock::at("2026-01-10T00:30:00Z"), Stub::answering([]).await);
            let exporter = cloud.exporter(&stub, &clock).await;
            let mut seen: Vec<Vec<BTreeSet<usize>>> = vec![Vec::new(); drifts.len()];
            for moment in 0..MOMENTS.len() {
                let mut games = Vec::new();
                for (nth, of_game) in drifts.iter().enumerate() {
                    let (game, read) = drifted(nth, moment, of_game[moment]);
                    games.push(game);
                    seen[nth].push(read);
                }
                clock.set(&instant_of(&format!("02:{:02}", 3 * moment)));
                stub.answer([Reply::games(games)]);
                let answer = exporter.post(r#"{"include_grading":false}"#).await;
                assert_eq!(answer.status, 200, "{answer:?}");
            }
            let live = cloud.document(LIVE).await;
            let games = live["games"].as_array().expect("games");
            assert_eq!(games.len(), drifts.len());
            for (nth, seen) in seen.iter().enumerate() {
                let id = (nth + 1).to_string();
                let game = games.iter().find(|game| game["game_id"] == id.as_str()).expect("the game");
                check(nth, game, seen);
            }
        });
    }
}
