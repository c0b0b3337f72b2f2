//! What a dead letter holds, for whoever declares a stream for them. Prose: `docs/dead-letters.md`.

/// The members of a letter, in the order in which they are written: what a stream for dead letters may have as fields. The last is all of it.
pub const LETTER_MEMBERS: [&str; 11] = [
    "why",
    "component",
    "from",
    "stream",
    "fields",
    "values",
    "reason",
    "story",
    "deaths",
    "tries",
    "letter",
];
