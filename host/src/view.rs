//! What a user sees of a run while it runs, and the summary at its end.
//!
//! On a terminal a table that is drawn anew twice a second, elsewhere a line of the log every ten seconds. The figures come in as a
//! [`Snapshot`], best twice a second.

mod figures;
mod table;

use std::time::Duration;

use crate::stats::{ComponentRow, Kind, Snapshot};
use crate::telemetry::{LogFormat, Telemetry};
use crate::terminal::Terminal;
use figures::{bytes, count, latency, seconds};

/// Between two lines of the log. Seldom enough not to fill a log.
const PLAIN: Duration = Duration::from_secs(10);

/// Shows a run.
#[derive(Debug)]
pub struct View {
    terminal: Terminal,
    format: LogFormat,
    live: bool,
    before: Option<Snapshot>,
}

impl View {
    /// A view that is live where stderr is a terminal, the log is text and the user has not asked for `quiet` lines.
    pub fn new(telemetry: &Telemetry, quiet: bool) -> View {
        let format = telemetry.format();
        let dumb = std::env::var_os("TERM").is_some_and(|term| term == "dumb");
        let live = !quiet && !dumb && format == LogFormat::Text && Terminal::size().is_some();
        View {
            terminal: telemetry.terminal().clone(),
            format,
            live,
            before: None,
        }
    }

    /// Shows where the run is now: at once on a terminal, else if ten seconds went by since the last line.
    pub fn show(&mut self, now: &Snapshot) {
        let before = self.before.as_ref();
        match Terminal::size().filter(|_| self.live && !Terminal::is_behind()) {
            Some((columns, rows)) => self.terminal.view(live(now, before, columns, rows)),
            None if !is_due(now, before) => return,
            None => tracing::info!(
                completed = now.completed,
                failed = now.failed,
                pending = now.pending,
                held_up_by = now.held_up_by(before).map(|row| row.id.as_str()),
                "{}",
                line(now, before)
            ),
        }
        self.before = Some(now.clone());
    }

    /// Leaves the terminal as it is, and shows nothing.
    pub fn let_go(self) {
        self.terminal.flush();
    }

    /// Takes the live view away and shows the summary instead: a table, or an event for each component where the log is JSON.
    pub fn finish(self, end: &Snapshot) {
        self.terminal.view(Vec::new());
        match self.format {
            LogFormat::Text => self.terminal.print(summary(end)),
            LogFormat::Json => {
                for row in &end.components {
                    tell(row);
                }
                tracing::info!(
                    completed = end.completed,
                    failed = end.failed,
                    given_up = end.given_up,
                    dropped = end.dropped,
                    seconds = end.uptime.as_secs_f64(),
                    cpu_seconds = end.host.cpu_seconds,
                    rss_bytes = end.host.rss_bytes,
                    "the run is over"
                );
            }
        }
        self.terminal.flush();
    }
}

fn is_due(now: &Snapshot, before: Option<&Snapshot>) -> bool {
    now.uptime
        .saturating_sub(before.map_or(Duration::ZERO, |before| before.uptime))
        >= PLAIN
}

/// A component's final figures as one event.
fn tell(row: &ComponentRow) {
    tracing::info!(
        component = row.id,
        kind = match row.kind {
            Kind::Spout => "spout",
            Kind::Bolt => "bolt",
        },
        tasks = row.tasks,
        emitted = row.emitted,
        acked = row.acked,
        failed = row.failed,
        restarts = row.restarts,
        p50_seconds = row.latency.map(|latency| latency.p50.as_secs_f64()),
        p99_seconds = row.latency.map(|latency| latency.p99.as_secs_f64()),
        queue_seconds = row.time.queue.as_secs_f64(),
        pipe_seconds = row.time.pipe.as_secs_f64(),
        code_seconds = row.time.code.as_secs_f64(),
        cpu_seconds = row.used.cpu_seconds,
        rss_bytes = row.used.rss_bytes,
        "final figures"
    );
}

