//! Turns a description into a topology that can run, or finds everything that is wrong with it, at once.
//!
//! Three rounds, one file each: `components` for itself, `subscriptions` among them, and the `structure` as a whole.
//! A round goes on where it can after a mistake, and says nothing that merely follows from one that was already told.

mod builtin;
mod components;
mod names;
mod shell;
mod structure;
mod subscriptions;

use super::conf;
use super::ir::{Ir, MistakeIr};
use super::mistake::{Mistake, Place, Severity};
use super::model::{Topology, number_tasks};
use super::overrides::Overrides;
use super::settings::Layers;
use super::walk;
use crate::errors::Code;

/// Whether a program can be started: the first argument of a command and, if the child's environment sets one, its `PATH`.
/// A name with a slash is a path, already joined with the working folder of the component; any other is looked up in the `PATH`.
pub type FindProgram<'a> = dyn Fn(&str, Option<&str>) -> bool + 'a;

/// A topology without mistakes, and what is worth a remark.
#[derive(Clone, Debug)]
pub struct Checked {
    /// What can run.
    pub topology: Topology,
    /// Warnings and remarks, the graver first; no errors.
    pub remarks: Vec<Mistake>,
}

/// Checks a description and resolves it.
///
/// # Errors
/// Every mistake there is, with the warnings among them, the graver first, then by place. At least one is an error.
pub fn check(
    ir: &Ir,
    overrides: &Overrides,
    find_program: &FindProgram,
) -> Result<Checked, Vec<Mistake>> {
    let mut mistakes: Vec<Mistake> = ir.mistakes.iter().map(from_front_end).collect();
    if ir.components.is_empty() && has_errors(&mistakes) {
        // The file could not even be read; whatever else could be said follows from that.
        return Err(mistakes);
    }
    let layers = Layers::read(ir, overrides, &mut mistakes);
    let settings = layers.topology();
    let name = settings.name().unwrap_or_else(|| ir.name.clone());
    let file = Place {
        file: ir.file.clone(),
        line: 0,
    };
    if let Some(reason) = names::odd_topology(&name) {
        mistakes.push(
            Mistake::error(
                Some(&file),
                format!("the topology's name {name:?} {reason}"),
            )
            .coded(Code::BAD_NAME),
        );
    }
    names::check_overrides(ir, overrides, &mut mistakes);
    let storm_id = conf::storm_id(&name, overrides.started_unix_secs);
    let round = components::Round {
        overrides,
        layers: &layers,
        name: &name,
        storm_id: &storm_id,
        find_program,
    };
    let mut components = round.components(ir, &mut mistakes);
    subscriptions::resolve(ir, &mut components, &mut mistakes);
    structure::check(ir, &components, &file, &mut mistakes);
    walk::mark_back_edges(&mut components);
    if !has_errors(&mistakes) {
        structure::remark(&components, &mut mistakes);
    }
    mistakes.sort_by(|a, b| (a.severity, &a.at).cmp(&(b.severity, &b.at)));
    if has_errors(&mistakes) {
        return Err(mistakes);
    }
    let tasks = number_tasks(&components);
    let topology = Topology {
        name,
        file: ir.file.clone(),
        components,
        settings,
        tasks,
    };
    Ok(Checked {
        topology,
        remarks: mistakes,
    })
}

fn has_errors(mistakes: &[Mistake]) -> bool {
    mistakes
        .iter()
        .any(|mistake| mistake.severity == Severity::Error)
}

fn from_front_end(told: &MistakeIr) -> Mistake {
    Mistake {
        code: match told.traceback {
            Some(_) => Code::CODE_RAISED,
            None => Code::MISDECLARED,
        },
        severity: told.severity,
        at: told.at.clone(),
        message: told.message.clone(),
        hint: told.hint.clone(),
        traceback: told.traceback.clone(),
    }
}

#[cfg(test)]
mod tests;

#[cfg(test)]
mod any_tests;
