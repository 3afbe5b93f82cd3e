//! `export-live` as a service.

use std::process::ExitCode;

use export_live::{Settings, app};
use shared::{Clock, service};

fn main() -> ExitCode {
    service::run(|environment| {
        let settings = Settings::read(environment)?;
        Ok((settings.service.clone(), app(settings, Clock::system())))
    })
}
