//! Arbitrary input: no panic, no unbounded memory, always an answer with an allowed status.
//!
//! `make test` tries a few thousand cases; `make fuzz CASES=5000000` tries as many as requested.

use std::sync::LazyLock;

use axum::{
    Router,
    body::Body,
    http::{Request, StatusCode},
};
use bytes::Bytes;
use local_cloud::{cloud::RAW_BUCKET, limits::Limit};
use proptest::{collection::vec, prelude::*, sample::Index};
use serde_json::{Map, Value, json, value::RawValue};
use shared::{
    Clock,
    documents::snapshot::Snapshot,
    env::Environment,
    service::event::{FinalizedObject, published_message},
    sources::{MAX_GAMES, MAX_PLAYERS, MAX_TEXT, Source, balldontlie::read_games},
};
use tests::{Cloud, Reply, Stub, game, instant, snapshot};
use tokio::runtime::{Builder, Runtime};
use tower::ServiceExt;

/// The number of cases: the value of `PROPTEST_CASES`, by default `count`.
fn cases(count: u32) -> ProptestConfig {
    let wanted = std::env::var("PROPTEST_CASES").ok().and_then(|count| count.parse().ok());
    ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(wanted.unwrap_or(count)) }
}

/// Texts that some parsers mistake for other values.
const TEXTS: [&str; 20] = [
    "",
    " ",
    "NaN",
    "nan",
    "-Infinity",
    "1e999",
    "-0",
    "0x10",
    "9223372036854775808",
    "null",
    "true",
    "today",
    "2026-02-30",
    "0000-00-00",
    "2026-01-09T23:30:00Z",
    "20260110T021201Z",
    "Q3 6:35",
    "Final",
    "\u{0}\u{fffd}\u{202e}İß",
    "../../etc/passwd",
];

/// Names of fields that the functions read.
const FIELDS: [&str; 12] = [
    "id",
    "date",
    "status",
    "period",
    "time",
    "players",
    "player",
    "pts",
    "home_team",
    "data",
    "message",
    "export_types",
];

fn any_text() -> impl Strategy<Value = String> {
    prop_oneof![
        proptest::sample::select(&TEXTS[..]).prop_map(str::to_owned),
        any::<String>(),
        (0..400_usize).prop_map(|length| "x".repeat(length)),
    ]
}

fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        proptest::sample::select(&[i64::MIN, -1, 0, 1, i64::MAX][..]).prop_map(Value::from),
        any_text().prop_map(Value::from),
    ];
    let key = prop_oneof![proptest::sample::select(&FIELDS[..]).prop_map(str::to_owned), any_text()];
    leaf.prop_recursive(4, 40, 6, move |inner| {
        prop_oneof![
            vec(inner.clone(), 0..6).prop_map(Value::from),
            vec((key.clone(), inner), 0..6)
                .prop_map(|fields| fields.into_iter().collect::<Map<_, _>>().into()),
        ]
    })
}

/// Every place in a JSON value, as JSON pointers.
fn places(value: &Value, here: String, into: &mut Vec<String>) {
    let step = |name: &str| format!("{here}/{}", name.replace('~', "~0").replace('/', "~1"));
    match value {
        Value::Object(fields) => {
            fields.iter().for_each(|(name, field)| places(field, step(name), into));
        }
        Value::Array(items) => {
            items.iter().enumerate().for_each(|(at, item)| places(item, step(&at.to_string()), into));
        }
        _ => {}
    }
    into.push(here);
}

/// A valid value with a few places replaced.
fn spoiled(good: Value) -> impl Strategy<Value = Value> {
    vec((any::<Index>(), any_json()), 0..4).prop_map(move |changes| {
        let mut value = good.clone();
        for (at, other) in changes {
            let mut all = Vec::new();
            places(&value, String::new(), &mut all);
            if let Some(place) = value.pointer_mut(&all[at.index(all.len())]) {
                *place = other;
            }
        }
        value
    })
}

/// Bytes that are mostly valid: a valid value altered, truncated, or arbitrary bytes.
fn almost(good: Value) -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        4 => spoiled(good.clone()).prop_map(|value| value.to_string().into_bytes()),
        1 => (spoiled(good), any::<Index>()).prop_map(|(value, end)| {
            let mut bytes = value.to_string().into_bytes();
            bytes.truncate(end.index(bytes.len() + 1));
            bytes
        }),
        1 => vec(any::<u8>(), 0..300),
        1 => any_json().prop_map(|value| value.to_string().into_bytes()),
    ]
}

fn a_game() -> Value {
    game(1, "2026-01-09", "3rd Qtr", 3, "Q3 6:35")
}

