//! Games, teams and players read from the payload, once, into validated types.

use std::borrow::Cow;

use serde_json::value::RawValue;

use super::wire;
use crate::{
    nba::{
        GameState, PlayerLookup, SlateDay, StatType, Team, UpstreamClock, WarehouseGameId, minutes_decimal,
        minutes_text,
    },
    sources::{
        BoxScoreRow, Counters, Game, MAX_GAMES, MAX_PLAYERS, Rejected, Side, Source,
        game::{
            deduplicate_games, deduplicate_rows, lacking, points_of, rebounds_of, reject, short, with_score,
        },
        wire::{Number, Text, object},
    },
};

/// Reads the games of a poll.
///
/// What cannot be read — a game without a date or resolvable teams, a
/// player without an id or name, whatever is beyond [`MAX_GAMES`], [`MAX_PLAYERS`] or the longest
/// text — is returned beside them with its reason; the rest stays. A game that is listed twice
/// is read once, and so is a player in it.
pub fn read_games<'a>(games: impl IntoIterator<Item = &'a RawValue>) -> (Vec<Game>, Vec<Rejected>) {
    let mut rejected = Vec::new();
    let read = games
        .into_iter()
        .enumerate()
        .filter_map(|(index, raw)| {
            let game = if index < MAX_GAMES {
                read_game(raw, &mut rejected)
            } else {
                Err(format!("a poll has at most {MAX_GAMES} games"))
            };
            game.map_err(|reason| rejected.push(reject(format!("game {}", name_of(raw, index)), reason, raw)))
                .ok()
        })
        .collect();
    (deduplicate_games(read), rejected)
}

/// The id of a game that could not be read, or its place in the list.
fn name_of(raw: &RawValue, index: usize) -> String {
    #[derive(serde::Deserialize)]
    struct Named<'a> {
        #[serde(borrow, default)]
        id: Text<'a>,
    }
    let named = serde_json::from_str::<Named<'_>>(raw.get()).ok();
    match named.as_ref().and_then(|game| game.id.known()) {
        Some(id) => id.chars().take(40).collect(),
        None => format!("number {} of the poll", index + 1),
    }
}

fn read_game(raw: &RawValue, rejected: &mut Vec<Rejected>) -> Result<Game, String> {
    let mut rewritten = None;
    let game: wire::Game<'_> = object(raw.get(), &mut rewritten)?;
    let id = game.id.known().map(str::trim).filter(|id| !id.is_empty());
    let texts = [("id", id), ("status", game.status.known()), ("time", game.time.known())];
    texts.into_iter().try_for_each(short)?;
    let listed = |team: &Option<wire::Team<'_>>| {
        team.as_ref().and_then(|team| team.players.as_ref()).map_or(0, Vec::len)
    };
    if listed(&game.home_team) + listed(&game.visitor_team) > MAX_PLAYERS {
        return Err(format!("players: more than {MAX_PLAYERS}"));
    }
    let day = day_of(&game)?;
    let state = GameState::read(&UpstreamClock {
        status_state: game.status_state.known(),
        status: game.status.known(),
        postponed: matches!(game.postponed.known(), Some("true" | "1")),
        period: game.period.known(),
        time: game.time.known(),
    });
    // Both teams are resolved before any player is read, because a rejected game takes its players along.
    let (home_team, visitor_team) = (
        team_of("home_team", game.home_team.as_ref())?,
        team_of("visitor_team", game.visitor_team.as_ref())?,
    );
    if home_team == visitor_team {
        return Err(format!("home_team and visitor_team: both are {home_team}"));
    }
    let mut unreadable = usize::from(id.is_none());
    let id = match id {
        Some(id) => Number::of_text(id).known().map_or_else(|| id.to_owned(), |number| number.to_string()),
        None => by_teams(day, &visitor_team, &home_team),
    };
    let mut side = |team: Team, score: Number, raw: Option<wire::Team<'_>>| {
        let rows = raw.and_then(|raw| raw.players).unwrap_or_default();
        let mut read = |row: &RawValue| {
            read_player(row, &mut unreadable)
                .map_err(|reason| {
                    rejected.push(reject(format!("player of {team} in game {id}"), reason, row))
                })
                .ok()
        };
        let players: Vec<BoxScoreRow> = rows.into_iter().filter_map(&mut read).collect();
        let side = Side { team, score: 0, lacks_score: false, players, inactive: Vec::new() };
        with_score(side, score, state.status, &mut unreadable)
    };
    let mut home = side(home_team, game.home_team_score, game.home_team);
    let mut visitor = side(visitor_team, game.visitor_team_score, game.visitor_team);
    deduplicate_rows([&mut home, &mut visitor]);
    Ok(Game {
        source: Source::BallDontLie,
        nba_id: None,
        day,
        state,
        raw_time: game.time.0.map(Cow::into_owned),
        unreadable,
        home,
        visitor,
        id,
    })
}

