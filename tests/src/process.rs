//! Functions and servers as processes of their own.

use std::{
    path::{Path, PathBuf},
    process::{Child, Command, ExitStatus, Stdio},
    sync::atomic::{AtomicU16, Ordering},
    time::{Duration, Instant},
};

use reqwest::Url;
use serde_json::Value;
use tempfile::NamedTempFile;

use crate::Function;

/// The binary of a function or of the local cloud, which `make test` builds first.
pub fn binary(name: &str) -> PathBuf {
    let test = std::env::current_exe().expect("this test");
    let folder = test.parent().and_then(Path::parent).expect("target/debug");
    let binary = folder.join(name);
    assert!(binary.is_file(), "{} is not built; `make test` builds it", binary.display());
    binary
}

/// A process that ends with its test.
#[derive(Debug)]
pub struct Running {
    child: Child,
    /// The URL at which it listens.
    pub url: Url,
    /// Its standard output and standard error.
    log: NamedTempFile,
}

impl Drop for Running {
    fn drop(&mut self) {
        self.kill();
    }
}

/// A port for a server that cannot choose its own. No port is used twice by one test process, and none is
/// in the system's ephemeral range (32768 and above), so that no outgoing connection takes it before the
/// server does.
pub fn free_port() -> u16 {
    static NEXT: AtomicU16 = AtomicU16::new(0);
    let first = 10_000 + (std::process::id() % 97) as u16 * 100;
    for _ in 0..9_000 {
        let port = 10_000 + (first - 10_000 + NEXT.fetch_add(1, Ordering::Relaxed)) % 9_900;
        if std::net::TcpListener::bind(("127.0.0.1", port)).is_ok() {
            return port;
        }
    }
    panic!("no port is free");
}

/// The start timeout of a process on a slow machine.
const START_LIMIT: Duration = Duration::from_secs(30);
const GLANCE: Duration = Duration::from_millis(20);

impl Running {
    /// Starts `command`, which will listen on `port`, and waits until it answers at `path`.
    pub async fn start(command: &mut Command, port: u16, path: &str) -> Self {
        let url = Url::parse(&format!("http://127.0.0.1:{port}")).expect("a URL");
        let running = Self::spawn(command, url);
        let begun = Instant::now();
        while begun.elapsed() < START_LIMIT {
            if reqwest::get(running.url.join(path).expect("a URL")).await.is_ok() {
                return running;
            }
            tokio::time::sleep(GLANCE).await;
        }
        panic!("{command:?} does not answer");
    }

    /// Starts a function's binary with these variables, on a port that it chooses and logs.
    pub async fn function(name: &str, variables: &[(String, String)]) -> Self {
        let mut command = Command::new(binary(name));
        command.env_clear().envs(variables.iter().cloned()).env("PORT", "0");
        let mut running = Self::spawn(&mut command, Url::parse("http://127.0.0.1").expect("a URL"));
        let begun = Instant::now();
        while begun.elapsed() < START_LIMIT {
            let log = running.log();
            if let Some((_, port)) = log.split_once("listening on ").and_then(|(_, at)| at.split_once(':')) {
                let port: String = port.chars().take_while(char::is_ascii_digit).collect();
                running.url = Url::parse(&format!("http://127.0.0.1:{port}/")).expect("a URL");
                return running;
            }
            tokio::time::sleep(GLANCE).await;
        }
        panic!("{name} does not listen: {}", running.log());
    }

    fn spawn(command: &mut Command, url: Url) -> Self {
        let log = NamedTempFile::new().expect("a file");
        let writer = || Stdio::from(log.reopen().expect("the file"));
        let child = command.stdout(writer()).stderr(writer()).spawn().expect("a process");
        Self { child, url, log }
    }

    /// Its output so far.
    pub fn log(&self) -> String {
        std::fs::read_to_string(self.log.path()).expect("the log")
    }

    /// The JSON lines of its log, which is the log format of a deployed function.
    pub fn log_lines(&self) -> Vec<Value> {
        self.log().lines().filter_map(|line| serde_json::from_str(line).ok()).collect()
    }

    /// Sends it a signal, such as `STOP`.
    pub fn signal(&self, name: &str) {
        let sent = Command::new("kill").arg(format!("-{name}")).arg(self.child.id().to_string()).status();
        assert!(sent.expect("kill").success());
    }

    /// Its exit status, once it has ended on its own.
    pub async fn ended(&mut self) -> ExitStatus {
        let begun = Instant::now();
        while begun.elapsed() < START_LIMIT * 3 {
            if let Some(status) = self.child.try_wait().expect("a process") {
                return status;
            }
            tokio::time::sleep(GLANCE).await;
        }
        panic!("it has not ended: {}", self.log());
    }

    /// The process.
    pub fn child(&mut self) -> &mut Child {
        &mut self.child
    }

    /// Kills it with SIGKILL.
    pub fn kill(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }

    /// A client of the function in this process.
    pub fn as_function(&self) -> Function {
        Function { url: self.url.clone(), http: reqwest::Client::new() }
    }

    /// A memory figure in bytes, by its name in Linux: `VmHWM`, the peak, or `VmRSS`.
    pub fn memory(&self, figure: &str) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id())).expect("a process");
        let line = status.lines().find(|line| line.starts_with(figure)).expect("a figure");
        let kilobytes = line.split_whitespace().nth(1).and_then(|number| number.parse::<u64>().ok());
        kilobytes.expect("a number") * 1024
    }
}
