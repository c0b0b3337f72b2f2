//! Numbers as people read them: three digits are enough.

use std::time::Duration;

/// `999`, `12.3k`, `4.56M`: never wider than five characters up to 10¹⁵.
pub(super) fn count(number: u64) -> String {
    if number < 1000 {
        return number.to_string();
    }
    scaled(number as f64 / 1e3, ["k", "M", "G", "T", "P", "E"])
}

/// `812 B`, `12.3 kB`, `4.56 GB`.
pub(super) fn bytes(number: u64) -> String {
    if number < 1000 {
        return format!("{number} B");
    }
    scaled(
        number as f64 / 1e3,
        [" kB", " MB", " GB", " TB", " PB", " EB"],
    )
}

fn scaled<const N: usize>(mut number: f64, units: [&str; N]) -> String {
    let mut units = units.into_iter();
    let mut unit = units.next().unwrap_or_default();
    // What would be rounded up to 1000 belongs to the next unit.
    while number >= 999.5 {
        let Some(next) = units.next() else { break };
        number /= 1e3;
        unit = next;
    }
    format!("{}{unit}", three_digits(number))
}

fn three_digits(number: f64) -> String {
    let places = if number >= 99.95 {
        0
    } else if number >= 9.995 {
        1
    } else {
        2
    };
    format!("{number:.places$}")
}

/// `12µs`, `1.53ms`, `12.0s`.
pub(super) fn latency(took: Duration) -> String {
    let microseconds = took.as_secs_f64() * 1e6;
    if microseconds < 999.5 {
        return format!("{microseconds:.0}µs");
    }
    let milliseconds = microseconds / 1e3;
    if milliseconds < 999.5 {
        format!("{}ms", three_digits(milliseconds))
    } else {
        format!("{}s", three_digits(milliseconds / 1e3))
    }
}

/// `4.2 s`, `1:05 min`, `2:03:04 h`.
pub(super) fn seconds(span: Duration) -> String {
    let whole = span.as_secs();
    match whole {
        0..60 => format!("{:.1} s", (span.as_secs_f64() * 10.0).floor() / 10.0),
        60..3600 => format!("{}:{:02} min", whole / 60, whole % 60),
        _ => format!(
            "{}:{:02}:{:02} h",
            whole / 3600,
            whole / 60 % 60,
            whole % 60
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_have_three_digits() {
        let cases = [
            (0, "0"),
            (999, "999"),
            (1000, "1.00k"),
            (9_994, "9.99k"),
            (9_995, "10.0k"),
            (9_996, "10.0k"),
            (99_960, "100k"),
            (999_499, "999k"),
            (999_500, "1.00M"),
            (4_560_000, "4.56M"),
            (u64::MAX, "18.4E"),
        ];
        for (number, expected) in cases {
            assert_eq!(count(number), expected, "{number}");
        }
        assert!((0..50).all(|power| count(1 << power).len() <= 5));
    }

    #[test]
    fn bytes_have_their_unit() {
        for (number, expected) in [
            (0, "0 B"),
            (812, "812 B"),
            (12_345, "12.3 kB"),
            (4_560_000_000, "4.56 GB"),
        ] {
            assert_eq!(bytes(number), expected);
        }
    }

    #[test]
    fn latencies_have_the_unit_that_fits() {
        let cases = [
            (0, "0µs"),
            (12, "12µs"),
            (999, "999µs"),
            (1_000, "1.00ms"),
            (1_534, "1.53ms"),
            (999_499, "999ms"),
            (999_500, "1.00s"),
            (12_000_000, "12.0s"),
        ];
        for (microseconds, expected) in cases {
            assert_eq!(latency(Duration::from_micros(microseconds)), expected);
        }
    }

    #[test]
    fn spans_are_read_as_on_a_clock() {
        let cases = [
            (0, "0.0 s"),
            (4_290, "4.2 s"),
            (59_999, "59.9 s"),
            (60_000, "1:00 min"),
            (3_599_000, "59:59 min"),
            (7_384_000, "2:03:04 h"),
        ];
        for (milliseconds, expected) in cases {
            assert_eq!(seconds(Duration::from_millis(milliseconds)), expected);
        }
    }
}