/// The id of a game that upstream gives none, in the warehouse's other form: the day and the teams identify a game.
fn by_teams(day: SlateDay, away: &Team, home: &Team) -> String {
    WarehouseGameId::Teams { day, away: away.clone(), home: home.clone() }.to_string()
}

/// The game's own date, which is Eastern, or without a readable one the slate day of its tip-off (FAILURES.md, F1).
fn day_of(game: &wire::Game<'_>) -> Result<SlateDay, String> {
    let date = match game.date.known() {
        Some(date) => date.get(..10).unwrap_or(date).parse().map_err(|error| format!("date: {error}")),
        None => Err("date: missing".to_owned()),
    };
    date.or_else(|reason| {
        let tip_off = game.datetime.known().ok_or_else(|| reason.clone())?;
        let tip_off = chrono::DateTime::parse_from_rfc3339(tip_off)
            .map_err(|_| format!("{reason}; datetime: {tip_off:?} is not an instant"))?;
        Ok(SlateDay::of(tip_off.to_utc()))
    })
}

/// Minutes as upstream writes them; a whole number without its decimal point, and a duration with its units as a clock.
fn minutes(text: &str) -> String {
    let text = text.trim();
    let has_units = text.bytes().any(|b| b.is_ascii_alphabetic());
    if let Some(minutes) = minutes_decimal(text).filter(|_| has_units) {
        return minutes_text(minutes);
    }
    let number = if text.contains('.') { Number::of_text(text).known() } else { None };
    number.map_or_else(|| text.to_owned(), |minutes| minutes.to_string())
}

fn team_of(field: &str, team: Option<&wire::Team<'_>>) -> Result<Team, String> {
    let team = team.ok_or_else(|| format!("{field}: missing"))?;
    let by_code = Team::of_code(team.abbreviation.known().unwrap_or_default());
    let id = team.id.known();
    match (by_code, id.and_then(Team::of_balldontlie_id)) {
        (Ok(team), _) if team.is_of_the_league() => Ok(team),
        // Another spelling of the code, such as `GS`.
        (_, Some(team)) | (Ok(team), None) => Ok(team),
        (Err(error), None) => Err(match id {
            Some(id) => format!("{field}: {error}, and none has the id {id}"),
            None => format!("{field}: {error}"),
        }),
    }
}