fn a_snapshot() -> Value {
    serde_json::from_str(&snapshot("20260110T021201Z", &[a_game()])).expect("JSON")
}

/// The properties of a poll that every reader may rely on.
fn check_games(bytes: &[u8]) {
    let Ok(raw) = serde_json::from_slice::<Vec<&RawValue>>(bytes) else { return };
    let (games, rejected) = read_games(raw.iter().copied());
    assert!(games.len() <= MAX_GAMES);
    for game in &games {
        assert!(!game.id.is_empty() && game.id.chars().count() <= MAX_TEXT);
        assert!(game.sides().iter().map(|side| side.players.len()).sum::<usize>() <= MAX_PLAYERS);
        for player in game.sides().into_iter().flat_map(|side| &side.players) {
            assert!(!player.lookup.as_str().is_empty() && player.name.chars().count() <= MAX_TEXT);
        }
    }
    let kept: usize = rejected.iter().map(|rejected| rejected.raw.len()).sum();
    assert!(kept <= bytes.len(), "what is rejected is kept once");
}

proptest! {
    #![proptest_config(cases(5_000))]

    #[test]
    fn any_list_of_games_is_read_or_rejected(bytes in almost(json!([a_game(), a_game()]))) {
        check_games(&bytes);
    }

    #[test]
    fn any_snapshot_is_read_or_refused(bytes in almost(a_snapshot())) {
        if let Ok(snapshot) = serde_json::from_slice::<Snapshot<'_>>(&bytes) {
            read_games(snapshot.live_boxes.iter().copied());
            shared::documents::snapshot::object_name(Source::BallDontLie, snapshot.poll_id);
        }
    }

    #[test]
    fn any_event_data_is_read_or_given_up_on(data in almost(json!({
        "bucket": RAW_BUCKET, "name": "ball-dont-lie/live-boxscores/x.json", "generation": "7",
        "message": {"data": "e30=", "attributes": {}}, "subscription": "s",
    }))) {
        use cloudevents::{EventBuilder, EventBuilderV10};
        for kind in [shared::service::event::OBJECT_FINALIZED, shared::service::event::MESSAGE_PUBLISHED] {
            let event = EventBuilderV10::new().id("1").ty(kind).source("//x");
            let event = event.data("application/json", data.clone()).build().expect("an event");
            let _ = FinalizedObject::of(&event);
            let _ = published_message(&event);
        }
    }
}

/// The functions of one test, over a local cloud and an upstream of its own, without ports. No two tests
/// share them: each sets its upstream's answers.
struct Functions {
    cloud: Cloud,
    upstream: Stub,
    scraper: Router,
    processor: Router,
    tonight: Router,
    live: Router,
}

static RUNTIME: LazyLock<Runtime> =
    LazyLock::new(|| Builder::new_multi_thread().enable_all().build().expect("a runtime"));

fn start_functions() -> Functions {
    RUNTIME.block_on(async {
        let (cloud, upstream) = (Cloud::start().await, Stub::answering([Reply::games([a_game()])]).await);
        // Thousands of cases run within seconds; a night has one poll in three minutes.
        cloud.services.limits.set(Limit { load_jobs_run_on: false, ..Limit::for_measuring() });
        let environment = |name| cloud.environment(name, &upstream.url).into_iter().collect::<Environment>();
        let clock = Clock::new(|| instant("2026-01-10T02:12:01.5Z"));
        let scraper = scrape_live_boxscores::Settings::read(&environment("scrape-live-boxscores"));
        let processor = process_live_boxscores::Settings::read(&environment("process-live-boxscores"));
        let tonight = export_tonight::Settings::read(&environment("export-tonight"));
        let live = export_live::Settings::read(&environment("export-live"));
        Functions {
            scraper: scrape_live_boxscores::app(scraper.expect("settings"), clock.clone()),
            processor: process_live_boxscores::app(processor.expect("settings"), clock.clone()),
            tonight: export_tonight::app(tonight.expect("settings"), clock.clone()),
            live: export_live::app(live.expect("settings"), clock),
            cloud,
            upstream,
        }
    })
}

/// The answer of a function, whose status must be one of `allowed` and whose error must have the common
/// shape.
fn answer(function: &Router, headers: &[(&str, Vec<u8>)], body: Vec<u8>, allowed: &[u16]) -> StatusCode {
    let request = headers
        .iter()
        .fold(Request::post("/"), |request, (name, value)| request.header(*name, value.as_slice()));
    // Values that are not valid in a header are never sent.
    let Ok(request) = request.body(Body::from(body)) else { return StatusCode::BAD_REQUEST };
    RUNTIME.block_on(async {
        let response = function.clone().oneshot(request).await.expect("an answer");
        let status = response.status();
        let body = axum::body::to_bytes(response.into_body(), 1 << 20).await.expect("a body");
        let body: Value = serde_json::from_slice(&body).expect("JSON");
        assert!(allowed.contains(&status.as_u16()), "{status}: {body}");
        assert_eq!(status.is_success(), body["error"].is_null(), "{status}: {body}");
        status
    })
}

