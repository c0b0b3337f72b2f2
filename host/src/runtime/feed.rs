//! `stormhost replay`: dead letters are fed to the topology again, in place of its spouts.
//!
//! What a bolt was given goes to that bolt alone; what a spout had emitted goes to all who listen to it. One that fails again is fed again as often as
//! the host replays (`stormhost.replay.tries`), and goes to the dead letters of this run after that.

use std::collections::{HashMap, VecDeque};
use std::rc::Rc;

use stormhost_protocol::Encoding;

use super::core::Core;
use super::emit::{Emitted, Parent};
use super::host::Host;
use super::letter::{Letter, ReadLetter, Why};
use super::task::Dialect;
use crate::flow::acker::FailKind;
use crate::flow::ledger::Emission;
use crate::topology::Topology;

/// A letter, with its names resolved.
#[derive(Clone, Debug)]
pub struct Fed {
    /// A task of whoever emitted it.
    from: usize,
    stream: usize,
    /// The bolt that it is for; `None`: all who listen.
    only: Option<usize>,
    encoding: Encoding,
    row: Vec<Vec<u8>>,
    /// The task that it goes to where the stream is direct.
    direct: Option<u32>,
    tries: u32,
}

/// Finds what letters speak of in a topology that may have changed since.
///
/// # Errors
/// All that does not fit, each with the number of its letter.
pub fn resolve(
    topology: &Topology,
    letters: &[(usize, ReadLetter)],
) -> Result<Vec<Fed>, Vec<String>> {
    let (mut fed, mut wrong) = (Vec::new(), Vec::new());
    for (line, letter) in letters {
        match resolve_one(topology, letter) {
            Ok(one) => fed.push(one),
            Err(why) => wrong.push(format!("line {line}: {why}")),
        }
    }
    if wrong.is_empty() {
        Ok(fed)
    } else {
        Err(wrong)
    }
}

fn resolve_one(topology: &Topology, letter: &ReadLetter) -> Result<Fed, String> {
    let known = |id: &str| {
        topology
            .component(id)
            .ok_or_else(|| format!("the topology has no component \"{id}\""))
    };
    let to = known(&letter.component)?;
    let source = match &letter.from {
        Some(from) => known(from)?,
        None => to,
    };
    let component = &topology.components[source];
    let stream = component
        .streams
        .iter()
        .position(|stream| stream.id == letter.stream)
        .ok_or_else(|| format!("\"{}\" has no stream \"{}\"", component.id, letter.stream))?;
    let fields = &component.streams[stream].fields;
    if fields.len() != letter.values.len() {
        return Err(format!(
            "it has {} values, and the stream \"{}\" of \"{}\" has {} fields now",
            letter.values.len(),
            letter.stream,
            component.id,
            fields.len()
        ));
    }
    let only = letter.from.as_ref().map(|_| to);
    let listener = topology
        .listeners(source, stream)
        .map(|(listener, _)| listener)
        .find(|listener| only.is_none_or(|only| only == *listener));
    let Some(listener) = listener else {
        return Err(match only {
            Some(_) => format!(
                "\"{}\" does not listen to the stream \"{}\" of \"{}\" any more",
                letter.component, letter.stream, component.id
            ),
            None => format!(
                "nobody listens to the stream \"{}\" of \"{}\" any more",
                letter.stream, component.id
            ),
        });
    };
    let (encoding, row) = letter.row()?;
    let first_task = |component| topology.tasks_of(component).start;
    Ok(Fed {
        from: first_task(source) as usize - 1,
        stream,
        only,
        encoding,
        row,
        // Which task it went to is not known any more.
        direct: component.streams[stream]
            .direct
            .then(|| first_task(listener)),
        tries: 0,
    })
}

