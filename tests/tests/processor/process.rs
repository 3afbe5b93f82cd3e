//! The processor: a snapshot becomes rows exactly once.

use local_cloud::cloud::{API_BUCKET, RAW_BUCKET};
use reqwest::StatusCode;
use serde_json::{Value, json};
use tests::{Answer, Cloud, Function, binary_event, game, snapshot};

const SNAPSHOT: &str = "ball-dont-lie/live-boxscores/2026-01-09/20260110_021201.json";
const COUNT: &str = "SELECT COUNT(*) FROM nba_raw.bdl_live_boxscores";

fn in_progress(id: i64) -> Value {
    game(id, "2026-01-09", "3rd Qtr", 3, "Q3 6:35")
}

async fn process(cloud: &Cloud, processor: &Function, games: &[Value]) -> Answer {
    let generation = cloud.upload(RAW_BUCKET, SNAPSHOT, snapshot("20260110T021201Z", games)).await;
    processor.deliver(RAW_BUCKET, SNAPSHOT, generation).await
}

/// The rows that the processor derives from one game.
async fn row_of(game: Value, columns: &str) -> Vec<String> {
    let cloud = Cloud::start().await;
    let answer = process(&cloud, &cloud.processor().await, &[game]).await;
    assert_eq!(answer.json["status"], "stored", "{answer:?}");
    let rows =
        cloud.rows(&format!("SELECT {columns} FROM nba_raw.bdl_live_boxscores ORDER BY bdl_player_id"));
    rows.first().cloned().expect("a row")
}

#[tokio::test]
async fn each_player_of_a_poll_becomes_a_row_with_every_column() {
    let cloud = Cloud::start().await;
    let answer = process(&cloud, &cloud.processor().await, &[in_progress(1), in_progress(2)]).await;
    assert_eq!(answer.status, StatusCode::OK);
    let path = format!("gs://{RAW_BUCKET}/{SNAPSHOT}");
    assert_eq!(answer.json, json!({"status": "stored", "source_file_path": path, "rows": 4, "rejected": 0}));
    let rows = cloud.rows(
        "SELECT poll_timestamp, poll_id, game_id, game_date, game_status, period, time_remaining, is_halftime,
           home_team_abbr, away_team_abbr, home_score, away_score, bdl_player_id, player_lookup, player_full_name,
           team_abbr, minutes, minutes_decimal, points, rebounds, offensive_rebounds, defensive_rebounds, assists,
           steals, blocks, turnovers, personal_fouls, field_goals_made, field_goals_attempted, three_pointers_made,
           three_pointers_attempted, free_throws_made, free_throws_attempted, source_file_path
         FROM nba_raw.bdl_live_boxscores ORDER BY bdl_player_id",
    );
    assert_eq!(rows.len(), 4);
    let first: Vec<&str> = rows[0].iter().map(String::as_str).collect();
    assert_eq!(
        first,
        [
            "1.76801112256E9",
            "20260110T021201Z",
            "1",
            "2026-01-09",
            "in_progress",
            "3",
            "Q3 6:35",
            "false",
            "BOS",
            "BKN",
            "10",
            "8",
            "10",
            "hugogonzalez",
            "Hugo González",
            "BOS",
            "12",
            "12",
            "10",
            "3",
            "1",
            "2",
            "4",
            "1",
            "0",
            "2",
            "1",
            "5",
            "10",
            "0",
            "0",
            "0",
            "0",
            path.as_str(),
        ]
    );
    assert_eq!(rows[1][13..16], ["nolantraore", "Nolan Traoré", "BKN"]);
}

#[tokio::test]
async fn f1_a_row_has_the_game_s_own_date_and_not_the_poll_s() {
    assert_eq!(row_of(in_progress(1), "game_date, poll_id").await, ["2026-01-09", "20260110T021201Z"]);
}

#[tokio::test]
async fn f58_a_row_says_which_file_it_came_from() {
    assert_eq!(
        row_of(in_progress(1), "source_file_path").await,
        [format!("gs://nba-scraped-data/{SNAPSHOT}")]
    );
}

