//! What a child writes for people: whole lines out of chunks, limited in length and rate, the last ones kept for error stories.
//!
//! Serves stderr and what strays on stdout. Pure: it is given the time, and hands lines to whoever asked.

use std::borrow::Cow;
use std::collections::VecDeque;
use std::time::{Duration, Instant};

/// Over this span lines are counted against the rate.
const WINDOW: Duration = Duration::from_secs(1);
/// Of a line kept for an error story, this many bytes. Twenty long lines of hundreds of children must not fill the memory.
const KEPT_BYTES: usize = 2 << 10;

/// How much of what a child writes is passed on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LineLimits {
    /// Bytes of a line; the rest of a longer one is cut off. 64 KiB.
    pub line_bytes: usize,
    /// Lines passed on in a second; the rest is counted. 200.
    pub lines_per_second: u32,
    /// Last lines kept for error stories, whether passed on or not. 20.
    pub kept: usize,
}

impl Default for LineLimits {
    fn default() -> Self {
        LineLimits {
            line_bytes: 64 << 10,
            lines_per_second: 200,
            kept: 20,
        }
    }
}

/// What is to be logged.
#[derive(Debug, PartialEq, Eq)]
pub enum Shown<'a> {
    /// A line, without its end. What was no UTF-8 is replaced.
    Line(&'a str),
    /// So many lines were not passed on, since there were too many. `"… 1234 lines left out"`.
    LeftOut(u64),
}

/// Makes lines out of chunks, for one stream of one child.
#[derive(Debug)]
pub struct LineTail {
    limits: LineLimits,
    /// The line that has not ended yet, up to its limit.
    open: Vec<u8>,
    /// Bytes of it that were cut off.
    cut: u64,
    /// Whether it ends with a carriage return so far: what comes next, if not its end, is written over it.
    rewound: bool,
    /// The last lines, and whether they were passed on.
    kept: VecDeque<(String, bool)>,
    /// When the present window began, and the lines passed on in it. `None` before the first line.
    window: Option<(Instant, u32)>,
    left_out: u64,
}

impl LineTail {
    /// Begins with nothing.
    pub fn new(limits: LineLimits) -> Self {
        LineTail {
            limits,
            open: Vec::new(),
            cut: 0,
            rewound: false,
            kept: VecDeque::new(),
            window: None,
            left_out: 0,
        }
    }

