use super::*;
use proptest::prelude::*;

fn limits() -> LineLimits {
    LineLimits {
        line_bytes: 10,
        lines_per_second: 3,
        kept: 4,
    }
}

fn seconds(begin: Instant, seconds: f64) -> Instant {
    begin + Duration::from_secs_f64(seconds)
}

/// Feeds chunks at their times (in seconds), ends the stream, and returns what was shown.
fn run(limits: LineLimits, chunks: &[(f64, &[u8])], end: f64) -> Vec<String> {
    let begin = Instant::now();
    let mut tail = LineTail::new(limits);
    let mut shown = Vec::new();
    for (at, chunk) in chunks {
        tail.feed(chunk, seconds(begin, *at), |line| {
            shown.push(line.to_string())
        });
    }
    tail.finish(seconds(begin, end), |line| shown.push(line.to_string()));
    shown
}

fn check(chunks: &[&[u8]], expected: &[&str]) {
    let chunks: Vec<(f64, &[u8])> = chunks.iter().map(|chunk| (0.0, *chunk)).collect();
    assert_eq!(
        run(
            LineLimits {
                lines_per_second: 100,
                ..limits()
            },
            &chunks,
            0.0
        ),
        expected,
        "{chunks:?}"
    );
}

#[test]
fn chunks_become_lines() {
    check(&[], &[]);
    check(&[b""], &[]);
    check(&[b"one\ntwo\n"], &["one", "two"]);
    check(&[b"one\ntw", b"o", b"\nthree"], &["one", "two", "three"]);
    check(&[b"\n\n"], &["", ""]);
    check(&[b"one", b"\n"], &["one"]);
    check(&[b"no end"], &["no end"]);
    check(&["größe\n".as_bytes()], &["größe"]);
    check(&[b"gr\xc3", b"\xb6\n"], &["grö"]);
    check(&[b"bad \xff\n"], &["bad \u{fffd}"]);
}

#[test]
fn carriage_returns_are_as_on_a_terminal() {
    check(&[b"dos\r\n"], &["dos"]);
    check(&[b" 10%\r 20%\r100%\n"], &["100%"]);
    check(&[b" 10%\r", b" 20%\r", b"100%", b"\r", b"\n"], &["100%"]);
    check(&[b"a line too long\r", b"ok\nnext\n"], &["ok", "next"]);
    check(
        &[b"a line too long\r", b"\n"],
        &["a line too… 5 bytes cut off"],
    );
    check(&[b"half\r"], &["half"]);
    check(&[b"\r\r\n"], &[""]);
}

#[test]
fn a_long_line_is_cut_with_a_mark() {
    check(&[b"0123456789\n"], &["0123456789"]);
    check(
        &[b"0123456789ab\nnext\n"],
        &["0123456789… 2 bytes cut off", "next"],
    );
    check(
        &[b"01234567", b"89ab", b"cdef", b"\nnext\n"],
        &["0123456789… 6 bytes cut off", "next"],
    );
    check(&[b"0123456789", b"abc"], &["0123456789… 3 bytes cut off"]);
}

#[test]
fn a_line_without_end_takes_no_more_than_its_limit() {
    let mut tail = LineTail::new(limits());
    for _ in 0..1000 {
        tail.feed(&[b'x'; 1000], Instant::now(), |shown| panic!("{shown}"));
    }
    assert_eq!(tail.open.len(), 10);
    assert_eq!(tail.tail(), ["xxxxxxxxxx… 999990 bytes cut off"]);
}

#[test]
fn a_flood_is_counted_and_told_when_its_second_is_over() {
    let shown = run(
        limits(),
        &[
            (0.0, b"1\n2\n"),
            (0.5, b"3\n4\n5\n"),
            (0.9, b"6\n"),
            (1.1, b"7\n8\n"),
        ],
        1.2,
    );
    assert_eq!(shown, ["1", "2", "3", "… 3 lines left out", "7", "8"]);
}

