//! The board in a browser: it follows the night, survives unreadable documents, and is accessible.

use std::{
    collections::HashMap,
    path::Path,
    sync::{Arc, Mutex, MutexGuard},
};

use axum::{
    Router,
    extract::{Path as UrlPath, State},
    http::{StatusCode, header},
    response::{IntoResponse, Response},
    routing::get,
};
use local_cloud::{
    cloud::API_BUCKET,
    functions::listen,
    night::Night,
    replay::{Pace, Replay, TICK},
};
use reqwest::Url;
use serde_json::{Value, json};
use tests::{
    Cloud, HandClock, Reply, Stub,
    browser::Browser,
    contract::folder,
    drift::{ODDS, both_sides},
    game, skipped,
    warehouse::{DAY, predicted, with},
};

/// Every score, and the page's text about every player with a prediction.
const SEEN: &str = "return {
    scores: [...document.querySelectorAll('#games b')].map((it) => it.textContent).join(' '),
    players: Object.fromEntries([...document.querySelectorAll('.card')]
        .filter((card) => card.querySelector('.grade') && card.querySelector('.plot'))
        .map((card) => [card.dataset.player, {
            grade: card.querySelector('.grade').textContent,
            points: card.querySelector('.points').textContent,
            plotted: Number(card.querySelector('.plot').dataset.points),
            way: card.querySelector('.plot .way')?.getAttribute('d') ?? null,
            chance: card.querySelector('.chance')?.textContent ?? null,
            bar: card.querySelector('.chance meter')?.value ?? null,
            marks: card.querySelector('.marks')?.textContent ?? '',
        }])),
}";

/// Whether the page's content about any one player has changed as `wanted`.
fn has_turned(before: &Value, after: &Value, wanted: impl Fn(&Value, &Value) -> bool) -> bool {
    let players = before["players"].as_object().expect("players");
    players.iter().any(|(player, before)| after["players"].get(player).is_some_and(|it| wanted(before, it)))
}

