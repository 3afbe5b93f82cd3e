//! The alerts count log lines: each filter of `infra/terraform/monitoring.tf` is compared with the lines
//! that the binaries write, and each alert has its chapter in the runbook.

use std::{collections::BTreeMap, fs};

use chrono::{SecondsFormat, TimeDelta, Utc};
use local_cloud::cloud::{API_BUCKET, RAW_BUCKET};
use serde_json::{Value, json};
use shared::nba::SlateDay;
use tests::{
    Cloud, Feed, Reply, Running, Stub, binary_event,
    feed::of_the_nba,
    game,
    terraform::{Module, field, fields, infra, text},
};

/// A filter of Cloud Logging, limited to the syntax used here: comparisons, AND, OR and brackets.
/// <https://cloud.google.com/logging/docs/view/logging-query-language>
mod filter {
    use serde_json::Value;

    /// Whether `entry` matches; an error names the part of the filter that is not supported.
    pub fn matches(filter: &str, entry: &Value) -> Result<bool, String> {
        let tokens = tokens(filter)?;
        let mut rest = tokens.as_slice();
        let result = any(&mut rest, entry)?;
        if rest.is_empty() { Ok(result) } else { Err(format!("{rest:?} is left of {filter}")) }
    }

    fn tokens(filter: &str) -> Result<Vec<String>, String> {
        let mut tokens = Vec::new();
        let mut rest = filter.trim_start();
        while let Some(first) = rest.chars().next() {
            let length = match first {
                '(' | ')' | '=' => 1,
                '>' => {
                    if rest.starts_with(">=") {
                        2
                    } else {
                        1
                    }
                }
                '"' => rest[1..].find('"').ok_or("a text has no end")? + 2,
                _ => rest.find(|c: char| "()=>\" ".contains(c)).unwrap_or(rest.len()),
            };
            tokens.push(rest[..length].to_owned());
            rest = rest[length..].trim_start();
        }
        Ok(tokens)
    }

    fn take(rest: &mut &[String], word: &str) -> bool {
        let is_next = rest.first().is_some_and(|next| next == word);
        if is_next {
            *rest = &rest[1..];
        }
        is_next
    }

    fn any(rest: &mut &[String], entry: &Value) -> Result<bool, String> {
        let mut result = all(rest, entry)?;
        while take(rest, "OR") {
            result |= all(rest, entry)?;
        }
        Ok(result)
    }

    fn all(rest: &mut &[String], entry: &Value) -> Result<bool, String> {
        let mut result = one(rest, entry)?;
        while take(rest, "AND") {
            result &= one(rest, entry)?;
        }
        Ok(result)
    }

    fn one(rest: &mut &[String], entry: &Value) -> Result<bool, String> {
        if take(rest, "(") {
            let result = any(rest, entry)?;
            return if take(rest, ")") { Ok(result) } else { Err("a bracket stays open".into()) };
        }
        let [path, operator, value, ..] = *rest else { return Err(format!("no comparison: {rest:?}")) };
        *rest = &rest[3..];
        let is = entry.pointer(&format!("/{}", path.replace('.', "/"))).unwrap_or(&Value::Null);
        let expected: Value = serde_json::from_str(value).map_err(|error| format!("{value}: {error}"))?;
        match operator.as_str() {
            "=" => Ok(*is == expected),
            ">" => Ok(is.as_f64() > expected.as_f64() && is.is_number()),
            operator => Err(format!("{operator} is not understood")),
        }
    }