    /// Takes a chunk, and hands on what is to be logged. A line that has not ended waits for the next chunk.
    pub fn feed(&mut self, chunk: &[u8], now: Instant, mut show: impl FnMut(Shown<'_>)) {
        self.settle(now, &mut show);
        let mut rest = chunk;
        while let Some(end) = memchr::memchr(b'\n', rest) {
            let (line, after) = rest.split_at(end);
            rest = after.get(1..).unwrap_or_default();
            let seen = visible(line).0;
            if self.open.is_empty() && seen.len() <= self.limits.line_bytes {
                // The usual line lies whole in the chunk, and is not copied first.
                self.rewound = false;
                self.pass_on(&String::from_utf8_lossy(seen), now, &mut show);
            } else {
                self.hold(line);
                self.close(now, &mut show);
            }
        }
        self.hold(rest);
    }

    /// Says what was left out, if its second is over. To be called by [`Self::due`], lest the end of a flood stays untold until the next line.
    pub fn settle(&mut self, now: Instant, mut show: impl FnMut(Shown<'_>)) {
        let over = self
            .window
            .is_some_and(|(begin, _)| now.saturating_duration_since(begin) >= WINDOW);
        if over {
            self.window = None;
            self.tell_left_out(&mut show);
        }
    }

    /// When [`Self::settle`] has something to say; `None` if nothing was left out.
    pub fn due(&self) -> Option<Instant> {
        self.window
            .filter(|_| self.left_out > 0)
            .map(|(begin, _)| begin + WINDOW)
    }

    /// The stream has ended: its last line needs no end, and everything is told.
    pub fn finish(&mut self, now: Instant, mut show: impl FnMut(Shown<'_>)) {
        self.settle(now, &mut show);
        if !self.open.is_empty() {
            self.close(now, &mut show);
        }
        self.tell_left_out(&mut show);
    }

    /// The last lines, oldest first, for an error story; the one that has not ended too, since it may be the very last word.
    pub fn tail(&self) -> Vec<String> {
        let open = (!self.open.is_empty()).then(|| keepable(&self.open_line()));
        let kept = self.kept.iter().map(|(line, _)| line.clone());
        let mut lines: Vec<String> = kept.chain(open).collect();
        lines.drain(..lines.len().saturating_sub(self.limits.kept));
        lines
    }

    /// Those of the last lines that were not passed on, since there were too many.
    pub fn tail_left_out(&self) -> Vec<String> {
        let left_out = self.kept.iter().filter(|(_, passed)| !passed);
        left_out.map(|(line, _)| line.clone()).collect()
    }

    /// Adds to the open line, up to its limit. Whatever a carriage return overwrites is forgotten at once, or a progress bar would fill it.
    fn hold(&mut self, part: &[u8]) {
        let (part, over, rewound) = visible(part);
        if over || self.rewound && !part.is_empty() {
            self.open.clear();
            self.cut = 0;
            self.rewound = false;
        }
        self.rewound |= rewound;
        let room = self.limits.line_bytes.saturating_sub(self.open.len());
        let (taken, cut) = part.split_at(room.min(part.len()));
        self.open.extend_from_slice(taken);
        self.cut += cut.len() as u64;
    }

    fn close(&mut self, now: Instant, show: &mut impl FnMut(Shown<'_>)) {
        let line = self.open_line().into_owned();
        // Not cleared but let go: after one long line a quiet child should not hold 64 KiB.
        self.open = Vec::new();
        self.cut = 0;
        self.rewound = false;
        self.pass_on(&line, now, show);
    }

    fn open_line(&self) -> Cow<'_, str> {
        let line = String::from_utf8_lossy(&self.open);
        match self.cut {
            0 => line,
            cut => format!("{line}… {cut} bytes cut off").into(),
        }
    }

    fn pass_on(&mut self, line: &str, now: Instant, show: &mut impl FnMut(Shown<'_>)) {
        let (_, passed) = self.window.get_or_insert((now, 0));
        let passes = *passed < self.limits.lines_per_second;
        if passes {
            *passed += 1;
            show(Shown::Line(line));
        } else {
            self.left_out += 1;
        }
        if self.limits.kept > 0 {
            if self.kept.len() >= self.limits.kept {
                self.kept.pop_front();
            }
            self.kept.push_back((keepable(line), passes));
        }
    }

    fn tell_left_out(&mut self, show: &mut impl FnMut(Shown<'_>)) {
        match std::mem::take(&mut self.left_out) {
            0 => {}
            lines => show(Shown::LeftOut(lines)),
        }
    }
}

impl std::fmt::Display for Shown<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Shown::Line(line) => f.write_str(line),
            Shown::LeftOut(1) => f.write_str("… 1 line left out"),
            Shown::LeftOut(lines) => write!(f, "… {lines} lines left out"),
        }
    }
}

/// What a terminal would show of a line: of a progress bar that rewrites itself with carriage returns, its last state.
/// Also whether that was written over something, and whether a carriage return stands at the end.
fn visible(line: &[u8]) -> (&[u8], bool, bool) {
    let end = line
        .iter()
        .rposition(|&byte| byte != b'\r')
        .map_or(0, |last| last + 1);
    let written = line.get(..end).unwrap_or_default();
    let begin = memchr::memrchr(b'\r', written).map_or(0, |at| at + 1);
    (
        written.get(begin..).unwrap_or_default(),
        begin > 0,
        end < line.len(),
    )
}

fn keepable(line: &str) -> String {
    if line.len() <= KEPT_BYTES {
        return line.into();
    }
    let mut end = KEPT_BYTES;
    while !line.is_char_boundary(end) {
        end -= 1;
    }
    format!("{}…", line.get(..end).unwrap_or_default())
}

#[cfg(test)]
#[path = "stderr_tests.rs"]
mod tests;
