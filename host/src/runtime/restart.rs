//! When a child that died is started again. Pure: it is told what happened and a random number, and answers with a pause.
//!
//! | the child | the next start |
//! |---|---|
//! | left before its component was ever healthy | none: the run stops |
//! | died after something was acked | at once |
//! | died without an ack, the first time | at once |
//! | died without an ack, the n-th time | after 2ⁿ⁻² × 100 ms, of which up to a half is taken off at random, at most the longest pause |

use std::time::Duration;

/// The second death in a row waits this long, each further one twice as long.
const FIRST_PAUSE: Duration = Duration::from_millis(100);

/// What is to be done about a death.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Decision {
    /// Start the child again after this pause.
    RestartAfter(Duration),
    /// Stop the whole run: the component never worked, which is most likely a typo.
    StopTheRun,
}

/// The restarts of one task.
#[derive(Debug, Clone)]
pub struct RestartPolicy {
    longest: Duration,
    /// Deaths in a row without an ack since the handshake.
    fruitless: u32,
}

impl RestartPolicy {
    /// A task that has not died yet. No pause will be longer than `max_pause`.
    pub fn new(max_pause: Duration) -> Self {
        RestartPolicy {
            longest: max_pause,
            fruitless: 0,
        }
    }

    /// Decides about a death.
    ///
    /// - `progressed`: something was acked since this child's handshake.
    /// - `healthy_before`: some child of this component, in this run, has completed its handshake; or the host itself ended this one, so that it did not leave by itself.
    /// - `random`: between 0 and 1. Spreads the restarts of children that died together.
    pub fn on_death(&mut self, progressed: bool, healthy_before: bool, random: f64) -> Decision {
        if !healthy_before {
            return Decision::StopTheRun;
        }
        self.fruitless = if progressed {
            0
        } else {
            self.fruitless.saturating_add(1)
        };
        Decision::RestartAfter(self.pause(random))
    }

    /// Deaths in a row without an ack since the handshake; what the log should worry about.
    pub fn fruitless(&self) -> u32 {
        self.fruitless
    }

    fn pause(&self, random: f64) -> Duration {
        let Some(doublings) = self.fruitless.checked_sub(2) else {
            return Duration::ZERO;
        };
        let full = FIRST_PAUSE
            .saturating_mul(1_u32.checked_shl(doublings).unwrap_or(u32::MAX))
            .min(self.longest);
        full.mul_f64(1.0 - random.clamp(0.0, 1.0) / 2.0)
    }
}

#[cfg(test)]
mod tests {
    use super::Decision::{RestartAfter, StopTheRun};
    use super::*;
    use proptest::prelude::*;

    const LONGEST: Duration = Duration::from_secs(30);

    fn after(milliseconds: u64) -> Decision {
        RestartAfter(Duration::from_millis(milliseconds))
    }

    /// Feeds deaths to a fresh policy, without any jitter.
    fn check(deaths: &[(bool, bool)], expected: &[Decision]) {
        let mut policy = RestartPolicy::new(LONGEST);
        let decided: Vec<Decision> = deaths
            .iter()
            .map(|&(progressed, healthy)| policy.on_death(progressed, healthy, 0.0))
            .collect();
        assert_eq!(decided, expected, "{deaths:?}");
    }

    #[test]
    fn deaths_and_their_consequences() {
        const WORKED: (bool, bool) = (true, true);
        const IDLE: (bool, bool) = (false, true);
        const NEVER: (bool, bool) = (false, false);
        check(&[WORKED], &[after(0)]);
        check(&[IDLE], &[after(0)]);
        check(&[NEVER], &[StopTheRun]);
        check(
            &[IDLE, IDLE, IDLE, IDLE],
            &[after(0), after(100), after(200), after(400)],
        );
        check(&[WORKED, WORKED, WORKED], &[after(0), after(0), after(0)]);
        check(
            &[IDLE, IDLE, WORKED, IDLE, IDLE],
            &[after(0), after(100), after(0), after(0), after(100)],
        );
        check(&[WORKED, IDLE, IDLE], &[after(0), after(0), after(100)]);
    }

    #[test]
    fn pauses_end_at_the_longest() {
        check(
            &[(false, true); 12],
            &[
                0, 100, 200, 400, 800, 1600, 3200, 6400, 12800, 25600, 30000, 30000,
            ]
            .map(after),
        );
    }

    #[test]
    fn a_long_life_of_failures_overflows_nothing() {
        let mut policy = RestartPolicy::new(LONGEST);
        for _ in 0..10_000 {
            policy.on_death(false, true, 0.5);
        }
        assert_eq!(policy.fruitless(), 10_000);
        assert_eq!(policy.on_death(false, true, 0.0), RestartAfter(LONGEST));
    }

    #[test]
    fn jitter_takes_off_up_to_a_half() {
        for (random, milliseconds) in [(0.0, 100), (0.5, 75), (1.0, 50), (-3.0, 100), (7.0, 50)] {
            let mut policy = RestartPolicy::new(LONGEST);
            policy.on_death(false, true, random);
            assert_eq!(
                policy.on_death(false, true, random),
                after(milliseconds),
                "{random}"
            );
        }
    }

    /// The table above, for every history of eight deaths.
    #[test]
    fn every_history_is_decided_by_the_table() {
        for history in 0_u32..1 << 8 {
            let mut policy = RestartPolicy::new(LONGEST);
            let deaths = (0..8).map(|n| history >> n & 1 != 0);
            let mut in_a_row = 0;
            for progressed in deaths {
                in_a_row = if progressed { 0 } else { in_a_row + 1 };
                let expected = match in_a_row {
                    0 | 1 => after(0),
                    n => after(100 << (n - 2)),
                };
                assert_eq!(
                    policy.on_death(progressed, true, 0.0),
                    expected,
                    "{history:b}"
                );
                // A component that never worked stops the run at any time, and no account is taken of it.
                let mut other = policy.clone();
                assert_eq!(other.on_death(progressed, false, 0.0), StopTheRun);
                assert_eq!(other.fruitless(), in_a_row);
            }
        }
    }

    proptest! {
        #[test]
        fn no_pause_is_longer_than_the_longest(longest in 0_u64..100_000, deaths in proptest::collection::vec((any::<bool>(), 0.0..1.0), 1..60)) {
            let longest = Duration::from_millis(longest);
            let mut policy = RestartPolicy::new(longest);
            for (progressed, random) in deaths {
                match policy.on_death(progressed, true, random) {
                    RestartAfter(pause) => {
                        prop_assert!(pause <= longest);
                        prop_assert!(!progressed || pause.is_zero());
                    }
                    StopTheRun => prop_assert!(false, "a component that was healthy never stops the run"),
                }
            }
        }
    }
}
