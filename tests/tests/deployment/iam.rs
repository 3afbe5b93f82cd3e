//! Who may do what in the deployed project.

use super::*;

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
