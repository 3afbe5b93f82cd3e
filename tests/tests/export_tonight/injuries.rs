//! The injury reports of the list.

use super::*;

/// The injury status of Jaylen Brown, and the report's instant, with these reports of his.
async fn injury(rows: &[Value]) -> Value {
    let cloud = Cloud::start().await;
    cloud.add_tonight();
    for row in rows {
        cloud.add(INJURIES, with(reported("jaylenbrown", "out"), row.clone()));
    }
    let player = exported_player(&cloud, "jaylenbrown").await;
    json!([player["injury_status"], player["injury_report_at"]])
}

/// A report of a day about a game of that day, by default at 1 PM Eastern.
fn report_of(day: &str, status: &str) -> Value {
    json!({"report_date": day, "game_date": day, "injury_status": status})
}

fn about_somebody_else(day: &str) -> Value {
    with(report_of(day, "out"), json!({"player_lookup": "somebodyelse", "player_full_name": "Somebody Else"}))
}

#[tokio::test]
async fn f66_a_report_counts_for_three_days_with_reports() {
    let daily = ["2026-01-09", "2026-01-08", "2026-01-07", "2026-01-06"].map(about_somebody_else);
    let among_daily = |row: Value| [&daily[..], &[row]].concat();
    let available = json!(["available", null]);
    assert_eq!(injury(&among_daily(report_of("2026-01-06", "out"))).await, available, "the fourth day");
    let third = injury(&among_daily(report_of("2026-01-07", "out"))).await;
    assert_eq!(third, json!(["out", "2026-01-07T18:00:00Z"]), "the third day");
    // Over a holiday the league publishes nothing: the last report stands, with its age.
    assert_eq!(injury(&[report_of("2026-01-05", "out")]).await, json!(["out", "2026-01-05T18:00:00Z"]));
    assert_eq!(injury(&[report_of("2026-01-02", "out")]).await, available, "the eighth day");
    assert_eq!(injury(&[report_of("2025-01-09", "out")]).await, available, "last season");
}

#[tokio::test]
async fn f66_a_report_about_this_game_goes_before_one_about_another() {
    let tonight = json!({"report_date": "2026-01-08", "game_date": DAY, "injury_status": "questionable"});
    let later_game = json!({"report_date": DAY, "game_date": "2026-01-11", "injury_status": "out"});
    let earlier_game =
        json!({"report_date": DAY, "report_hour": 1, "game_date": "2026-01-08", "injury_status": "out"});
    let expected = json!(["questionable", "2026-01-08T18:00:00Z"]);
    assert_eq!(injury(&[tonight.clone(), later_game.clone(), earlier_game]).await, expected);
    let newer = with(tonight.clone(), json!({"report_hour": 17, "injury_status": "doubtful"}));
    assert_eq!(injury(&[newer, tonight]).await, json!(["doubtful", "2026-01-08T22:00:00Z"]));
    assert_eq!(injury(&[later_game]).await, json!(["available", null]), "tomorrow's absence says nothing");
    let of_its_day = json!({"report_date": DAY, "game_date": null, "injury_status": "out"});
    assert_eq!(injury(&[of_its_day]).await, json!(["out", "2026-01-09T18:00:00Z"]));
}
