//! A headless Chromium, driven over WebDriver like a user's browser.

use std::{
    io::{self, Read, Write},
    net::TcpStream,
    path::Path,
    process::{Child, Command, Stdio},
    time::Duration,
};

use fantoccini::{Client, ClientBuilder};
use hyper_util::client::legacy::connect::HttpConnector;
use reqwest::Url;
use serde_json::{Value, json};

use crate::{free_port, skipped};

const DRIVER: &str = "/usr/bin/chromedriver";
const BROWSER: &str = "/usr/bin/chromium";
/// The timeout for content to appear on a page.
const TIMEOUT: Duration = Duration::from_secs(60);

/// A browser with one page.
#[derive(Debug)]
pub struct Browser {
    /// The page.
    pub page: Client,
    driver: Driver,
}

/// The chromedriver process, which ends with the test.
#[derive(Debug)]
struct Driver {
    child: Child,
    port: u16,
    url: String,
    /// The browser's session; empty until there is one.
    session: String,
}

impl Driver {
    /// Ends the session, because the browser would outlive its driver. It is not awaited: a destructor cannot wait
    /// for a future.
    fn end_session(&self) -> io::Result<()> {
        let mut stream = TcpStream::connect(("127.0.0.1", self.port))?;
        stream.set_read_timeout(Some(Duration::from_secs(10)))?;
        let session = &self.session;
        write!(stream, "DELETE /session/{session} HTTP/1.1\r\nhost: 127.0.0.1\r\nconnection: close\r\n\r\n")?;
        stream.read_to_end(&mut Vec::new()).map(drop)
    }
}

impl Drop for Driver {
    fn drop(&mut self) {
        let _ = self.end_session();
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Browser {
    /// Starts a browser with a window of this size; `None` if Chromium is missing, which is an error in CI.
    pub async fn start(width: u32, height: u32, dark: bool) -> Option<Self> {
        if !Path::new(DRIVER).exists() || !Path::new(BROWSER).exists() {
            assert!(
                std::env::var_os("CHROMIUM_REQUIRED").is_none(),
                "chromium and chromium-driver are missing"
            );
            skipped("no chromium");
            return None;
        }
        let port = free_port();
        let child = Command::new(DRIVER)
            .arg(format!("--port={port}"))
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("chromedriver");
        let url = format!("http://127.0.0.1:{port}");
        let mut driver = Driver { child, port, url, session: String::new() };
        // Tests may run as root, and /dev/shm of a container is small.
        let mut arguments =
            vec!["--headless=new", "--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu"];
        let size = format!("--window-size={width},{height}");
        arguments.push(&size);
        if dark {
            arguments.push("--blink-settings=preferredColorScheme=0");
        }
        let capabilities = json!({
            "browserName": "chrome",
            "goog:chromeOptions": {"binary": BROWSER, "args": arguments},
            "goog:loggingPrefs": {"browser": "ALL"},
        });
        let Value::Object(capabilities) = capabilities else { unreachable!("an object") };
        let mut builder = ClientBuilder::new(HttpConnector::new());
        builder.capabilities(capabilities);
        for _ in 0..100 {
            if let Ok(page) = builder.connect(&driver.url).await {
                driver.session = page.session_id().await.expect("a session").expect("a session");
                page.set_window_rect(0, 0, width, height).await.expect("a window");
                return Some(Self { page, driver });
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        panic!("chromium does not start");
    }

    /// Opens an address.
    pub async fn open(&self, url: &Url) {
        self.page.goto(url.as_str()).await.expect("a page");
    }

    /// The return value of a script.
    pub async fn ask(&self, script: &str) -> Value {
        self.page.execute(script, Vec::new()).await.unwrap_or_else(|error| panic!("{script}: {error}"))
    }

    /// The text of the first element that matches a selector.
    pub async fn text(&self, selector: &str) -> String {
        let text = self.ask(&format!("return document.querySelector({}).textContent", json!(selector))).await;
        text.as_str().unwrap_or_default().to_owned()
    }

    /// Polls a script until its return value satisfies the condition, and returns that value.
    pub async fn until(&self, what: &str, script: &str, wanted: impl Fn(&Value) -> bool) -> Value {
        let deadline = tokio::time::Instant::now() + TIMEOUT;
        loop {
            let value = self.ask(script).await;
            if wanted(&value) {
                return value;
            }
            assert!(tokio::time::Instant::now() < deadline, "{what}: still {value}");
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    }

    /// The errors on the page's console since the last call of this function.
    pub async fn console_errors(&self) -> Vec<String> {
        let session = self.page.session_id().await.expect("a session").expect("a session");
        let url = format!("{}/session/{session}/se/log", self.driver.url);
        let log = reqwest::Client::new().post(url).json(&json!({"type": "browser"})).send().await;
        let log: Value = log.expect("the log").json().await.expect("JSON");
        let entries = log["value"].as_array().expect("entries").iter();
        entries.filter(|entry| entry["level"] == "SEVERE").map(|entry| entry["message"].to_string()).collect()
    }
}
