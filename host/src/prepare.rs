//! The way that all commands share: from what was typed to a topology that was checked.

use std::fmt::Display;
use std::io::{self, Write};
use std::path::Path;
use std::time::{SystemTime, UNIX_EPOCH};

use crate::cli::{EnvOption, TopologyOptions};
use crate::errors::{Code, Coded, marked};
use crate::frontend::{LoadError, LoadOptions, OthersOptions, Surroundings, load, read_user_file};
use crate::status::ExitStatus;
use crate::topology::{Checked, Ir, Mistake, Overrides, SetOption, Severity, Topology, check};

/// A topology that can run, and what it was made of.
#[derive(Clone, Debug)]
pub struct Prepared {
    /// What the front end said.
    pub ir: Ir,
    /// What can run.
    pub topology: Topology,
    /// Warnings and remarks, the graver first; not yet shown.
    pub remarks: Vec<Mistake>,
}

/// Has the topology described and checks it. `describe` is told the description as soon as there is one, even if it has mistakes.
///
/// # Errors
/// The status to end with; everything that was wrong has then been told on standard error.
pub fn prepare(
    options: &TopologyOptions,
    described: impl FnOnce(&Ir),
) -> Result<Prepared, ExitStatus> {
    prepare_as(options, None, |ir| {
        described(ir);
        Ok(options.clone())
    })
}

/// The same, where one component is to be a process, also if it would be inside the host.
///
/// # Errors
/// As [`prepare`].
pub fn prepare_outside(options: &TopologyOptions, component: &str) -> Result<Prepared, ExitStatus> {
    prepare_as(options, Some(component), |_| Ok(options.clone()))
}

/// The same, where `decide` says what the topology that was described is checked with, or that it is not.
///
/// # Errors
/// As [`prepare`], and those of `decide`.
pub fn prepare_as(
    options: &TopologyOptions,
    outside: Option<&str>,
    decide: impl FnOnce(&Ir) -> Result<TopologyOptions, ExitStatus>,
) -> Result<Prepared, ExitStatus> {
    let seen = surroundings()?;
    let mut how = load_options(options, &seen);
    how.outside = outside.map(str::to_owned);
    let ir = load(&options.file, &how).map_err(|error| {
        tell_error(error.code(), &error);
        status(&error)
    })?;
    let overrides = overrides(&decide(&ir)?, &seen)?;
    checked(ir, &overrides, &seen)
}

/// Checks a description that no file was needed for. `set` and `env` are what was said about it from outside.
///
/// # Errors
/// As [`prepare`].
pub fn check_described(
    ir: Ir,
    env: &[EnvOption],
    set: &[SetOption],
) -> Result<Prepared, ExitStatus> {
    let seen = surroundings()?;
    let options = TopologyOptions {
        env: env.to_vec(),
        set: set.to_vec(),
        ..TopologyOptions::default()
    };
    let overrides = overrides(&options, &seen)?;
    checked(ir, &overrides, &seen)
}

fn surroundings() -> Result<Surroundings, ExitStatus> {
    Surroundings::of_this_process().map_err(|error| {
        tell_error(
            Code::NO_WORKING_FOLDER,
            format_args!("the working folder cannot be read: {error}"),
        );
        ExitStatus::HostError
    })
}

fn checked(ir: Ir, overrides: &Overrides, seen: &Surroundings) -> Result<Prepared, ExitStatus> {
    match check(&ir, overrides, &|program, path| {
        seen.has_program(program, path)
    }) {
        Ok(Checked {
            topology,
            mut remarks,
        }) => {
            shorten(&mut remarks, seen.folder());
            Ok(Prepared {
                ir,
                topology,
                remarks,
            })
        }
        Err(mut mistakes) => {
            shorten(&mut mistakes, seen.folder());
            tell_all(&mistakes);
            tell(format_args!("{}", summary(&mistakes)));
            Err(ExitStatus::Mistakes)
        }
    }
}

/// Shows mistakes on standard error, one after another.
pub fn tell_all(mistakes: &[Mistake]) {
    for mistake in mistakes {
        tell(marked(&mistake.to_string(), mistake.code.number()));
    }
}

/// Says on standard error what is wrong, and which error it is.
pub fn tell_error(code: Code, said: impl Display) {
    tell(marked(&format!("error: {said}"), code.number()));
}

/// Says one thing on standard error. Nobody may be listening; that is no reason to fail.
pub fn tell(said: impl Display) {
    let _ = writeln!(io::stderr().lock(), "{said}");
}

/// How many of each there are, as in `2 errors, 1 warning`; remarks do not count.
pub fn summary(mistakes: &[Mistake]) -> String {
    let count = |severity| {
        mistakes
            .iter()
            .filter(|mistake| mistake.severity == severity)
            .count()
    };
    let counted = |count: usize, word: &str| match count {
        0 => None,
        1 => Some(format!("1 {word}")),
        _ => Some(format!("{count} {word}s")),
    };
    let counts = [
        counted(count(Severity::Error), "error"),
        counted(count(Severity::Warning), "warning"),
    ];
    let counts: Vec<String> = counts.into_iter().flatten().collect();
    if counts.is_empty() {
        "no mistakes".into()
    } else {
        counts.join(", ")
    }
}

