//! Many seeds, as many at a time as there are cores.

use super::play::Play;

/// What the ordinary test run plays: a few seconds without optimisation.
const RUNS: u64 = 1_000;

fn number(name: &str) -> Option<u64> {
    std::env::var(name).ok()?.parse().ok()
}

/// Plays each of these seeds, and returns those that failed. What was wrong stands on stderr.
fn failures(seeds: impl Iterator<Item = u64>) -> Vec<u64> {
    seeds
        .filter(|seed| std::panic::catch_unwind(|| Play::new(*seed).through()).is_err())
        .collect()
}

#[test]
fn whole_topologies_hold_what_is_promised_by_any_schedule() {
    if let Some(seed) = number("STORMHOST_SIM_SEED") {
        Play::new(seed).through();
        return;
    }
    let runs = number("STORMHOST_SIM_RUNS").unwrap_or(RUNS);
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let failed: Vec<u64> = std::thread::scope(|scope| {
        let shares: Vec<_> = (0..threads)
            .map(|first| scope.spawn(move || failures((first as u64..runs).step_by(threads))))
            .collect();
        let failed = shares.into_iter().map(|share| share.join().unwrap());
        failed.flatten().collect()
    });
    assert!(
        failed.is_empty(),
        "these seeds failed, see above; STORMHOST_SIM_SEED plays one alone: {failed:?}"
    );
}
