//! A function in a process of its own, which can be killed at any moment.

use std::{
    fs::File,
    ops::Range,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicU16, AtomicU64, Ordering},
    },
    time::Duration,
};

use reqwest::{Client, Url};
use shared::{Error, error::Detail};

use crate::{clock::ClockFile, cloud::LocalCloud, functions::variables};

/// Ports of the processes are below the system's range of ephemeral ports, so that a port is still free
/// when its process restarts. Programs at the same time usually begin at different ones.
const PORTS: Range<u16> = 20_000..32_000;
/// The number of ports that this program has tried.
static TRIED: AtomicU16 = AtomicU16::new(0);

/// A running function.
#[derive(Debug)]
pub(super) struct Process {
    pub name: &'static str,
    pub url: Url,
    pub kills: AtomicU64,
    executable: PathBuf,
    variables: Vec<(&'static str, String)>,
    clock: ClockFile,
    log: File,
    child: Mutex<Child>,
}

impl Process {
    /// Starts `executable function {name}` against the local cloud at `cloud`, logging to `folder`.
    pub async fn start(
        executable: &Path,
        name: &'static str,
        cloud: &LocalCloud,
        clock: &ClockFile,
        folder: &Path,
    ) -> Result<Self, Error> {
        let internal =
            |error: Box<dyn std::error::Error + Send + Sync>| Error::internal(Detail::of(name, error));
        let url = free_url().ok_or_else(|| internal("no port is free".into()))?;
        let log = File::options().create(true).append(true).open(folder.join(format!("{name}.log")));
        let log = log.map_err(|error| internal(error.into()))?;
        let port = url.port().unwrap_or_default().to_string();
        let variables: Vec<_> = variables(cloud, name, &url).chain([("PORT", port)]).collect();
        let child =
            spawn(executable, name, &variables, clock, &log).map_err(|error| internal(error.into()))?;
        let process = Self {
            name,
            url,
            kills: AtomicU64::new(0),
            executable: executable.to_owned(),
            variables,
            clock: clock.clone(),
            log,
            child: Mutex::new(child),
        };
        process.wait_until_healthy().await?;
        Ok(process)
    }

    /// Kills the process, as the platform may at any moment, and restarts it.
    pub fn kill_and_restart(&self) -> std::io::Result<()> {
        let mut child = self.child.lock().unwrap_or_else(PoisonError::into_inner);
        child.kill()?;
        child.wait()?;
        self.kills.fetch_add(1, Ordering::Relaxed);
        *child = spawn(&self.executable, self.name, &self.variables, &self.clock, &self.log)?;
        Ok(())
    }

    /// Waits until the process answers, with a timeout that is long enough for a slow machine.
    pub async fn wait_until_healthy(&self) -> Result<(), Error> {
        let health = self.url.join("health").map_err(|error| Error::internal(error.to_string()))?;
        let http = Client::builder()
            .timeout(Duration::from_secs(5))
            .build()
            .map_err(|error| Error::internal(error.to_string()))?;
        for _ in 0..600 {
            if http.get(health.clone()).send().await.is_ok_and(|answer| answer.status().is_success()) {
                return Ok(());
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        Err(Error::internal(format!("{} does not answer at {health}", self.name)))
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let mut child = self.child.lock().unwrap_or_else(PoisonError::into_inner);
        let _ = child.kill();
        let _ = child.wait();
    }
}

fn spawn(
    executable: &Path,
    name: &str,
    variables: &[(&'static str, String)],
    clock: &ClockFile,
    log: &File,
) -> std::io::Result<Child> {
    Command::new(executable)
        .args(["function", name, "--clock"])
        .arg(clock.path())
        .env_clear()
        .envs(variables.iter().cloned())
        // The function ends when its standard input closes, so that no process remains if this one is
        // killed.
        .stdin(Stdio::piped())
        .stdout(log.try_clone()?)
        .stderr(log.try_clone()?)
        .spawn()
}

fn free_url() -> Option<Url> {
    let length = u32::from(PORTS.end - PORTS.start);
    let first = std::process::id() % 100 * 120;
    let next = || (first + u32::from(TRIED.fetch_add(1, Ordering::Relaxed))) % length;
    let mut ports = PORTS.filter_map(|_| u16::try_from(next()).ok().map(|offset| PORTS.start + offset));
    let free = ports.find(|port| std::net::TcpListener::bind(("127.0.0.1", *port)).is_ok())?;
    Url::parse(&format!("http://127.0.0.1:{free}/")).ok()
}
