//! `Exec`: a process for each tuple or batch, one at a time for each task. Its exit status is the answer.

use std::cell::RefCell;
use std::rc::Rc;
use std::time::{Duration, Instant};

use tokio::net::unix::pipe::{Receiver, Sender};
use tokio::time::{sleep, timeout};

use super::bounds;
use super::child::{allowed, drain_stderr, write_all};
use super::exec_rows::Batch;
use super::host::Host;
use super::story;
use super::task::Dialect;
use crate::flow::acker::FailKind;
use crate::link::exit::Exit;
use crate::link::pipe::unread;
use crate::link::process::{Child, Spawn};
use crate::link::stderr::{LineLimits, LineTail};
use crate::topology::{Component, Shell, ShellMode};

/// Lines of standard error that a story holds.
const TOLD: usize = 20;

/// Keeps one task going until the run ends.
pub async fn keep(host: Rc<Host>, at: usize) {
    let component = host.component(at).clone();
    let Some(shell) = &component.shell else {
        return;
    };
    let ShellMode::Exec {
        batch,
        linger,
        timeout,
    } = shell.mode
    else {
        return;
    };
    let patience = timeout.unwrap_or_else(|| component.settings.subprocess_timeout());
    let patience = (component.settings.tuple_budget()).map_or(patience, |b| b.min(patience));
    host.with(|core| core.up(at, Dialect::Inside));
    while wait_for_a_batch(&host, at, batch, linger).await {
        // What it says goes to queues that may be full.
        tokio::select! {
            () = host.room_to_emit(at) => {}
            () = host.out_of_time(at) => continue,
        }
        let taken = host.with(|core| core.take_batch(at, shell, batch));
        let Some(taken) = taken else { continue };
        let done = tokio::select! {
            done = run(&host, at, &component, &taken, patience) => done,
            () = host.out_of_time(at) => Err("the run ended before its command did".into()),
        };
        host.with(|core| match done {
            Ok(said) => core.exec_succeeded(at, shell, &taken, &said),
            Err(why) => core.exec_failed(at, &taken, &why),
        });
    }
    let reason = "the run ended".into();
    host.with(|core| core.down(at, FailKind::ChildDied, &reason));
    host.with(|core| core.gone(at));
}

/// Until there is enough for a process, or more is not to be expected soon. `false` at the end of the run.
async fn wait_for_a_batch(host: &Rc<Host>, at: usize, batch: u32, linger: Duration) -> bool {
    let mut stage = host.stage.subscribe();
    let mut since: Option<Instant> = None;
    loop {
        let (rows, ends, leave) = host.with(|core| {
            let (rows, ends) = core.waiting_for_exec(at);
            (rows, ends, core.should_leave(at))
        });
        if rows == 0 && leave || host.at_once.get() || leave && host.overdue.get() {
            return false;
        }
        let waited = since.map(|since| since.elapsed()).unwrap_or_default();
        if rows >= batch as usize || rows > 0 && (ends || waited >= linger) {
            return true;
        }
        if rows > 0 {
            since.get_or_insert_with(Instant::now);
        }
        tokio::select! {
            () = host.something_to_write(at) => {}
            _ = stage.changed() => {}
            () = sleep(linger.saturating_sub(waited)), if rows > 0 => {}
        }
    }
}

