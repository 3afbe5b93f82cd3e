//! The names of players and the ids of games.

use super::*;

#[tokio::test]
async fn names_come_from_the_directory_and_ids_from_the_schedule() {
    let (cloud, clock) = (Cloud::start().await, HandClock::at(NIGHT));
    let known = |id: i64, date: &str, name: &str, lookup: &str| {
        json!({
            "game_id": "g", "game_date": date, "season_year": 2025, "is_postseason": false, "home_team_abbr": "BOS",
            "away_team_abbr": "BKN", "team_abbr": "BOS", "player_full_name": name, "player_lookup": lookup,
            "bdl_player_id": id, "source_file_path": "test", "created_at": "2026-01-01T00:00:00Z",
            "processed_at": "2026-01-01T00:00:00Z",
        })
    };
    cloud.append(
        "nba_raw",
        "bdl_player_boxscores",
        &[
            known(10, "2025-12-01", "Hugo Gonzalez", "hugogonzalez"),
            known(10, "2026-01-05", "H. González Peña", "hgonzlezpea"),
            known(11, "2025-04-01", "Last Season", "lastseason"),
        ],
    );
    let scheduled = |source: &str| {
        json!({
            "game_id": "0022500555", "game_code": "x", "season": "2025", "season_nba_format": "2025-26",
            "season_year": 2025, "game_date": "2026-01-09", "home_team_id": 1, "away_team_id": 2,
            "home_team_tricode": "BOS", "away_team_tricode": "BKN", "home_team_name": "Celtics",
            "away_team_name": "Nets", "data_source": source, "source_file_path": "test",
            "created_at": "2026-01-01T00:00:00Z", "processed_at": "2026-01-01T00:00:00Z",
        })
    };
    cloud.append("nba_raw", "nbac_schedule", &[scheduled("api_stats"), scheduled("cdn_static")]);
    let stub = Stub::answering([Reply::games([on(1)])]).await;
    cloud.exporter(&stub, &clock).await.post("").await;
    let game = &cloud.document(LATEST).await["games"][0];
    assert_eq!(game["nba_game_id"], "0022500555");
    let named = |index: usize| (&game["players"][index]["name"], &game["players"][index]["player_lookup"]);
    assert_eq!(named(0), (&json!("H. González Peña"), &json!("hgonzalezpena")), "the newest, mended");
    assert_eq!(named(1), (&json!("Nolan Traoré"), &json!("nolantraore")), "of this season only");
}
