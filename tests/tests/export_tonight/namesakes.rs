//! Players who share a name.

use super::*;

#[tokio::test]
async fn f67_two_players_of_one_name_do_not_share_what_is_known_of_one() {
    let cloud = Cloud::start().await;
    cloud.add_tonight();
    let other = json!({"universal_player_id": "jaylenbrown_002"});
    cloud.add(
        REGISTRY,
        with(registered("Jaylen Brown", "TOR"), with(other.clone(), json!({"position": "C"}))),
    );
    cloud.add(CONTEXT, with(expected("jaylenbrown", "TOR"), other.clone()));
    cloud.add(PREDICTIONS, with(predicted("jaylenbrown", 9.0, "UNDER"), other));
    cloud.add(SUMMARY, played("jaylenbrown", "2026-01-07", 30, 34.0));
    let document = exported(&cloud).await;
    assert_eq!(document["total_players"], 5);
    let players = document["games"][0]["players"].as_array().expect("players").clone();
    let of = |team: &str| {
        let mut found =
            players.iter().filter(|it| it["player_lookup"] == "jaylenbrown" && it["team"] == team);
        found.next().expect("a namesake").clone()
    };
    assert_eq!(
        (&of("BOS")["season_ppg"], &of("BOS")["has_line"], &of("BOS")["position"]),
        (&json!(30.0), &json!(false), &json!("G"))
    );
    assert_eq!(
        (&of("TOR")["season_ppg"], &of("TOR")["has_line"], &of("TOR")["position"]),
        (&Value::Null, &json!(true), &json!("C"))
    );
}

#[tokio::test]
async fn f67_a_namesake_without_odds_or_report_does_not_get_the_other_s() {
    let cloud = Cloud::start().await;
    cloud.add_tonight();
    let other = json!({"universal_player_id": "jaylenbrown_002"});
    cloud.add(REGISTRY, with(registered("Jaylen Brown", "TOR"), other.clone()));
    cloud.add(CONTEXT, with(expected("jaylenbrown", "TOR"), other));
    cloud.add(ODDS, offered("jaylenbrown", 1, "over", 25.5, -110));
    cloud.add(INJURIES, reported("jaylenbrown", "out"));
    let document = exported(&cloud).await;
    let players = document["games"][0]["players"].as_array().expect("players");
    let namesakes: Vec<Value> = players
        .iter()
        .filter(|player| player["player_lookup"] == "jaylenbrown")
        .map(|player| json!([player["team"], player["has_line"], player["injury_status"]]))
        .collect();
    assert_eq!(namesakes, [json!(["BOS", true, "out"]), json!(["TOR", false, "available"])]);
}

#[tokio::test]
async fn f67_a_prediction_of_somebody_else_of_that_name_is_nobody_s() {
    let cloud = Cloud::start().await;
    cloud.add_tonight();
    cloud.add(PREDICTIONS, predicted("jaylenbrown", 27.3, "OVER"));
    let other = json!({"universal_player_id": "jaylenbrown_002", "created_at": "2026-01-09T20:00:00Z"});
    cloud.add(PREDICTIONS, with(predicted("jaylenbrown", 4.0, "UNDER"), other));
    assert_eq!(exported_player(&cloud, "jaylenbrown").await["prediction"]["predicted"], 27.3);
}
