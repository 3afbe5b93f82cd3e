//! The commands that the documents give for a local run are typed as they are written.

use std::{
    fs,
    io::{BufRead, BufReader},
    net::TcpListener,
    path::{Path, PathBuf},
    process::{Child, Command, Output, Stdio},
    time::Duration,
};

use tests::binary;

/// Where there is no `sqlite3` shell, Python's does the same.
const SHELL: &str = r#"set -euo pipefail
command -v sqlite3 >/dev/null || sqlite3() { python3 -c '
import sqlite3, sys
for row in sqlite3.connect(sys.argv[1]).execute(sys.argv[2]):
    print("|".join("" if value is None else str(value) for value in row))' "$@"; }
"#;

/// A child that is killed with its test.
struct Killed(Child);

impl Drop for Killed {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// The five ports of a local run, and one more.
fn free_ports() -> u16 {
    let is_free = |port: &u16| (*port..port + 6).all(|port| TcpListener::bind(("127.0.0.1", port)).is_ok());
    let first = 20_000 + u16::try_from(std::process::id() % 1_000).expect("small") * 5;
    (first..first + 6_000).step_by(7).find(is_free).expect("six free ports")
}

/// The block of commands of a document that contains `part`, and the output that the document shows below it.
fn block(document: &str, part: &str) -> (String, Option<String>) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(document);
    let text = fs::read_to_string(path).expect("a document");
    let blocks: Vec<&str> = text.split("```").skip(1).step_by(2).collect();
    let place = blocks.iter().position(|block| block.starts_with("sh\n") && block.contains(part));
    let place = place.unwrap_or_else(|| panic!("{document} has no commands with {part}"));
    let shown = blocks.get(place + 1).and_then(|block| block.strip_prefix("text\n"));
    (blocks[place].trim_start_matches("sh\n").to_owned(), shown.map(str::to_owned))
}

/// A replay of the sample night that goes on serving.
struct LocalRun {
    port: u16,
    folder: PathBuf,
    _data: tempfile::TempDir,
    _child: Killed,
}

impl LocalRun {
    fn start() -> Self {
        let data = tempfile::tempdir().expect("a folder");
        let folder = data.path().join("local");
        let port = free_ports();
        let mut command = Command::new(binary("local-cloud"));
        command.args(["run", "--speed", "100000", "--port", &port.to_string(), "--data-dir"]).arg(&folder);
        let mut child =
            command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().expect("the local cloud");
        let lines = BufReader::new(child.stdout.take().expect("its output")).lines();
        let child = Killed(child);
        let mut lines = lines.map_while(Result::ok);
        assert!(lines.any(|line| line.starts_with("Serving until")), "the run ended before it served");
        // What the process goes on to print is read, so that it never waits for a reader.
        std::thread::spawn(move || lines.for_each(drop));
        Self { port, folder, _data: data, _child: child }
    }

    /// The commands with this run's ports and folder.
    fn placed(&self, commands: &str) -> String {
        commands
            .replace(".local-cloud", &self.folder.display().to_string())
            .replace("8080", &self.port.to_string())
            .replace("8084", &(self.port + 4).to_string())
            .replace("9000", &(self.port + 5).to_string())
    }

    fn typed(&self, commands: &str) -> String {
        let Output { status, stdout, stderr } = Command::new("bash")
            .args(["-c", &format!("{SHELL}{}", self.placed(commands))])
            .output()
            .expect("bash");
        let [said, failed] = [stdout, stderr].map(|bytes| String::from_utf8(bytes).expect("text"));
        assert!(status.success(), "{commands}\n{said}{failed}");
        said
    }
}

#[tokio::test]
async fn what_the_documents_say_of_a_local_run_works_as_it_is_written() {
    let run = tokio::task::spawn_blocking(LocalRun::start).await.expect("a local run");

    let (read, shown) = block("infra/local/README.md", "night live/latest.json");
    let said = run.typed(&read);
    let shown = shown.expect("what it prints");
    assert_eq!(said.lines().count(), shown.lines().count(), "{said}");
    let keys = |text: &str| text.split('"').skip(1).step_by(2).map(str::to_owned).collect::<Vec<_>>();
    let summary = |text: &str| text.lines().find(|line| line.contains("win_rate")).map(keys);
    assert_eq!(summary(&said), summary(&shown));
    assert!(!said.contains("null"), "{said}");

    let (asked, shown) = block("infra/bigquery/README.md", "time_to_line");
    let said = run.typed(&asked);
    let shown = shown.expect("what it prints");
    // The minute of a basket depends on the speed of the replay.
    let columns = |text: &str| text.lines().map(|line| line.split('|').count()).collect::<Vec<_>>();
    assert_eq!(columns(&said), columns(&shown), "{said}");
    let points = said.lines().map(|line| line.rsplit('|').next().expect("points").parse::<u32>());
    assert!(points.into_iter().all(|points| points.is_ok_and(|points| points >= 20)), "{said}");

    let (called, _) = block("functions/README.md", "own=http://127.0.0.1:8084");
    let said: serde_json::Value = serde_json::from_str(&run.typed(&called)).expect("an answer");
    assert_eq!((&said["status"], &said["date"]), (&"success".into(), &"2025-12-27".into()), "{said}");

    let (alone, _) = block("functions/README.md", "cargo run -p export-live");
    let program = binary("export-live").display().to_string();
    let alone = run.placed(&alone).replace("cargo run -p export-live", &program);
    let child = Command::new("bash").args(["-c", &format!("exec env {alone}")]).stdout(Stdio::null()).spawn();
    let _child = Killed(child.expect("bash"));
    let own = format!("http://127.0.0.1:{}", run.port + 5);
    let http = reqwest::Client::builder().timeout(Duration::from_secs(60)).build().expect("a client");
    for _ in 0..200 {
        if http.get(format!("{own}/health")).send().await.is_ok_and(|answer| answer.status().is_success()) {
            break;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    let answer = http.post(own).send().await.expect("an answer");
    assert_eq!(answer.status(), reqwest::StatusCode::OK, "{:?}", answer.text().await);
}