/// Tells files in the folder where the command was typed by their names alone, as compilers do.
fn shorten(mistakes: &mut [Mistake], folder: &Path) {
    for place in mistakes
        .iter_mut()
        .filter_map(|mistake| mistake.at.as_mut())
    {
        if let Some(short) = Path::new(&place.file)
            .strip_prefix(folder)
            .ok()
            .and_then(Path::to_str)
        {
            place.file = short.to_owned();
        }
    }
}

fn load_options(options: &TopologyOptions, seen: &Surroundings) -> LoadOptions {
    LoadOptions {
        interpreters: [
            ("python", &options.python),
            ("ruby", &options.ruby),
            ("lua", &options.lua),
        ]
        .into_iter()
        .filter_map(|(language, asked)| Some((language, asked.clone()?)))
        .collect(),
        args: options.args.clone(),
        env: options
            .env
            .iter()
            .map(|env| (env.name.clone(), env.value.clone()))
            .collect(),
        others: others(&options.others),
        outside: None,
        surroundings: seen.clone(),
    }
}

/// What was typed that only the topology files of others take.
pub fn others(typed: &crate::cli::OthersOptions) -> OthersOptions {
    OthersOptions {
        name: typed.name.clone(),
        environment: typed.environment.clone(),
        config: typed.config.clone(),
        filter: typed.filter.clone(),
        env_filter: typed.env_filter,
        resources: typed.resources.clone(),
    }
}

fn overrides(options: &TopologyOptions, seen: &Surroundings) -> Result<Overrides, ExitStatus> {
    let user_file = read_user_file(seen).map_err(|error| {
        tell_error(error.code(), &error);
        ExitStatus::Mistakes
    })?;
    Ok(Overrides {
        user_file,
        environment: seen
            .variables()
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .collect(),
        set: options.set.clone(),
        parallelism: options
            .parallelism
            .iter()
            .map(|option| (option.component.clone(), option.tasks))
            .collect(),
        env: options
            .env
            .iter()
            .map(|env| (env.name.clone(), env.value.clone()))
            .collect(),
        // A clock before 1970 is wrong anyway.
        started_unix_secs: SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .map_or(0, |since| since.as_secs()),
    })
}

/// Whose fault it is that nothing could be loaded: the topology's, or the machine's.
fn status(error: &LoadError) -> ExitStatus {
    match error {
        LoadError::Shim(_) => ExitStatus::HostError,
        // Nothing was named, and this folder is no project.
        LoadError::IsFolder { file, .. } if file == "." => ExitStatus::Usage,
        LoadError::NoInterpreter(_) | LoadError::TooOld { .. } | LoadError::CannotStart { .. } => {
            ExitStatus::NotStarted
        }
        LoadError::NotFound { .. }
        | LoadError::IsFolder { .. }
        | LoadError::CannotRead { .. }
        | LoadError::NotATopology { .. }
        | LoadError::OneTopology { .. }
        | LoadError::Project(_)
        | LoadError::StrayOption { .. }
        | LoadError::BadDescription { .. }
        | LoadError::DescriberFailed { .. }
        | LoadError::DescriberRubbish { .. } => ExitStatus::Mistakes,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::topology::Place;

    #[test]
    fn places_are_told_from_where_one_stands() {
        for (file, expected) in [
            ("/home/me/topology.py", "topology.py"),
            ("/home/me/below/topology.py", "below/topology.py"),
            ("/home/metoo/topology.py", "/home/metoo/topology.py"),
            ("topology.py", "topology.py"),
        ] {
            let at = Place {
                file: file.into(),
                line: 3,
            };
            let mut mistakes = [Mistake::error(Some(&at), "x"), Mistake::error(None, "y")];
            shorten(&mut mistakes, Path::new("/home/me"));
            assert_eq!(mistakes[0].to_string(), format!("{expected}:3: error: x"));
        }
    }

    #[test]
    fn mistakes_are_counted_in_words() {
        let of = |severities: &[Severity]| {
            let mistakes = severities.iter().map(|&severity| Mistake {
                severity,
                ..Mistake::error(None, "x")
            });
            summary(&mistakes.collect::<Vec<_>>())
        };
        assert_eq!(of(&[]), "no mistakes");
        assert_eq!(of(&[Severity::Info]), "no mistakes");
        assert_eq!(of(&[Severity::Warning]), "1 warning");
        assert_eq!(
            of(&[Severity::Error, Severity::Error, Severity::Warning]),
            "2 errors, 1 warning"
        );
    }
}
