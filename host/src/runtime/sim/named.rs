//! Flaws by name.