fn binary_mode(kind: &str) -> Vec<(&'static str, Vec<u8>)> {
    tests::binary_event(kind).into_iter().map(|(name, value)| (name, value.into_bytes())).collect()
}

proptest! {
    #![proptest_config(cases(300))]

    #[test]
    fn any_request_to_an_event_function_is_answered(
        headers in vec((
            proptest::sample::select(&[
                "ce-id", "ce-type", "ce-source", "ce-specversion", "ce-time", "ce-subject", "content-type", "ce-x",
            ][..]),
            prop_oneof![any_text().prop_map(String::into_bytes), vec(any::<u8>(), 0..40)],
        ), 0..4),
        structured in any::<bool>(),
        body in almost(json!({
            "specversion": "1.0", "id": "1", "type": shared::service::event::OBJECT_FINALIZED, "source": "//x",
            "time": "2026-01-10T00:00:00Z", "datacontenttype": "application/json", "subject": "objects/x",
            "data": {"bucket": RAW_BUCKET, "name": "elsewhere/x.json", "generation": 7}, "data_base64": "e30=",
        })),
    ) {
        static FUNCTIONS: LazyLock<Functions> = LazyLock::new(start_functions);
        let mut all = match structured {
            true => vec![("content-type", b"application/cloudevents+json".to_vec())],
            false => binary_mode(shared::service::event::OBJECT_FINALIZED),
        };
        for (name, value) in headers {
            all.retain(|(known, _)| *known != name);
            all.push((name, value));
        }
        answer(&FUNCTIONS.processor, &all, body, &[200, 400]);
    }

    #[test]
    fn any_snapshot_is_processed_or_given_up_on(body in almost(a_snapshot())) {
        static FUNCTIONS: LazyLock<Functions> = LazyLock::new(start_functions);
        let name = "ball-dont-lie/live-boxscores/2026-01-09/20260110_021201.json";
        let objects = &FUNCTIONS.cloud.services.objects;
        let object = objects.store(RAW_BUCKET, name, Bytes::from(body)).expect("an object");
        let data = json!({"bucket": RAW_BUCKET, "name": name, "generation": object.generation.to_string()});
        let event = binary_mode(shared::service::event::OBJECT_FINALIZED);
        answer(&FUNCTIONS.processor, &event, data.to_string().into_bytes(), &[200]);
    }

    #[test]
    fn any_message_is_exported_or_completed_as_failed(message in almost(json!({
        "export_types": ["tonight"], "target_date": "2026-01-09", "update_latest": true, "correlation_id": "c",
        "trigger_source": "scheduler",
    }))) {
        static FUNCTIONS: LazyLock<Functions> = LazyLock::new(start_functions);
        use base64::Engine;
        let data = base64::prelude::BASE64_STANDARD.encode(message);
        let data = json!({"message": {"data": data, "messageId": "1"}, "subscription": "s"});
        let event = binary_mode(shared::service::event::MESSAGE_PUBLISHED);
        answer(&FUNCTIONS.tonight, &event, data.to_string().into_bytes(), &[200]);
    }

    #[test]
    fn any_body_of_an_http_call_is_understood_or_refused(
        body in almost(json!({"target_date": "2026-01-09", "include_grading": true})),
    ) {
        static FUNCTIONS: LazyLock<Functions> = LazyLock::new(start_functions);
        FUNCTIONS.upstream.answer([Reply::games([a_game()])]);
        answer(&FUNCTIONS.live, &[], body.clone(), &[200, 400]);
        answer(&FUNCTIONS.scraper, &[], body, &[200, 400]);
    }
}

proptest! {
    // Each answer that is not a list of box scores is requested five times, with pauses.
    #![proptest_config(cases(60))]

    #[test]
    fn any_list_of_games_from_upstream_is_published_or_refused(
        games in vec(prop_oneof![9 => spoiled(a_game()), 1 => any_json()], 0..4),
        meta in prop_oneof![Just(Value::Null), Just(json!({"next_cursor": null}))],
    ) {
        static FUNCTIONS: LazyLock<Functions> = LazyLock::new(start_functions);
        let page = json!({"data": games, "meta": meta});
        FUNCTIONS.upstream.answer([Reply::text(200, page.to_string())]);
        answer(&FUNCTIONS.live, &[], Vec::new(), &[200, 502]);
        answer(&FUNCTIONS.scraper, &[], Vec::new(), &[200]);
    }
}
