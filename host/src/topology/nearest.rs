//! Guesses which name was meant when one is not known.

/// The name among `known` that `wanted` most resembles, if it resembles any enough to be worth suggesting.
///
/// Two names resemble each other when most of their letters agree in order, so `cuont` finds `count` and `split` finds nothing
/// in `lines`. Of equals the first wins.
pub fn nearest<'a>(wanted: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let mut best = None;
    let mut best_score = ENOUGH;
    for name in known {
        let score =
            strsim::normalized_damerau_levenshtein(&wanted.to_lowercase(), &name.to_lowercase());
        if score > best_score {
            best_score = score;
            best = Some(name);
        }
    }
    best
}

/// Below this a suggestion is more confusing than none: at 0.5 half of the letters are others.
const ENOUGH: f64 = 0.5;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_what_was_meant_or_nothing() {
        let known = ["lines", "split", "count", "topology.max.spout.pending"];
        for (wanted, expected) in [
            ("cuont", Some("count")),
            ("Split", Some("split")),
            ("line", Some("lines")),
            ("topology.max.pending", Some("topology.max.spout.pending")),
            ("geolocator", None),
            ("", None),
        ] {
            assert_eq!(nearest(wanted, known), expected, "{wanted}");
        }
    }

    #[test]
    fn nothing_is_near_when_nothing_is_known() {
        assert_eq!(nearest("count", []), None);
    }
}
