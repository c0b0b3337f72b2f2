//! How a task of a component inside becomes a thread of the host.

use super::host::Host;
#[cfg(any(feature = "lua", feature = "python"))]
use crate::link::inside::Manner;
use crate::link::life::Link;
use crate::link::spawn_error::SpawnError;
use crate::topology::{Inside, Topology};

/// Starts the thread of a task.
///
/// # Errors
/// When it cannot have a thread and pipes, or this host was built without its language.
pub fn start(host: &Host, at: usize, language: Inside) -> Result<Link, SpawnError> {
    match language {
        Inside::Lua => lua(host, at),
        Inside::Python => python(host, at),
    }
}

/// Does what has to be done before the first one starts.
///
/// # Errors
/// When no descriptor is left.
pub fn prepare(topology: &Topology) -> std::io::Result<()> {
    #[cfg(feature = "python")]
    if topology.has_inside(Inside::Python) {
        crate::link::python::keep_data_output()?;
    }
    let _ = topology;
    Ok(())
}

#[cfg(feature = "lua")]
fn lua(host: &Host, at: usize) -> Result<Link, SpawnError> {
    let component = host.component(at);
    let script = crate::link::lua::Script {
        words: component.command.iter().skip(1).cloned().collect(),
        folder: component.cwd.clone(),
        environment: component.env.clone(),
        memory: component.settings.inside_memory(),
        budget: component.settings.inside_budget(),
    };
    crate::link::inside::Inside::start(
        &host.with(|core| core.name(at)),
        Manner::usual(host.kill_timeout(at)),
        move |ends| script.run(&ends),
    )
}

#[cfg(not(feature = "lua"))]
fn lua(_: &Host, _: usize) -> Result<Link, SpawnError> {
    Err(SpawnError::NotBuiltIn("Lua"))
}

#[cfg(feature = "python")]
fn python(host: &Host, at: usize) -> Result<Link, SpawnError> {
    use crate::link::python::{Component, STACK, Stopping, interrupt};

    let component = host.component(at);
    let component = Component {
        command: component.command.clone(),
        folder: component.cwd.clone(),
        environment: component.env.clone(),
    };
    let stopping = std::sync::Arc::new(Stopping::default());
    let manner = Manner {
        grace: host.kill_timeout(at),
        stack: STACK,
        interrupt: interrupt(stopping.clone()),
    };
    crate::link::inside::Inside::start(&host.with(|core| core.name(at)), manner, move |ends| {
        component.run(&ends, &stopping)
    })
}

#[cfg(not(feature = "python"))]
fn python(_: &Host, _: usize) -> Result<Link, SpawnError> {
    Err(SpawnError::NotBuiltIn("Python"))
}
