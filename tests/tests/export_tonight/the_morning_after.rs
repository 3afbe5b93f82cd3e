//! Yesterday's documents once its games are over: results in tonight's list, official scores, no work without need.

use serde_json::{Value, json};
use tests::drift::{
    BEFORE, FINAL, Night, SUMMARY, at_line, boston, fields, full, instant_of, player, predicting,
};
use tests::{
    Cloud, HandClock, Reply,
    warehouse::{DAY, played, predicted, with},
};

const LIST: &str = "v1/tonight/2026-01-09.json";

/// Yesterday's list after an export at this time of the next day.
async fn list(cloud: &Cloud, time: &str) -> Value {
    let function = cloud.tonight(&HandClock::at(&format!("2026-01-10T{time}:00Z"))).await;
    let answer = function.tell(json!({"export_types": ["tonight"], "target_date": "yesterday"})).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    cloud.document(LIST).await
}

async fn kept_for(cloud: &Cloud) -> String {
    let response = cloud.public(LIST).await;
    response.headers()["cache-control"].to_str().expect("text").to_owned()
}

/// Everyone's official entry; Brown has `points`, and Dick did not play.
fn add_official(cloud: &Cloud, points: i64) {
    cloud.add(SUMMARY, played("jaylenbrown", DAY, points, 30.0));
    cloud.add(SUMMARY, played("hugogonzalez", DAY, 7, 14.0));
    cloud.add(SUMMARY, with(played("scottiebarnes", DAY, 11, 28.0), json!({"team_abbr": "TOR"})));
    let bench = json!({"team_abbr": "TOR", "is_dnp": true, "points": 0, "minutes_played": 0.0});
    cloud.add(SUMMARY, with(played("gradeydick", DAY, 0, 0.0), bench));
}

const RESULT: [&str; 3] = ["actual_points", "result", "settled"];

#[tokio::test]
async fn f41_yesterday_s_list_has_the_results_provisional_at_night_and_official_in_the_morning() {
    let predictions = [
        at_line(predicted("jaylenbrown", 27.3, "OVER"), 26.5),
        at_line(predicted("scottiebarnes", 12.0, "OVER"), 11.5),
        at_line(predicted("gradeydick", 9.5, "UNDER"), 9.0),
    ];
    let mut night = Night::of(predicting(&predictions).await).await;
    night.poll("03:12", [full(boston(FINAL, 27))]).await;

    let provisional = list(&night.cloud, "09:10").await;
    let shown = |document: &Value, lookup: &str| fields(player(document, lookup), RESULT);
    assert_eq!(shown(&provisional, "jaylenbrown"), json!([27, "WIN", "provisional"]));
    assert_eq!(shown(&provisional, "scottiebarnes"), json!([11, "LOSS", "provisional"]));
    assert_eq!(shown(&provisional, "gradeydick"), json!([9, "PUSH", "provisional"]));
    assert_eq!(shown(&provisional, "hugogonzalez"), json!([null, null, "open"]), "no line");
    assert_eq!(provisional["settled"], "provisional");
    assert_eq!(kept_for(&night.cloud).await, "public, max-age=300");

    add_official(&night.cloud, 26);
    night.restart().await;
    night.backfill([full(boston(FINAL, 27))]).await;
    let official = list(&night.cloud, "18:10").await;
    assert_eq!(shown(&official, "jaylenbrown"), json!([26, "LOSS", "official"]), "corrected");
    assert_eq!(shown(&official, "gradeydick"), json!([null, "VOID", "official"]));
    assert_eq!(
        shown(&official, "hugogonzalez"),
        json!([7, null, "open"]),
        "his points are told without a line"
    );
    assert_eq!(official["settled"], "official");
    assert_eq!(kept_for(&night.cloud).await, "public, max-age=86400");
}

#[tokio::test]
async fn nothing_is_official_before_the_day_is_over() {
    let night = Night::of(predicting(&[predicted("jaylenbrown", 27.3, "OVER")]).await).await;
    add_official(&night.cloud, 27);
    night.poll("05:30", [full(boston(FINAL, 27))]).await;
    let function = night.cloud.tonight(&HandClock::at(&instant_of("05:40"))).await;
    function.tell(json!({"export_types": ["tonight"]})).await;
    let list = night.cloud.document(LIST).await;
    assert_eq!(fields(player(&list, "jaylenbrown"), RESULT), json!([27, "WIN", "official"]));
    assert_eq!(list["settled"], "provisional");
    assert_eq!(kept_for(&night.cloud).await, "public, max-age=300");
}

#[tokio::test]
async fn a_postponed_game_is_void_officially_once_the_day_is_over() {
    let night = Night::of(predicting(&[predicted("jaylenbrown", 27.3, "OVER")]).await).await;
    let mut game = boston(("Postponed", 0, ""), 0);
    for side in ["home_team", "visitor_team"] {
        game[format!("{side}_score")] = json!(0);
        game[side]["players"] = json!([]);
    }
    night.poll("00:45", [game.clone()]).await;
    assert_eq!(night.standing("jaylenbrown").await["settled"], "provisional");
    night.backfill([game]).await;
    let list = list(&night.cloud, "18:10").await;
    assert_eq!(fields(player(&list, "jaylenbrown"), RESULT), json!([null, "VOID", "official"]));
    assert_eq!(list["settled"], "official");
}

