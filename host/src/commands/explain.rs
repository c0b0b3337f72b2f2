//! `stormhost explain`: what an error comes of, and what to try.

use super::write;
use crate::cli::ExplainOptions;
use crate::errors::{AREAS, Code, explain as entry};
use crate::prepare::tell_error;
use crate::status::ExitStatus;

/// Shows one entry of the catalogue, or a line for each.
pub fn explain(options: &ExplainOptions) -> ExitStatus {
    let text = match &options.code {
        None => list(),
        Some(code) => match entry(code) {
            Some(text) => text,
            None => {
                tell_error(
                    Code::UNKNOWN_CODE,
                    format_args!(
                        "{code:?} is no code of an error\n  hint: as in `stormhost explain {}`; without a code all are listed",
                        Code::DIED
                    ),
                );
                return ExitStatus::Usage;
            }
        },
    };
    match write(&text) {
        Ok(()) => ExitStatus::Complete,
        Err(status) => status,
    }
}

fn list() -> String {
    let areas = AREAS.iter().map(|area| {
        let codes = area.codes.iter().map(|code| {
            let text = code.entry().texts.first().copied().unwrap_or_default();
            format!("  {code}  {text}\n")
        });
        format!("{}\n{}", area.title, codes.collect::<String>())
    });
    areas.collect::<Vec<_>>().join("\n")
}
