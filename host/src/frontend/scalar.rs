//! What stands for one value, read as Flux's own reader does: SnakeYAML, by the rules of YAML 1.1.
//!
//! The text is kept as it was written, since that is what Flux takes wherever it wants text: a bolt may be called `007` or `n`.
//! [`Scalar::value`] is what it takes where anything may stand, as in `config`.

use serde_json::{Number, Value};

/// A text, and whether it was written plainly, so that it may stand for something else.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Scalar {
    pub(super) text: String,
    /// Neither quoted nor in a block of text nor tagged as text.
    pub(super) is_plain: bool,
}

impl Scalar {
    pub(super) fn is_nothing(&self) -> bool {
        self.is_plain && matches!(self.text.as_str(), "" | "~" | "null" | "Null" | "NULL")
    }

    /// Nothing, a flag, a number, or text.
    pub(super) fn value(&self) -> Value {
        let text = self.text.as_str();
        if self.is_nothing() {
            Value::Null
        } else if !self.is_plain {
            text.into()
        } else if let Some(flag) = flag(text).filter(|_| is_one_of_three_cases(text)) {
            flag.into()
        } else if let Some(number) = whole(text) {
            number.into()
        } else if let Some(number) = float(text) {
            // What JSON cannot say is nothing, as in Storm.
            number.into()
        } else {
            text.into()
        }
    }

    /// What becomes of a number that [`Scalar::value`] cannot hold.
    pub(super) fn is_lost_as(&self) -> Option<&'static str> {
        if !self.is_plain {
            return None;
        }
        match whole(&self.text) {
            Some(number) => number
                .is_f64()
                .then_some("has more than 64 bits and loses its last digits"),
            None => float(&self.text)
                .filter(|number| !number.is_finite())
                .map(|_| "has no counterpart in JSON and becomes null"),
        }
    }
}

/// A flag in any case. `y` and `n`, which YAML 1.1 has as well, are text to SnakeYAML.
pub(super) fn flag(text: &str) -> Option<bool> {
    match text.to_ascii_lowercase().as_str() {
        "yes" | "true" | "on" => Some(true),
        "no" | "false" | "off" => Some(false),
        _ => None,
    }
}

/// `yes`, `Yes` and `YES` are flags, `yEs` is none.
fn is_one_of_three_cases(text: &str) -> bool {
    let tail = text.get(1..).unwrap_or_default();
    let is_lower = |part: &str| !part.contains(|letter: char| letter.is_ascii_uppercase());
    let is_upper = |part: &str| !part.contains(|letter: char| letter.is_ascii_lowercase());
    is_lower(tail) || is_upper(text)
}

/// A whole number: `12`, `1_000`, `0x1f`, `0b101`, `017` in octal, and `1:30` in sixties. One of more than 64 bits is a float.
pub(super) fn whole(text: &str) -> Option<Number> {
    let (is_negative, digits) = signed(text);
    if !digits.starts_with(|first: char| first.is_ascii_digit()) {
        return None;
    }
    if digits.contains(':') {
        let sixties = sixties(digits).filter(|_| !digits.starts_with('0'))?;
        return number(is_negative, &sixties, 60);
    }
    let plain = digits.replace('_', "");
    let (digits, base) = if let Some(digits) = plain.strip_prefix("0b") {
        (digits, 2)
    } else if let Some(digits) = plain.strip_prefix("0x") {
        (digits, 16)
    } else if plain.len() > 1 && plain.starts_with('0') {
        (plain.trim_start_matches('0'), 8)
    } else {
        (plain.as_str(), 10)
    };
    if digits.is_empty() && base != 8 {
        return None;
    }
    let digits: Option<Vec<u32>> = digits.chars().map(|digit| digit.to_digit(base)).collect();
    number(is_negative, &digits?, base)
}

/// The number of these digits, the first of which weighs most.
fn number(is_negative: bool, digits: &[u32], base: u32) -> Option<Number> {
    let exact = digits.iter().try_fold(0_i128, |sum, &digit| {
        sum.checked_mul(base.into())?.checked_add(digit.into())
    });
    let exact = exact.map(|sum| if is_negative { -sum } else { sum });
    exact.and_then(Number::from_i128).or_else(|| {
        let digits = digits.iter().copied().map(f64::from);
        let sum = digits.fold(0.0, |sum, digit| sum * f64::from(base) + digit);
        Number::from_f64(if is_negative { -sum } else { sum })
    })
}

