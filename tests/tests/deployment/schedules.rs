//! What calls the functions, and when.

use super::*;

#[test]
fn f6_f23_polls_are_asked_for_throughout_the_night_in_new_york() {
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