#[tokio::test(flavor = "multi_thread")]
async fn the_board_follows_a_night() {
    let Some(browser) = Browser::start(1600, 1000, false).await else { return };
    let data = tempfile::tempdir().expect("a folder");
    // A night of five hours in half a minute; its first poll is long before the first tip-off.
    let pace = Pace { speed: 700.0, seed: 1, every: TICK };
    let night = Arc::new(Night::sample().expect("the sample night"));
    let listener = listen(0).await.expect("a port");
    let replay = Arc::new(Replay::start(data.path(), listener, 0, night, pace).await.expect("a replay"));
    let running = tokio::spawn({
        let replay = replay.clone();
        async move { replay.run(|_| {}).await }
    });
    // Chromium reports a missing document as an error of the page.
    let is_public = |name: &&str| !replay.cloud.objects.list(API_BUCKET, name).is_empty();
    let documents = [
        "v1/status.json",
        "v1/tonight/all-players.json",
        "v1/live/latest.json",
        "v1/live-grading/latest.json",
        "v1/live-timeline/latest.json",
    ];
    while !documents.iter().all(&is_public) {
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    browser.open(&replay.cloud.url.join("?every=1").expect("a URL")).await;
    browser.until("games", SEEN, |seen| seen["scores"].as_str().is_some_and(|it| !it.is_empty())).await;
    let scores = |seen: &Value| seen["scores"].as_str().unwrap_or_default().replace(['–', ' '], "");
    let is_plotted = |seen: &Value| has_turned(seen, seen, |_, player| player["plotted"] != 0);
    let on = browser.until("a score", SEEN, |seen| !scores(seen).is_empty() && is_plotted(seen)).await;
    browser.until("a score that changes", SEEN, |seen| scores(seen) != scores(&on)).await;
    let trends = |before: &Value, after: &Value| {
        before["grade"] != after["grade"]
            && after["grade"].as_str().is_some_and(|it| it.starts_with("Trending"))
    };
    browser.until("a grade that turns", SEEN, |seen| has_turned(&on, seen, trends)).await;
    // The chance beside its line, as a number and a bar.
    let has_chance = |_: &Value, player: &Value| {
        let percent = player["chance"]
            .as_str()
            .and_then(|text| text.strip_suffix(" %")?.rsplit(' ').next()?.parse().ok());
        let percent: Option<f64> = percent;
        let bar = percent.zip(player["bar"].as_f64()).map(|(percent, bar)| (percent - bar * 100.0).abs());
        bar.is_some_and(|difference| difference <= 1.0) && player["marks"] == "Locked"
    };
    browser.until("a chance beside a locked line", SEEN, |seen| has_turned(seen, seen, has_chance)).await;
    let grows = |before: &Value, after: &Value| {
        before["plotted"].as_u64() > Some(0)
            && after["plotted"].as_u64() > before["plotted"].as_u64()
            && after["way"].as_str().map(str::len) > before["way"].as_str().map(str::len)
            && after["points"] != before["points"]
    };
    browser.until("a plot that grows with the points", SEEN, |seen| has_turned(&on, seen, grows)).await;
    let decided = |_: &Value, after: &Value| after["grade"] == "Correct" || after["grade"] == "Incorrect";
    browser.until("decided predictions", SEEN, |seen| has_turned(&on, seen, decided)).await;
    let is_provisional = |_: &Value, player: &Value| player["marks"] == "Locked · Provisional";
    browser.until("a settled line", SEEN, |seen| has_turned(seen, seen, is_provisional)).await;
    running.await.expect("the night");
    let says_why = |_: &Value, player: &Value| player["grade"] == "Void: did not play";
    browser.until("a void reason", SEEN, |seen| has_turned(seen, seen, says_why)).await;
    let over = "return [...document.querySelectorAll('#games .clock')].map((it) => it.textContent)";
    let clocks = browser
        .until("the end", over, |clocks| {
            clocks
                .as_array()
                .is_some_and(|it| it.iter().all(|it| it.as_str().is_some_and(|it| it.starts_with("Final"))))
        })
        .await;
    let live: Value = serde_json::from_slice(
        &replay.cloud.objects.read(API_BUCKET, "v1/live/latest.json", None).expect("scores").1,
    )
    .expect("JSON");
    assert_eq!(clocks.as_array().map(Vec::len), live["games"].as_array().map(Vec::len));
    let status = "return document.querySelector('#status').textContent";
    let is_over = |status: &Value| status.as_str().is_some_and(|it| it.contains("all games are over"));
    browser.until("the status at the end", status, is_over).await;
    assert_eq!(browser.console_errors().await, Vec::<String>::new());
}

/// A web server of the board whose documents and clock a test sets.
#[derive(Clone)]
struct Host(Arc<Mutex<Hosted>>);

struct Hosted {
    documents: HashMap<String, (u16, String)>,
    date: &'static str,
}

impl Host {
    /// The documents of Toronto at Boston in the third quarter, and their server.
    async fn start() -> (Self, Url) {
        let cloud = Cloud::start().await;
        cloud.add_tonight();
        cloud.add("nba_predictions.player_prop_predictions", predicted("jaylenbrown", 27.3, "OVER"));
        for side in both_sides("jaylenbrown", 10, 6.5, -110, -105) {
            cloud.add(ODDS, with(side, json!({"market_type": "rebounds"})));
        }
        cloud
            .tonight(&HandClock::at("2026-01-09T22:00:00Z"))
            .await
            .tell(json!({"export_types": ["tonight"]}))
            .await;
        let mut boston = game(1, DAY, "3rd Qtr", 3, "Q3 6:35");
        let player = json!({"id": 70, "first_name": "Jaylen", "last_name": "Brown"});
        boston["home_team"]["players"] = json!([{"min": "25", "pts": 21, "reb": 5, "player": player}]);
        boston["visitor_team"] = json!({"id": 28, "abbreviation": "TOR", "players": []});
        let stub = Stub::answering([Reply::games([boston])]).await;
        cloud.exporter(&stub, &HandClock::at("2026-01-10T02:12:01Z")).await.post("").await;
        // Two minutes after the poll.
        let hosted = Hosted { documents: HashMap::new(), date: "Sat, 10 Jan 2026 02:14:01 GMT" };
        let host = Self(Arc::new(Mutex::new(hosted)));
        for name in cloud.names(API_BUCKET, "v1/") {
            host.set(&name, 200, cloud.json(API_BUCKET, &name).to_string());
        }
        let (listener, url) = listen(0).await.expect("a port");
        let router = Router::new()
            .route("/", get(async || file("index.html")))
            .route("/{file}", get(async |UrlPath(name): UrlPath<String>| file(&name)))
            .route("/v1/{*object}", get(document))
            .with_state(host.clone());
        tokio::spawn(axum::serve(listener, router).into_future());
        (host, url)
    }

    fn set(&self, object: &str, status: u16, body: impl Into<String>) {
        self.hosted().documents.insert(object.to_owned(), (status, body.into()));
    }

    fn set_date(&self, date: &'static str) {
        self.hosted().date = date;
    }

    fn hosted(&self) -> MutexGuard<'_, Hosted> {
        self.0.lock().expect("what is hosted")
    }

    fn json(&self, object: &str) -> Value {
        serde_json::from_str(&self.hosted().documents[object].1).expect("JSON")
    }
}