#[tokio::test]
async fn f70_an_accented_name_has_the_one_spelling() {
    assert_eq!(
        row_of(in_progress(1), "player_lookup, player_full_name").await,
        ["hugogonzalez", "Hugo González"]
    );
}

#[tokio::test]
async fn f21_every_poll_of_a_day_is_stored_and_not_only_the_first() {
    let cloud = Cloud::start().await;
    let processor = cloud.processor().await;
    for minute in 0..4 {
        let name = format!("ball-dont-lie/live-boxscores/2026-01-09/20260110_02{minute:02}00.json");
        let body = snapshot(&format!("20260110T02{minute:02}00Z"), &[in_progress(1)]);
        let generation = cloud.upload(RAW_BUCKET, &name, body).await;
        assert_eq!(processor.deliver(RAW_BUCKET, &name, generation).await.json["status"], "stored");
    }
    assert_eq!(cloud.number("SELECT COUNT(DISTINCT poll_id) FROM nba_raw.bdl_live_boxscores"), 4);
    assert_eq!(cloud.number(COUNT), 8);
}

#[tokio::test]
async fn rows_that_bigquery_refuses_are_given_up_on_with_its_reason() {
    let cloud = Cloud::start().await;
    let processor = cloud.processor().await;
    cloud.execute("nba_raw", "CREATE TRIGGER full BEFORE INSERT ON bdl_live_boxscores BEGIN SELECT RAISE(ABORT, 'no row fits'); END");
    let answer = process(&cloud, &processor, &[in_progress(1)]).await;
    assert_eq!(
        (answer.status, &answer.json["status"]),
        (StatusCode::OK, &json!("dead_letter")),
        "{answer:?}"
    );
    assert!(cloud.dead_letter()["reason"].as_str().is_some_and(|reason| reason.contains("no row fits")));
}

#[tokio::test]
async fn a_structured_event_and_a_number_for_a_generation_are_understood() {
    let cloud = Cloud::start().await;
    let generation =
        cloud.upload(RAW_BUCKET, SNAPSHOT, snapshot("20260110T021201Z", &[in_progress(1)])).await;
    let event = json!({
        "specversion": "1.0", "id": "event-1", "type": shared::service::event::OBJECT_FINALIZED, "source": "//storage",
        "data": {"bucket": RAW_BUCKET, "name": SNAPSHOT, "generation": generation, "more": {"unknown": true}},
    });
    let headers = [("content-type", "application/cloudevents+json".to_owned())];
    let answer = cloud.processor().await.post_with(&headers, event.to_string()).await;
    assert_eq!(answer.json["status"], "stored", "{answer:?}");
}

#[tokio::test]
async fn halftime_is_told_from_every_spelling_of_it() {
    for (status, period, time) in [
        ("Halftime", 2, "Halftime"),
        ("Half", 2, ""),
        ("2nd Qtr", 2, "Q2 0:00"),
        ("2nd Qtr", 2, "0:00"),
        ("In Progress", 2, "0.0"),
    ] {
        let row = row_of(game(1, "2026-01-09", status, period, time), "is_halftime, game_status").await;
        assert_eq!(row, ["true", "in_progress"], "{status} {time}");
    }
}

#[tokio::test]
async fn a_game_s_state_is_read_from_the_stable_word_or_the_text() {
    for (status, state, expected) in [
        ("Final", None, "final"),
        ("Final/OT", None, "final"),
        ("2026-01-10T00:00:00Z", None, "scheduled"),
        ("", None, "scheduled"),
        ("In Progress", None, "in_progress"),
        ("whatever", Some("final"), "final"),
        ("3rd Qtr", Some("postponed"), "postponed"),
    ] {
        let mut game = game(1, "2026-01-09", status, 0, "");
        if let Some(state) = state {
            game["status_state"] = state.into();
        }
        assert_eq!(row_of(game, "game_status").await, [expected], "{status} {state:?}");
    }
}

