//! Every query is GoogleSQL according to Google's own analyser (ZetaSQL, from PyPI), and its result equals
//! that of Google's evaluator on the same rows: SQLite, which runs the queries here, accepts more and
//! computes differently.

use std::{
    collections::BTreeMap,
    io::Write,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    sync::{Arc, LazyLock},
};

use local_cloud::{
    bigquery::{View, views},
    night::Night,
    seed,
};
use serde::Deserialize;
use serde_json::{Map, Value, json};
use shared::{
    env::Environment,
    google::{
        GoogleCloud,
        bigquery::{BigQuery, Parameter},
    },
    nba::{Season, SlateDay},
    slate::with_player_games,
};
use tests::{Cloud, skipped};

/// Queries that SQLite runs, and the error of Google's analyser for each.
const ONLY_SQLITE: [(&str, &str); 7] = [
    ("SELECT CAST(game_status AS DOUBLE) AS status FROM nba_raw.nbac_schedule", "Type not found: DOUBLE"),
    ("SELECT strftime('%Y', game_date) AS y FROM nba_raw.nbac_schedule", "Function not found: strftime"),
    (
        "-- @game_date DATE\nSELECT game_id FROM nba_raw.nbac_schedule WHERE game_id = @game_date",
        "No matching signature",
    ),
    ("SELECT game_id, COUNT(*) AS n FROM nba_raw.nbac_schedule", "neither grouped nor aggregated"),
    ("SELECT game_id FROM nba_raw.nbac_schedule WHERE game_status = '1'", "No matching signature"),
    ("SELECT game_id FROM nba_raw.nbac_schedule LIMIT 1, 2", "Syntax error"),
    ("SELECT IFNULL(game_id, 0) AS id FROM nba_raw.nbac_schedule", "No matching signature"),
];

/// Queries that both engines accept and interpret differently.
const DIFFERENT: [&str; 2] = [
    "SELECT 7 / 2 AS half FROM nba_raw.nbac_schedule",
    "SELECT game_id FROM nba_raw.nbac_schedule WHERE game_id LIKE '002%' AND 'a' LIKE 'A'",
];

/// The answer of Google's engine to a query.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Said {
    Error(String),
    Rows(Vec<Map<String, Value>>),
}

struct Query {
    name: String,
    sql: String,
    here: Vec<Map<String, Value>>,
    there: Said,
}

/// Runs every query in both engines. Google's takes a while to start, so it runs once for all queries.
static ASKED: LazyLock<Option<Vec<Query>>> = LazyLock::new(|| {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().expect("a runtime");
    runtime.block_on(ask())
});

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// The queries, which are in files beside the code that runs them.
fn files() -> Vec<PathBuf> {
    let functions = root().join("functions").read_dir().expect("the functions");
    let folders =
        functions.map(|function| function.expect("a function").path()).chain([root().join("shared")]);
    let in_folder = |folder: PathBuf| folder.join("sql").read_dir().ok().into_iter().flatten();
    let mut files: Vec<PathBuf> =
        folders.flat_map(in_folder).map(|file| file.expect("a file").path()).collect();
    files.sort();
    files
}

