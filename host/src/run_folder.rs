//! The folder of one run: who runs it, the `pids` folder that Storm's children expect, and whatever else is written of it.
//!
//! `$XDG_STATE_HOME/stormhost/<topology>/<run>/` holds `host.json` (which process, of which boot), `pids/`, logs and dead letters.
//! Here also lives the sweep at the start of a run: of runs whose host is gone without an orderly end, all processes are killed.

use std::fs;
use std::io;
use std::os::unix::fs::{DirBuilderExt, MetadataExt, PermissionsExt, lchown};
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::procstat::{self, Stat};
use crate::sweep::Quarry;

/// Run folders kept for each topology, the present one included.
const KEPT: usize = 10;
/// How long the sweep tries. It comes before the first child is started, so it must not take long.
const PATIENCE: Duration = Duration::from_secs(2);
const RECORD: &str = "host.json";

/// The folder of the run of this process.
#[derive(Debug)]
pub struct RunFolder {
    path: PathBuf,
    record: Record,
}

/// The run's folder cannot be made.
#[derive(Debug, Error)]
#[error("the run's folder cannot be made: {} cannot be {what}: {cause}; set XDG_STATE_HOME to a folder that can be written", .path.display())]
pub struct RunFolderError {
    path: PathBuf,
    what: &'static str,
    #[source]
    cause: io::Error,
}

/// Who runs a run; `host.json`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Record {
    /// What marks all processes of the run.
    token: String,
    /// The host's process id.
    pid: u32,
    /// When that process was started, in clock ticks since the boot.
    start_ticks: u64,
    /// The machine's name: home folders are shared between machines, and container images between containers.
    machine: String,
    /// The boot in which the above is true.
    boot: String,
    /// The world of process ids in which the above is true.
    pid_namespace: String,
    /// Whether nothing of the run can be left.
    ended: bool,
}

/// What the sweep at the start did.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Leftovers {
    /// Runs whose host was gone without an orderly end.
    pub runs: usize,
    /// Processes of theirs that were still there, and were killed.
    pub killed: usize,
}

impl RunFolder {
    /// Makes the folder of a run that begins now, with a fresh token, and removes the oldest ones of this topology.
    ///
    /// `state` is where all topologies lie: [`state_folder`].
    ///
    /// # Errors
    /// When something cannot be written.
    pub fn create(state: &Path, topology: &str) -> Result<RunFolder, RunFolderError> {
        let now = jiff::Zoned::now().with_time_zone(jiff::tz::TimeZone::UTC);
        // Names sort by time; the process id tells runs of the same millisecond apart.
        let name = format!(
            "{}-{}",
            now.strftime("%Y-%m-%dT%H-%M-%S.%3f"),
            std::process::id()
        );
        let path = state.join(folder_name(topology)).join(name);
        let failed = |path: &Path, what| {
            let path = path.to_owned();
            move |cause| RunFolderError { path, what, cause }
        };
        let pids = path.join("pids");
        // Dead letters and logs hold the user's data: nobody else's business.
        fs::DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(&pids)
            .map_err(failed(&pids, "created"))?;
        // Children are told this path, and may go elsewhere first.
        let path = path.canonicalize().map_err(failed(&path, "found"))?;
        let folder = RunFolder {
            record: Record::own(),
            path,
        };
        folder
            .record
            .write(&folder.path)
            .map_err(failed(&folder.path.join(RECORD), "written"))?;
        prune(&folder.path);
        Ok(folder)
    }

    /// The folder itself, absolute.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Storm's `pidDir`, absolute: each child makes an empty file there, named by its process id.
    pub fn pids(&self) -> PathBuf {
        self.path.join("pids")
    }

    /// What marks all processes of this run.
    pub fn token(&self) -> &str {
        &self.record.token
    }

    /// Notes that nothing of the run is left, so that no later start looks for it. Best said after the guard has finished.
    pub fn ended(mut self) {
        self.record.ended = true;
        forget_others_pids(&self.record.token);
        // Unsaid, the next start looks for processes that are not there: harmless.
        let _ = self.record.write(&self.path);
    }
}

impl Record {
    fn own() -> Record {
        let pid = std::process::id();
        let uuid =
            fs::read_to_string("/proc/sys/kernel/random/uuid").map(|uuid| uuid.trim().to_owned());
        Record {
            // Without /proc nothing could be found again anyway.
            token: uuid
                .unwrap_or_else(|_| format!("{pid}-{}", jiff::Timestamp::now().as_nanosecond())),
            pid,
            start_ticks: Stat::read(pid).map_or(0, |stat| stat.start_ticks),
            machine: machine(),
            boot: procstat::boot(),
            pid_namespace: procstat::pid_namespace(),
            ended: false,
        }
    }

    /// The record of a run folder; `None` if there is none that can be read, as when another host is just making it.
    fn read(folder: &Path) -> Option<Record> {
        serde_json::from_slice(&fs::read(folder.join(RECORD)).ok()?).ok()
    }

    /// Written whole or not at all: half a record would hide a run from the sweep.
    fn write(&self, folder: &Path) -> io::Result<()> {
        let fresh = folder.join(format!("{RECORD}.new"));
        fs::write(&fresh, serde_json::to_vec_pretty(self)?)?;
        fs::rename(fresh, folder.join(RECORD))
    }

