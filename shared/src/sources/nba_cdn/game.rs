//! Games, teams and players read from the NBA's feed, once, into validated types.

use serde_json::value::RawValue;

use super::{clock, wire};
use crate::{
    nba::{NbaGameId, PlayerLookup, SlateDay, StatType, Team},
    sources::{
        BoxScoreRow, Counters, Game, Inactive, MAX_GAMES, MAX_PLAYERS, RawGames, Rejected, Side, Source,
        game::{
            deduplicate_games, deduplicate_rows, lacking, points_of, rebounds_of, reject, short, with_score,
        },
        wire::{Number, Text, object},
    },
};

/// The games of a scoreboard file as they were sent.
pub fn read_scoreboard(file: &[u8]) -> Result<RawGames, String> {
    let mut rewritten = None;
    let file: wire::ScoreboardFile<'_> = object(text_of(file)?, &mut rewritten)?;
    Ok(file.scoreboard.games.into_iter().map(ToOwned::to_owned).collect())
}

/// The game of a box score file as it was sent.
pub fn read_box_score(file: &[u8]) -> Result<Box<RawValue>, String> {
    let mut rewritten = None;
    let file: wire::BoxScoreFile<'_> = object(text_of(file)?, &mut rewritten)?;
    Ok(file.game.to_owned())
}

fn text_of(file: &[u8]) -> Result<&str, String> {
    std::str::from_utf8(file).map_err(|error| error.to_string())
}

/// Reads games of the scoreboard or of box scores. What cannot be read is returned beside them with its reason.
pub fn read_games<'a>(games: impl IntoIterator<Item = &'a RawValue>) -> (Vec<Game>, Vec<Rejected>) {
    let mut rejected = Vec::new();
    let mut read = Vec::new();
    for (index, raw) in games.into_iter().enumerate() {
        let game = if index < MAX_GAMES {
            read_game(raw, &mut rejected)
        } else {
            Err(format!("a poll has at most {MAX_GAMES} games"))
        };
        match game {
            Ok(game) => read.push(game),
            Err(reason) => {
                rejected.push(reject(format!("game number {} of the poll", index + 1), reason, raw));
            }
        }
    }
    (deduplicate_games(read), rejected)
}

fn read_game(raw: &RawValue, rejected: &mut Vec<Rejected>) -> Result<Game, String> {
    let mut rewritten = None;
    let game: wire::Game<'_> = object(raw.get(), &mut rewritten)?;
    let id = game.game_id.known().ok_or("gameId: missing")?;
    let id = NbaGameId::of_stored(id).map_err(|_| "gameId: expected ten digits".to_owned())?;
    let texts = [("gameStatusText", game.game_status_text.known()), ("gameClock", game.game_clock.known())];
    texts.into_iter().try_for_each(short)?;
    let listed = |team: &Option<wire::Team<'_>>| {
        team.as_ref().and_then(|team| team.players.as_ref()).map_or(0, Vec::len)
    };
    if listed(&game.home_team) + listed(&game.away_team) > MAX_PLAYERS {
        return Err(format!("players: more than {MAX_PLAYERS}"));
    }
    let day = day_of(&game)?;
    let text = |text: &Text<'_>| text.known().unwrap_or_default().trim().to_owned();
    let raw_clock = text(&game.game_clock);
    let state = clock::state(
        game.game_status.known(),
        &text(&game.game_status_text),
        game.period.known(),
        &raw_clock,
    );
    let teams = (team_of("homeTeam", &game.home_team)?, team_of("awayTeam", &game.away_team)?);
    if teams.0 == teams.1 {
        return Err(format!("homeTeam and awayTeam: both are {}", teams.0));
    }
    let has_begun = state.status.has_begun();
    let mut unreadable = 0;
    let mut side = |team: Team, raw: Option<wire::Team<'_>>| {
        let (score, rows) = match raw {
            Some(raw) => (raw.score, raw.players.unwrap_or_default()),
            None => (Number::Missing, Vec::new()),
        };
        let mut side = Side { team, score: 0, lacks_score: false, players: Vec::new(), inactive: Vec::new() };
        for row in rows {
            match read_player(row, &mut unreadable) {
                Ok((player, inactive)) => {
                    // Before tip-off everyone who may play is listed.
                    side.players.extend(has_begun.then_some(player));
                    side.inactive.extend(inactive);
                }
                Err(reason) => {
                    let team = &side.team;
                    rejected.push(reject(format!("player of {team} in game {id}"), reason, row));
                }
            }
        }
        with_score(side, score, state.status, &mut unreadable)
    };
    let (mut home, mut visitor) = (side(teams.0, game.home_team), side(teams.1, game.away_team));
    deduplicate_rows([&mut home, &mut visitor]);
    Ok(Game {
        source: Source::NbaCdn,
        id: id.to_string(),
        nba_id: Some(id),
        day,
        state,
        raw_time: has_begun.then_some(raw_clock).filter(|clock| !clock.is_empty()),
        home,
        visitor,
        unreadable,
    })
}

