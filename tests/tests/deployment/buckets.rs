//! Buckets, topics and tables of the deployed project.

use super::*;

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
    let origins = attribute(cors, "origin").map(ToString::to_string);
    assert_eq!(origins.as_deref(), Some("var.cors_origins"));
    let exposed = names(attribute(cors, "response_header"));
    assert_eq!(exposed, ["Content-Type", "Cache-Control"].map(str::to_owned).into());
    for (bucket, expected) in [("raw", "false"), ("api", "true")] {
        let versioning = block(root.resource("google_storage_bucket", bucket), "versioning");
        assert_eq!(attribute(versioning, "enabled").and_then(text).as_deref(), Some(expected), "{bucket}");
    }
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