/// Runs one process. What it said, if it exited with 0; else why its tuples fail.
async fn run(
    host: &Rc<Host>,
    at: usize,
    component: &Component,
    batch: &Batch,
    patience: Duration,
) -> Result<Vec<u8>, String> {
    let spawn = command(host, at, component, batch)?;
    let told = story::shell_words(&spawn.command);
    let child =
        Child::spawn(&spawn).map_err(|error| format!("{told} cannot be started: {error}"))?;
    let Child {
        process,
        stdin,
        stdout,
        stderr,
    } = child;
    let pid = process.pid();
    host.guard.register(pid);
    host.pids[at].set(pid);
    let _gone = Gone { host, at, pid };
    let tail = Rc::new(RefCell::new(LineTail::new(LineLimits {
        kept: TOLD,
        ..LineLimits::default()
    })));
    let limit = host.with(|core| core.limits_of(at).message);
    let mut said = Vec::new();
    let exit = {
        let drain = drain_stderr(host, at, pid, &stderr, &tail);
        let talk = async {
            let fed = feed(stdin, &batch.text);
            let heard = gather(&stdout, &mut said, limit);
            let ((), within) = tokio::join!(fed, heard);
            within
        };
        tokio::pin!(drain, talk);
        let mut drained = false;
        let mut talked = None;
        let ended = timeout(patience, async {
            loop {
                tokio::select! {
                    exit = process.wait() => return exit,
                    () = &mut drain, if !drained => drained = true,
                    within = &mut talk, if talked.is_none() => {
                        talked = Some(within);
                        if !within {
                            process.kill();
                        }
                    }
                }
            }
        });
        let exit = tokio::select! {
            ended = ended => ended.map_err(|_| format!(
                "did not end within {} s (its timeout, topology.subprocess.timeout.secs or stormhost.tuple.budget.secs), and was killed",
                patience.as_secs_f64()
            )),
            why = bounds::watch(host, at, pid) => Err(format!("was killed: {why}")),
        };
        if exit.is_err() {
            process.kill();
            process.wait().await;
        }
        // What it complained of at last.
        while !drained && unread(&stderr).is_some_and(|bytes| bytes > 0) {
            if timeout(Duration::from_millis(20), &mut drain).await.is_ok() {
                drained = true;
            }
        }
        if talked.is_none() {
            talked = timeout(Duration::from_millis(200), &mut talk).await.ok();
        }
        if talked == Some(false) {
            return Err(format!(
                "{told} wrote more than {limit} bytes (stormhost.max.message.bytes)"
            ));
        }
        exit
    };
    tail.borrow_mut().finish(Instant::now(), |shown| {
        story::log_line(host, at, pid, "stderr", shown)
    });
    host.used_by_dead[at].update(|before| before + process.cpu_seconds());
    let why = match exit {
        Ok(Exit::Status(0)) => return Ok(said),
        Ok(exit) => match exit.hint() {
            // A shell's own statuses say nothing here: it is our shell, and the command is told.
            Some(hint) if matches!(exit, Exit::Signal { .. }) => format!("{told} {exit}: {hint}"),
            _ => format!("{told} {exit}"),
        },
        Err(why) => format!("{told} {why}"),
    };
    let lines = tail.borrow().tail();
    Err(match lines.is_empty() {
        true => why,
        false => format!(
            "{why}\n  its last lines on standard error:\n    | {}",
            lines.join("\n    | ")
        ),
    })
}

/// The process is no more, however that came about.
struct Gone<'a> {
    host: &'a Host,
    at: usize,
    pid: u32,
}

impl Drop for Gone<'_> {
    fn drop(&mut self) {
        self.host.guard.unregister(self.pid);
        self.host.pids[self.at].set(0);
    }
}

/// The command with what it is given: the values of a single tuple as arguments, and by the names of their fields in the environment,
/// but for names that are taken there.
fn command(host: &Host, at: usize, component: &Component, batch: &Batch) -> Result<Spawn, String> {
    let mut command = component.command.clone();
    let mut env: Vec<(String, String)> = component
        .env
        .iter()
        .map(|(name, value)| (name.clone(), value.clone()))
        .collect();
    env.extend(super::lines::share(host, at));
    for (field, value) in &batch.values {
        let text = std::str::from_utf8(value)
            .ok()
            .filter(|text| !text.contains('\0'))
            .ok_or_else(|| {
                format!("the value of {field:?} is no text that can be an argument: it holds a NUL, or is not UTF-8")
            })?;
        command.push(text.to_owned());
        let name: String = field
            .chars()
            .map(|letter| {
                if letter.is_ascii_alphanumeric() {
                    letter
                } else {
                    '_'
                }
            })
            .collect();
        let taken = std::env::var_os(&name).is_some() || component.env.contains_key(&name);
        if !name.is_empty() && !taken {
            env.push((name, text.to_owned()));
        }
    }
    Ok(Spawn {
        command,
        env,
        ..allowed(host, component)
    })
}

/// Gives it its input, and closes that. It need not read it.
async fn feed(stdin: Sender, text: &[u8]) {
    let _ = write_all(&stdin, text).await;
}

/// Everything that it says. `false` if that is more than `limit` bytes.
async fn gather(stdout: &Receiver, said: &mut Vec<u8>, limit: usize) -> bool {
    loop {
        if stdout.readable().await.is_err() {
            return true;
        }
        match stdout.try_read_buf(said) {
            Ok(0) => return true,
            Ok(_) if said.len() > limit => return false,
            Ok(_) => {}
            Err(error) if error.kind() == std::io::ErrorKind::WouldBlock => {}
            Err(_) => return true,
        }
    }
}

/// Whether a component is one of these.
pub fn is_exec(component: &Component) -> bool {
    component
        .shell
        .as_ref()
        .is_some_and(|shell: &Shell| !shell.is_lines())
}
