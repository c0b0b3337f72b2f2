//! Tables of components. Pure: figures in, lines out.

use std::time::Duration;

use super::figures::{bytes, count, latency};
use crate::stats::{ComponentRow, Kind, Latency, Snapshot};

/// Stands before the component that holds the others up.
pub(super) const MARK: char = '▶';
/// Between two columns.
const GAP: usize = 2;
/// A component's name is cut to this where there is no room.
const NAME: usize = 24;

/// A column: its heading, how soon it goes where there is no room (0 never), and what stands in it.
struct Column<'a> {
    heading: &'static str,
    dispensable: u8,
    cell: Box<dyn Fn(&ComponentRow) -> String + 'a>,
}

fn column<'a>(
    heading: &'static str,
    dispensable: u8,
    cell: impl Fn(&ComponentRow) -> String + 'a,
) -> Column<'a> {
    Column {
        heading,
        dispensable,
        cell: Box::new(cell),
    }
}

/// The table while a run lasts. Columns go, the dispensable first, until it is no wider than `columns`.
pub(super) fn live(now: &Snapshot, before: Option<&Snapshot>, columns: usize) -> Vec<String> {
    let culprit = now.held_up_by(before).map(|row| row.id.as_str());
    let span = now
        .uptime
        .saturating_sub(before.map_or(Duration::ZERO, |before| before.uptime))
        .as_secs_f64();
    let earlier = move |row: &ComponentRow| {
        before
            .and_then(|before| before.row(&row.id))
            .cloned()
            .unwrap_or_default()
    };
    let share = move |part: usize| {
        move |row: &ComponentRow| {
            percent(
                row.time
                    .since(earlier(row).time)
                    .percent()
                    .and_then(|shares| shares.get(part).copied()),
            )
        }
    };
    let mut wanted = vec![
        column("", 0, move |row| {
            if culprit == Some(row.id.as_str()) {
                MARK.into()
            } else {
                String::new()
            }
        }),
        column("component", 0, |row| cut(&row.id)),
        column("tasks", 8, |row| {
            if row.up == row.tasks {
                row.tasks.to_string()
            } else {
                format!("{}/{}", row.up, row.tasks)
            }
        }),
        column("emitted", 0, |row| count(row.emitted)),
        column("/s", 6, move |row| {
            if span > 0.0 {
                count(
                    (row.emitted.saturating_sub(earlier(row).emitted) as f64 / span).round() as u64,
                )
            } else {
                String::new()
            }
        }),
        column("acked", 2, |row| count(row.acked)),
        column("failed", 0, |row| count(row.failed)),
        column("queue", 0, |row| {
            if row.kind == Kind::Spout {
                String::new()
            } else {
                count(row.queued)
            }
        }),
        column("in hand", 3, |row| count(row.in_hand)),
        column("restarts", 4, |row| count(row.restarts)),
        column("p50", 1, |row| time_of(row, |times| times.p50)),
        column("p99", 0, |row| time_of(row, |times| times.p99)),
        column("wait", 7, share(0)),
        column("pipe", 7, share(1)),
        column("code", 7, share(2)),
    ];
    loop {
        let lines = draw(&wanted, &now.components);
        let width = lines
            .iter()
            .map(|line| line.chars().count())
            .max()
            .unwrap_or(0);
        let first_to_go = wanted
            .iter()
            .map(|column| column.dispensable)
            .filter(|&when| when > 0)
            .min();
        match first_to_go {
            Some(when) if width > columns => wanted.retain(|column| column.dispensable != when),
            _ => return lines,
        }
    }
}

/// One of a spout's latencies; nothing for whoever has none.
fn time_of(row: &ComponentRow, which: impl Fn(Latency) -> Duration) -> String {
    row.latency
        .map(|times| latency(which(times)))
        .unwrap_or_default()
}

/// The table at the end, as wide as it wants to be.
pub(super) fn summary(end: &Snapshot) -> Vec<String> {
    let share = |part: usize| {
        move |row: &ComponentRow| {
            percent(
                row.time
                    .percent()
                    .and_then(|shares| shares.get(part).copied()),
            )
        }
    };
    let columns = [
        column("component", 0, |row| cut(&row.id)),
        column("tasks", 0, |row| row.tasks.to_string()),
        column("emitted", 0, |row| row.emitted.to_string()),
        column("acked", 0, |row| row.acked.to_string()),
        column("failed", 0, |row| row.failed.to_string()),
        column("restarts", 0, |row| row.restarts.to_string()),
        column("p50", 0, |row| time_of(row, |times| times.p50)),
        column("p99", 0, |row| time_of(row, |times| times.p99)),
        column("wait", 0, share(0)),
        column("pipe", 0, share(1)),
        column("code", 0, share(2)),
        column("CPU s", 0, |row| format!("{:.2}", row.used.cpu_seconds)),
        column("memory", 0, |row| {
            if row.used.rss_bytes == 0 {
                String::new()
            } else {
                bytes(row.used.rss_bytes)
            }
        }),
    ];
    draw(&columns, &end.components)
}

/// Headings and rows; words to the left, numbers to the right.
fn draw(columns: &[Column<'_>], rows: &[ComponentRow]) -> Vec<String> {
    let mut lines = vec![String::new(); rows.len() + 1];
    for (at, column) in columns.iter().enumerate() {
        let cells: Vec<String> = std::iter::once(column.heading.to_owned())
            .chain(rows.iter().map(|row| (column.cell)(row)))
            .collect();
        let width = cells
            .iter()
            .map(|cell| cell.chars().count())
            .max()
            .unwrap_or(0);
        let gap = if at == 0
            || columns
                .get(at - 1)
                .is_some_and(|before| before.heading.is_empty())
        {
            0
        } else {
            GAP
        };
        for (line, cell) in lines.iter_mut().zip(&cells) {
            // The mark takes its place whether it stands there or not, lest the table jumps.
            let _ = match column.heading {
                "" => std::fmt::Write::write_fmt(line, format_args!("{cell:<2}")),
                "component" => {
                    std::fmt::Write::write_fmt(line, format_args!("{:gap$}{cell:<width$}", ""))
                }
                _ => std::fmt::Write::write_fmt(line, format_args!("{:gap$}{cell:>width$}", "")),
            };
        }
    }
    lines
        .iter()
        .map(|line| line.trim_end().to_owned())
        .collect()
}

fn percent(share: Option<u8>) -> String {
    share.map(|share| format!("{share}%")).unwrap_or_default()
}

fn cut(name: &str) -> String {
    if name.chars().count() <= NAME {
        return name.into();
    }
    name.chars().take(NAME - 1).chain(['…']).collect()
}