#[tokio::test]
async fn nulls_and_odd_minutes_are_stored_for_what_they_are() {
    for (minutes, text, decimal) in [
        (Value::Null, "NULL", "NULL"),
        (json!(""), "NULL", "NULL"),
        (json!("00"), "00", "0"),
        (json!("5"), "5", "5"),
        (json!("05"), "05", "5"),
        (json!("28:30"), "28:30", "28.5"),
    ] {
        let mut game = in_progress(1);
        game["time"] = Value::Null;
        let line = &mut game["home_team"]["players"][0];
        line["min"] = minutes.clone();
        for counter in ["pts", "reb", "oreb", "ast", "fgm", "turnover"] {
            line[counter] = Value::Null;
        }
        let row = row_of(game, "minutes, minutes_decimal, points, rebounds, turnovers, time_remaining").await;
        assert_eq!(row, [text, decimal, "0", "0", "0", "NULL"], "{minutes}");
    }
}

#[tokio::test]
async fn what_cannot_be_read_is_kept_with_its_reason_and_sinks_nothing_else() {
    let cloud = Cloud::start().await;
    let mut nowhere = in_progress(2);
    nowhere["home_team"] = json!({"abbreviation": null, "id": 4711});
    let mut nobody = in_progress(3);
    nobody["visitor_team"]["players"][0]["player"]["id"] = Value::Null;
    nobody["home_team"]["players"][0]["player"] = json!({"id": 9, "first_name": null, "last_name": " "});
    let answer = process(&cloud, &cloud.processor().await, &[nowhere, in_progress(1), nobody]).await;
    assert_eq!(answer.status, StatusCode::OK);
    assert_eq!((&answer.json["rows"], &answer.json["rejected"]), (&json!(3), &json!(2)));
    let of_whom =
        "SELECT DISTINCT game_id, bdl_player_id IS NULL FROM nba_raw.bdl_live_boxscores ORDER BY game_id";
    assert_eq!(
        cloud.rows(of_whom),
        [["1", "0"], ["3", "1"]],
        "a row without an id is its player's by the name"
    );
    assert_eq!(cloud.names(RAW_BUCKET, "dead-letter/"), ["dead-letter/process-live-boxscores/event-1.json"]);
    let letter = cloud.dead_letter();
    assert_eq!(letter["reason"], "games or players of the snapshot could not be read: 2");
    let reasons: Vec<_> =
        letter["rejected"].as_array().expect("a list").iter().map(|it| &it["reason"]).collect();
    assert_eq!(reasons[0], "home_team: no team has the code \"\", and none has the id 4711");
    assert_eq!(reasons[1], "player.first_name and player.last_name: missing");
    assert!(letter["rejected"][0]["raw"].as_str().is_some_and(|raw| raw.contains("4711")));
}

#[tokio::test]
async fn a_snapshot_that_can_never_be_read_is_kept_as_a_dead_letter_and_acknowledged() {
    for (body, reason) in [
        ("", "is not a snapshot: EOF"),
        ("<html>", "is not a snapshot: expected value"),
        ("{\"timestamp\":", "is not a snapshot: EOF"),
        (
            r#"{"timestamp":"2026-01-10T02:12:02Z","pollId":"20260110T021201Z","gameCount":0}"#,
            "missing field `liveBoxes`",
        ),
        (
            r#"{"timestamp":"2026-01-10T02:12:02Z","pollId":"today","gameCount":0,"liveBoxes":[]}"#,
            "is not a poll id",
        ),
    ] {
        let cloud = Cloud::start().await;
        let generation = cloud.upload(RAW_BUCKET, SNAPSHOT, body).await;
        let answer = cloud.processor().await.deliver(RAW_BUCKET, SNAPSHOT, generation).await;
        assert_eq!(
            (answer.status, &answer.json["status"]),
            (StatusCode::OK, &json!("dead_letter")),
            "{body}"
        );
        let letter = cloud.dead_letter();
        assert!(letter["reason"].as_str().is_some_and(|it| it.contains(reason)), "{letter}");
        assert_eq!(letter["event"]["data"]["name"], SNAPSHOT, "{letter}");
        assert_eq!(cloud.number(COUNT), 0);
    }
}