impl Core {
    /// Emits a letter, as whoever emitted it did; its tree belongs to the spout `at`.
    fn feed(&mut self, at: usize, letter: &Fed) -> u64 {
        let now = self.now;
        let Some(spout) = &mut self.tasks[at].spout else {
            return 0;
        };
        let sequence = spout.opens_a_tree();
        let row: Vec<&[u8]> = letter.row.iter().map(Vec::as_slice).collect();
        let body = row.iter().fold(letter.from as u64, |seed, value| {
            xxhash_rust::xxh3::xxh3_64_with_seed(value, seed)
        });
        let root = self.acker.begin(Emission {
            spout: at as u32,
            sequence,
            born: now,
            body,
        });
        let all = std::mem::take(&mut self.routes[letter.from][letter.stream]);
        let (wanted, others): (Vec<_>, Vec<_>) = all
            .into_iter()
            .enumerate()
            .partition(|(_, one)| letter.only.is_none_or(|only| one.component == only));
        let (places, wanted): (Vec<usize>, Vec<_>) = wanted.into_iter().unzip();
        self.routes[letter.from][letter.stream] = wanted;
        let out = Emitted {
            from: letter.from,
            stream: letter.stream,
            encoding: letter.encoding,
            row: &row,
            direct: letter.direct,
        };
        let emitted = self.emit(out, &Parent::Root(root), false);
        let wanted = std::mem::take(&mut self.routes[letter.from][letter.stream]);
        let mut all: Vec<_> = places.into_iter().zip(wanted).chain(others).collect();
        all.sort_by_key(|(place, _)| *place);
        self.routes[letter.from][letter.stream] = all.into_iter().map(|(_, one)| one).collect();
        match emitted {
            Ok(copies) => self.acker.sealed(root, copies),
            Err(violation) => {
                let why = violation.to_string();
                self.complain(at, &violation);
                self.acker
                    .fail_root(root, FailKind::Refused, &why.as_str().into());
            }
        }
        self.after(at);
        sequence
    }

    /// What failed again too often.
    fn give_up_letter(&mut self, at: usize, fed: Fed, reason: &str) {
        let source = &self.topology.components[self.tasks[fed.from].component];
        let stream = &source.streams[fed.stream];
        let letter = Letter {
            why: Why::GivenUp,
            component: match fed.only {
                Some(only) => self.topology.components[only].id.clone(),
                None => source.id.clone(),
            },
            from: fed.only.map(|_| source.id.clone()),
            stream: stream.id.clone(),
            fields: stream.fields.clone(),
            encoding: fed.encoding,
            values: fed.row,
            reason: reason.to_owned(),
            story: String::new(),
            deaths: 0,
            tries: fed.tries,
        };
        self.post(at, letter);
    }
}

/// Takes the place of a spout's child until the run ends. Only one task has letters to feed.
pub async fn feed(host: Rc<Host>, at: usize, letters: Vec<Fed>) {
    let tries = host.component(at).settings.replay_tries();
    let mut stage = host.stage.subscribe();
    let mut waiting: VecDeque<Fed> = letters.into();
    let mut open: HashMap<u64, Fed> = HashMap::new();
    host.with(|core| core.up(at, Dialect::Inside));
    loop {
        let leave = host.with(|core| {
            let outcomes = core.tasks[at].spout.as_mut().map(|s| s.take_outcomes());
            let (acked, failed) = outcomes.unwrap_or_default();
            for sequence in acked.into_iter().flat_map(|(first, n)| first..first + n) {
                open.remove(&sequence);
            }
            for (sequence, kind, reason) in failed {
                let Some(mut fed) = open.remove(&sequence) else {
                    continue;
                };
                // What was set aside again is in the dead letters already.
                if kind == FailKind::DeadLetter {
                    continue;
                }
                fed.tries += u32::from(kind != FailKind::ChildDied);
                if fed.tries > tries {
                    core.give_up_letter(at, fed, &reason);
                } else {
                    waiting.push_back(fed);
                }
            }
            while core.may_emit(at)
                && core.tasks[at].spout.as_ref().is_some_and(|s| s.room() > 0)
                && let Some(fed) = waiting.pop_front()
            {
                let sequence = core.feed(at, &fed);
                open.insert(sequence, fed);
            }
            if let Some(spout) = &mut core.tasks[at].spout {
                spout.done = waiting.is_empty();
            }
            core.should_leave(at)
        });
        if leave {
            break;
        }
        tokio::select! {
            () = host.something_to_write(at) => {}
            () = host.room(at) => {}
            _ = stage.changed() => {}
        }
    }
    host.with(|core| core.gone(at));
}