    #[test]
    fn a_filter_is_read_as_cloud_logging_reads_it() {
        let entry = serde_json::json!({"a": {"n": 3, "t": "x y", "b": true}});
        for (filter, expected) in [
            (r#"a.t="x y""#, true),
            ("a.n>2 AND a.b=true", true),
            ("a.n>3", false),
            ("a.none>0", false),
            (r#"a.n>9 OR (a.b=true AND a.t="x y")"#, true),
            (r#"(a.n>9 OR a.b=true) AND a.t="z""#, false),
        ] {
            assert_eq!(matches(filter, &entry), Ok(expected), "{filter}");
        }
        assert!(matches("a.n ~ 3", &entry).is_err());
    }
}

/// A log line of a function in the form in which Cloud Logging stores it.
fn entry(line: &Value) -> Value {
    json!({"resource": {"type": "cloud_run_revision"}, "jsonPayload": line})
}

fn metrics(root: &Module) -> BTreeMap<String, String> {
    fields(root.local("metrics"))
        .into_iter()
        .map(|(name, filter)| (name, text(filter).expect("a filter")))
        .collect()
}

/// The metrics whose filters match any of these lines.
fn counted(metrics: &BTreeMap<String, String>, lines: &[Value]) -> Vec<String> {
    let counts = |filter: &str| {
        lines
            .iter()
            .any(|line| filter::matches(filter, &entry(line)).unwrap_or_else(|error| panic!("{error}")))
    };
    let of_functions = metrics.iter().filter(|(_, filter)| filter.contains("cloud_run_revision"));
    of_functions.filter(|(_, filter)| counts(filter)).map(|(name, _)| name.clone()).collect()
}

/// A cloud at this moment, with a game that began an hour ago. Just before the slate day turns, the next one is waited
/// for, so that a test does not see two.
async fn tonight() -> (Cloud, String) {
    let cloud = Cloud::start().await;
    while SlateDay::of(Utc::now()) != SlateDay::of(Utc::now() + TimeDelta::minutes(2)) {
        tokio::time::sleep(std::time::Duration::from_secs(1)).await;
    }
    let day = SlateDay::of(Utc::now()).to_string();
    let tip_off = (Utc::now() - TimeDelta::hours(1)).to_rfc3339_opts(SecondsFormat::Secs, true);
    cloud.add(
        "nba_raw.nbac_schedule",
        json!({
            "game_id": "0022500555", "game_date": day, "home_team_tricode": "BOS", "away_team_tricode": "BKN",
            "game_date_est": tip_off, "game_status": 2,
        }),
    );
    (cloud, day)
}

/// The lines that a function's binary writes during one call.
async fn lines_of(cloud: &Cloud, name: &str, upstream: &Stub) -> Vec<Value> {
    let running = Running::function(name, &cloud.environment(name, &upstream.url)).await;
    running.as_function().post("").await;
    running.log_lines()
}

#[tokio::test]
async fn each_metric_counts_a_line_that_a_binary_writes_and_only_when_it_should() {
    let root = Module::read("");
    let metrics = metrics(&root);
    let mut seen = Vec::new();
    let mut check = |lines: &[Value], expected: &[&str]| {
        let counted = counted(&metrics, lines);
        assert_eq!(counted, expected, "{lines:#?}");
        seen.extend(counted);
    };

    let (cloud, day) = tonight().await;
    let on = Stub::answering([Reply::games([game(1, &day, "3rd Qtr", 3, "Q3 6:35")])]).await;
    let nothing = Stub::answering([Reply::games([])]).await;
    // A day without games and without problems.
    check(&lines_of(&Cloud::start().await, "export-live", &nothing).await, &["live_exports"]);
    // While no game is on or near, the schedule's calls do nothing, and that is no silence.
    let quiet = Cloud::start().await;
    let idle = Running::function("export-live", &quiet.environment("export-live", &nothing.url)).await;
    let of_schedule = json!({"polls": 2}).to_string();
    idle.as_function().post(of_schedule.clone()).await;
    let before = idle.log_lines().len();
    idle.as_function().post(of_schedule).await;
    check(&idle.log_lines()[before..], &["live_exports"]);
    // A night with scores but without tonight's list.
    check(
        &lines_of(&cloud, "export-live", &on).await,
        &["live_exports", "live_exports_in_games", "status_unhealthy"],
    );
    check(&lines_of(&cloud, "scrape-live-boxscores", &on).await, &["snapshots_with_games"]);
    let failing = Stub::answering([Reply::text(401, "no")]).await;
    check(&lines_of(&cloud, "export-live", &failing).await, &["status_unhealthy"]);
    // Neither do the games of the schedule count as an export, where nothing else is to be had.
    let (nothing_public, _) = tonight().await;
    check(&lines_of(&nothing_public, "export-live", &failing).await, &["status_unhealthy"]);

    // The feed stands in where BallDontLie fails.
    let feed = Feed::of([of_the_nba(&game(1, &day, "3rd Qtr", 3, "Q3 6:35"), "0022500555")]).await;
    let mut variables = cloud.environment("export-live", &failing.url);
    variables.retain(|(name, _)| name != "LIVE_SOURCES");
    variables.push(("NBA_CDN_URL".to_owned(), feed.url.to_string()));
    let both = Running::function("export-live", &variables).await;
    both.as_function().post("").await;
    check(&both.log_lines(), &["live_exports", "live_exports_in_games", "second_source", "status_unhealthy"]);

    // Scores that are a quarter of an hour old, and neither source answers.
    let mut status = cloud.json(API_BUCKET, "v1/status.json");
    let old = Utc::now() - TimeDelta::minutes(15);
    status["services"]["live_data"]["poll_id"] = json!(old.format("%Y%m%dT%H%M%SZ").to_string());
    cloud.upload(API_BUCKET, "v1/status.json", status.to_string()).await;
    let mut variables = cloud.environment("export-live", &failing.url);
    variables.retain(|(name, _)| name != "LIVE_SOURCES");
    variables.push(("NBA_CDN_URL".to_owned(), failing.url.to_string()));
    let neither = Running::function("export-live", &variables).await;
    neither.as_function().post("").await;
    check(&neither.log_lines(), &["scores_degraded", "status_unhealthy"]);

    // The first source lacks players, and the second does not answer.
    let (cloud, day) = tonight().await;
    let mut short = game(1, &day, "3rd Qtr", 3, "Q3 6:35");
    short["home_team_score"] = json!(60);
    let short = Stub::answering([Reply::games([short])]).await;
    let mut variables = cloud.environment("export-live", &short.url);
    variables.retain(|(name, _)| name != "LIVE_SOURCES");
    variables.push(("NBA_CDN_URL".to_owned(), failing.url.to_string()));
    let first_alone = Running::function("export-live", &variables).await;
    first_alone.as_function().post("").await;
    let expected = ["live_exports", "live_exports_in_games", "second_source_fails", "status_unhealthy"];
    check(&first_alone.log_lines(), &expected);

    // Fresh and empty: the export succeeds, and the status reports the problem.
    let (cloud, _) = tonight().await;
    check(&lines_of(&cloud, "export-live", &nothing).await, &["live_exports", "status_unhealthy"]);
    check(&lines_of(&cloud, "scrape-live-boxscores", &nothing).await, &[]);

    let processor = "process-live-boxscores";
    let running = Running::function(processor, &cloud.environment(processor, &cloud.services.url)).await;
    let function = running.as_function();
    let name = |nth: u32| format!("ball-dont-lie/live-boxscores/{day}/20260110_02120{nth}.json");
    let games = [game(1, &day, "3rd Qtr", 3, "Q3 6:35")];
    let good = cloud.upload(RAW_BUCKET, &name(1), tests::snapshot("20260110T021201Z", &games)).await;
    function.deliver(RAW_BUCKET, &name(1), good).await;
    check(&running.log_lines(), &["snapshots_processed"]);
    let half = cloud.upload(RAW_BUCKET, &name(2), "half a snapsh").await;
    let before = running.log_lines().len();
    function.deliver(RAW_BUCKET, &name(2), half).await;
    check(&running.log_lines()[before..], &["dead_letters"]);
    let unreadable = [games[0].clone(), json!({"id": 2})];
    let partly = cloud.upload(RAW_BUCKET, &name(3), tests::snapshot("20260110T021203Z", &unreadable)).await;
    let before = running.log_lines().len();
    function.deliver(RAW_BUCKET, &name(3), partly).await;
    check(&running.log_lines()[before..], &["dead_letters", "snapshots_processed"]);
    let before = running.log_lines().len();
    function.post_with(&binary_event("some.other.type"), "{}").await;
    check(&running.log_lines()[before..], &[]);

    let own: Vec<&String> = metrics
        .iter()
        .filter(|(_, filter)| filter.contains("cloud_run_revision"))
        .map(|(name, _)| name)
        .collect();
    seen.sort();
    seen.dedup();
    assert_eq!(seen.iter().collect::<Vec<_>>(), own, "each is counted once at least");
}

#[test]
fn each_alert_reads_a_metric_that_there_is_and_has_its_part_in_the_runbook() {
    let root = Module::read("");
    let metrics = metrics(&root);
    let runbook = fs::read_to_string(infra().join("RUNBOOK.md")).expect("the runbook");
    let mut used = Vec::new();
    for (title, alert) in fields(root.local("alerts")) {
        assert!(runbook.contains(&format!("\n## {title}\n")), "{title} is not in the runbook");
        let query = field(alert, "query").map(|query| query.to_string()).expect("a query");
        for metric in query.split("logging_googleapis_com:user_").skip(1) {
            let metric: String = metric.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
            assert!(metrics.contains_key(&metric), "{title}: there is no metric {metric}");
            used.push(metric);
        }
    }
    for metric in metrics.keys() {
        assert!(used.contains(metric), "no alert reads {metric}");
    }
    // Absence alerts too: of exports, of rows, of acknowledgements.
    for title in [
        "No live export",
        "Snapshots are not processed",
        "Events wait",
        "The status is unhealthy",
        "The scores stand still",
    ] {
        assert!(fields(root.local("alerts")).contains_key(title), "{title}");
    }
}
