//! The morning after a night: the league's official box scores arrive, and the exports of yesterday settle
//! every line by them.

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::Value;
use shared::nba::SlateDay;

use crate::{
    cloud::API_BUCKET,
    report::{list, text},
    seed::Correction,
    storage::Objects,
};

/// The body of the scheduled call that settles yesterday's lines.
pub(crate) const SETTLE: &str = r#"{"target_date":"yesterday","until_official":true}"#;

/// The message by which the schedule requests yesterday's list.
pub(crate) const LIST: &str = r#"{"export_types":["tonight"],"target_date":"yesterday","correlation_id":"morning","trigger_source":"scheduler"}"#;

/// When yesterday is exported: ten past five, Eastern, in winter.
pub(crate) fn instant(day: SlateDay) -> DateTime<Utc> {
    day.date().and_time(chrono::NaiveTime::MIN).and_utc() + TimeDelta::minutes(34 * 60 + 10)
}

/// What of `day` is not settled by the official box scores, with the planted `correction` in it.
pub(crate) fn unsettled(objects: &Objects, day: SlateDay, correction: &Correction) -> Vec<String> {
    let document = |object: String| -> Value {
        let read = objects.read(API_BUCKET, &object, None).ok();
        read.and_then(|(_, body)| serde_json::from_slice(&body).ok()).unwrap_or_default()
    };
    let grading = document(format!("v1/live-grading/{day}.json"));
    let lines = list(&grading, "lines");
    let mut findings: Vec<String> = lines
        .iter()
        .filter(|line| text(line, "settled") != "official" || text(line, "outcome") == "open")
        .map(|line| format!("{} is {} ({})", line["player_lookup"], line["outcome"], line["settled"]))
        .collect();
    if lines.is_empty() {
        findings.push("the grading has no lines".into());
    }
    let said: Vec<_> = list(&grading, "corrections")
        .iter()
        .map(|it| (text(it, "player_lookup"), it["from"].as_i64(), it["to"].as_i64()))
        .collect();
    // Not every player has a line: the made-up market lacks some, as the real one does.
    let is_same_player = |line: &Value| {
        text(line, "player_lookup") == correction.player_lookup && text(line, "stat_type") == "points"
    };
    let has_line = lines.iter().any(is_same_player);
    let planted = (correction.player_lookup.as_str(), Some(correction.from), Some(correction.to));
    let expected: &[_] = if has_line { &[planted] } else { &[] };
    if said != expected {
        findings.push(format!("{correction:?} was planted, the corrections are {said:?}"));
    }
    let tonight = document(format!("v1/tonight/{day}.json"));
    if text(&tonight, "settled") != "official" {
        findings.push(format!("tonight's list is {}", tonight["settled"]));
    }
    findings
}
