//! Topologies of streamparse, as they stand: a project's folder, or one of its `topologies/*.py`.
//!
//! `project` reads `config.json` and finds the topology, `python` finds a Python that has streamparse. The topology's class is
//! described there, by `_streamparse.py` of the Python shim; here the environment's settings are put below its own.

mod error;
mod project;
mod python;

use std::path::{Path, PathBuf};

use rustix::fs::{Access, AtFlags, CWD, accessat};
use serde_json::json;

use super::describe::{Request, describe};
use super::error::LoadError;
use super::{LoadOptions, direct, language, shim};
use crate::topology::{Ir, MistakeIr, Place, Severity};

pub use error::ProjectError;
pub(super) use project::Project;

/// Whether a Python file is a topology of streamparse rather than of ours: it says so, or it lies where a project has its topologies.
pub(super) fn is_topology(text: &str, resolved: &Path) -> bool {
    let imports = |package| {
        text.lines()
            .any(|line| language::python_imports(line, package))
    };
    !imports("stormhost")
        && (imports("streamparse") || Project::of_topology(resolved, None).is_some())
}

/// Has one topology described. `path` is its file, perhaps with a class after a colon; `resolved` where that lies.
pub(super) fn load(
    path: &str,
    file: &str,
    resolved: &Path,
    options: &LoadOptions,
) -> Result<Ir, LoadError> {
    let config = options.config();
    let project = Project::of_topology(resolved, config.as_deref())
        .unwrap_or_else(|| Project::around(resolved, config.as_deref()))?;
    let environment = project.environment(options.others.environment.as_deref())?;
    let topology = resolved.file_stem().unwrap_or_default().to_string_lossy();
    let virtualenv = environment.as_ref().and_then(|it| it.virtualenv(&topology));
    let (python, looked) = python::find(&project.root, virtualenv.as_deref(), options)?;
    let package = shim::unpack(language::PYTHON, &options.surroundings)?;
    let below = environment
        .as_ref()
        .map(|environment| environment.settings(&|folder| is_writable(&resolve(&project, folder))));
    let told = json!({
        "root": project.root,
        "source": project.source(),
        "environment": environment.as_ref().map(|it| &it.name),
        "serializer": environment.as_ref().and_then(|it| it.serializer()).or(project.serializer()),
        "looked": looked,
    })
    .to_string();
    let request = Request {
        verb: "describe-streamparse",
        path,
        told: Some(&told),
    };
    let mut ir = describe(language::PYTHON, &python, &package, &request, options)?;
    file.clone_into(&mut ir.file);
    direct::as_in_storm(&mut ir);
    if let Some((below, remarks)) = below {
        for (key, value) in below {
            ir.conf.entry(key).or_insert(value);
        }
        ir.mistakes
            .extend(remarks.into_iter().map(|remark| MistakeIr {
                severity: remark.severity,
                message: remark.message,
                hint: remark.hint,
                traceback: None,
                at: Some(Place {
                    file: project.config_file.display().to_string(),
                    line: 0,
                }),
            }));
    }
    Ok(ir)
}

/// A folder that `config.json` names, seen from where children work.
fn resolve(project: &Project, folder: &str) -> PathBuf {
    project.source().join(folder)
}

/// Whether components can make files in a folder. The kernel is asked, since owner, groups and privileges decide as well as the permissions.
fn is_writable(folder: &Path) -> bool {
    let wanted = Access::WRITE_OK | Access::EXEC_OK;
    folder.is_dir() && accessat(CWD, folder, wanted, AtFlags::EACCESS).is_ok()
}

/// Something about the project that does not keep it from running.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Remark {
    severity: Severity,
    message: String,
    hint: Option<String>,
}

#[cfg(test)]
mod tests;
