//! Whole topologies, played through the pure core by seed: simulated children that speak the real bytes over pipes of bounded size, and a
//! scheduler that picks who acts next. Beside it stands a naive [`truth`] of what every tuple still owes.
//!
//! A seed that fails names itself. `STORMHOST_SIM_SEED=123` plays that one alone, with its log;
//! `STORMHOST_SIM_RUNS=100000` plays more than the ordinary run does.
//!
//! [`shape`] draws a topology, [`bolt`] and [`spout`] are children, [`wire`] is their end of the bytes, [`pipes`] what lies between them and the core,
//! and [`play`] lets it all happen and looks whether what must hold holds.

mod bolt;
mod chance;
mod named;
mod pipes;
mod play;
mod rng;
mod shape;
mod spout;
mod truth;
mod wire;

use play::Play;

/// What the ordinary test run plays. About a millisecond each.
const RUNS: u64 = 2_000;

fn number(name: &str) -> Option<u64> {
    std::env::var(name).ok()?.parse().ok()
}

#[test]
fn whole_topologies_hold_what_is_promised_by_any_schedule() {
    if let Some(seed) = number("STORMHOST_SIM_SEED") {
        Play::new(seed).to_its_end();
        return;
    }
    for seed in 0..number("STORMHOST_SIM_RUNS").unwrap_or(RUNS) {
        let played = std::panic::catch_unwind(|| Play::new(seed).to_its_end());
        assert!(
            played.is_ok(),
            "seed {seed} failed, see above; STORMHOST_SIM_SEED={seed} plays it alone"
        );
    }
}
