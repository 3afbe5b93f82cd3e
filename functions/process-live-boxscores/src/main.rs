//! `process-live-boxscores` as a service.

use std::process::ExitCode;

use process_live_boxscores::{Settings, app};
use shared::{Clock, service};

fn main() -> ExitCode {
    service::run(|environment| {
        let settings = Settings::read(environment)?;
        Ok((settings.service.clone(), app(settings, Clock::system())))
    })
}
