use super::*;
use crate::stats::{Latency, Resources, TimeSplit};

/// Word count after ten seconds: counting is what takes the time.
fn word_count() -> Snapshot {
    let time = |queue, pipe, code| TimeSplit {
        queue: Duration::from_secs(queue),
        pipe: Duration::from_secs(pipe),
        code: Duration::from_secs(code),
        busy: Duration::from_secs(code),
    };
    let bolt = |id: &str, tasks| ComponentRow {
        id: id.into(),
        tasks,
        up: tasks,
        queue_limit: 1000,
        ..ComponentRow::default()
    };
    let lines = ComponentRow {
        id: "lines".into(),
        kind: Kind::Spout,
        tasks: 1,
        up: 1,
        emitted: 101_000,
        acked: 100_000,
        in_hand: 1000,
        latency: Some(Latency {
            p50: Duration::from_micros(1530),
            p99: Duration::from_millis(12),
        }),
        used: Resources {
            cpu_seconds: 1.5,
            rss_bytes: 12_000_000,
        },
        ..ComponentRow::default()
    };
    let split = ComponentRow {
        emitted: 620_000,
        acked: 100_500,
        queued: 12,
        time: time(1, 1, 8),
        ..bolt("split", 2)
    };
    let count = ComponentRow {
        up: 1,
        acked: 610_000,
        failed: 3,
        queued: 800,
        in_hand: 256,
        restarts: 1,
        time: time(60, 20, 20),
        ..bolt("count", 2)
    };
    Snapshot {
        topology: "WordCount".into(),
        uptime: Duration::from_secs(10),
        pending: 1000,
        completed: 100_000,
        failed: 3,
        host: Resources {
            cpu_seconds: 2.25,
            rss_bytes: 25_600_000,
        },
        components: vec![lines, split, count],
        ..Snapshot::default()
    }
}

fn check(lines: &[String], expected: &str) {
    let expected: Vec<&str> = expected.trim_matches('\n').lines().collect();
    assert_eq!(lines, expected, "\n{}\n", lines.join("\n"));
}

#[test]
fn the_live_view_is_a_table() {
    check(
        &live(&word_count(), None, 200, 50),
        "
WordCount · 10.0 s · 100k trees complete (10.0k/s), 1.00k pending, 3 failed, p50 1.53ms, p99 12.0ms
  component  tasks  emitted     /s  acked  failed  queue  in hand  restarts     p50     p99  wait  pipe  code
  lines          1     101k  10.1k   100k       0           1.00k         0  1.53ms  12.0ms
  split          2     620k  62.0k   100k       0     12        0         0                   10%   10%   80%
▶ count        1/2        0      0   610k       3    800      256         1                   60%   20%   20%
▶ count holds the others up: more tasks than 2 would help, or faster code",
    );
}

#[test]
fn rates_and_shares_are_those_since_the_last_look() {
    let before = word_count();
    let mut now = word_count();
    now.uptime += Duration::from_secs(2);
    now.completed += 500;
    now.components[1].emitted += 4000;
    now.components[1].time.queue += Duration::from_secs(3);
    now.components[1].time.code += Duration::from_secs(1);
    now.components[1].time.busy += Duration::from_secs(1);
    let lines = live(&now, Some(&before), 200, 50);
    assert!(lines[0].contains("(250/s)"), "{lines:?}");
    let split: Vec<&str> = lines[3].split_whitespace().collect();
    assert_eq!(split[3], "2.00k", "{lines:?}");
    assert_eq!(split[split.len() - 3..], ["75%", "0%", "25%"], "{lines:?}");
}

