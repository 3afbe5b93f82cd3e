//! When and how the scores are written.

use super::*;

#[tokio::test]
async fn a_poll_becomes_the_document_of_its_day_and_the_latest() {
    let (cloud, clock) = (Cloud::start().await, HandClock::at(NIGHT));
    let stub = Stub::answering([Reply::games([over(1), on(2)])]).await;
    let answer = cloud.exporter(&stub, &clock).await.post(r#"{"target_date":"today"}"#).await;
    assert_eq!(answer.status, StatusCode::OK);
    assert_eq!(answer.json["date"], "2026-01-09");
    assert_eq!(answer.json["status"], "success");
    let paths = json!({
        "live": tests::uri(DATED), "latest": tests::uri(LATEST), "live_grading": tests::uri(GRADING),
        "live_grading_latest": tests::uri(LATEST_GRADING), "live_timeline": tests::uri(TIMELINE),
        "live_timeline_latest": tests::uri(LATEST_TIMELINE),
    });
    assert_eq!(answer.json["paths"], paths);
    assert_eq!((&answer.json["games_in_progress"], &answer.json["games_final"]), (&json!(1), &json!(1)));
    assert!(answer.json["duration_seconds"].is_f64());

    let document = cloud.document(DATED).await;
    assert_eq!(document, cloud.document(LATEST).await);
    let player = |lookup: &str, id: i64, name: &str, team: &str, points: i64| {
        json!({
            "player_lookup": lookup, "bdl_player_id": id, "nba_player_id": null, "name": name, "team": team, "points": points, "rebounds": 3, "assists": 4,
            "steals": 1, "blocks": 0, "turnovers": 2, "personal_fouls": 1, "minutes": "12", "fg_made": points / 2, "fg_attempted": points,
            "fg3_made": 0, "fg3_attempted": 0, "ft_made": 0, "ft_attempted": 0,
        })
    };
    let game = |id: &str, [home, away]: [&str; 2], status: &str, period: i64, time: &str| {
        json!({
            "game_id": id, "nba_game_id": null, "source": "balldontlie", "moved_at": "2026-01-10T02:12:01.500Z", "status": status, "period": period, "time_remaining": time,
            "home_team": home, "away_team": away, "home_score": 10, "away_score": 8, "player_count": 2,
            "players": [
                player("hugogonzalez", id.parse::<i64>().expect("a number") * 10, "Hugo González", home, 10),
                player("nolantraore", id.parse::<i64>().expect("a number") * 10 + 1, "Nolan Traoré", away, 8),
            ],
        })
    };
    assert_eq!(
        document,
        json!({
            "updated_at": "2026-01-10T02:12:01.500000+00:00", "game_date": "2026-01-09", "poll_id": "20260110T021201Z",
            "next_update_expected": "2026-01-10T02:12:31.500Z",
            "games_in_progress": 1, "games_final": 1, "total_games": 2,
            "games": [
                game("2", ["LAL", "MIL"], "in_progress", 3, "Q3 6:35"),
                game("1", ["BOS", "BKN"], "final", 4, "Final"),
            ],
        })
    );
}

#[tokio::test]
async fn an_empty_body_means_today() {
    let (cloud, clock) = (Cloud::start().await, HandClock::at(NIGHT));
    let stub = Stub::answering([Reply::games([on(1)])]).await;
    let exporter = cloud.exporter(&stub, &clock).await;
    for body in ["", "{}", " \n"] {
        let answer = exporter.post(body).await;
        assert_eq!((answer.status, &answer.json["date"]), (StatusCode::OK, &json!("2026-01-09")), "{body:?}");
    }
}

#[tokio::test]
async fn the_documents_are_public_with_their_cache_time() {
    let (cloud, clock) = (Cloud::start().await, HandClock::at(NIGHT));
    let stub = Stub::answering([Reply::games([on(1)])]).await;
    cloud.exporter(&stub, &clock).await.post("").await;
    for object in [DATED, LATEST] {
        let response = cloud.public(object).await;
        let header = |name: &str| {
            response.headers().get(name).and_then(|value| value.to_str().ok()).map(str::to_owned)
        };
        assert_eq!(header("cache-control").as_deref(), Some("public, max-age=10"));
        assert_eq!(header("content-type").as_deref(), Some("application/json"));
        assert!(!response.text().await.expect("a text").contains("\n"), "compact");
    }
}

#[tokio::test]
async fn f2_today_and_yesterday_are_dates_and_never_file_names() {
    let (cloud, clock) = (Cloud::start().await, HandClock::at(NIGHT));
    let stub = Stub::answering([Reply::games([over(1)])]).await;
    let exporter = cloud.exporter(&stub, &clock).await;
    exporter.post(r#"{"target_date":"today"}"#).await;
    assert_eq!(exporter.post(r#"{"target_date":"yesterday"}"#).await.json["date"], "2026-01-08");
    assert_eq!(cloud.names(API_BUCKET, "v1/live/"), ["v1/live/2026-01-08.json", DATED, LATEST]);
    let grading = ["v1/live-grading/2026-01-08.json", GRADING, LATEST_GRADING];
    assert_eq!(cloud.names(API_BUCKET, "v1/live-grading/"), grading);
}

#[tokio::test]
async fn another_day_comes_from_the_dated_endpoint_and_leaves_latest_alone() {
    let (cloud, clock) = (Cloud::start().await, HandClock::at("2026-01-12T20:00:00Z"));
    let stub = Stub::answering([Reply::games([over(1), over(2)])]).await;
    let answer = cloud.exporter(&stub, &clock).await.post(r#"{"target_date":"2026-01-09"}"#).await;
    assert_eq!(
        answer.json["paths"],
        json!({
            "live": tests::uri(DATED), "live_grading": tests::uri(GRADING), "live_timeline": tests::uri(TIMELINE),
        })
    );
    assert_eq!(stub.asked(), ["/v1/box_scores?per_page=100&date=2026-01-09"]);
    assert_eq!(ids(&cloud.document(DATED).await), ["1", "2"]);
    assert_eq!(cloud.names(API_BUCKET, ""), [DATES, GRADING, TIMELINE, DATED]);
}

#[tokio::test]
async fn today_by_its_date_is_today() {
    let (cloud, clock) = (Cloud::start().await, HandClock::at(NIGHT));
    let stub = Stub::answering([Reply::games([on(1)])]).await;
    cloud.exporter(&stub, &clock).await.post(r#"{"target_date":"2026-01-09"}"#).await;
    assert_eq!(stub.asked(), ["/v1/box_scores/live?per_page=100"]);
    let grading = [GRADING, LATEST_GRADING, TIMELINE, LATEST_TIMELINE];
    assert_eq!(cloud.names(API_BUCKET, ""), [&[DATES], &grading[..], &[DATED, LATEST, STATUS]].concat());
}

#[tokio::test]
async fn an_empty_night_is_published_when_upstream_says_so() {
    let (cloud, clock) = (Cloud::start().await, HandClock::at("2026-01-10T17:00:00Z"));
    let stub = Stub::answering([Reply::games([])]).await;
    let answer = cloud.exporter(&stub, &clock).await.post("").await;
    assert_eq!(answer.status, StatusCode::OK);
    let document = cloud.document(LATEST).await;
    assert_eq!((&document["total_games"], &document["games"]), (&json!(0), &json!([])));
}

#[tokio::test]
async fn a_warm_export_is_one_fetch_and_reads_nothing() {
    let (cloud, clock) = (Cloud::start().await, HandClock::at(NIGHT));
    let stub = Stub::answering([Reply::games([on(1)])]).await;
    let exporter = cloud.exporter(&stub, &clock).await;
    exporter.post("").await;
    cloud.services.calls.take();
    // Within the same second each object would be refused once.
    tokio::time::sleep(Duration::from_millis(1_100)).await;
    clock.set("2026-01-10T02:15:01Z");
    exporter.post("").await;
    assert_eq!(stub.asked().len(), 2);
    let calls: Vec<_> =
        cloud.services.calls.take().into_iter().map(|(call, made)| (call, made.calls)).collect();
    assert_eq!(calls, [("POST /upload/storage/v1/b/{bucket}/o".to_owned(), 7)], "seven writes, all at once");
    assert_eq!(cloud.document(LATEST).await["poll_id"], "20260110T021501Z");
}

#[tokio::test]
async fn the_four_states_and_every_clock_are_shown_as_the_contract_has_them() {
    let (cloud, clock) = (Cloud::start().await, HandClock::at(NIGHT));
    let mut postponed = game(5, "2026-01-09", "2026-01-10T00:00:00Z", 0, "");
    postponed["status_state"] = "postponed".into();
    let games = [
        game(1, "2026-01-09", "2026-01-10T03:00:00Z", 0, ""),
        game(2, "2026-01-09", "4th Qtr", 4, "Q4 5:39"),
        game(3, "2026-01-09", "Halftime", 2, "Halftime"),
        game(4, "2026-01-09", "Final/OT", 5, "Final"),
        postponed,
        game(6, "2026-01-09", "3rd Qtr", 3, "6:35"),
    ];
    let stub = Stub::answering([Reply::games(games)]).await;
    cloud.exporter(&stub, &clock).await.post("").await;
    let document = cloud.document(LATEST).await;
    let shown: Vec<_> = document["games"]
        .as_array()
        .expect("games")
        .iter()
        .map(|game| ["game_id", "status", "time_remaining"].map(|field| game[field].as_str().unwrap_or("?")))
        .collect();
    assert_eq!(
        shown,
        [
            ["2", "in_progress", "Q4 5:39"],
            ["3", "in_progress", "Halftime"],
            ["6", "in_progress", "Q3 6:35"],
            ["4", "final", "Final/OT"],
            ["1", "scheduled", ""],
            ["5", "postponed", "Postponed"],
        ]
    );
}
