//! Whole topologies, played through the pure core by seed: simulated children that speak the real bytes over pipes of bounded size, and a
//! scheduler that picks who acts next. Beside it stands a naive [`truth`] of what every tuple still owes.
//!
//! A seed that fails names itself. `STORMHOST_SIM_SEED=123` plays that one alone, with its log;
//! `STORMHOST_SIM_RUNS=100000` plays more than the ordinary run does, and so does `STORMHOST_LONG=1`.
//!
//! [`shape`] draws a topology, [`bolt`], [`filter`] and [`spout`] are children, [`wire`] is their end of the bytes, [`pipes`] what lies between them and the core,
//! and [`play`] lets it all happen and looks whether what must hold holds; [`campaign`] is the test that plays them all.
//! [`hostile`] needs no seed: there a fuzzer draws, so it is also built for that.

#[cfg(test)]
mod bolt;
#[cfg(test)]
mod campaign;
#[cfg(test)]
mod chance;
mod death;
#[cfg(test)]
mod filter;
mod hostile;
#[cfg(test)]
mod lives;
#[cfg(test)]
mod named;
#[cfg(test)]
mod old;
#[cfg(test)]
mod pipes;
#[cfg(test)]
mod play;
#[cfg(test)]
mod rng;
#[cfg(test)]
mod shape;
#[cfg_attr(fuzzing, allow(dead_code))]
mod small;
#[cfg(test)]
mod spout;
#[cfg(test)]
mod still;
#[cfg(test)]
mod truth;
#[cfg_attr(fuzzing, allow(dead_code))]
mod wire;

pub(crate) use hostile::conversation;