#[test]
fn the_end_tells_what_was_left_out() {
    assert_eq!(
        run(limits(), &[(0.0, b"1\n2\n3\n4\nlast")], 0.1),
        ["1", "2", "3", "… 2 lines left out"]
    );
    assert_eq!(
        run(limits(), &[(0.0, b"1\n2\n3\n4\n")], 0.1),
        ["1", "2", "3", "… 1 line left out"]
    );
}

#[test]
fn the_end_of_a_flood_is_told_without_a_further_line() {
    let begin = Instant::now();
    let mut tail = LineTail::new(limits());
    tail.feed(b"1\n2\n3\n", begin, |_| {});
    assert_eq!(tail.due(), None, "nothing was left out");
    tail.feed(b"4\n", begin, |shown| panic!("{shown}"));
    let due = tail.due().unwrap();
    assert_eq!(due, seconds(begin, 1.0));
    let mut told = Vec::new();
    tail.settle(seconds(begin, 0.99), |shown| panic!("too early: {shown}"));
    tail.settle(due, |shown| told.push(shown.to_string()));
    assert_eq!(told, ["… 1 line left out"]);
    assert_eq!(tail.due(), None);
}

#[test]
fn quiet_times_earn_no_credit() {
    let shown = run(limits(), &[(0.0, b"1\n"), (100.0, b"2\n3\n4\n5\n")], 100.0);
    assert_eq!(shown, ["1", "2", "3", "4", "… 1 line left out"]);
}

#[test]
fn a_clock_that_steps_back_does_no_harm() {
    let begin = Instant::now() + Duration::from_secs(10);
    let mut tail = LineTail::new(limits());
    tail.feed(b"1\n2\n3\n4\n", begin, |_| {});
    let mut told = Vec::new();
    tail.feed(b"5\n", begin - Duration::from_secs(5), |shown| {
        told.push(shown.to_string())
    });
    tail.finish(begin, |shown| told.push(shown.to_string()));
    assert_eq!(told, ["… 2 lines left out"]);
}

#[test]
fn the_last_lines_are_kept_whether_shown_or_not() {
    let mut tail = LineTail::new(limits());
    tail.feed(b"1\n2\n3\n4\n5\n6\nhalf", Instant::now(), |_| {});
    assert_eq!(tail.tail(), ["4", "5", "6", "half"]);
    tail.feed(b" line\n", Instant::now(), |_| {});
    assert_eq!(tail.tail(), ["4", "5", "6", "half line"]);
}

#[test]
fn kept_lines_are_short() {
    let mut tail = LineTail::new(LineLimits::default());
    let line = format!("{}ö{}\n", "a".repeat(KEPT_BYTES - 1), "b".repeat(1000));
    tail.feed(line.as_bytes(), Instant::now(), |_| {});
    assert_eq!(tail.tail(), [format!("{}…", "a".repeat(KEPT_BYTES - 1))]);
}

#[test]
fn keeping_nothing_is_allowed() {
    let mut tail = LineTail::new(LineLimits {
        kept: 0,
        ..limits()
    });
    tail.feed(b"1\nhalf", Instant::now(), |_| {});
    assert!(tail.tail().is_empty());
}

proptest! {
    #[test]
    fn how_it_is_cut_into_chunks_does_not_matter(text in "[a-z\n\r]{0,60}", cuts in proptest::collection::vec(0_usize..60, 0..6)) {
        let whole = run(limits(), &[(0.0, text.as_bytes())], 0.5);
        let mut cuts: Vec<usize> = cuts.into_iter().map(|cut| cut.min(text.len())).chain([0, text.len()]).collect();
        cuts.sort_unstable();
        let parts: Vec<(f64, &[u8])> = cuts.windows(2).map(|pair| (0.0, &text.as_bytes()[pair[0]..pair[1]])).collect();
        prop_assert_eq!(run(limits(), &parts, 0.5), whole);
    }
}