async fn ask() -> Option<Vec<Query>> {
    let python = root().join("target/venv/bin/python");
    if !python.is_file() {
        skipped("no GoogleSQL engine in target/venv (`make test` installs it)");
        return None;
    }
    let cloud = Cloud::start().await;
    let night = Arc::new(Night::sample().expect("the sample night"));
    seed::warehouse(&cloud.services.warehouse, &night, 1).expect("a seeded warehouse");
    in_the_night(&cloud, night.day);

    let environment: Environment = cloud.environment("operator", &cloud.services.url).into_iter().collect();
    let bigquery = BigQuery::new(&GoogleCloud::read(&environment).expect("a project"));
    let named = parameters(night.day);
    let mut queries = Vec::new();
    let texts = files().into_iter().map(|file| {
        let name = file.file_name().expect("a name").to_string_lossy().into_owned();
        let sql = std::fs::read_to_string(&file).expect("a query");
        let reads_games = sql.contains("FROM player_games");
        (name, if reads_games { with_player_games(&sql) } else { sql })
    });
    // Google's engine knows only the tables, so the question of a view includes the view's query.
    let views = views().flat_map(|View { name, sql, .. }| {
        let view = View { name, sql };
        let question = view.question().replace(&format!("nba_raw.{name}"), name);
        [
            (format!("{name}.sql"), sql.to_owned()),
            (format!("{name}'s question"), format!("WITH {name} AS ({sql}) {question}")),
        ]
    });
    let texts = texts.chain(views);
    let wrong = ONLY_SQLITE.iter().map(|(sql, _)| sql).chain(&DIFFERENT);
    for (name, sql) in texts.chain(wrong.map(|sql| (String::new(), (*sql).to_owned()))) {
        let of_query = |(name, _): &(&&str, &(Parameter, Value))| {
            sql.contains(&format!("@{name} ")) || sql.contains(&format!("@{name}\n"))
        };
        let parameters: Vec<Parameter> =
            named.iter().filter(of_query).map(|(_, (it, _))| it.clone()).collect();
        let here = bigquery.query(&sql, &parameters).await.unwrap_or_else(|error| panic!("{name}: {error}"));
        queries.push(Query { name, sql, here, there: Said::Rows(Vec::new()) });
    }

    let values: BTreeMap<_, _> = named.iter().map(|(name, (_, value))| (name, value)).collect();
    let asked = json!({
        "warehouse": cloud.folder().join("bigquery"),
        "queries": queries.iter().map(|query| json!({"sql": query.sql, "parameters": values})).collect::<Vec<_>>(),
    });
    let mut engine = Command::new(python)
        .arg(root().join("tests/googlesql/googlesql.py"))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the engine");
    engine.stdin.take().expect("its input").write_all(asked.to_string().as_bytes()).expect("a question");
    let output = engine.wait_with_output().expect("an answer");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let said: Vec<Said> = serde_json::from_slice(&output.stdout).expect("a list");
    assert_eq!(said.len(), queries.len());
    for (query, said) in queries.iter_mut().zip(said) {
        query.there = said;
    }
    Some(queries)
}

/// Rows that arrive only during and after the games.
fn in_the_night(cloud: &Cloud, day: SlateDay) {
    let poll = |minute: u32, home: &str, away: &str, points: u32| {
        json!({
            "poll_timestamp": format!("2025-12-28T01:{minute:02}:00Z"), "poll_id": format!("20251228T01{minute:02}00Z"),
            "game_id": home, "game_date": day, "game_status": "in_progress", "period": 2,
            "home_team_abbr": home, "away_team_abbr": away, "home_score": points, "away_score": points + 3,
            "bdl_player_id": 7, "player_lookup": "somebody", "player_full_name": "Some Body", "points": points, "minutes": "20",
            "time_remaining": "Halftime", "is_halftime": minute == 3, "team_abbr": home, "processed_at": "2025-12-28T01:30:00Z",
        })
    };
    let polls = [poll(0, "BOS", "NYK", 40), poll(3, "BOS", "NYK", 44), poll(3, "DEN", "MIA", 12)];
    cloud.append("nba_raw", "bdl_live_boxscores", &polls);
    let line = |lookup: &str, points: Option<u32>, minutes: Option<f64>, hour: u32| {
        json!({
            "player_lookup": lookup, "universal_player_id": format!("{lookup}_001"), "game_id": "20251227_NYK_BOS",
            "game_date": day, "team_abbr": "BOS", "opponent_team_abbr": "NYK", "season_year": 2025,
            "points": points, "minutes_played": minutes, "is_dnp": points.is_none().then_some(true),
            "starter_flag": true, "win_flag": true, "is_active": true,
            "processed_at": format!("2025-12-28T{hour:02}:00:00Z"),
        })
    };
    let lines = [
        line("marcusokonjo", Some(18), Some(33.5), 9),
        line("marcusokonjo", Some(20), Some(34.5), 10),
        line("maliksimek", None, None, 10),
    ];
    cloud.append("nba_analytics", "player_game_summary", &lines);
}

/// Every parameter that a query may declare.
fn parameters(day: SlateDay) -> BTreeMap<&'static str, (Parameter, Value)> {
    let season = Season::of(day);
    let date = |name, day: SlateDay| (name, (Parameter::date(name, day), json!(day)));
    let text = |name, value: String| (name, (Parameter::text(name, &value), json!(value)));
    BTreeMap::from([
        date("game_date", day),
        date("season_start", day.season_start()),
        date("since", day.season_start()),
        date("before", day.days_after(1)),
        date("month_before", day.days_before(30)),
        date("reported_since", day.days_before(6)),
        ("report_days", (Parameter::integer("report_days", 3), json!(3))),
        date("window_start", day.days_before(31)),
        date("window_end", day.days_after(31)),
        text("season", season.to_string()),
        text("previous_season", season.previous().to_string()),
        text("excluded_sources", "|0|60|63|39|45|".to_owned()),
    ])
}

