//! The one place that writes to stderr: log lines pass above, a live view stays below, and neither tears the other.
//!
//! A thread of its own does it, so that a terminal that was stopped, or a reader that is slow, never holds the host up: past
//! [`WAITING_BYTES`] log lines are left out, and it is said how many.

use std::fs::File;
use std::io::{self, BufWriter, IsTerminal, Write};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::Duration;

/// Log lines that wait to be written take no more memory than this.
const WAITING_BYTES: usize = 16 << 20;
/// So many orders are carried out before the view is drawn again, if they come in without a pause.
const TOGETHER: usize = 1000;
/// How long the end waits for a reader who does not read.
const PATIENCE: Duration = Duration::from_secs(2);

/// A handle on the terminal; cheap to clone.
#[derive(Debug, Clone)]
pub struct Terminal {
    orders: Sender<Order>,
    backlog: Arc<Backlog>,
}

#[derive(Debug, Default)]
struct Backlog {
    bytes: AtomicUsize,
    left_out: AtomicU64,
}

#[derive(Debug)]
enum Order {
    Log(Vec<u8>),
    /// For people at stderr, never for a log file.
    Print(String),
    View(Vec<String>),
    /// Answer once everything before is written. With a second channel: and then wait until its other end is gone.
    Pause {
        reached: Sender<()>,
        resume: Option<Receiver<()>>,
    },
}

impl Terminal {
    /// Log lines and view go to stderr, or the log lines to a file.
    ///
    /// # Errors
    /// When the system has no thread to spare.
    pub fn start(log_file: Option<File>) -> io::Result<Terminal> {
        let log: Option<Box<dyn Write + Send>> = log_file.map(|file| Box::new(file) as _);
        Terminal::on(Screen {
            out: Box::new(BufWriter::with_capacity(64 << 10, io::stderr())),
            log,
            view: Vec::new(),
            drawn: 0,
        })
    }

    fn on(screen: Screen) -> io::Result<Terminal> {
        let (orders, received) = channel();
        let backlog = Arc::new(Backlog::default());
        let shared = Arc::clone(&backlog);
        std::thread::Builder::new()
            .name("terminal".into())
            .spawn(move || serve(screen, &received, &shared))?;
        Ok(Terminal { orders, backlog })
    }

    /// Writes a log line, its end included; or leaves it out when far too much waits already.
    pub fn log(&self, line: Vec<u8>) {
        if self.backlog.bytes.fetch_add(line.len(), Ordering::Relaxed) > WAITING_BYTES {
            self.backlog.bytes.fetch_sub(line.len(), Ordering::Relaxed);
            self.backlog.left_out.fetch_add(1, Ordering::Relaxed);
            return;
        }
        // The thread ends with the last handle, so somebody is there.
        let _ = self.orders.send(Order::Log(line));
    }

    /// Writes text to stderr, above the view, also where log lines go to a file. Never left out: meant for what comes once, as a summary.
    pub fn print(&self, text: String) {
        let _ = self.orders.send(Order::Print(text));
    }

    /// Replaces the live view. Its lines must fit into [`Terminal::size`]; no lines remove it.
    pub fn view(&self, lines: Vec<String>) {
        let _ = self.orders.send(Order::View(lines));
    }

    /// Does something while the view is away and nothing is written, such as writing to a stdout that is the same terminal.
    pub fn suspend<T>(&self, act: impl FnOnce() -> T) -> T {
        let (reached, arrival) = channel();
        let (_hold, resume) = channel();
        if self
            .orders
            .send(Order::Pause {
                reached,
                resume: Some(resume),
            })
            .is_ok()
        {
            // A stopped terminal stops what would write to it as well.
            let _ = arrival.recv();
        }
        act()
    }

    /// Waits until everything is written, two seconds at most: whoever reads it may have stopped.
    pub fn flush(&self) {
        let (reached, arrival) = channel();
        if self
            .orders
            .send(Order::Pause {
                reached,
                resume: None,
            })
            .is_ok()
        {
            let _ = arrival.recv_timeout(PATIENCE);
        }
    }