#[tokio::test]
async fn a_snapshot_that_is_gone_is_a_dead_letter_and_so_is_an_older_version_of_it() {
    let cloud = Cloud::start().await;
    let answer = cloud.processor().await.deliver(RAW_BUCKET, SNAPSHOT, 7).await;
    assert_eq!(answer.json["status"], "dead_letter");
    assert!(answer.json["reason"].as_str().is_some_and(|reason| reason.contains("of generation 7 is gone")));

    let cloud = Cloud::start().await;
    let old = cloud.upload(RAW_BUCKET, SNAPSHOT, snapshot("20260110T021201Z", &[in_progress(1)])).await;
    cloud.upload(RAW_BUCKET, SNAPSHOT, snapshot("20260110T021201Z", &[in_progress(2)])).await;
    let answer = cloud.processor().await.deliver(RAW_BUCKET, SNAPSHOT, old).await;
    assert_eq!(answer.json["status"], "dead_letter");
    assert_eq!(cloud.number(COUNT), 0);
}

#[tokio::test]
async fn a_dead_letter_can_be_posted_back_as_it_is() {
    let cloud = Cloud::start().await;
    let processor = cloud.processor().await;
    let generation = cloud.upload(RAW_BUCKET, SNAPSHOT, "").await;
    processor.deliver(RAW_BUCKET, SNAPSHOT, generation).await;
    let event = cloud.dead_letter()["event"].to_string();
    let headers = [("content-type", "application/cloudevents+json".to_owned())];
    let answer = processor.post_with(&headers, event).await;
    assert_eq!((answer.status, &answer.json["status"]), (StatusCode::OK, &json!("dead_letter")));
}

