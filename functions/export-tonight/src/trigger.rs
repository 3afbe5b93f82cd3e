//! The messages that request an export, and the completion message that reports its result.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use shared::{
    clock::iso_micros,
    nba::{SlateDay, TargetDay},
};

/// The only export type of this function.
const TONIGHT: &str = "tonight";
/// The `phase` of a message that announces finished predictions.
const PREDICTIONS: &str = "phase_5_predictions";
/// The least percentage of completed predictions for an export.
const ENOUGH_PREDICTIONS: f64 = 80.0;

/// What a message requests of this function.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Message {
    /// Export a day.
    Trigger(Trigger),
    /// Too few predictions for an export, and the reason; the public list stays as it is.
    TooFewPredictions(String),
}

/// A request for an export.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Trigger {
    pub target: TargetDay,
    /// Whether `all-players.json` may be replaced.
    pub update_latest: bool,
    /// The requested export types that this function does not support.
    pub unknown: Option<String>,
}

/// The fields of a trigger that its completion repeats, as far as they could be read.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub(crate) struct Echo {
    pub correlation_id: Option<String>,
    pub trigger_source: Option<String>,
    pub target_date: Option<String>,
    pub export_types: Vec<String>,
}

impl Message {
    /// Reads a message of either topic: a trigger, or the completion of predictions
    /// (`nba-phase5-predictions-complete`), which requests the list of its date.
    pub(crate) fn read(message: &[u8]) -> Result<Self, String> {
        #[derive(Deserialize)]
        struct Sender {
            phase: Option<String>,
        }
        if message.trim_ascii().first() != Some(&b'{') {
            return Err("the message is not a JSON object".into());
        }
        let sender: Sender = serde_json::from_slice(message)
            .map_err(|error| format!("the message is not an export trigger: {error}"))?;
        match sender.phase.as_deref() {
            Some(PREDICTIONS) => Self::of_predictions(message),
            _ => Trigger::read(message).map(Self::Trigger),
        }
    }

    fn of_predictions(message: &[u8]) -> Result<Self, String> {
        #[derive(Deserialize)]
        struct Predictions {
            game_date: SlateDay,
            status: String,
            #[serde(default)]
            metadata: Metadata,
        }
        #[derive(Default, Deserialize)]
        struct Metadata {
            #[serde(default, deserialize_with = "shared::json::number_or_text")]
            completion_pct: Option<f64>,
        }
        let predictions: Predictions = serde_json::from_slice(message)
            .map_err(|error| format!("the message is not a completion of the predictions: {error}"))?;
        if !["success", "partial"].contains(&predictions.status.as_str()) {
            return Ok(Self::TooFewPredictions(format!(
                "the predictions' status is {:?}, expected \"success\" or \"partial\"",
                predictions.status
            )));
        }
        match predictions.metadata.completion_pct {
            Some(percent) if percent < ENOUGH_PREDICTIONS => Ok(Self::TooFewPredictions(format!(
                "{percent} % of the predictions are complete, expected at least {ENOUGH_PREDICTIONS} %"
            ))),
            _ => Ok(Self::Trigger(Trigger {
                target: TargetDay::On(predictions.game_date),
                update_latest: true,
                unknown: None,
            })),
        }
    }
}

/// Request for tonight's list, on the trigger topic. The completion repeats `correlation_id` and
/// `trigger_source`; other fields are ignored.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct ExportTrigger {
    /// Documents to export: `tonight`. Another type is dead-lettered: the completion is
    /// `failed`, or `partial` beside `tonight`.
    pub export_types: Vec<String>,
    /// Slate day to export: `today`, `yesterday` or `YYYY-MM-DD`; `today` by default.
    #[serde(default)]
    pub target_date: TargetDay,
    /// Whether `v1/tonight/all-players.json` may be replaced when the day is today; true by default.
    #[serde(default = "yes")]
    pub update_latest: bool,
}

fn yes() -> bool {
    true
}

impl Trigger {
    /// Reads a trigger and ignores unknown fields; without `export_types` nothing is exported, rather than
    /// something that nobody requested (FAILURES.md, F30).
    fn read(message: &[u8]) -> Result<Self, String> {
        let message: ExportTrigger = serde_json::from_slice(message)
            .map_err(|error| format!("the message is not an export trigger: {error}"))?;
        let unknown: Vec<&str> =
            message.export_types.iter().map(String::as_str).filter(|kind| *kind != TONIGHT).collect();
        let unknown = (!unknown.is_empty())
            .then(|| format!("export_types: {unknown:?} not known, expected {TONIGHT:?}"));
        match unknown {
            None if message.export_types.is_empty() => {
                Err(format!("export_types: empty, expected {TONIGHT:?}"))
            }
            Some(unknown) if !message.export_types.iter().any(|kind| kind == TONIGHT) => Err(unknown),
            unknown => {
                Ok(Self { target: message.target_date, update_latest: message.update_latest, unknown })
            }
        }
    }
}

impl Echo {
    pub(crate) fn of(message: &[u8]) -> Self {
        let message: Value = serde_json::from_slice(message).unwrap_or_default();
        let text = |field: &str| message[field].as_str().map(|text| text.chars().take(200).collect());
        let types = message["export_types"].as_array().into_iter().flatten();
        Self {
            correlation_id: text("correlation_id"),
            trigger_source: text("trigger_source"),
            target_date: text("target_date").or_else(|| text("game_date")),
            export_types: types.filter_map(|kind| kind.as_str().map(Into::into)).take(20).collect(),
        }
    }
}