/// A number with a point or an exponent, one in sixties with a point, `.inf`, or `.nan`.
fn float(text: &str) -> Option<f64> {
    if matches!(text, ".nan" | ".NaN" | ".NAN") {
        return Some(f64::NAN);
    }
    let (is_negative, digits) = signed(text);
    let size = match digits {
        ".inf" | ".Inf" | ".INF" => f64::INFINITY,
        _ if digits.contains(':') => {
            let (whole, part) = digits.split_once('.')?;
            let parts = sixties(whole)?.into_iter().map(f64::from);
            let part: f64 = format!("0.{}0", part.replace('_', "")).parse().ok()?;
            parts.fold(0.0, |sum, part| sum * 60.0 + part) + part
        }
        _ => decimal(digits)?,
    };
    Some(if is_negative { -size } else { size })
}

fn decimal(digits: &str) -> Option<f64> {
    let (mantissa, exponent) = match digits.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, Some(exponent)),
        None => (digits, None),
    };
    let is_float = exponent.is_some() || mantissa.contains('.');
    let is_mantissa = mantissa
        .trim_start_matches('.')
        .starts_with(|first: char| first.is_ascii_digit())
        && mantissa
            .chars()
            .all(|letter| letter.is_ascii_digit() || matches!(letter, '.' | '_'));
    // Rust's own reader knows the rest: one point, and digits behind an `e`.
    let is_exponent = exponent.is_none_or(|exponent| !exponent.contains('_'));
    if !(is_float && is_mantissa && is_exponent) {
        return None;
    }
    digits.replace('_', "").parse().ok()
}

/// `1:30:00`: the first part is any number, the others have one or two digits and are below 60.
fn sixties(text: &str) -> Option<Vec<u32>> {
    let mut parts = text.split(':');
    let first = parts.next()?.replace('_', "").parse().ok()?;
    let others = parts.map(|part| {
        let is_short = matches!(part.len(), 1 | 2) && !part.starts_with('+');
        let part: u32 = part.parse().ok()?;
        (is_short && part < 60).then_some(part)
    });
    std::iter::once(Some(first)).chain(others).collect()
}

fn signed(text: &str) -> (bool, &str) {
    match text.strip_prefix('-') {
        Some(digits) => (true, digits),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn plain(text: &str) -> Scalar {
        Scalar {
            text: text.into(),
            is_plain: true,
        }
    }

    /// As a program with SnakeYAML 2.2 printed them.
    #[test]
    fn plain_scalars_are_what_snakeyaml_takes_them_for() {
        for (text, expected) in [
            ("010", json!(8)),
            ("00", json!(0)),
            ("0", json!(0)),
            ("0x1F", json!(31)),
            ("0b101", json!(5)),
            ("1_000", json!(1000)),
            ("+5", json!(5)),
            ("-0x10", json!(-16)),
            ("1:30", json!(90)),
            ("-1:30:00", json!(-5400)),
            ("9223372036854775808", json!(9_223_372_036_854_775_808_u64)),
            ("1.", json!(1.0)),
            (".5", json!(0.5)),
            ("1.10", json!(1.1)),
            ("1e3", json!(1000.0)),
            ("1.0e+3", json!(1000.0)),
            ("1:30.5", json!(90.5)),
            ("yes", json!(true)),
            ("Off", json!(false)),
            ("TRUE", json!(true)),
            ("", json!(null)),
            ("~", json!(null)),
            ("Null", json!(null)),
            (".inf", json!(null)),
            (".NaN", json!(null)),
        ] {
            assert_eq!(plain(text).value(), expected, "{text}");
        }
        for text in [
            "y",
            "n",
            "N",
            "tRue",
            "nuLL",
            "08",
            "0o17",
            "1_0x",
            "09:30x",
            "08:70",
            "1:60",
            "1:030",
            "1.2.3",
            "0x",
            "+",
            "-",
            ".",
            "..5",
            "1e",
            "1e1_0",
            "=",
            "2001-12-14",
            "1:+5",
            "++5",
            "infinity",
            "nan",
            "1:30.5.5",
            "\u{e9}s",
        ] {
            assert_eq!(plain(text).value(), json!(text), "{text}");
        }
    }

    #[test]
    fn numbers_that_json_cannot_hold_are_known() {
        for (text, said) in [
            ("12345678901234567890123", "64 bits"),
            ("-.inf", "null"),
            (".NAN", "null"),
        ] {
            let lost = plain(text).is_lost_as().expect(text);
            assert!(lost.contains(said), "{lost}");
        }
        assert_eq!(plain("18446744073709551615").is_lost_as(), None);
        assert_eq!(plain("1:2.5").is_lost_as(), None);
    }
}