#[test]
fn no_line_is_wider_or_lower_than_the_terminal() {
    let now = word_count();
    for columns in 1..130 {
        for line in live(&now, None, columns, 50) {
            assert!(line.chars().count() <= columns, "{columns}: {line}");
        }
    }
    for rows in 0..12 {
        let lines = live(&now, None, 100, rows);
        assert!(
            lines.len() <= rows.saturating_sub(1).max(1),
            "{rows}: {lines:?}"
        );
    }
    check(
        &live(&now, None, 200, 4)[1..],
        "
  component  tasks  emitted     /s  acked  failed  queue  in hand  restarts     p50     p99  wait  pipe  code
… 4 more",
    );
}

#[test]
fn on_eighty_columns_what_matters_least_goes_first() {
    check(
        &live(&word_count(), None, 80, 50)[1..5],
        "
  component  tasks  emitted     /s  failed  queue     p99  wait  pipe  code
  lines          1     101k  10.1k       0         12.0ms
  split          2     620k  62.0k       0     12           10%   10%   80%
▶ count        1/2        0      0       3    800           60%   20%   20%",
    );
}

#[test]
fn who_holds_tuples_and_answers_none_is_not_advised_to_be_faster() {
    let mut now = word_count();
    let count = &mut now.components[2];
    (count.queued, count.acked, count.failed) = (0, 0, 0);
    let told = line(&now, None);
    let advice =
        "count holds the others up: it has 256 tuples that it has neither acked nor failed";
    assert!(told.ends_with(advice), "{told}");
}

#[test]
fn without_a_terminal_one_line_tells_it() {
    assert_eq!(
        line(&word_count(), None),
        "100k trees complete (10.0k/s), 1.00k pending, 3 failed, p50 1.53ms, p99 12.0ms in 10.0 s; 1 restart; count holds the others up: more tasks than 2 would help, or faster code"
    );
    assert_eq!(
        line(&Snapshot::default(), None),
        "0 trees complete in 0.0 s"
    );
}

#[test]
fn the_summary_has_exact_figures() {
    let lines: Vec<String> = summary(&word_count()).lines().map(String::from).collect();
    check(
        &lines,
        "
WordCount ran for 10.0 s: 100k trees complete (10.0k/s), 1.00k pending, 3 failed, p50 1.53ms, p99 12.0ms
component  tasks  emitted   acked  failed  restarts     p50     p99  wait  pipe  code  CPU s   memory
lines          1   101000  100000       0         0  1.53ms  12.0ms                     1.50  12.0 MB
split          2   620000  100500       0         0                   10%   10%   80%   0.00
count          2        0  610000       3         1                   60%   20%   20%   0.00
CPU: host 2.25 s, children 1.50 s. Memory: host 25.6 MB, children 12.0 MB.",
    );
}

#[test]
fn a_run_that_has_not_begun_can_be_shown() {
    let lines = live(&Snapshot::default(), None, 80, 24);
    assert_eq!(lines.len(), 2, "{lines:?}");
    assert!(summary(&Snapshot::default()).contains("0 trees complete"));
}

#[test]
fn advice_follows_where_the_time_goes() {
    let mut row = word_count().components.remove(2);
    assert!(advice(&row, None).starts_with("more tasks than 2"));
    row.time.pipe = Duration::from_secs(90);
    assert!(advice(&row, None).contains("pipe and codec"));
}

#[test]
fn a_long_name_is_cut() {
    let mut now = word_count();
    now.components[0].id = "a_component_with_a_very_long_name".into();
    assert!(live(&now, None, 200, 50)[2].starts_with("  a_component_with_a_very…  "));
}

#[test]
fn where_there_is_no_terminal_ten_seconds_lie_between_lines() {
    let after = |seconds| Snapshot {
        uptime: Duration::from_secs(seconds),
        ..Snapshot::default()
    };
    for (now, before, expected) in [
        (1, None, false),
        (9, None, false),
        (10, None, true),
        (19, Some(10), false),
        (20, Some(10), true),
    ] {
        let before: Option<Snapshot> = before.map(after);
        assert_eq!(is_due(&after(now), before.as_ref()), expected, "{now}");
    }
}