#[tokio::test]
async fn a_list_that_has_not_changed_is_not_written_again() {
    let cloud = predicting(&[predicted("jaylenbrown", 27.3, "OVER")]).await;
    let generations = || {
        let stored = cloud.services.objects.list("nba-props-platform-api", "v1/tonight/");
        stored.into_iter().map(|object| (object.name, object.generation)).collect::<Vec<_>>()
    };
    let at = async |time: &str| {
        let list = tests::drift::tonight(&cloud, time).await;
        let checked =
            cloud.document("v1/status.json").await["services"]["tonight_data"]["last_update"].clone();
        (list, checked, generations())
    };
    let (first, _, written) = at("20:00").await;
    let (second, checked, unwritten) = at("20:15").await;
    assert_eq!(unwritten, written);
    assert_eq!(second, first);
    assert_eq!(checked, "2026-01-09T20:15:00.000000+00:00", "the status tells that it was looked at");
    // One changed number, and both objects are written.
    cloud.add(
        "nba_raw.bettingpros_player_points_props",
        tests::warehouse::offered("hugogonzalez", 10, "over", 6.5, -110),
    );
    let (third, _, rewritten) = at("20:30").await;
    assert_ne!(third["generated_at"], first["generated_at"]);
    assert!(rewritten.iter().zip(&written).all(|(new, old)| new.1 > old.1), "{rewritten:?} {written:?}");
}

#[tokio::test]
async fn a_new_day_s_unchanged_list_still_becomes_tonight_s() {
    let cloud = predicting(&[]).await;
    let early = cloud.tonight(&HandClock::at("2026-01-08T20:00:00Z")).await;
    early.tell(json!({"export_types": ["tonight"], "target_date": DAY})).await;
    let list = tests::drift::tonight(&cloud, "15:00").await;
    assert_eq!(list["game_date"], DAY);
}

#[tokio::test]
async fn before_predictions_are_due_a_list_without_any_lacks_nothing() {
    let cloud = predicting(&[]).await;
    let reason = async |time: &str| {
        let list = tests::drift::tonight(&cloud, time).await;
        list["degraded_reason"].as_str().unwrap_or_default().to_owned()
    };
    // Tip-off is at 00:30; two hours before it predictions are due.
    assert!(!reason("22:29").await.contains("no predictions"));
    assert!(reason("22:30").await.contains("no predictions"));
}

#[tokio::test]
async fn a_game_before_tip_off_has_no_result() {
    let night = Night::of(predicting(&[predicted("jaylenbrown", 27.3, "OVER")]).await).await;
    night.poll("23:30", [boston(BEFORE, 0)]).await;
    let list = tests::drift::tonight(&night.cloud, "23:31").await;
    assert_eq!(fields(player(&list, "jaylenbrown"), RESULT), json!([null, null, "open"]));
    assert_eq!(list["settled"], "open");
}

#[tokio::test]
async fn the_morning_s_exports_end_once_every_line_is_official() {
    let mut night = Night::of(predicting(&[predicted("jaylenbrown", 27.3, "OVER")]).await).await;
    night.poll("03:12", [full(boston(FINAL, 27))]).await;
    let settle = async |night: &Night| {
        night.stub.answer([Reply::games([full(boston(FINAL, 27))])]);
        night.call(json!({"target_date": "yesterday", "until_official": true})).await
    };
    night.clock.set("2026-01-10T10:00:00Z");
    assert_eq!(settle(&night).await["status"], "success", "provisional still");
    add_official(&night.cloud, 26);
    night.restart().await;
    assert_eq!(settle(&night).await["status"], "success", "made official");
    let calls = night.stub.asked().len();
    let reply = settle(&night).await;
    assert_eq!(fields(&reply, ["status", "games_final", "paths"]), json!(["already_official", 1, {}]));
    assert_eq!(night.stub.asked().len(), calls, "upstream is not asked");
    // A person who asks for the day gets it.
    night.stub.answer([Reply::games([full(boston(FINAL, 27))])]);
    assert_eq!(night.call(json!({"target_date": DAY})).await["status"], "success");
}

