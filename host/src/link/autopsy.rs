//! What `/proc` tells of a process that hangs, for its story: of any language, and without its help.

use std::fs;
use std::path::Path;

/// Open files that are told at the most.
const FILES: usize = 20;

/// A few lines on what a process is doing: its state, what it waits for in the kernel, its threads and its open files.
/// `None` where it is gone, or nothing may be read.
pub fn of(pid: u32) -> Option<String> {
    let folder = format!("/proc/{pid}");
    let folder = Path::new(&folder);
    let status = fs::read_to_string(folder.join("status")).ok()?;
    let of = |name: &str| {
        status
            .lines()
            .find_map(|line| line.strip_prefix(name)?.strip_prefix(':').map(str::trim))
    };
    let mut told = format!("state {}", of("State").unwrap_or("unknown"));
    if let Some(waits) = waits_in(folder) {
        told.push_str(&format!(", waits in the kernel's {waits}"));
    }
    if let Some(threads) = of("Threads").filter(|threads| *threads != "1") {
        told.push_str(&format!(", {threads} threads"));
    }
    if let Some(memory) = of("VmRSS") {
        told.push_str(&format!(", {memory} of memory"));
    }
    let files = open_files(folder);
    if !files.is_empty() {
        told.push_str("\n    open files: ");
        told.push_str(&files.join(", "));
    }
    Some(told)
}

/// The function of the kernel that it waits in; `None` where it runs, or the kernel does not say.
fn waits_in(folder: &Path) -> Option<String> {
    let channel = fs::read_to_string(folder.join("wchan")).ok()?;
    let channel = channel.trim();
    (!channel.is_empty() && channel != "0").then(|| channel.to_owned())
}

/// What its descriptors are: `0 pipe`, `3 /tmp/x`, `4 socket`.
fn open_files(folder: &Path) -> Vec<String> {
    let mut numbers: Vec<u32> = fs::read_dir(folder.join("fd"))
        .into_iter()
        .flatten()
        .flatten()
        .filter_map(|entry| entry.file_name().to_str()?.parse().ok())
        .collect();
    numbers.sort_unstable();
    let more = numbers.len().saturating_sub(FILES);
    let mut told: Vec<String> = numbers
        .iter()
        .take(FILES)
        .map(|number| {
            let target = fs::read_link(folder.join("fd").join(number.to_string()));
            let target = target.map_or_else(
                |_| "?".to_owned(),
                |target| target.to_string_lossy().into_owned(),
            );
            // `pipe:[4711]` and `socket:[4711]`: the number says nothing to anybody.
            let kind = target.split_once(":[").map_or(&*target, |(kind, _)| kind);
            format!("{number} {kind}")
        })
        .collect();
    if more > 0 {
        told.push(format!("and {more} more"));
    }
    told
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_tells_of_a_process_that_lives_and_nothing_of_one_that_does_not() {
        let mut child = std::process::Command::new("sleep")
            .arg("1000")
            .stdin(std::process::Stdio::piped())
            .spawn()
            .unwrap();
        let deadline = std::time::Instant::now() + std::time::Duration::from_secs(60);
        let told = loop {
            let told = of(child.id()).unwrap();
            if told.contains("sleeping") || std::time::Instant::now() > deadline {
                break told;
            }
            std::thread::yield_now();
        };
        assert!(told.contains("state S (sleeping)"), "{told}");
        assert!(told.contains("open files: 0 pipe"), "{told}");
        child.kill().unwrap();
        child.wait().unwrap();
        assert_eq!(of(child.id()), None);
    }
}
