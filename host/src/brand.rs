//! A brand: what every process of a run carries, even one that clears its environment, leaves its group and lets its parent die.
//!
//! The kernel keeps a limit for each process that it has not looked at since Linux 2.4: that on file locks, `RLIMIT_LOCKS`. Whatever a
//! process starts inherits it, through fork and exec and `setsid`; anybody may lower it, without privileges; and `/proc/<pid>/limits`
//! shows it to everybody. So a host lowers its own to a number that is made of its run's token, before it starts anything, and whoever has this
//! number is of the run, from the moment of its fork. A process gets rid of it only by lowering the limit once more, on purpose (`prlimit --locks`).
//!
//! A run inside a run lowers the soft limit only, below that of the run around it, so what it starts belongs to both.

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use xxhash_rust::xxh3::xxh3_64;

/// Bits of a brand that are made of the token. The others say how deep the run is nested: the deeper, the lower.
const BITS: u32 = 44;
/// The bit that is set beside them in the brand of a run that is in no other.
const OUTERMOST: u32 = 62;

/// Brands this process, and with it all that it will start. Where it cannot be done, the token and the groups have to do.
pub fn carry(token: &str) {
    let now = getrlimit(Resource::Locks);
    let Some(brand) = under(now.current, token) else {
        return;
    };
    // The hard limit is the outermost run's, and stays.
    let maximum = now.maximum.unwrap_or(brand);
    let _ = setrlimit(
        Resource::Locks,
        Rlimit {
            current: Some(brand),
            maximum: Some(maximum),
        },
    );
}

/// Whether the text of a `/proc/<pid>/limits` shows the brand of one of these tokens.
pub fn shown(limits: &str, tokens: &[String]) -> bool {
    let line = limits
        .lines()
        .find_map(|line| line.strip_prefix("Max file locks"));
    let mut branded = line
        .unwrap_or_default()
        .split_ascii_whitespace()
        .take(2)
        .filter_map(|limit| body(limit.parse().ok()?));
    branded.any(|body| {
        tokens
            .iter()
            .any(|token| !token.is_empty() && of(token) == body)
    })
}

/// The brand of a run whose host has this soft limit; `None` if there is nothing left below it.
fn under(limit: Option<u64>, token: &str) -> Option<u64> {
    let bit = match limit {
        None => OUTERMOST,
        Some(limit) => limit.checked_ilog2()?.checked_sub(1)?.min(OUTERMOST),
    };
    (bit > BITS).then(|| 1 << bit | of(token))
}

/// What a limit says of a token, if it is a brand at all.
fn body(limit: u64) -> Option<u64> {
    let depth = limit >> BITS;
    (depth > 1 && depth.is_power_of_two()).then_some(limit & ((1 << BITS) - 1))
}

fn of(token: &str) -> u64 {
    xxh3_64(token.as_bytes()) & ((1 << BITS) - 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As the kernel writes it.
    fn limits(soft: &str, hard: &str) -> String {
        format!(
            "Limit                     Soft Limit           Hard Limit           Units     \n\
             Max address space         unlimited            unlimited            bytes     \n\
             Max file locks            {soft:<20} {hard:<20} locks     \n\
             Max pending signals       95842                95842                signals   \n"
        )
    }

    fn check(soft: &str, hard: &str, token: &str, expected: bool) {
        let tokens = ["somebody-elses".into(), token.to_owned()];
        assert_eq!(
            shown(&limits(soft, hard), &tokens),
            expected,
            "{soft} {hard} {token}"
        );
    }

    #[test]
    fn a_run_inside_a_run_belongs_to_both() {
        let outer = under(None, "outer").unwrap();
        let inner = under(Some(outer), "inner").unwrap();
        let innermost = under(Some(inner), "innermost").unwrap();
        assert!(inner < outer && innermost < inner);
        let [outer, inner, innermost] = [outer, inner, innermost].map(|brand| brand.to_string());
        check(&outer, &outer, "outer", true);
        check(&inner, &outer, "outer", true);
        check(&inner, &outer, "inner", true);
        check(&innermost, &outer, "innermost", true);
        check(&outer, &outer, "inner", false);
        check(&inner, &outer, "other", false);
    }

    #[test]
    fn a_limit_that_is_no_brand_is_nobodys() {
        let bare = of("token").to_string();
        check("unlimited", "unlimited", "token", false);
        check(&bare, "unlimited", "token", false);
        check("0", "0", "", false);
        check(
            &(3 << 60 | of("token")).to_string(),
            "unlimited",
            "token",
            false,
        );
        assert!(!shown("", &["token".into()]));
    }

    #[test]
    fn where_there_is_no_room_there_is_no_brand() {
        assert_eq!(under(Some(0), "token"), None);
        assert_eq!(under(Some(1), "token"), None);
        assert_eq!(under(Some(1 << 45), "token"), None);
        assert!(under(Some(1 << 46), "token").is_some());
        assert!(under(Some(u64::MAX), "token").is_some_and(|brand| brand < 1 << 63));
    }
}
