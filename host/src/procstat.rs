//! What the kernel tells about processes in `/proc`: who they are, whose they are, and what they use.
//!
//! Pure parsing, and thin readers on top. Nothing here asks for the time or sends a signal.

use std::collections::HashSet;
use std::fs;
use std::io::Read;
use std::path::Path;

/// Bytes that a line of `/proc/<pid>/stat` has at most: 52 numbers of up to 20 digits, and a name of up to 64 bytes.
const LONGEST_LINE: usize = 2048;

/// One process, as one moment's `/proc/<pid>/stat` has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stat {
    /// Its id.
    pub pid: u32,
    /// `R` running, `S` sleeping, `Z` dead but not reaped, and so on.
    pub state: char,
    /// Its parent's id.
    pub parent: u32,
    /// The id of its process group.
    pub group: u32,
    /// CPU time of its own, in clock ticks.
    pub own_ticks: u64,
    /// CPU time of its own and of those children that it has reaped, in clock ticks.
    pub cpu_ticks: u64,
    /// When it was started, in clock ticks since the machine was. With the id, this names a process for ever (until the next boot).
    pub start_ticks: u64,
    /// Pages of memory it has resident, shared ones too.
    pub resident_pages: u64,
}

impl Stat {
    /// Reads the one line of `/proc/<pid>/stat`; `None` if it is none.
    pub fn parse(line: &str) -> Option<Stat> {
        // The name stands in parentheses and may hold anything, spaces and parentheses too: only the last one ends it.
        let (head, rest) = line.rsplit_once(')')?;
        let pid = head.split_once(" (")?.0.parse().ok()?;
        let fields: Vec<&str> = rest.split_ascii_whitespace().collect();
        // The manual counts from 1 and the name is the second: the state, its third, is our first.
        let number = |field: usize| fields.get(field - 3)?.parse::<u64>().ok();
        let small = |field: usize| number(field).and_then(|number| u32::try_from(number).ok());
        // Times of reaped children may be -1 in some sandboxes: they count as none.
        let own_ticks = [14, 15].into_iter().filter_map(number).sum();
        let cpu_ticks = [14, 15, 16, 17].into_iter().filter_map(number).sum();
        Some(Stat {
            pid,
            state: fields.first()?.chars().next()?,
            parent: small(4)?,
            group: small(5)?,
            own_ticks,
            cpu_ticks,
            start_ticks: number(22)?,
            resident_pages: number(24)?,
        })
    }

    /// One process; `None` when there is none of that id.
    pub fn read(pid: u32) -> Option<Stat> {
        // One read into a buffer that holds any such line: a reader that does not know the length begins with few bytes, and reads often.
        let mut line = [0; LONGEST_LINE];
        let length = fs::File::open(format!("/proc/{pid}/stat"))
            .ok()?
            .read(&mut line)
            .ok()?;
        Stat::parse(&String::from_utf8_lossy(line.get(..length)?))
    }

    /// CPU seconds of its own and of those children that it has reaped.
    pub fn cpu_seconds(&self) -> f64 {
        self.cpu_ticks as f64 / ticks_a_second()
    }

    /// CPU seconds of its own alone.
    pub fn own_cpu_seconds(&self) -> f64 {
        self.own_ticks as f64 / ticks_a_second()
    }

    /// Bytes resident.
    pub fn rss_bytes(&self) -> u64 {
        self.resident_pages * rustix::param::page_size() as u64
    }

    /// All processes that can be seen, in no order. Empty where there is no `/proc`.
    pub fn all() -> Vec<Stat> {
        pids().into_iter().filter_map(Stat::read).collect()
    }

    /// Whether it still does anything: not a zombie.
    pub fn lives(&self) -> bool {
        !matches!(self.state, 'Z' | 'X' | 'x')
    }
}

/// The ids of all processes that can be seen, as `/proc` lists them: ascending, so the newest are last, until the numbers begin again. Empty where there is no `/proc`.
pub fn pids() -> Vec<u32> {
    let entries = fs::read_dir("/proc").into_iter().flatten().flatten();
    entries
        .filter_map(|entry| entry.file_name().to_str()?.parse().ok())
        .collect()
}

/// Whether this process was told by whoever started it to ignore a signal.
pub fn ignores(signal: i32) -> bool {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let ignored = status
        .lines()
        .find_map(|line| line.strip_prefix("SigIgn:"))
        .and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok());
    let bit = u32::try_from(signal - 1).unwrap_or(u32::MAX);
    ignored.is_some_and(|mask| mask.checked_shr(bit).unwrap_or(0) & 1 == 1)
}

/// What a process tree uses.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Usage {
    /// Seconds of CPU time of all that live, and of those that they have reaped.
    pub cpu_seconds: f64,
    /// Bytes resident. Pages that several share count for each of them.
    pub rss_bytes: u64,
    /// How many processes it is.
    pub processes: usize,
}

/// What the tree below a process uses: itself, its descendants, and its process group, in which orphans remain.
///
/// `all` is one look at all processes ([`Stat::all`]), so that many trees cost one.
pub fn usage(all: &[Stat], root: u32) -> Usage {
    let mut usage = Usage::default();
    for process in tree(all, root) {
        usage.cpu_seconds += process.cpu_seconds();
        usage.rss_bytes += process.rss_bytes();
        usage.processes += 1;
    }
    usage
}

