//! Functions and servers as processes of their own.

use std::{
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::Duration,
};

use reqwest::Url;

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
    /// Where it listens.
    pub url: Url,
}

impl Drop for Running {
    fn drop(&mut self) {
        self.kill();
    }
}

/// A port that was free a moment ago, for a server that cannot choose its own.
pub fn free_port() -> u16 {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    listener.local_addr().expect("an address").port()
}

impl Running {
    /// Starts `command`, which will listen on `port`, and waits until it answers at `path`.
    pub async fn start(command: &mut Command, port: u16, path: &str) -> Self {
        let child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("a process");
        let url = Url::parse(&format!("http://127.0.0.1:{port}")).expect("a URL");
        let running = Self { child, url };
        for _ in 0..200 {
            if reqwest::get(running.url.join(path).expect("a URL")).await.is_ok() {
                return running;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        panic!("{command:?} does not answer");
    }

    /// Starts a function's binary with these variables.
    pub async fn function(name: &str, variables: &[(String, String)]) -> Self {
        let port = free_port();
        let mut command = Command::new(binary(name));
        command.env_clear().envs(variables.iter().cloned()).env("PORT", port.to_string());
        Self::start(&mut command, port, "/healthz").await
    }

    /// The process.
    pub fn child(&mut self) -> &mut Child {
        &mut self.child
    }

    /// Ends it at once, as SIGKILL does.
    pub fn kill(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }

    /// The function that it is.
    pub fn as_function(&self) -> Function {
        Function { url: self.url.clone(), http: reqwest::Client::new() }
    }

    /// A figure of its memory in bytes, by the name that Linux has for it: `VmHWM`, the peak, or `VmRSS`.
    pub fn memory(&self, figure: &str) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id())).expect("a process");
        let line = status.lines().find(|line| line.starts_with(figure)).expect("a figure");
        let kilobytes = line.split_whitespace().nth(1).and_then(|number| number.parse::<u64>().ok());
        kilobytes.expect("a number") * 1024
    }
}
