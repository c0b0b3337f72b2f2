use super::*;
use std::sync::Mutex;

/// Somewhere to write to, and to look at.
#[derive(Debug, Clone, Default)]
struct Paper(Arc<Mutex<Vec<u8>>>);

impl Write for Paper {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Paper {
    fn text(&self) -> String {
        String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
    }

    /// The lines that a terminal would show: it obeys "up n" and "erase what is below".
    fn shown(&self) -> Vec<String> {
        let mut lines: Vec<String> = vec![String::new()];
        let text = self.text();
        let mut parts = text.split("\x1b[");
        let print = |text: &str, lines: &mut Vec<String>| {
            for (number, line) in text.split('\n').enumerate() {
                if number > 0 {
                    lines.push(String::new());
                }
                lines.last_mut().unwrap().push_str(line);
            }
        };
        print(parts.next().unwrap(), &mut lines);
        for part in parts {
            if let Some(rest) = part.strip_prefix('J') {
                print(rest, &mut lines);
            } else {
                let (up, rest) = part.split_once('A').unwrap();
                assert_eq!(rest, "\r", "only ever followed by an erase");
                let kept = lines.len() - up.parse::<usize>().unwrap();
                lines.truncate(kept);
                *lines.last_mut().unwrap() = String::new();
            }
        }
        assert_eq!(
            lines.pop().unwrap(),
            "",
            "the cursor waits at the beginning of a line"
        );
        lines
    }
}

fn terminal(log: Option<Paper>) -> (Terminal, Paper) {
    let paper = Paper::default();
    let log: Option<Box<dyn Write + Send>> = log.map(|log| Box::new(log) as _);
    let terminal = Terminal::on(Screen {
        out: Box::new(paper.clone()),
        log,
        view: Vec::new(),
        drawn: 0,
    })
    .unwrap();
    (terminal, paper)
}

fn view(terminal: &Terminal, lines: &[&str]) {
    terminal.view(lines.iter().map(|line| (*line).into()).collect());
}

#[test]
fn log_lines_pass_above_the_view() {
    let (terminal, paper) = terminal(None);
    terminal.log(b"one\n".into());
    view(&terminal, &["split 1", "count 2"]);
    terminal.flush();
    assert_eq!(paper.shown(), ["one", "split 1", "count 2"]);
    terminal.log(b"two\n".into());
    terminal.flush();
    assert_eq!(paper.shown(), ["one", "two", "split 1", "count 2"]);
    view(&terminal, &["split 3"]);
    terminal.flush();
    assert_eq!(paper.shown(), ["one", "two", "split 3"]);
    view(&terminal, &[]);
    terminal.log(b"three\n".into());
    terminal.flush();
    assert_eq!(paper.shown(), ["one", "two", "three"]);
}

#[test]
fn without_a_view_there_are_no_codes() {
    let (terminal, paper) = terminal(None);
    terminal.log(b"one\n".into());
    terminal.flush();
    terminal.log(b"two\n".into());
    terminal.flush();
    assert_eq!(paper.text(), "one\ntwo\n");
}

#[test]
fn a_log_file_leaves_the_terminal_to_the_view() {
    let log = Paper::default();
    let (terminal, paper) = terminal(Some(log.clone()));
    view(&terminal, &["split 1"]);
    terminal.log(b"one\n".into());
    terminal.flush();
    assert_eq!(
        (log.text().as_str(), paper.shown()),
        ("one\n", vec!["split 1".to_owned()])
    );
}

#[test]
fn what_others_write_meanwhile_does_not_tear_the_view() {
    let (terminal, paper) = terminal(None);
    view(&terminal, &["split 1", "count 2"]);
    let answer = terminal.suspend(|| {
        terminal.log(b"not now\n".into());
        paper.clone().write_all(b"data\n").unwrap();
        assert_eq!(paper.shown(), ["data"]);
        42
    });
    terminal.flush();
    assert_eq!(answer, 42);
    assert_eq!(paper.shown(), ["data", "not now", "split 1", "count 2"]);
}

#[test]
fn a_suspended_terminal_goes_on_after_a_panic() {
    let (terminal, paper) = terminal(None);
    let inner = terminal.clone();
    std::thread::spawn(move || inner.suspend(|| panic!("while suspended")))
        .join()
        .unwrap_err();
    terminal.log(b"after\n".into());
    terminal.flush();
    assert_eq!(paper.shown(), ["after"]);
}

/// Takes nothing until it is told to.
struct Stopped(Receiver<()>, Paper);

impl Write for Stopped {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let _ = self.0.recv();
        self.1.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[test]
fn a_reader_who_stops_costs_lines_and_not_time_or_memory() {
    let (go_on, stopped) = channel();
    let paper = Paper::default();
    let out = Box::new(Stopped(stopped, paper.clone()));
    let terminal = Terminal::on(Screen {
        out,
        log: None,
        view: Vec::new(),
        drawn: 0,
    })
    .unwrap();
    let line = vec![b'x'; 1 << 20];
    for _ in 0..100 {
        terminal.log(line.clone());
    }
    assert!(terminal.backlog.bytes.load(Ordering::Relaxed) <= WAITING_BYTES + line.len());
    drop(go_on);
    terminal.flush();
    terminal.flush();
    let said = paper.text();
    let left_out = said
        .split("… ")
        .nth(1)
        .unwrap()
        .split(' ')
        .next()
        .unwrap()
        .parse::<usize>()
        .unwrap();
    assert_eq!(said.matches('x').count() / line.len() + left_out, 100);
    assert!(left_out > 50, "{left_out}");
}