/// CPU seconds of one process, and of those children that it has reaped.
pub fn cpu_seconds(pid: u32) -> Option<f64> {
    Stat::read(pid).map(|stat| stat.cpu_seconds())
}

fn ticks_a_second() -> f64 {
    rustix::param::clock_ticks_per_second().max(1) as f64
}

/// The processes of a tree: root, group and descendants.
fn tree(all: &[Stat], root: u32) -> Vec<&Stat> {
    let mut found: Vec<&Stat> = all
        .iter()
        .filter(|process| process.pid == root || process.group == root)
        .collect();
    let mut known: HashSet<u32> = found.iter().map(|process| process.pid).collect();
    let mut looked = 0;
    while let Some(parent) = found.get(looked).map(|process| process.pid) {
        looked += 1;
        found.extend(
            all.iter()
                .filter(|process| process.parent == parent && known.insert(process.pid)),
        );
    }
    found
}

/// What names this boot of the machine, within which start times may be compared. Empty where the kernel does not say.
pub fn boot() -> String {
    fs::read_to_string("/proc/sys/kernel/random/boot_id")
        .map(|text| text.trim().into())
        .unwrap_or_default()
}

/// What names the world of process ids in which this process lives; a container has its own. Empty where the kernel does not say.
pub fn pid_namespace() -> String {
    let link = fs::read_link(Path::new("/proc/self/ns/pid"));
    link.map(|name| name.display().to_string())
        .unwrap_or_default()
}

/// How often the kernel has killed a process since the boot because memory ran out; 0 where it does not say.
pub fn oom_kills() -> u64 {
    let text = std::fs::read_to_string("/proc/vmstat").unwrap_or_default();
    text.lines()
        .find_map(|line| line.strip_prefix("oom_kill ")?.trim().parse().ok())
        .unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    const LINE: &str = "4242 (a (b) c) S 17 4242 4200 0 -1 4194304 100 200 0 0 30 12 5 3 20 0 1 0 987654 1000000 250 18446744073709551615 1 1 0 0 0";

    #[test]
    fn a_line_is_read_past_an_ugly_name() {
        let expected = Stat {
            pid: 4242,
            state: 'S',
            parent: 17,
            group: 4242,
            own_ticks: 42,
            cpu_ticks: 50,
            start_ticks: 987_654,
            resident_pages: 250,
        };
        assert_eq!(Stat::parse(LINE), Some(expected));
    }

    #[test]
    fn what_is_no_line_is_none() {
        for text in [
            "",
            "4242",
            "4242 (x)",
            "4242 (x) S",
            "x (y) S 1 2 3",
            &LINE[..LINE.len() / 2],
        ] {
            assert_eq!(Stat::parse(text), None, "{text}");
        }
    }

    #[test]
    fn zombies_do_not_live() {
        for (state, lives) in [
            ('R', true),
            ('S', true),
            ('D', true),
            ('T', true),
            ('Z', false),
            ('X', false),
        ] {
            let stat = Stat {
                state,
                ..Stat::parse(LINE).unwrap()
            };
            assert_eq!(stat.lives(), lives, "{state}");
        }
    }

    fn process(pid: u32, parent: u32, group: u32) -> Stat {
        Stat {
            pid,
            parent,
            group,
            ..Stat::parse(LINE).unwrap()
        }
    }

    #[test]
    fn a_tree_holds_descendants_and_the_group() {
        let all = [
            process(1, 0, 1),
            process(10, 1, 10),
            process(13, 12, 13), // a grandchild in a group of its own, listed before its parent
            process(11, 10, 10),
            process(12, 11, 10),
            process(14, 1, 10), // an orphan of the group
            process(15, 14, 15),
            process(20, 1, 20),
        ];
        let mut pids: Vec<u32> = tree(&all, 10)
            .into_iter()
            .map(|process| process.pid)
            .collect();
        pids.sort_unstable();
        assert_eq!(pids, [10, 11, 12, 13, 14, 15]);
        let usage = usage(&all, 10);
        assert_eq!(usage.processes, 6);
        assert_eq!(usage.rss_bytes, 6 * 250 * rustix::param::page_size() as u64);
        assert!(super::usage(&all, 99) == Usage::default());
    }

    #[test]
    fn a_ring_of_parents_ends() {
        // Two looks at a changing /proc can claim this.
        assert_eq!(
            tree(&[process(10, 11, 10), process(11, 10, 11)], 10).len(),
            2
        );
    }

    #[test]
    fn this_very_process_is_found() {
        let own = std::process::id();
        let begin = cpu_seconds(own).unwrap();
        while cpu_seconds(own).unwrap() <= begin {
            std::hint::spin_loop();
        }
        assert!(Stat::read(own).unwrap().rss_bytes() > 100_000);
        let all = Stat::all();
        let listed = all.iter().find(|process| process.pid == own).unwrap();
        assert_eq!(listed.start_ticks, Stat::read(own).unwrap().start_ticks);
        assert!(usage(&all, own).rss_bytes > 100_000);
        assert!(!boot().is_empty());
        assert!(pid_namespace().starts_with("pid:["));
    }

    #[test]
    fn nobody_has_no_figures() {
        // Above the largest id a kernel gives out.
        assert_eq!((cpu_seconds(1 << 30), Stat::read(1 << 30)), (None, None));
    }
}
