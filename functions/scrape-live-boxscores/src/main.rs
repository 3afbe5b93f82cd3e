//! `scrape-live-boxscores` as a service.

use std::process::ExitCode;

use scrape_live_boxscores::{Settings, app};
use shared::{Clock, function};

fn main() -> ExitCode {
    function::run(|environment| {
        let settings = Settings::read(environment)?;
        Ok((settings.platform.clone(), app(settings, Clock::system())))
    })
}
