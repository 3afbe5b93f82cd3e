//! A function's deployed binary in a process of its own.

use std::{path::Path, process::Stdio, time::Duration};

use local_cloud::{cloud::LocalCloud, functions::variables};
use reqwest::{Client, Url};
use shared::sources::Source;
use tokio::{
    net::TcpListener,
    process::{Child, Command},
    time::Instant,
};

use crate::Result;

/// The timeout of every wait of the bench.
const TIMEOUT: Duration = Duration::from_secs(30);

/// Linux counts CPU time in hundredths of a second.
const MILLISECONDS_A_TICK: u64 = 10;

/// A running function.
pub struct Function {
    url: Url,
    http: Client,
    child: Child,
    /// From the start of its process to the first `200` of `/health`.
    pub started_in: Duration,
}

impl Function {
    /// Starts `binaries/name` against the local cloud at `cloud`.
    pub async fn start(binaries: &Path, name: &str, cloud: &LocalCloud) -> Result<Self> {
        let port = TcpListener::bind("127.0.0.1:0").await?.local_addr()?.port();
        let url: Url = format!("http://127.0.0.1:{port}/").parse()?;
        let own = [
            ("INVOKER_AUTH", "none".to_owned()),
            ("PORT", port.to_string()),
            ("RUST_LOG", "warn".to_owned()),
            // At every tenth poll both sources would be asked, which half a minute of runs would hit or miss.
            ("LIVE_SOURCES", Source::BallDontLie.name().to_owned()),
        ];
        let binary = binaries.join(name);
        let http = Client::builder().timeout(TIMEOUT).build()?;
        let begun = Instant::now();
        let child = Command::new(&binary)
            .env_clear()
            .envs(variables(cloud, name, &url))
            .envs(own)
            .stdout(Stdio::null())
            .kill_on_drop(true)
            .spawn()
            .map_err(|error| format!("{}: {error}; `make bench` builds it", binary.display()))?;
        let health = url.join("health")?;
        while begun.elapsed() < TIMEOUT {
            if http.get(health.clone()).send().await.is_ok_and(|answer| answer.status().is_success()) {
                return Ok(Self { url, http, child, started_in: begun.elapsed() });
            }
            tokio::time::sleep(Duration::from_micros(500)).await;
        }
        Err(format!("{name} did not answer /health within {TIMEOUT:?}").into())
    }

    /// Calls it, or delivers an event to it, and returns the duration. Any status but success is an error.
    pub async fn call(&self, headers: &[(&str, &str)], body: String) -> Result<Duration> {
        let request = self.http.post(self.url.clone()).body(body);
        let request = headers.iter().fold(request, |request, (name, value)| request.header(*name, *value));
        let begun = Instant::now();
        let answer = request.send().await?;
        let (status, body) = (answer.status(), answer.text().await?);
        let took = begun.elapsed();
        let is_good =
            ["success", "stored"].iter().any(|word| body.contains(&format!("\"status\":\"{word}\"")));
        if !status.is_success() || !is_good {
            return Err(format!("{} answered {status}: {body}", self.url).into());
        }
        Ok(took)
    }

    /// The CPU time that it has used.
    pub fn cpu(&self) -> Result<Duration> {
        let id = self.child.id().ok_or("the process has ended")?;
        let stat = std::fs::read_to_string(format!("/proc/{id}/stat"))?;
        // Behind the name in parentheses, the twelfth and thirteenth fields are user and system time (proc(5)).
        let fields = stat.rsplit(')').next().unwrap_or_default().split_whitespace().skip(11);
        let ticks: Vec<u64> = fields.take(2).map(str::parse).collect::<std::result::Result<_, _>>()?;
        Ok(Duration::from_millis(ticks.iter().sum::<u64>() * MILLISECONDS_A_TICK))
    }

    /// Its resident memory, in bytes.
    pub fn resident(&self) -> Result<u64> {
        let id = self.child.id().ok_or("the process has ended")?;
        let status = std::fs::read_to_string(format!("/proc/{id}/status"))?;
        let line = status
            .lines()
            .find_map(|line| line.strip_prefix("VmRSS:"))
            .ok_or_else(|| format!("/proc/{id}/status has no VmRSS"))?;
        let kilobytes: u64 = line.trim().trim_end_matches(" kB").parse()?;
        Ok(kilobytes * 1024)
    }
}