/// The live view: a heading, the table, and who holds things up; no wider and no higher than the terminal.
fn live(now: &Snapshot, before: Option<&Snapshot>, columns: usize, rows: usize) -> Vec<String> {
    let mut lines = vec![format!(
        "{} · {} · {}",
        now.topology,
        seconds(now.uptime),
        trees(now, before)
    )];
    lines.extend(table::live(now, before, columns));
    if let Some(row) = now.held_up_by(before) {
        lines.push(format!(
            "{} {} holds the others up: {}",
            table::MARK,
            row.id,
            advice(row, before)
        ));
    }
    // The last row of a terminal is where the cursor stands.
    let room = rows.saturating_sub(1).max(1);
    if lines.len() > room {
        let more = lines.len() - room + 1;
        lines.truncate(room - 1);
        lines.push(format!("… {more} more"));
    }
    lines
        .iter()
        .map(|line| line.chars().take(columns.max(1)).collect())
        .collect()
}

/// One line of the log, for those who have no terminal.
fn line(now: &Snapshot, before: Option<&Snapshot>) -> String {
    let held_up = now
        .held_up_by(before)
        .map(|row| format!("; {} holds the others up: {}", row.id, advice(row, before)));
    let restarts = match now.components.iter().map(|row| row.restarts).sum::<u64>() {
        0 => String::new(),
        1 => "; 1 restart".into(),
        restarts => format!("; {restarts} restarts"),
    };
    format!(
        "{} in {}{restarts}{}",
        trees(now, before),
        seconds(now.uptime),
        held_up.unwrap_or_default()
    )
}

/// The table at the end, with all that a user would ask about a run that is over.
fn summary(end: &Snapshot) -> String {
    let mut text = format!(
        "{} ran for {}: {}\n",
        end.topology,
        seconds(end.uptime),
        trees(end, None)
    );
    for line in table::summary(end) {
        text.push_str(&line);
        text.push('\n');
    }
    let children: f64 = end.components.iter().map(|row| row.used.cpu_seconds).sum();
    let memory: u64 = end.components.iter().map(|row| row.used.rss_bytes).sum();
    text.push_str(&format!(
        "CPU: host {:.2} s, children {children:.2} s. Memory: host {}, children {}.\n",
        end.host.cpu_seconds,
        bytes(end.host.rss_bytes),
        bytes(memory)
    ));
    text
}

/// What became of the trees, with their rate and latency. What is zero and bad is not worth a word.
fn trees(now: &Snapshot, before: Option<&Snapshot>) -> String {
    let span = now
        .uptime
        .saturating_sub(before.map_or(Duration::ZERO, |before| before.uptime))
        .as_secs_f64();
    let done = now
        .completed
        .saturating_sub(before.map_or(0, |before| before.completed));
    let mut said = format!("{} trees complete", count(now.completed));
    if span > 0.0 {
        said.push_str(&format!(
            " ({}/s)",
            count((done as f64 / span).round() as u64)
        ));
    }
    for (number, what) in [
        (now.pending, "pending"),
        (now.failed, "failed"),
        (now.given_up, "given up"),
        (now.dropped, "tuples dropped"),
        (now.dead_letters, "dead letters"),
    ] {
        if number > 0 {
            said.push_str(&format!(", {} {what}", count(number)));
        }
    }
    let mut slowest = now
        .components
        .iter()
        .filter_map(|row| row.latency)
        .collect::<Vec<_>>();
    slowest.sort_by_key(|latency| latency.p99);
    if let Some(slowest) = slowest.last() {
        said.push_str(&format!(
            ", p50 {}, p99 {}",
            latency(slowest.p50),
            latency(slowest.p99)
        ));
    }
    said
}

/// What can be done about a component that holds the others up.
fn advice(row: &ComponentRow, before: Option<&Snapshot>) -> String {
    let answered = |row: &ComponentRow| row.acked + row.failed;
    let earlier = before.and_then(|before| before.row(&row.id));
    // What it waits for is not known: perhaps for more tuples than may be pending. Others of its kind would be given no more.
    if row.queued == 0 && answered(row) == earlier.map_or(0, answered) {
        return format!(
            "it has {} tuples that it has neither acked nor failed",
            count(row.in_hand)
        );
    }
    match row.time.percent() {
        Some([_, pipe, code]) if pipe > code => {
            "its time goes into pipe and codec: emit less, or fewer larger tuples".into()
        }
        _ => format!("more tasks than {} would help, or faster code", row.tasks),
    }
}

#[cfg(test)]
#[path = "view/tests.rs"]
mod tests;