#[tokio::test]
async fn an_event_with_unreadable_data_is_a_dead_letter() {
    for (data, reason) in [
        ("not json", "expected"),
        (r#"{"bucket":"nba-scraped-data","name":"x"}"#, "missing field `generation`"),
        (
            r#"{"bucket":"nba-scraped-data","name":"x","generation":"new"}"#,
            "\"new\" is not a generation number",
        ),
        ("", "expected"),
    ] {
        let cloud = Cloud::start().await;
        let event = binary_event(shared::service::event::OBJECT_FINALIZED);
        let answer = cloud.processor().await.post_with(&event, data).await;
        assert_eq!(
            (answer.status, &answer.json["status"]),
            (StatusCode::OK, &json!("dead_letter")),
            "{data}"
        );
        let letter = cloud.dead_letter();
        let said = letter["reason"].as_str().expect("a reason");
        assert!(said.contains(reason) || said.contains("has no data"), "{said}");
    }
}

#[tokio::test]
async fn events_that_are_not_ours_are_acknowledged_and_ignored() {
    let cloud = Cloud::start().await;
    let processor = cloud.processor().await;
    for (bucket, name, reason) in [
        (API_BUCKET, SNAPSHOT, "the bucket is"),
        (
            RAW_BUCKET,
            "ball-dont-lie/boxscores/2026-01-09/x.json",
            "is not under ball-dont-lie/live-boxscores/",
        ),
        (RAW_BUCKET, "staging/x.ndjson", "is not under"),
    ] {
        let answer = processor.deliver(bucket, name, 1).await;
        assert_eq!((answer.status, &answer.json["status"]), (StatusCode::OK, &json!("ignored")), "{name}");
        assert!(answer.json["reason"].as_str().is_some_and(|it| it.contains(reason)), "{answer:?}");
    }
    let answer = processor.post_with(&binary_event("google.cloud.storage.object.v1.deleted"), "{}").await;
    assert_eq!((answer.status, &answer.json["status"]), (StatusCode::OK, &json!("ignored")));
    assert!(cloud.names(RAW_BUCKET, "").is_empty());
}

#[tokio::test]
async fn a_request_that_is_no_cloudevent_is_refused() {
    let cloud = Cloud::start().await;
    let processor = cloud.processor().await;
    for missing in ["ce-id", "ce-type", "ce-source", "ce-specversion"] {
        let mut event = binary_event(shared::service::event::OBJECT_FINALIZED);
        event.retain(|(name, _)| *name != missing);
        let answer = processor.post_with(&event, "{}").await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{missing}");
        assert!(answer.message().starts_with("the request is not a CloudEvent: "), "{}", answer.message());
    }
    let pushed = json!({"message": {"data": "e30=", "messageId": "1"}, "subscription": "s"}).to_string();
    assert_eq!(processor.post(pushed).await.status, StatusCode::BAD_REQUEST);
    assert!(cloud.names(RAW_BUCKET, "").is_empty(), "nothing to keep: the sender still has it");
}

#[tokio::test]
async fn a_snapshot_without_games_needs_no_job() {
    let cloud = Cloud::start().await;
    let answer = process(&cloud, &cloud.processor().await, &[]).await;
    assert_eq!((&answer.json["status"], &answer.json["rows"]), (&json!("no_data"), &json!(0)));
    assert!(cloud.names(RAW_BUCKET, "staging/").is_empty());
}

#[tokio::test]
async fn an_event_waits_for_a_table_that_is_missing_and_then_lands() {
    let cloud = Cloud::start().await;
    cloud.execute("nba_raw", "ALTER TABLE bdl_live_boxscores RENAME TO elsewhere");
    let processor = cloud.processor().await;
    let generation =
        cloud.upload(RAW_BUCKET, SNAPSHOT, snapshot("20260110T021201Z", &[in_progress(1)])).await;
    let answer = processor.deliver(RAW_BUCKET, SNAPSHOT, generation).await;
    assert_eq!(answer.status, StatusCode::INTERNAL_SERVER_ERROR);
    assert!(answer.message().contains("notFound"), "{}", answer.message());
    cloud.execute("nba_raw", "ALTER TABLE elsewhere RENAME TO bdl_live_boxscores");
    // A missing table requires an operator, so the next attempt waits longer than after a transient fault.
    for minutes in [0, 5, 4] {
        cloud.pass(minutes).await;
        let answer = processor.deliver(RAW_BUCKET, SNAPSHOT, generation).await;
        assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE, "{answer:?}");
        assert!(answer.message().contains("may start at 00:10:00 UTC"), "{answer:?}");
    }
    cloud.pass(1).await;
    assert_eq!(processor.deliver(RAW_BUCKET, SNAPSHOT, generation).await.json["status"], "stored");
    assert_eq!(cloud.number(COUNT), 2);
    assert!(cloud.names(RAW_BUCKET, "dead-letter/").is_empty());
}

#[tokio::test]
async fn what_an_earlier_version_could_not_read_is_stored_when_its_event_comes_again() {
    let cloud = Cloud::start().await;
    let processor = cloud.processor().await;
    let games = [in_progress(1), in_progress(2)];
    let generation = cloud.upload(RAW_BUCKET, SNAPSHOT, snapshot("20260110T021201Z", &games)).await;
    assert_eq!(processor.deliver(RAW_BUCKET, SNAPSHOT, generation).await.json["status"], "stored");
    // The state that a version leaves that could not read the second game.
    let staged = cloud.names(RAW_BUCKET, "staging/").remove(0);
    let rows = String::from_utf8(cloud.object(RAW_BUCKET, &staged)).expect("text");
    let of_the_first: Vec<&str> = rows.lines().filter(|row| row.contains(r#""game_id":"1""#)).collect();
    cloud.upload(RAW_BUCKET, &staged, of_the_first.join("\n")).await;
    cloud.execute("nba_raw", "DELETE FROM bdl_live_boxscores WHERE game_id = '2'");

    assert_eq!(processor.deliver(RAW_BUCKET, SNAPSHOT, generation).await.json["status"], "stored");
    assert_eq!(cloud.number(COUNT), 4);
    assert_eq!(processor.deliver(RAW_BUCKET, SNAPSHOT, generation).await.json["status"], "already_stored");
    assert_eq!(cloud.number(COUNT), 4);
}