/// Rows as one text each, in a fixed order: the content of a result, independent of each engine's format.
fn plain(rows: &[Map<String, Value>]) -> Vec<String> {
    let number = |number: f64| format!("{number:.6}");
    let cell = |value: &Value| match value {
        Value::Number(value) => number(value.as_f64().expect("a number")),
        // The evaluator writes a NUMERIC in quotes, and a timestamp as an instant.
        Value::String(text) => match (text.parse(), text.parse::<chrono::DateTime<chrono::Utc>>()) {
            (Ok(value), _) => number(value),
            (_, Ok(instant)) => number(instant.timestamp_micros() as f64),
            _ => text.clone(),
        },
        other => other.to_string(),
    };
    let row = |row: &Map<String, Value>| {
        row.iter().map(|(name, value)| format!("{name}={} ", cell(value))).collect::<String>()
    };
    let mut rows: Vec<String> = rows.iter().map(row).collect();
    rows.sort();
    rows
}

#[test]
fn every_query_is_one_that_bigquery_takes() {
    let Some(queries) = &*ASKED else { return };
    let ours: Vec<&Query> = queries.iter().filter(|query| !query.name.is_empty()).collect();
    assert!(ours.len() >= 11 + 2 * 4, "{}", ours.len());
    for query in ours {
        if let Said::Error(error) = &query.there {
            panic!("{}: {error}", query.name);
        }
    }
}

/// BigQuery refuses queries on such a table without a filter on its partitions.
#[test]
fn every_query_filters_the_partitions_of_a_table_that_demands_it() {
    let mut demanding = Vec::new();
    for dataset in root().join("infra/bigquery").read_dir().expect("the datasets") {
        let dataset = dataset.expect("a dataset");
        if !dataset.path().is_dir() {
            continue;
        }
        for table in dataset.path().read_dir().expect("the tables") {
            let file = table.expect("a table").path();
            if file.extension().is_none_or(|extension| extension != "json") {
                continue;
            }
            let schema: Value =
                serde_json::from_slice(&std::fs::read(&file).expect("a schema")).expect("JSON");
            if schema["requirePartitionFilter"] == true {
                let [dataset, table] =
                    [dataset.path(), file].map(|path| path.file_stem().expect("a name").to_owned());
                let column = schema["timePartitioning"]["field"].as_str().expect("a column").to_owned();
                demanding.push((format!("{}.{}", dataset.display(), table.display()), column));
            }
        }
    }
    assert!(demanding.len() >= 4, "{demanding:?}");
    for query in files() {
        let sql = std::fs::read_to_string(&query).expect("a query");
        for (table, column) in &demanding {
            let readings = sql.matches(table.as_str()).count();
            let filters =
                [" = @", " >= @"].map(|compared| sql.matches(&format!("{column}{compared}")).count());
            assert!(filters.iter().sum::<usize>() >= readings, "{}: {table}", query.display());
        }
    }
}

#[test]
fn every_query_gives_on_the_seeded_warehouse_what_google_s_own_engine_gives() {
    let Some(queries) = &*ASKED else { return };
    for query in queries.iter().filter(|query| !query.name.is_empty()) {
        let Said::Rows(there) = &query.there else { panic!("{}: {:?}", query.name, query.there) };
        assert!(!there.is_empty(), "{} finds nothing, which proves nothing", query.name);
        let (here, there) = (plain(&query.here), plain(there));
        assert_eq!(here.len(), there.len(), "{}", query.name);
        for (here, there) in here.iter().zip(&there) {
            assert_eq!(here, there, "{}", query.name);
        }
    }
}

#[test]
fn a_query_that_only_sqlite_takes_is_refused() {
    let Some(queries) = &*ASKED else { return };
    for (sql, reason) in ONLY_SQLITE {
        let query = queries.iter().find(|query| query.sql == sql).expect("it was asked");
        let Said::Error(error) = &query.there else { panic!("{sql} was taken") };
        assert!(error.contains(reason), "{sql}: {error}");
    }
}

#[test]
fn a_query_that_both_take_and_understand_differently_is_found_out() {
    let Some(queries) = &*ASKED else { return };
    for sql in DIFFERENT {
        let query = queries.iter().find(|query| query.sql == sql).expect("it was asked");
        let Said::Rows(there) = &query.there else { panic!("{sql}: {:?}", query.there) };
        assert_ne!(plain(&query.here), plain(there), "{sql}");
    }
}
