//! Many seeds, as many at a time as there are cores.

use std::panic::catch_unwind;
use std::time::Instant;

use super::play::Play;

/// What the ordinary test run plays: a few seconds without optimisation.
const RUNS: u64 = 1_000;
/// With `STORMHOST_LONG=1`: some minutes.
const LONG_RUNS: u64 = 100_000;

fn number(name: &str) -> Option<u64> {
    std::env::var(name).ok()?.parse().ok()
}

/// Plays each of these seeds. Returns those that failed, of which what was wrong stands on stderr; and how many steps the others took.
fn play(seeds: impl Iterator<Item = u64>) -> (Vec<u64>, usize) {
    let (mut failed, mut steps) = (Vec::new(), 0);
    for seed in seeds {
        match catch_unwind(|| Play::new(seed).through()) {
            Ok(taken) => steps += taken,
            Err(_) => failed.push(seed),
        }
    }
    (failed, steps)
}

#[test]
fn whole_topologies_hold_what_is_promised_by_any_schedule() {
    if let Some(seed) = number("STORMHOST_SIM_SEED") {
        Play::new(seed).through();
        return;
    }
    let ordinary = match number("STORMHOST_LONG") {
        Some(1) => LONG_RUNS,
        _ => RUNS,
    };
    let runs = number("STORMHOST_SIM_RUNS").unwrap_or(ordinary);
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let started = Instant::now();
    let (failed, steps) = std::thread::scope(|scope| {
        let shares: Vec<_> = (0..threads)
            .map(|first| scope.spawn(move || play((first as u64..runs).step_by(threads))))
            .collect();
        let mut all = (Vec::new(), 0);
        for share in shares {
            let (failed, steps) = share.join().unwrap();
            all.0.extend(failed);
            all.1 += steps;
        }
        all
    });
    eprintln!(
        "{runs} runs of {steps} steps in {:.1} s",
        started.elapsed().as_secs_f64()
    );
    assert!(
        failed.is_empty(),
        "these seeds failed, see above; STORMHOST_SIM_SEED plays one alone: {failed:?}"
    );
}
