//! How a task of a component inside becomes a thread of the host.

use super::host::Host;
use crate::link::life::Link;
use crate::link::spawn_error::SpawnError;
use crate::topology::Inside;

/// Starts the thread of a task.
///
/// # Errors
/// When it cannot have a thread and pipes, or this host was built without its language.
pub fn start(host: &Host, at: usize, language: Inside) -> Result<Link, SpawnError> {
    match language {
        Inside::Lua => lua(host, at),
    }
}

#[cfg(feature = "lua")]
fn lua(host: &Host, at: usize) -> Result<Link, SpawnError> {
    let component = &host.topology.components[host.topology.tasks[at].component];
    let script = crate::link::lua::Script {
        words: component.command.iter().skip(1).cloned().collect(),
        folder: component.cwd.clone(),
        environment: component.env.clone(),
        memory: component.settings.inside_memory(),
        budget: component.settings.inside_budget(),
    };
    crate::link::inside::Inside::start(
        &host.with(|core| core.name(at)),
        host.topology.settings.kill_timeout(),
        move |ends| script.run(&ends),
    )
}

#[cfg(not(feature = "lua"))]
fn lua(_: &Host, _: usize) -> Result<Link, SpawnError> {
    Err(SpawnError::NotBuiltIn("Lua"))
}