/// The Eastern date of the game's code, or without one the slate day of its tip-off. The feed's Eastern times end in
/// `Z` for games that have not begun, so they are not read.
fn day_of(game: &wire::Game<'_>) -> Result<SlateDay, String> {
    let of_code = game.game_code.known().and_then(|code| {
        let date = code.get(..8).filter(|date| date.bytes().all(|byte| byte.is_ascii_digit()))?;
        format!("{}-{}-{}", &date[..4], &date[4..6], &date[6..]).parse().ok()
    });
    if let Some(day) = of_code {
        return Ok(day);
    }
    let tip_off = game.game_time_utc.known().ok_or("gameCode and gameTimeUTC: missing")?;
    chrono::DateTime::parse_from_rfc3339(tip_off)
        .map(|tip_off| SlateDay::of(tip_off.to_utc()))
        .map_err(|_| format!("gameTimeUTC: {tip_off:?} is not an instant"))
}

fn team_of(field: &str, team: &Option<wire::Team<'_>>) -> Result<Team, String> {
    let team = team.as_ref().ok_or_else(|| format!("{field}: missing"))?;
    Team::of_code(team.team_tricode.known().unwrap_or_default()).map_err(|error| format!("{field}: {error}"))
}

/// A player's row, and why the player does not play where that is said. Who is inactive has a row of zeros, as in BallDontLie's
/// box scores.
fn read_player(raw: &RawValue, unreadable: &mut usize) -> Result<(BoxScoreRow, Option<Inactive>), String> {
    let mut rewritten = None;
    let player: wire::Player<'_> = object(raw.get(), &mut rewritten)?;
    // 0 and less stand for an id that upstream did not have.
    let nba_id = player.person_id.known().filter(|id| *id > 0);
    *unreadable += usize::from(nba_id.is_none());
    let text = |text: &Text<'_>| text.known().unwrap_or_default().trim().to_owned();
    let parts = format!("{} {}", text(&player.first_name), text(&player.family_name)).trim().to_owned();
    let name = if parts.is_empty() { text(&player.name) } else { parts };
    if name.is_empty() {
        return Err("name, firstName and familyName: missing".into());
    }
    let texts =
        [("name", Some(name.as_str())), ("notPlayingDescription", player.not_playing_description.known())];
    texts.into_iter().try_for_each(short)?;
    let lookup = PlayerLookup::of(&name).map_err(|error| error.to_string())?;
    let reason = text(&player.not_playing_reason);
    let has_played = player.played.known() == Some(1);
    let is_out = !has_played && (player.status.known() == Some("INACTIVE") || !reason.is_empty());
    let inactive = nba_id.filter(|_| is_out).map(|nba_id| {
        let reason = reason_text(&reason, &text(&player.not_playing_description));
        Inactive { nba_id, name: name.clone(), lookup: lookup.clone(), reason }
    });
    let counted = player.statistics.unwrap_or_default();
    let minutes = counted.minutes.known().and_then(clock::minutes);
    let others = [
        counted.rebounds_total,
        counted.assists,
        counted.steals,
        counted.blocks,
        counted.field_goals_attempted,
        counted.free_throws_attempted,
        counted.turnovers,
        counted.fouls_personal,
    ];
    let has_minutes = minutes.as_deref().or(has_played.then_some("1"));
    let (points, lacks_points) = points_of("points", counted.points, has_minutes, &others)?;
    *unreadable += usize::from(lacks_points);
    let mut count = |counter: Number| {
        let count = counter.count();
        *unreadable += usize::from(count.is_err());
        count.ok().flatten().unwrap_or(0)
    };
    let rebounds =
        rebounds_of(counted.rebounds_total, counted.rebounds_offensive, counted.rebounds_defensive);
    let counters = Counters {
        points,
        rebounds: count(rebounds),
        offensive_rebounds: count(counted.rebounds_offensive),
        defensive_rebounds: count(counted.rebounds_defensive),
        assists: count(counted.assists),
        steals: count(counted.steals),
        blocks: count(counted.blocks),
        turnovers: count(counted.turnovers),
        personal_fouls: count(counted.fouls_personal),
        field_goals_made: count(counted.field_goals_made),
        field_goals_attempted: count(counted.field_goals_attempted),
        three_pointers_made: count(counted.three_pointers_made),
        three_pointers_attempted: count(counted.three_pointers_attempted),
        free_throws_made: count(counted.free_throws_made),
        free_throws_attempted: count(counted.free_throws_attempted),
    };
    let told = [
        (StatType::Rebounds, rebounds),
        (StatType::Assists, counted.assists),
        (StatType::Threes, counted.three_pointers_made),
        (StatType::Steals, counted.steals),
        (StatType::Blocks, counted.blocks),
    ];
    let lacks = lacking(&counters, has_minutes, told);
    let row = BoxScoreRow {
        bdl_id: None,
        nba_id,
        name,
        lookup,
        minutes,
        lacks_points,
        lacks,
        on_both_sides: false,
        counters,
    };
    Ok((row, inactive))
}