fn read_player(raw: &RawValue, unreadable: &mut usize) -> Result<BoxScoreRow, String> {
    let mut rewritten = None;
    let row: wire::PlayerEntry<'_> = object(raw.get(), &mut rewritten)?;
    let player = row.player.as_ref().ok_or("player: missing")?;
    let part = |text: &Text<'_>| text.known().unwrap_or_default().trim().to_owned();
    let name = format!("{} {}", part(&player.first_name), part(&player.last_name)).trim().to_owned();
    if name.is_empty() {
        return Err("player.first_name and player.last_name: missing".into());
    }
    let texts = [("player.first_name and player.last_name", Some(name.as_str())), ("min", row.min.known())];
    texts.into_iter().try_for_each(short)?;
    let lookup = PlayerLookup::of(&name).map_err(|error| error.to_string())?;
    let minutes = row.min.known().map(minutes).filter(|min| !min.is_empty());
    let others = [row.reb, row.ast, row.stl, row.blk, row.fga, row.fta, row.turnover, row.pf];
    let (points, lacks_points) = points_of("pts", row.pts, minutes.as_deref(), &others)?;
    *unreadable += usize::from(lacks_points);
    // 0 and less stand for an id that upstream did not have.
    let id = player.id.known().filter(|id| *id > 0);
    *unreadable += usize::from(id.is_none());
    let rebounds = rebounds_of(row.reb, row.oreb, row.dreb);
    let mut count = |counter: Number| {
        let count = counter.count();
        *unreadable += usize::from(count.is_err());
        count.ok().flatten().unwrap_or(0)
    };
    let counters = Counters {
        points,
        rebounds: count(rebounds),
        offensive_rebounds: count(row.oreb),
        defensive_rebounds: count(row.dreb),
        assists: count(row.ast),
        steals: count(row.stl),
        blocks: count(row.blk),
        turnovers: count(row.turnover),
        personal_fouls: count(row.pf),
        field_goals_made: count(row.fgm),
        field_goals_attempted: count(row.fga),
        three_pointers_made: count(row.fg3m),
        three_pointers_attempted: count(row.fg3a),
        free_throws_made: count(row.ftm),
        free_throws_attempted: count(row.fta),
    };
    let told = [
        (StatType::Rebounds, rebounds),
        (StatType::Assists, row.ast),
        (StatType::Threes, row.fg3m),
        (StatType::Steals, row.stl),
        (StatType::Blocks, row.blk),
    ];
    let lacks = lacking(&counters, minutes.as_deref(), told);
    Ok(BoxScoreRow {
        bdl_id: id,
        nba_id: None,
        name,
        lookup,
        minutes,
        lacks_points,
        lacks,
        on_both_sides: false,
        counters,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(json: &str) -> (Vec<Game>, Vec<Rejected>) {
        let games: Vec<Box<RawValue>> = serde_json::from_str(json).expect("a list");
        read_games(games.iter().map(AsRef::as_ref))
    }

    const PLAYER: &str =
        r#"{"min":"","pts":null,"player":{"id":9,"first_name":"Nolan","last_name":"Traoré"}}"#;

    #[test]
    fn a_sparse_game_is_read_with_zeros() {
        let (games, rejected) = read(&format!(
            r#"[{{"id":1,"date":"2026-01-09","home_team":{{"abbreviation":"BOS","players":[{PLAYER}]}},
                 "visitor_team":{{"id":28,"abbreviation":null,"players":null}}}}]"#
        ));
        assert!(rejected.is_empty(), "{rejected:?}");
        let [game] = games.as_slice() else { panic!("one game") };
        assert_eq!((game.id.as_str(), game.visitor.team.as_str(), game.home.score), ("1", "TOR", 0));
        let [player] = game.home.players.as_slice() else { panic!("one player") };
        assert_eq!((player.lookup.as_str(), &player.minutes), ("nolantraore", &None));
        assert_eq!(player.counters, Counters::default());
    }

    #[test]
    fn a_game_without_an_id_is_called_by_its_day_and_teams() {
        for id in ["", r#""id":null,"#, r#""id":" ","#, r#""id":{},"#] {
            let (games, rejected) = read(&format!(
                r#"[{{{id}"date":"2026-01-09","home_team":{{"id":2}},"visitor_team":{{"id":28}}}}]"#
            ));
            let ids: Vec<&str> = games.iter().map(|game| game.id.as_str()).collect();
            assert_eq!((ids, rejected.len()), (vec!["20260109_TOR_BOS"], 0), "{id}");
            assert_eq!(games[0].unreadable, 1, "the id");
        }
    }

    #[test]
    fn a_game_that_is_listed_twice_is_read_as_it_stands_furthest() {
        let game = |time: &str, score: u32| {
            format!(
                r#"{{"id":1,"date":"2026-01-09","status":"4th Qtr","period":4,"time":"{time}","home_team_score":{score},
                     "home_team":{{"id":1}},"visitor_team":{{"id":2}}}}"#
            )
        };
        let earlier = game("Q4 6:00", 95);
        for later in [game("Final", 110), game("Q4 5:30", 95), game("Q4 6:00", 97)] {
            for both in [format!("[{earlier},{later}]"), format!("[{later},{earlier}]")] {
                let (games, rejected) = read(&both);
                assert!(rejected.is_empty());
                let alone = read(&format!("[{later}]")).0;
                assert_eq!(games, alone, "{both}");
            }
        }
    }

    #[test]
    fn a_player_who_is_listed_twice_is_read_with_the_most_counts() {
        let row = |points: u32, minutes: &str| {
            format!(
                r#"{{"min":"{minutes}","pts":{points},"player":{{"id":9,"first_name":"Nolan","last_name":"Traoré"}}}}"#
            )
        };
        let (full, empty) = (row(27, "36"), row(0, "00"));
        for rows in [format!("{full},{empty}"), format!("{empty},{full}")] {
            let (games, _) = read(&format!(
                r#"[{{"id":1,"date":"2026-01-09","home_team":{{"id":1,"players":[{rows}]}},"visitor_team":{{"id":2}}}}]"#
            ));
            let points: Vec<u32> = games[0].home.players.iter().map(|it| it.counters.points).collect();
            assert_eq!(points, [27]);
        }
    }

    #[test]
    fn a_missing_number_is_no_zero_once_there_was_play() {
        let of = |rows: &str, status: &str| {
            let json = format!(
                r#"[{{"id":1,"date":20260109,"datetime":"2026-01-10T00:30:00.000Z","status":"{status}","period":4,
                     "time":"","home_team_score":null,"home_team":{{"id":2,"abbreviation":"BST","players":[{rows}]}},
                     "visitor_team":{{"id":28,"players":{{}}}}}}]"#
            );
            let (mut games, rejected) = read(&json);
            (games.remove(0), rejected)
        };
        let row = |id: &str, min: &str, pts: &str, fga: u32| {
            format!(
                r#"{{"min":"{min}","pts":{pts},"fga":{fga},"player":{{"id":{id},"first_name":"A","last_name":"B{fga}"}}}}"#
            )
        };
        let rows = [
            row("1", "36", "27", 20),
            row("2", "36", "null", 0),
            row("3", "", "null", 5),
            row("4", "", "null", 0),
        ];
        let (game, rejected) = of(&rows.join(","), "Final");
        assert_eq!((game.home.team.as_str(), game.home.score, rejected.len()), ("BOS", 27, 0));
        let lack: Vec<bool> = game.home.players.iter().map(|player| player.lacks_points).collect();
        assert_eq!(lack, [false, true, true, false]);
        assert_eq!(game.unreadable, 4, "both scores, and the points of two players");
        // Without an id a row is its player's by the name.
        let (game, rejected) =
            of(&[row("null", "36", "27", 20), row("null", "12", "8", 9)].join(","), "Final");
        assert_eq!((game.home.players.len(), game.home.score, rejected.len()), (2, 35, 0));
    }

    #[test]
    fn what_cannot_be_read_is_named_and_sinks_nothing_else() {
        let (games, rejected) = read(&format!(
            r#"[{{"id":1,"date":"2026-01-09","home_team":{{"abbreviation":"???"}},"visitor_team":{{"id":2}}}},
                {{"home_team":{{"id":1}},"visitor_team":{{"id":2}}}},
                {{"id":3,"home_team":{{"id":1}},"visitor_team":{{"id":2}}}},
                "game four",
                {{"id":5,"date":"2026-01-09","home_team":{{"id":1,"players":[
                    {PLAYER},{{"player":{{"id":7}}}},{{"pts":-3,"player":{{"id":8,"first_name":"B"}}}}
                ]}},"visitor_team":{{"id":2}}}}]"#
        ));
        assert_eq!(games.len(), 1);
        assert_eq!(games[0].home.players.len(), 1);
        let reasons: Vec<_> = rejected.iter().map(|it| format!("{}: {}", it.what, it.reason)).collect();
        let expected = [
            "game 1: home_team: no team has the code",
            "game number 2 of the poll: date: missing",
            "game 3: date: missing",
            "game number 4 of the poll: invalid type",
            "player of ATL in game 5: player.first_name and",
            "player of ATL in game 5: pts: expected a whole number from 0 to 999",
        ];
        assert_eq!(reasons.len(), expected.len(), "{reasons:#?}");
        for (reason, expected) in reasons.iter().zip(expected) {
            assert!(reason.starts_with(expected), "{reason} / {expected}");
        }
    }
}
