//! The deployed services and the variables they are given.

use super::*;

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
fn one_instance_processes_snapshots_and_delivers_few_at_once() {
    let root = root();
    let processor = deployed(&root)["process-live-boxscores"];
    let number = |name: &str| field(processor, name).and_then(text).and_then(|text| text.parse::<u32>().ok());
    assert_eq!(number("max_instances"), Some(1));
    assert!(number("concurrency").is_some_and(|concurrency| concurrency <= 16));
}