/// `INACTIVE_GLEAGUE_TWOWAY` and `Left Knee; Surgery` as text for people; `Inactive` where neither is given.
fn reason_text(reason: &str, description: &str) -> String {
    let word =
        ["INACTIVE_", "DNP_", "DND_"].iter().find_map(|prefix| reason.strip_prefix(prefix)).unwrap_or(reason);
    let word = match word {
        "" => "Inactive".to_owned(),
        "GLEAGUE_TWOWAY" => "G League, two-way contract".to_owned(),
        "GLEAGUE_ON_ASSIGNMENT" => "G League, on assignment".to_owned(),
        "COACH" => "Coach's decision".to_owned(),
        "NOT_WITH_TEAM" => "Not with the team".to_owned(),
        word => {
            let words = word.replace('_', " ").to_lowercase();
            let mut letters = words.chars();
            letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
        }
    };
    if description.is_empty() { word } else { format!("{word}: {description}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(json: &str) -> (Vec<Game>, Vec<Rejected>) {
        let games: Vec<Box<RawValue>> = serde_json::from_str(json).expect("a list");
        read_games(games.iter().map(AsRef::as_ref))
    }

    #[test]
    fn a_sparse_game_is_read_with_zeros() {
        let (games, rejected) = read(
            r#"[{"gameId":"0022500575","gameCode":"20260114/DENDAL","gameStatus":2,"period":1,
                 "homeTeam":{"teamTricode":"DAL","players":[{"personId":1,"firstName":"Nikola","familyName":"Jokić"}]},
                 "awayTeam":{"teamTricode":"DEN","score":"7"}}]"#,
        );
        assert!(rejected.is_empty(), "{rejected:?}");
        let [game] = games.as_slice() else { panic!("one game") };
        assert_eq!(
            (game.day.to_string().as_str(), game.visitor.score, game.home.score),
            ("2026-01-14", 7, 0)
        );
        let [player] = game.home.players.as_slice() else { panic!("one player") };
        assert_eq!((player.lookup.as_str(), player.nba_id, player.bdl_id), ("nikolajokic", Some(1), None));
    }

    #[test]
    fn what_cannot_be_read_is_named_and_sinks_nothing_else() {
        let teams = r#""homeTeam":{"teamTricode":"DAL"},"awayTeam":{"teamTricode":"DEN"}"#;
        let (games, rejected) = read(&format!(
            r#"[{{"gameId":"1",{teams}}},{{"gameId":"0022500001",{teams}}},"x",
                {{"gameId":"0022500002","gameCode":"20260114/DENDAL","gameStatus":2,
                  "homeTeam":{{"teamTricode":"DAL","players":[{{"name":"A"}},{{"personId":1}},
                    {{"personId":2,"name":"B","statistics":{{"points":-3}}}},{{"personId":3,"name":"C"}}]}},
                  "awayTeam":{{"teamTricode":"DEN"}}}}]"#
        ));
        // A row without an id is known by its name.
        let ids: Vec<_> = games[0].home.players.iter().map(|player| player.nba_id).collect();
        assert_eq!((games.len(), ids), (1, vec![None, Some(3)]));
        let reasons: Vec<_> = rejected.iter().map(|it| format!("{}: {}", it.what, it.reason)).collect();
        let expected = [
            "game number 1 of the poll: gameId: expected ten digits",
            "game number 2 of the poll: gameCode and gameTimeUTC: missing",
            "game number 3 of the poll: invalid type",
            "player of DAL in game 0022500002: name, firstName and familyName: missing",
            "player of DAL in game 0022500002: points: expected a whole number from 0 to 999",
        ];
        assert_eq!(reasons.len(), expected.len(), "{reasons:#?}");
        for (reason, expected) in reasons.iter().zip(expected) {
            assert!(reason.starts_with(expected), "{reason} / {expected}");
        }
    }

    #[test]
    fn a_reason_is_text_for_people() {
        for (reason, description, expected) in [
            ("INACTIVE_INJURY", "Right Foot; Surgery", "Injury: Right Foot; Surgery"),
            ("INACTIVE_INJURY", "", "Injury"),
            ("INACTIVE_GLEAGUE_TWOWAY", "", "G League, two-way contract"),
            ("DND_INJURY", "Left Knee", "Injury: Left Knee"),
            ("INACTIVE_PERSONAL", "", "Personal"),
            ("SOMETHING_NEW", "", "Something new"),
            ("", "", "Inactive"),
        ] {
            assert_eq!(reason_text(reason, description), expected, "{reason}");
        }
    }
}