async fn document(State(host): State<Host>, UrlPath(object): UrlPath<String>) -> Response {
    let (found, date) = {
        let hosted = host.hosted();
        (hosted.documents.get(&format!("v1/{object}")).cloned(), hosted.date)
    };
    let (status, body) = found.unwrap_or((404, String::new()));
    (StatusCode::from_u16(status).expect("a status"), [(header::DATE, date)], body).into_response()
}

fn file(name: &str) -> Response {
    let kind = if name.ends_with(".js") {
        "text/javascript"
    } else if name.ends_with(".css") {
        "text/css"
    } else {
        "text/html"
    };
    let of = if name == "client.js" { "typescript" } else { "../local/board" };
    let body = std::fs::read(folder().join(of).join(name));
    body.map_or(StatusCode::NOT_FOUND.into_response(), |body| {
        ([(header::CONTENT_TYPE, kind)], body).into_response()
    })
}

const LIVE: &str = "v1/live/latest.json";

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_read_leaves_the_last_good_data_and_says_how_old_it_is() {
    let Some(browser) = Browser::start(1600, 1000, false).await else { return };
    let (host, url) = Host::start().await;
    browser.open(&url.join("?every=1").expect("a URL")).await;
    let shown = "return document.querySelector('[data-player=jaylenbrown] .points')?.textContent";
    browser.until("the player", shown, |points| points == "21").await;
    assert!(browser.text("#sources").await.contains("live 2 min old"), "{}", browser.text("#sources").await);
    let good = host.json(LIVE).to_string();
    let sources = "return document.querySelector('#sources').textContent";
    for (what, status, body, said) in [
        ("gone", 404, String::new(), "live: the server answers 404; showing what was, 2 min old"),
        ("truncated", 200, good[..good.len() / 2].to_owned(), "live: what came is no JSON; showing what was"),
        (
            "an HTML page",
            200,
            "<!doctype html><p>Sorry".to_owned(),
            "live: what came is no JSON; showing what was",
        ),
        (
            "another JSON",
            200,
            "{\"error\":\"maintenance\"}".to_owned(),
            "live: what came has no games; showing what was",
        ),
        ("an error", 503, "busy".to_owned(), "live: the server answers 503; showing what was"),
    ] {
        host.set(LIVE, status, body);
        browser.until(what, sources, |text| text.as_str().is_some_and(|text| text.contains(said))).await;
        assert_eq!(browser.ask(shown).await, "21", "{what}: the last good data stay");
        assert_eq!(browser.text("[data-game='TOR@BOS'] .clock").await, "Q3 6:35", "{what}");
    }
    host.set(LIVE, 200, good);
    browser
        .until("good again", sources, |text| {
            text.as_str().is_some_and(|text| text.contains("live 2 min old"))
        })
        .await;
    let of_script = |errors: Vec<String>| {
        errors.into_iter().filter(|it| !it.contains("Failed to load resource")).collect::<Vec<_>>()
    };
    assert_eq!(of_script(browser.console_errors().await), Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_document_that_makes_no_sense_stops_nothing() {
    let Some(browser) = Browser::start(1600, 1000, false).await else { return };
    let (host, url) = Host::start().await;
    browser.open(&url.join("?every=1").expect("a URL")).await;
    let shown = "return document.querySelector('[data-player=jaylenbrown] .points')?.textContent";
    browser.until("the player", shown, |points| points == "21").await;
    let good = host.json(LIVE);
    let at = &good["updated_at"];
    let problem = "return document.querySelector('#problem').textContent";
    for (object, senseless, said) in [
        (LIVE, with(good.clone(), json!({"games": [null]})), "games, players"),
        (LIVE, with(good.clone(), json!({"games": [{"home_team": "BOS", "away_team": "TOR"}]})), "players"),
        ("v1/status.json", json!({"updated_at": at, "known_issues": [], "game_date": DAY}), "ages"),
        (
            "v1/live-grading/latest.json",
            json!({"updated_at": at, "game_date": DAY, "predictions": [null]}),
            "predictions, players",
        ),
    ] {
        let before = host.json(object);
        host.set(object, 200, senseless.to_string());
        let expected = format!("What came cannot be shown. As it was: {said}.");
        browser.until(said, problem, |text| *text == expected).await;
        assert_eq!(browser.ask(shown).await, "21", "{object}: what was shown stays");
        host.set(object, 200, before.to_string());
        browser.until("good again", problem, |text| text == "").await;
    }
    let mut later = good;
    later["games"][0]["home_score"] = json!(99);
    host.set(LIVE, 200, later.to_string());
    let scores = "return [...document.querySelectorAll('#games b')].map((it) => it.textContent).join(' ')";
    browser
        .until("the next score", scores, |text| text.as_str().is_some_and(|text| text.contains("99")))
        .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_cards_are_about_the_chosen_statistic() {
    let Some(browser) = Browser::start(1600, 1000, false).await else { return };
    let (_host, url) = Host::start().await;
    browser.open(&url.join("?every=1").expect("a URL")).await;
    let card = "document.querySelector('[data-player=jaylenbrown]')";
    let shown = format!(
        "const card = {card};
         return card && [card.querySelector('.points').textContent, card.querySelector('.grade') !== null,
                         card.textContent.match(/Line [^(]*/)[0].trim(),
                         card.querySelector('.plot').getAttribute('aria-label')]"
    );
    let points = json!(["21", true, "Line 24.5", "Points over game time: 21, line 24.5"]);
    browser.until("points", &shown, |seen| *seen == points).await;
    let choice = browser.page.find(fantoccini::Locator::Id("stat")).await.expect("the choice");
    choice.select_by_value("rebounds").await.expect("a statistic");
    // Rebounds are not predicted, so that there is nothing to grade.
    let rebounds = json!(["5", false, "Line 6.5 rebounds", "Rebounds over game time: 5, line 6.5"]);
    browser.until("rebounds", &shown, |seen| *seen == rebounds).await;
    choice.select_by_value("blocks").await.expect("a statistic");
    browser.until("nobody with a line", &format!("return {card}"), Value::is_null).await;
    choice.select_by_value("points").await.expect("a statistic");
    browser.until("points again", &shown, |seen| *seen == points).await;
    assert_eq!(browser.console_errors().await, Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn last_night_is_not_shown_as_tonight() {
    let Some(browser) = Browser::start(1600, 1000, false).await else { return };
    let (host, url) = Host::start().await;
    // In the morning tonight's list is new, and the other documents are last night's until the first poll.
    let mut tonight = host.json("v1/tonight/all-players.json");
    tonight["game_date"] = json!("2026-01-10");
    host.set("v1/tonight/all-players.json", 200, tonight.to_string());
    browser.open(&url.join("?every=1").expect("a URL")).await;
    let seen = "return document.querySelector('#day').textContent.slice(0, 10)";
    browser.until("the day", seen, |day| day == "2026-01-10").await;
    let card = "[data-player=jaylenbrown]";
    assert_eq!(browser.text(&format!("{card} .points")).await, "");
    assert_eq!(browser.text("#summary").await, "");
    let shown = format!(
        "const card = document.querySelector('{card}');
         return [card.querySelector('.grade'), card.querySelector('.plot').dataset.points]"
    );
    assert_eq!(browser.ask(&shown).await, json!([null, "0"]), "a line, and no points of last night");
    assert!(browser.text("#sources").await.contains("grading of 2026-01-09, 2 min old"));
    // Scores of a day without a list are shown without one.
    tonight["game_date"] = json!("2026-01-08");
    host.set("v1/tonight/all-players.json", 200, tonight.to_string());
    browser.until("the day", seen, |day| day == "2026-01-09").await;
    assert_eq!(browser.text("[data-game='TOR@BOS'] .clock").await, "Q3 6:35");
    let show = browser.page.find(fantoccini::Locator::Id("show")).await.expect("the choice");
    show.select_by_value("all").await.expect("everyone");
    browser
        .until(
            "the box score",
            &format!("return document.querySelector('{card} .points')?.textContent"),
            |points| points == "21",
        )
        .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_status_that_nobody_renews_is_not_shown_as_news() {
    let Some(browser) = Browser::start(1600, 1000, false).await else { return };
    let (host, url) = Host::start().await;
    let text = "return document.querySelector('#status').textContent";
    browser.open(&url.join("?every=1").expect("a URL")).await;
    browser.until("the status", text, |text| text.as_str().is_some_and(|it| it.contains("1 game on"))).await;
    host.set_date("Sat, 10 Jan 2026 02:44:01 GMT");
    browser
        .until("silence", text, |text| {
            text.as_str().is_some_and(|it| it.starts_with("Unknown: no word for 32 min. It was: "))
        })
        .await;
    assert_eq!(browser.ask("return document.querySelector('#status').dataset.health").await, "unknown");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_sources_of_the_scores_are_shown_and_whose_a_game_is() {
    let Some(browser) = Browser::start(1600, 1000, false).await else { return };
    let (host, url) = Host::start().await;
    let mut status = host.json("v1/status.json");
    let source = |name: &str, health: &str, message: &str, games: u64, lag: Value, differ: u64| {
        json!({
            "source": name, "status": health, "message": message, "last_asked": null, "last_answer": null,
            "games": games, "lag_seconds": lag, "disagreements": differ, "compared_at": null, "differing_finals": [],
        })
    };
    status["sources"] = json!([
        source("balldontlie", "unhealthy", "does not answer (answered 500)", 0, json!(95), 2),
        source("nba_cdn", "healthy", "answers", 1, json!(0), 0),
    ]);
    host.set("v1/status.json", 200, status.to_string());
    let mut live = host.json("v1/live/latest.json");
    live["games"][0]["source"] = json!("nba_cdn");
    host.set("v1/live/latest.json", 200, live.to_string());
    browser.open(&url.join("?every=1").expect("a URL")).await;
    let shown = "return [...document.querySelectorAll('#upstream li')].map((it) => [it.textContent, it.dataset.health])";
    let expected = json!([
        ["BallDontLie does not answer (answered 500) · 95 s of play behind · 2 players differ", "unhealthy"],
        ["The NBA’s feed answers · 1 game by it", "healthy"],
    ]);
    browser.until("the sources", shown, |shown| *shown == expected).await;
    let card = "return document.querySelector('#games .source')?.textContent";
    browser.until("the game's source", card, |text| text == "by the NBA’s feed").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_name_is_text_whatever_is_in_it() {
    let Some(browser) = Browser::start(800, 800, false).await else { return };
    let (host, url) = Host::start().await;
    let name = "<img src=x onerror=\"document.title='taken'\">";
    let mut tonight = host.json("v1/tonight/all-players.json");
    for player in tonight["games"][0]["players"].as_array_mut().expect("players") {
        *player = with(player.clone(), json!({"name": name, "injury_reason": name, "position": name}));
    }
    host.set("v1/tonight/all-players.json", 200, tonight.to_string());
    let mut status = host.json("v1/status.json");
    status["services"]["live_data"]["message"] = json!(name);
    status["known_issues"] =
        json!([{"severity": "info", "message": name, "detected_at": "2026-01-10T02:12:01Z"}]);
    host.set("v1/status.json", 200, status.to_string());
    browser.open(&url).await;
    browser.until("the page", "return document.querySelectorAll('.card').length", |cards| *cards != 0).await;
    assert_eq!(browser.text(".card h3").await, name);
    assert_eq!(
        browser.ask("return [document.images.length, document.title]").await,
        json!([0, "Tonight’s board"])
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn the_board_can_be_read_narrow_and_wide_light_and_dark_and_by_keyboard() {
    let axe = Path::new(env!("CARGO_MANIFEST_DIR")).join("node_modules/axe-core/axe.min.js");
    let Ok(axe) = std::fs::read_to_string(axe) else {
        assert!(
            std::env::var_os("CHROMIUM_REQUIRED").is_none(),
            "axe-core is missing (`make test` installs it)"
        );
        skipped("no axe-core (`make test` installs it)");
        return;
    };
    let (host, url) = Host::start().await;
    let mut status = host.json("v1/status.json");
    let long = "live_grading: Cloud Storage: gs://nba-props-platform-api/v1/live-grading/2026-01-09.json: a_word_without_end".repeat(2);
    status["known_issues"] = json!([{"severity": "error", "message": long, "reported_by": "export-live", "detected_at": "2026-01-10T02:12:01Z"}]);
    host.set("v1/status.json", 200, status.to_string());
    for (width, dark) in [(380, false), (380, true), (1600, false), (1600, true)] {
        let Some(browser) = Browser::start(width, 900, dark).await else { return };
        browser.open(&url).await;
        browser
            .until("the page", "return document.querySelectorAll('.plot').length", |plots| *plots != 0)
            .await;
        let is_dark = browser.ask("return matchMedia('(prefers-color-scheme: dark)').matches").await;
        assert_eq!(is_dark, json!(dark), "the colour scheme");
        assert_eq!(browser.ask("return innerWidth").await, json!(width), "the page's width");
        browser.ask(&format!("{axe}; return null")).await;
        let run = "const done = arguments[arguments.length - 1];
            axe.run().then(({ violations, passes }) => done({
                violations: violations.map(({ id, nodes }) => `${id}: ${nodes[0].html}`),
                contrast: passes.some(({ id }) => id === 'color-contrast'),
            }))";
        let found = browser.page.execute_async(run, Vec::new()).await.expect("axe");
        assert_eq!(found, json!({"violations": [], "contrast": true}), "{width} px, dark: {dark}");
        let fits = "return document.documentElement.scrollWidth <= document.documentElement.clientWidth";
        assert_eq!(browser.ask(fits).await, json!(true), "{width} px: nothing is cut off");
    }
    let Some(browser) = Browser::start(800, 800, false).await else { return };
    browser.open(&url).await;
    browser.until("the page", "return document.querySelectorAll('.card').length", |cards| *cards == 1).await;
    let tab = "\u{e004}";
    let mut reached = Vec::new();
    for _ in 0..3 {
        let element = browser.page.active_element().await.expect("an element");
        element.send_keys(tab).await.expect("a key");
        reached
            .push(browser.ask("return document.activeElement.id || document.activeElement.className").await);
    }
    assert_eq!(reached, ["skip", "search", "show"]);
    let show = browser.page.active_element().await.expect("the choice");
    show.send_keys("e").await.expect("a key");
    let count = "return document.querySelector('#count').value";
    browser.until("everyone", count, |text| text == "4 of 4 players").await;
    let search = browser.page.find(fantoccini::Locator::Id("search")).await.expect("the search");
    search.send_keys("dick").await.expect("keys");
    browser.until("one", count, |text| text == "1 of 4 players").await;
    assert_eq!(browser.text(".card h3").await, "Gradey Dick");
}