    /// Whether its host is there. On another machine or in another world of process ids nobody here can say, which is taken for a yes.
    fn host_lives(&self) -> bool {
        if self.machine != machine() {
            return true;
        }
        if self.boot != procstat::boot() {
            return false;
        }
        if self.pid_namespace != procstat::pid_namespace() {
            return true;
        }
        Stat::read(self.pid)
            .is_some_and(|stat| stat.lives() && stat.start_ticks == self.start_ticks)
    }
}

/// The `pidDir` of children that run as another user: a folder that nobody but that user and root may look into.
///
/// It lies among the temporary files, as the way to the run's folder is closed to others: at the latest by the home folder that it is in.
///
/// # Errors
/// When it cannot be made, or cannot be given to that user.
pub fn others_pids(token: &str, uid: u32) -> io::Result<PathBuf> {
    let above = others_pids_of(token);
    make(&above, 0o711)?;
    let folder = above.join(uid.to_string());
    make(&folder, 0o700)?;
    lchown(&folder, Some(uid), None)?;
    Ok(folder)
}

fn others_pids_of(token: &str) -> PathBuf {
    std::env::temp_dir().join(format!("stormhost-pids-{token}"))
}

/// Makes a folder with these permissions, whatever the umask is. Children know its name, and may have been there before, with a link to where
/// nobody may write for them: so one that is there already must be a folder, and of this user or, below such a one, made by it.
fn make(folder: &Path, mode: u32) -> io::Result<()> {
    match fs::DirBuilder::new().mode(0o700).create(folder) {
        Ok(()) => fs::set_permissions(folder, fs::Permissions::from_mode(mode)),
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
            let there = fs::symlink_metadata(folder)?;
            let above = folder.parent().map(fs::symlink_metadata).transpose()?;
            let own = nix::unistd::geteuid().as_raw();
            // Into a folder of ours, which is closed to others, nobody but us has put anything.
            let ours = there.uid() == own
                || above.is_some_and(|above| above.uid() == own && above.mode() & 0o022 == 0);
            if there.is_dir() && ours {
                Ok(())
            } else {
                Err(error)
            }
        }
        Err(error) => Err(error),
    }
}

/// Nobody looks for these once the run is over.
fn forget_others_pids(token: &str) {
    let _ = fs::remove_dir_all(others_pids_of(token));
}

/// Where the runs of all topologies lie: `$XDG_STATE_HOME/stormhost`, else `~/.local/state/stormhost`, else a folder of the user's for temporary files.
pub fn state_folder() -> PathBuf {
    let of = |variable| {
        std::env::var_os(variable)
            .map(PathBuf::from)
            .filter(|path| path.is_absolute())
    };
    let state = of("XDG_STATE_HOME").or_else(|| of("HOME").map(|home| home.join(".local/state")));
    match state {
        Some(state) => state.join("stormhost"),
        None => std::env::temp_dir().join(format!("stormhost-{}", nix::unistd::getuid())),
    }
}

/// Kills what is left of runs whose host is gone, of any topology. Usually its guard has done so already.
pub fn sweep_leftovers(state: &Path) -> Leftovers {
    let dead: Vec<(PathBuf, Record)> = folders(state)
        .flat_map(|topology| folders(&topology).collect::<Vec<_>>())
        .filter_map(|run| Some((Record::read(&run)?, run)))
        .filter(|(record, _)| !record.ended && !record.host_lives())
        .map(|(record, run)| (run, record))
        .collect();
    if dead.is_empty() {
        return Leftovers::default();
    }
    let tokens = dead
        .iter()
        .map(|(_, record)| record.token.clone())
        .collect();
    let (clean, killed) = Quarry {
        tokens,
        ..Quarry::default()
    }
    .kill_all(PATIENCE);
    for (run, mut record) in dead.iter().cloned() {
        forget_others_pids(&record.token);
        record.ended = clean;
        // Unsaid, they are looked for once more.
        let _ = record.write(&run);
    }
    Leftovers {
        runs: dead.len(),
        killed,
    }
}

/// Removes the oldest runs beside this one, but none that is running or was not swept.
fn prune(own: &Path) {
    let Some(topology) = own.parent() else { return };
    let mut runs: Vec<PathBuf> = folders(topology).filter(|run| run != own).collect();
    runs.sort_unstable();
    let old = runs.len().saturating_sub(KEPT - 1);
    for run in runs.into_iter().take(old) {
        if Record::read(&run).is_none_or(|record| record.ended) {
            // A folder that cannot be removed is no reason not to run.
            let _ = fs::remove_dir_all(run);
        }
    }
}

fn folders(path: &Path) -> impl Iterator<Item = PathBuf> + use<> {
    let entries = fs::read_dir(path).into_iter().flatten().flatten();
    entries
        .map(|entry| entry.path())
        .filter(|path| path.is_dir())
}

fn machine() -> String {
    rustix::system::uname()
        .nodename()
        .to_string_lossy()
        .into_owned()
}

/// A topology's name as one harmless folder name.
fn folder_name(topology: &str) -> String {
    let harmless = |letter: char| {
        if letter.is_alphanumeric() || "-_.".contains(letter) {
            letter
        } else {
            '_'
        }
    };
    let name: String = topology.chars().take(60).map(harmless).collect();
    if name.trim_matches('.').is_empty() {
        "topology".into()
    } else {
        name
    }
}

#[cfg(test)]
#[path = "run_folder_tests.rs"]
mod tests;