/// Result of an export, as published on the completion topic.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "ExportCompletion")]
pub struct Completion<'a> {
    /// Always `Phase6Export`.
    processor_name: &'static str,
    /// Always `phase_6_publishing`.
    phase: &'static str,
    /// Correlation id of the trigger; `scheduled` when it had none.
    correlation_id: &'a str,
    /// Instant at which the export ended, UTC.
    #[serde(serialize_with = "iso_micros")]
    timestamp: DateTime<Utc>,
    /// Result of the export.
    status: Status,
    /// Always `daily`.
    export_type: &'static str,
    /// Duration of the export, seconds.
    duration_seconds: f64,
    /// `gs://` URIs of the published objects, by document.
    paths: &'a BTreeMap<&'static str, String>,
    /// Descriptions of what failed; empty after a complete export.
    errors: &'a [String],
    /// Source of the trigger, as it named itself; null when it had none.
    trigger_source: Option<&'a str>,
    /// Target date as the trigger wrote it; null when it had none.
    target_date: Option<&'a str>,
    /// Export types of the trigger.
    export_types: &'a [String],
}

/// Result of an export.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(rename = "ExportStatus")]
pub enum Status {
    /// Everything requested is public, in this version or a newer one.
    Success,
    /// Tonight's list is public; another requested export type failed.
    Partial,
    /// Nothing was published.
    Failed,
}

impl<'a> Completion<'a> {
    pub(crate) fn new(
        echo: &'a Echo,
        paths: &'a BTreeMap<&'static str, String>,
        errors: &'a [String],
        timestamp: DateTime<Utc>,
        duration_seconds: f64,
    ) -> Self {
        let status = match (errors.is_empty(), paths.is_empty()) {
            (true, _) => Status::Success,
            (false, false) => Status::Partial,
            (false, true) => Status::Failed,
        };
        Self {
            processor_name: "Phase6Export",
            phase: "phase_6_publishing",
            correlation_id: echo.correlation_id.as_deref().unwrap_or("scheduled"),
            timestamp,
            status,
            export_type: "daily",
            duration_seconds,
            paths,
            errors,
            trigger_source: echo.trigger_source.as_deref(),
            target_date: echo.target_date.as_deref(),
            export_types: &echo.export_types,
        }
    }

    pub(crate) fn status(&self) -> Status {
        self.status
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(message: &str) -> Result<Trigger, String> {
        match Message::read(message.as_bytes())? {
            Message::Trigger(trigger) => Ok(trigger),
            Message::TooFewPredictions(reason) => Err(reason),
        }
    }

    #[test]
    fn a_trigger_is_read_with_its_defaults() {
        let tonight = Trigger { target: TargetDay::Today, update_latest: true, unknown: None };
        assert_eq!(read(r#"{"export_types":["tonight"]}"#), Ok(tonight.clone()));
        assert_eq!(read(r#"{"export_types":["tonight"],"upstream_batch_id":7}"#), Ok(tonight));
        let yesterday =
            read(r#"{"export_types":["tonight"],"target_date":"yesterday","update_latest":false}"#);
        assert_eq!(
            yesterday,
            Ok(Trigger { target: TargetDay::Yesterday, update_latest: false, unknown: None })
        );
    }

    #[test]
    fn finished_predictions_ask_for_the_list_of_their_date() {
        let finished = |more: &str| {
            read(&format!(r#"{{"phase":"phase_5_predictions","game_date":"2026-01-09",{more}}}"#))
        };
        let day = "2026-01-09".parse().expect("a date");
        let wanted = Trigger { target: TargetDay::On(day), update_latest: true, unknown: None };
        assert_eq!(finished(r#""status":"success""#), Ok(wanted.clone()));
        assert_eq!(finished(r#""status":"partial","metadata":{"completion_pct":80}"#), Ok(wanted));
        for (more, reason) in [
            (r#""status":"failed""#, "status is \"failed\""),
            (r#""status":"success","metadata":{"completion_pct":79.9}"#, "79.9 % of the predictions"),
            (r#""state":"success""#, "missing field `status`"),
        ] {
            let error = finished(more).err().unwrap_or_default();
            assert!(error.contains(reason), "{more}: {error}");
        }
    }

    #[test]
    fn f30_what_is_not_understood_is_refused_by_name_and_is_no_other_export() {
        for (message, reason) in [
            ("", "the message is not a JSON object"),
            ("[]", "the message is not a JSON object"),
            ("{", "EOF"),
            (r#"{"players":true,"min_games":5}"#, "missing field `export_types`"),
            (r#"{"export_type":["tonight"]}"#, "missing field `export_types`"),
            (r#"{"export_types":[]}"#, "export_types: empty"),
            (r#"{"export_types":["results"]}"#, r#"export_types: ["results"] not known, expected "tonight""#),
            (
                r#"{"export_types":["tonight"],"target_date":"tomorrow"}"#,
                "target_date: \"tomorrow\" is not a date",
            ),
            (r#"{"export_types":["tonight"],"update_latest":"yes"}"#, "expected a boolean"),
        ] {
            let error = read(message).err().unwrap_or_default();
            assert!(error.contains(reason), "{message}: {error}");
        }
        let mixed = read(r#"{"export_types":["tonight","tonight-players"]}"#).expect("tonight is known");
        assert!(mixed.unknown.is_some_and(|unknown| unknown.contains("tonight-players")));
    }
}