#[tokio::test]
async fn the_morning_s_exports_go_on_for_the_points_of_a_prediction_without_a_line() {
    let no_line =
        json!({"current_points_line": null, "line_source": "NO_PROP_LINE", "recommendation": "NO_LINE"});
    let lineless = with(predicted("hugogonzalez", 7.0, "NO_LINE"), no_line);
    let mut night = Night::of(predicting(&[predicted("jaylenbrown", 27.3, "OVER"), lineless]).await).await;
    night.poll("03:12", [full(boston(FINAL, 27))]).await;
    night.clock.set("2026-01-10T10:00:00Z");
    let mut settle = async |rows: &[Value]| {
        for row in rows {
            night.cloud.add(SUMMARY, row.clone());
        }
        night.restart().await;
        for expected in ["success", "again"] {
            night.stub.answer([Reply::games([full(boston(FINAL, 27))])]);
            let reply = night.call(json!({"target_date": "yesterday", "until_official": true})).await;
            match expected {
                "success" => assert_eq!(reply["status"], "success", "{reply}"),
                _ => return reply["status"].clone(),
            }
        }
        Value::Null
    };
    // The table has the one who has a line, and not yet the other.
    assert_eq!(settle(&[played("jaylenbrown", DAY, 27, 30.0)]).await, "success");
    assert_eq!(settle(&[played("hugogonzalez", DAY, 7, 14.0)]).await, "already_official");
}

/// Toronto at Boston as the list of games has it: without players.
fn listed(status: &str) -> Value {
    let mut game = boston((status, 0, ""), 0);
    for side in ["home_team", "visitor_team"] {
        game[format!("{side}_score")] = json!(0);
        game[side].as_object_mut().expect("a team").remove("players");
    }
    game
}

#[tokio::test]
async fn a_game_that_the_box_scores_never_list_is_void_once_it_is_postponed() {
    for (status, reason) in [("Postponed", "postponed"), ("Canceled", "cancelled")] {
        let night = Night::of(predicting(&[predicted("jaylenbrown", 27.3, "OVER")]).await).await;
        night.stub.list(Reply::games([listed(status)]));
        night.poll("01:29", []).await;
        assert_eq!(night.stub.asked_for_games(), 0, "games begin late");
        let live = night.poll("01:31", []).await;
        assert_eq!(live["games"][0]["status"], "postponed");
        let standing = night.standing("jaylenbrown").await;
        assert_eq!(
            fields(&standing, ["status", "void_reason", "settled"]),
            json!(["void", reason, "provisional"])
        );
        // It stays without another question, and is official once the day is over.
        night.poll("01:34", []).await;
        assert_eq!(night.stub.asked_for_games(), 1);
        night.backfill([]).await;
        let grading = night.cloud.document("v1/live-grading/2026-01-09.json").await;
        let line = tests::drift::only(&grading["lines"], "jaylenbrown");
        assert_eq!(fields(line, ["outcome", "void_reason", "settled"]), json!(["void", reason, "official"]));
    }
}

#[tokio::test]
async fn a_missing_game_that_is_not_postponed_stays_open() {
    for answer in [Reply::games([listed("7:30 pm ET")]), Reply::games([]), Reply::text(404, "")] {
        let night = Night::of(predicting(&[predicted("jaylenbrown", 27.3, "OVER")]).await).await;
        night.stub.list(answer);
        night.poll("01:31", []).await;
        assert_eq!(night.standing("jaylenbrown").await["outcome"], "open");
    }
}

#[tokio::test]
async fn a_count_that_changes_after_the_day_is_a_correction_whatever_box_score_it_is_of() {
    let mut night =
        Night::of(predicting(&[at_line(predicted("jaylenbrown", 27.3, "OVER"), 24.5)]).await).await;
    night.poll("03:12", [full(boston(FINAL, 24))]).await;
    night.backfill([full(boston(FINAL, 25))]).await;
    let grading = night.cloud.document("v1/live-grading/2026-01-09.json").await;
    assert_eq!(
        fields(&grading["corrections"][0], ["player_lookup", "from", "to"]),
        json!(["jaylenbrown", 24, 25])
    );
    add_official(&night.cloud, 25);
    night.restart().await;
    night.backfill([full(boston(FINAL, 25))]).await;
    let grading = night.cloud.document("v1/live-grading/2026-01-09.json").await;
    assert_eq!(
        fields(&grading["corrections"][0], ["from", "to"]),
        json!([24, 25]),
        "as it was seen at night"
    );
    assert_eq!(grading["corrections"].as_array().map(Vec::len), Some(1));
}

#[tokio::test]
async fn a_game_that_upstream_left_in_progress_ends_though_the_official_box_score_has_settled_its_lines() {
    let mut night =
        Night::of(predicting(&[at_line(predicted("jaylenbrown", 27.3, "OVER"), 24.5)]).await).await;
    night.poll("02:12", [boston(("4th Qtr", 4, "Q4 2:00"), 27)]).await;
    add_official(&night.cloud, 30);
    night.restart().await;
    night.clock.set("2026-01-10T17:30:00Z");
    let call = json!({"target_date": "yesterday", "until_official": true});
    night.stub.answer([Reply::games([])]);
    night.call(call.clone()).await;
    night.stub.answer([Reply::games([full(boston(FINAL, 30))])]);
    night.clock.set("2026-01-10T20:30:00Z");
    assert_ne!(night.call(call.clone()).await["status"], "already_official");
    let live = night.cloud.document("v1/live/2026-01-09.json").await;
    assert_eq!(fields(&live, ["games_in_progress", "games_final"]), json!([0, 1]));
    assert_eq!(night.call(call).await["status"], "already_official");
}
