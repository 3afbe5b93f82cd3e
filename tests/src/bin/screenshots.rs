//! `screenshots FOLDER`: replays the sample night and takes two pictures of the board, during the night and
//! at its end.

use std::{path::PathBuf, sync::Arc, time::Duration};

use local_cloud::{
    functions::listen,
    night::Night,
    replay::{Pace, Replay, TICK},
};
use serde_json::Value;
use tests::browser::Browser;

#[tokio::main]
async fn main() {
    let folder = PathBuf::from(std::env::args().nth(1).expect("a folder"));
    let browser = Browser::start(1280, 960, false).await.expect("chromium and chromium-driver");
    let data = tempfile::tempdir().expect("a folder");
    let pace = Pace { speed: 300.0, seed: 1, every: TICK };
    let night = Arc::new(Night::sample().expect("the sample night"));
    let listener = listen(0).await.expect("a port");
    let replay = Arc::new(Replay::start(data.path(), listener, 0, night, pace).await.expect("a replay"));
    browser.open(&replay.cloud.url.join("?every=1").expect("a URL")).await;
    let running = tokio::spawn({
        let replay = replay.clone();
        async move { replay.run(|_| {}).await }
    });
    // The board shows most when several games are in progress and one is far advanced.
    let clocks =
        "return [...document.querySelectorAll('#games .clock')].map((it) => it.textContent).join('|')";
    let has = |text: &'static str| move |clocks: &Value| clocks.as_str().is_some_and(|it| it.contains(text));
    browser.until("a fourth quarter", clocks, has("Q4 ")).await;
    let picture = async |name: &str| {
        tokio::time::sleep(Duration::from_millis(1200)).await;
        let png = browser.page.screenshot().await.expect("a picture");
        std::fs::write(folder.join(name), png).expect("a file");
    };
    picture("board-during-the-night.png").await;
    running.await.expect("the night");
    picture("board-final.png").await;
}
