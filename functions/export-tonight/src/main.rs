//! `export-tonight` as a service.

use std::process::ExitCode;

use export_tonight::{Settings, app};
use shared::{Clock, function};

fn main() -> ExitCode {
    function::run(|environment| {
        let settings = Settings::read(environment)?;
        Ok((settings.platform.clone(), app(settings, Clock::system())))
    })
}
