//! The sink that is part of the host: one tuple a line on standard output, and a tuple is acked once its line was written.

use std::io::ErrorKind;
use std::rc::Rc;

use stormhost_protocol::lines::{text_of, write_texts};
use stormhost_protocol::{Encoding, Limits, skip, to_json_text};
use tokio::io::{AsyncWrite, AsyncWriteExt};

use super::host::Host;
use super::task::Dialect;
use crate::errors::Code;
use crate::flow::acker::FailKind;
use crate::flow::run::Run;

/// Keeps one printing task going until the run ends.
pub async fn print(host: Rc<Host>, at: usize) {
    host.with(|core| core.up(at, Dialect::Inside));
    let mut stage = host.stage.subscribe();
    let mut out = output();
    let limits = host.with(|core| core.limits.clone());
    let mut text = Vec::new();
    loop {
        let (run, leave) = host.with(|core| (core.take_run(at), core.should_leave(at)));
        let Some(run) = run else {
            if leave {
                break;
            }
            tokio::select! {
                () = host.something_to_write(at) => {}
                _ = stage.changed() => {}
            }
            continue;
        };
        text.clear();
        lines(&run, line_end(&host, at, &run), &limits, &mut text);
        let written = async {
            out.write_all(&text).await?;
            out.flush().await
        };
        // Whoever reads may have stopped without leaving, as `less` does: that must not keep the run from its end.
        let written = tokio::select! {
            written = written => written,
            () = host.out_of_time(at) => break,
        };
        if let Err(error) = written {
            if error.kind() == ErrorKind::BrokenPipe {
                // Nobody reads any more, as behind `| head`: the run has no purpose left.
                tracing::info!("standard output cannot be written ({error}); the run ends");
            } else {
                let told = format!("standard output cannot be written: {error}; the run ends");
                host.output_failed
                    .borrow_mut()
                    .get_or_insert(Code::NO_OUTPUT.told(told));
            }
            host.overdue.set(true);
            host.with(|core| core.stop());
            break;
        }
        host.with(|core| core.used_up(at, run));
    }
    // What was taken and not written fails; after an orderly end there is nothing.
    let reason = "standard output cannot be written".into();
    host.with(|core| core.down(at, FailKind::Refused, &reason));
    host.with(|core| core.gone(at));
}

/// Where data goes: standard output, or what was kept of it where Python runs inside.
fn output() -> Box<dyn AsyncWrite + Unpin> {
    #[cfg(feature = "python")]
    if let Some(kept) = crate::link::python::data_output() {
        return Box::new(kept);
    }
    Box::new(tokio::io::stdout())
}

/// What ends the lines of who is listened to ends them here, too.
fn line_end(host: &Host, at: usize, run: &Run) -> u8 {
    let input = host.component(at).inputs.get(usize::from(run.input));
    let from = input.and_then(|input| host.topology.components.get(input.component));
    let shell = from.and_then(|from| from.shell.as_ref());
    shell.map_or(b'\n', |shell| shell.layout.end())
}

/// Text as it is, all else as JSON; tabs between values, and a line end.
fn lines(run: &Run, line_end: u8, limits: &Limits, out: &mut Vec<u8>) {
    if run.encoding == Encoding::Msgpack
        && run.columns().len() == 1
        && let Some((column, false)) = run.columns().next()
    {
        // As lines of filters are, a whole column at a time.
        let mut at = 0;
        while at < column.len() {
            write_texts(column, &mut at, line_end, out);
            let end = skip(run.encoding, column, at, limits).unwrap_or(column.len());
            if let Some(value) = column.get(at..end).filter(|value| !value.is_empty()) {
                put(run.encoding, value, out);
                out.push(line_end);
            }
            at = end;
        }
        return;
    }
    run.each_row(limits, |_, row| {
        for (n, value) in row.iter().enumerate() {
            if n > 0 {
                out.push(b'\t');
            }
            put(run.encoding, value, out);
        }
        out.push(line_end);
    });
}

fn put(encoding: Encoding, value: &[u8], out: &mut Vec<u8>) {
    match text_of(encoding, value) {
        Some(text) => out.extend_from_slice(&text),
        None => out.extend_from_slice(to_json_text(encoding, value).as_bytes()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::flow::acker::Anchor;
    use crate::flow::queue::{Queue, QueueLimits};
    use crate::flow::run::Place;

    #[test]
    fn a_tuple_is_a_line_whatever_its_encoding() {
        let rows: [(Encoding, &[&[u8]]); 5] = [
            (Encoding::Json, &[b"\"a b\"", b"1.5", b"[1,2]"]),
            (Encoding::Msgpack, &[b"\xa1x", b"\xc0"]),
            (Encoding::Msgpack, &[b"\xa3a\nb"]),
            (Encoding::Msgpack, &[b"\x07"]),
            (Encoding::Msgpack, &[b"\xc4\x01c"]),
        ];
        let mut out = Vec::new();
        for (encoding, row) in rows {
            let mut queue = Queue::new(QueueLimits {
                rows: 10,
                bytes: 100,
                cycle_bytes: 0,
            });
            queue.push(
                Place {
                    input: 0,
                    encoding,
                    back_edge: false,
                    source: 1,
                    repeats: false,
                },
                row,
                Anchor::NONE,
            );
            let run = queue.pop(10, 100, &Limits::default()).unwrap();
            lines(&run, b'\n', &Limits::default(), &mut out);
        }
        assert_eq!(
            String::from_utf8(out).unwrap(),
            "a b\t1.5\t[1,2]\nx\tnull\na\nb\n7\nc\n"
        );
    }
}