    /// Columns and rows of the terminal at stderr; `None` if there is none.
    pub fn size() -> Option<(usize, usize)> {
        let stderr = io::stderr();
        if !stderr.is_terminal() {
            return None;
        }
        let size = rustix::termios::tcgetwinsize(&stderr).ok()?;
        // Some terminals do not know their size and say 0.
        let or = |value: u16, otherwise| {
            if value == 0 {
                otherwise
            } else {
                usize::from(value)
            }
        };
        Some((or(size.ws_col, 80), or(size.ws_row, 24)))
    }

    /// Whether another program has the terminal at stderr now, as after `&` or `bg`: what is drawn would spoil what that one shows.
    pub fn is_behind() -> bool {
        let front = rustix::termios::tcgetpgrp(io::stderr());
        front.is_ok_and(|front| front != rustix::process::getpgrp())
    }
}

/// Carries out orders until the last handle is gone. What came together is drawn once.
fn serve(mut screen: Screen, orders: &Receiver<Order>, backlog: &Backlog) {
    while let Ok(first) = orders.recv() {
        for order in std::iter::once(first).chain(orders.try_iter().take(TOGETHER)) {
            // Nobody is left to be told that stderr does not take anything.
            let _ = match order {
                Order::Log(line) => {
                    backlog.bytes.fetch_sub(line.len(), Ordering::Relaxed);
                    screen.log(&line)
                }
                Order::Print(text) => screen.print(text.as_bytes()),
                Order::View(lines) => {
                    screen.view = lines;
                    Ok(())
                }
                Order::Pause { reached, resume } => {
                    let written = match &resume {
                        Some(_) => screen.erase(),
                        None => tell_left_out(&mut screen, backlog).and_then(|()| screen.draw()),
                    };
                    let written = written.and_then(|()| screen.flush());
                    let _ = reached.send(());
                    // It never says anything: this waits for its going.
                    let _ = resume.map(|resume| resume.recv());
                    written
                }
            };
        }
        let told = tell_left_out(&mut screen, backlog);
        let _ = told
            .and_then(|()| screen.draw())
            .and_then(|()| screen.flush());
    }
}

fn tell_left_out(screen: &mut Screen, backlog: &Backlog) -> io::Result<()> {
    match backlog.left_out.swap(0, Ordering::Relaxed) {
        0 => Ok(()),
        lines => screen.log(
            format!("… {lines} log lines left out: whoever reads them is too slow\n").as_bytes(),
        ),
    }
}

/// What stands on the terminal.
struct Screen {
    /// Buffered until it is flushed, so that the view is taken away and put back in one piece, without a flicker.
    out: Box<dyn Write + Send>,
    /// Where log lines go, if not above the view.
    log: Option<Box<dyn Write + Send>>,
    view: Vec<String>,
    /// How many lines of it stand there now.
    drawn: usize,
}

impl Screen {
    fn log(&mut self, line: &[u8]) -> io::Result<()> {
        if let Some(log) = &mut self.log {
            return log.write_all(line);
        }
        self.print(line)
    }

    fn print(&mut self, text: &[u8]) -> io::Result<()> {
        self.erase()?;
        self.out.write_all(text)
    }

    fn erase(&mut self) -> io::Result<()> {
        match std::mem::take(&mut self.drawn) {
            0 => Ok(()),
            // Up so many lines, and away with all that is below.
            lines => write!(self.out, "\x1b[{lines}A\r\x1b[J"),
        }
    }

    fn draw(&mut self) -> io::Result<()> {
        self.erase()?;
        self.drawn = self.view.len();
        self.view
            .iter()
            .try_for_each(|line| writeln!(self.out, "{line}"))
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

#[cfg(test)]
#[path = "terminal_tests.rs"]
mod tests;
