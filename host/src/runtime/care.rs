//! Giving suspects to their children with care: alone, so that a death says which tuple it was; and setting aside what is convicted.
//!
//! Which tuples are suspects, and when one is convicted, stands in [`crate::flow::suspects`].

use std::rc::Rc;

use stormhost_protocol::Encoding;

use super::core::{Core, Wake};
use super::emit::{Emitted, Parent};
use super::letter::{Letter, Why};
use super::task::{Dialect, Task};
use crate::flow::acker::{Anchor, FailKind};
use crate::flow::run::Run;
use crate::flow::suspects::{Evidence, Identity, Standing, Verdict};

/// Letters of one kind that a run writes down; more of the same are only counted. A spout that emits its poison again and again must not fill the disk.
const OF_A_KIND: u32 = 100;

/// What is known of a death, before anything has failed of it.
#[derive(Default)]
pub struct Judgement {
    /// The tuple that goes to the dead letters.
    pub condemned: Option<Condemned>,
    /// Whether the child died of a tuple that is to blame, and not of itself.
    pub blamed: bool,
}

/// A tuple that is convicted, taken out of its child's hands.
pub struct Condemned {
    anchor: Anchor,
    letter: Letter,
}

/// What comes next for a task whose component has suspects.
enum Next {
    /// So many rows of which nothing is held against.
    Clear(u32),
    Suspect(Identity),
    Convicted(u32),
}

impl Core {
    /// How many rows may be given to the child of `at` in one piece: all of them, unless its component has suspects. 0 while it has one in hand.
    #[inline]
    pub(super) fn may_be_given(&mut self, at: usize) -> u32 {
        let task = &self.tasks[at];
        if task.alone.is_none() && !self.suspects.watches(task.component) {
            u32::MAX
        } else {
            self.may_be_given_with_care(at)
        }
    }

    #[cold]
    fn may_be_given_with_care(&mut self, at: usize) -> u32 {
        if let Some((id, who)) = self.tasks[at].alone {
            if !is_through_with(&self.tasks[at], id) {
                self.ask_how_far(at);
                return 0;
            }
            self.tasks[at].alone = None;
            // One that was not sent after all, because its child had no turn or others no room, is as much a suspect as before.
            if id < self.tasks[at].sent() {
                self.suspects.acquit(&who);
            }
        }
        while let Some(next) = self.next_in_queue(at) {
            match next {
                Next::Clear(rows) => return rows,
                Next::Suspect(who) => {
                    let task = &mut self.tasks[at];
                    if !has_nothing_to_do(task) {
                        self.ask_how_far(at);
                        return 0;
                    }
                    task.alone = Some((task.sent(), who));
                    return 1;
                }
                Next::Convicted(deaths) => self.set_aside_at_once(at, deaths),
            }
        }
        u32::MAX
    }

    /// How the rows at the head of the queue stand; `None` where nothing waits.
    fn next_in_queue(&self, at: usize) -> Option<Next> {
        let task = &self.tasks[at];
        let run = task.queue.front()?;
        let mut clear = 0;
        let mut first = None;
        run.each_row(&self.limits, |n, row| {
            if first.is_some() {
                return;
            }
            let who = Identity::of(task.component, run.input, row);
            match self.suspects.standing(&who) {
                Standing::Clear => clear = n as u32 + 1,
                Standing::Suspect => first = Some(Next::Suspect(who)),
                Standing::Convicted(deaths) => first = Some(Next::Convicted(deaths)),
            }
        });
        if clear > 0 {
            Some(Next::Clear(clear))
        } else {
            first
        }
    }

    /// A child in one of Storm's dialects does not say how far it has come, so it is asked: a bolt that holds tuples back may be through with them.
    pub(super) fn ask_how_far(&mut self, at: usize) {
        if self.tasks[at].ask_how_far() {
            self.wakes.push(Wake::Writer(at));
        }
    }

    /// The child has come further: what waits behind a suspect may be due.
    pub(super) fn look_at_suspects_again(&mut self, at: usize) {
        if self.tasks[at].alone.is_some() || self.suspects.watches(self.tasks[at].component) {
            self.wakes.push(Wake::Writer(at));
        }
    }

    /// The child of `at` died. To be called before [`Core::down`], when all is still known of what it held.
    /// `unsaid`: how many tuples it was through with beyond what it had said, as far as that is known.
    pub fn judge(&mut self, at: usize, unsaid: u64, evidence: Evidence) -> Judgement {
        let task = &self.tasks[at];
        let (Some(dialect), None) = (task.dialect(), &task.spout) else {
            return Judgement::default();
        };
        if task.progressed {
            self.suspects.gets_things_done(task.component);
        }
        let busy_with = match dialect {
            Dialect::Frames { .. } => task.consumed + unsaid,
            Dialect::Storm(_) => task.heard_through,
            // What was given to a filter is not in hand: it is at most once.
            Dialect::Lines(_) | Dialect::Inside => return Judgement::default(),
        };
        match task.alone {
            Some((id, who)) if !is_through_with(task, id) && id >= busy_with => {
                self.died_with(at, id, who, evidence)
            }
            _ => {
                self.suspect_all_from(at, busy_with);
                Judgement::default()
            }
        }
    }

    /// It died with a suspect alone to work on.
    fn died_with(&mut self, at: usize, id: u64, who: Identity, evidence: Evidence) -> Judgement {
        let task = &self.tasks[at];
        // What else it holds and was through with may be what killed it: then nothing is proved.
        if task.in_hand.get(id).is_none() || task.in_hand.len() != 1 {
            return Judgement::default();
        }
        let Some((run, row)) = delivered_row(task, id, &self.limits) else {
            return Judgement::default();
        };
        let (input, encoding) = (run.input, run.encoding);
        match self.suspects.died_alone(who, evidence) {
            Verdict::Again => Judgement {
                condemned: None,
                blamed: true,
            },
            Verdict::Spared => Judgement::default(),
            Verdict::Convicted(deaths) => {
                let letter = self.letter_of_bolt(at, input, encoding, row, deaths);
                let anchor = self.tasks[at].in_hand.take(id).unwrap_or(Anchor::NONE);
                self.tasks[at].counters.failed += 1;
                Judgement {
                    condemned: Some(Condemned { anchor, letter }),
                    blamed: true,
                }
            }
        }
    }

    /// Nobody knows exactly how far it had come: whatever it may have been at is to be delivered alone.
    fn suspect_all_from(&mut self, at: usize, first: u64) {
        let Core {
            tasks,
            suspects,
            limits,
            topology,
            ..
        } = self;
        let task = &tasks[at];
        let inputs = topology.components[task.component].inputs.len();
        for (end, run) in &task.delivered {
            // A tick has no values that could be to blame.
            if *end <= first || usize::from(run.input) >= inputs {
                continue;
            }
            let begin = end - u64::from(run.rows());
            run.each_row(limits, |n, row| {
                let id = begin + n as u64;
                if id >= first && task.in_hand.get(id).is_some() {
                    suspects.suspect(Identity::of(task.component, run.input, row));
                }
            });
        }
    }

    /// What was condemned goes to the dead letters, with its story.
    pub fn set_aside(&mut self, at: usize, condemned: Condemned, reason: &str, story: String) {
        let Condemned { anchor, mut letter } = condemned;
        letter.reason = reason.to_owned();
        letter.story = story;
        self.post_for(at, letter, anchor);
        self.tell_outcomes();
    }

    /// The tuple at the head of the queue was convicted before: no child is given it.
    fn set_aside_at_once(&mut self, at: usize, deaths: u32) {
        let pressed = self.tasks[at].queue.cycle_is_pressing();
        let Some(run) = self.tasks[at].queue.pop(1, usize::MAX, &self.limits) else {
            return;
        };
        let mut values = Vec::new();
        run.each_row(&self.limits, |_, row| {
            values = row.iter().map(|value| value.to_vec()).collect();
        });
        let anchor = run.anchors.first().copied().unwrap_or(Anchor::NONE);
        let mut letter = self.letter_of_bolt(at, run.input, run.encoding, values, deaths);
        letter.reason = format!(
            "a tuple with these values had killed {deaths} children of {} alone; it was not given to another one",
            letter.component
        );
        self.tasks[at].counters.failed += 1;
        self.post_for(at, letter, anchor);
        self.made_room(at, pressed);
        self.tell_outcomes();
    }

    /// Posts a letter about a tuple, and settles what that tuple owes: on a stream, whoever listens there has to deal with it; in the file, its trees fail.
    fn post_for(&mut self, at: usize, letter: Letter, anchor: Anchor) {
        match self.emits_letter(at, &letter, &Parent::One(anchor)) {
            true => {
                self.dead_letters += 1;
                self.acker.ack(anchor);
            }
            false => {
                let reason: Rc<str> = letter.reason.as_str().into();
                self.keep_letter(letter);
                self.acker.fail(anchor, FailKind::DeadLetter, &reason);
            }
        }
    }

    /// Posts a letter about a tuple whose tree is answered.
    pub(super) fn post(&mut self, at: usize, letter: Letter) {
        if self.emits_letter(at, &letter, &Parent::Nothing) {
            self.dead_letters += 1;
        } else {
            self.keep_letter(letter);
        }
    }

    fn keep_letter(&mut self, letter: Letter) {
        self.dead_letters += 1;
        let like_it = self.letters_by_kind.entry(letter.kind()).or_insert(0);
        *like_it += 1;
        if *like_it <= OF_A_KIND || self.letters_by_kind.len() > 100_000 {
            self.letters.push(letter);
        }
    }

    /// Emits a letter on the stream that its component has for them. `false` where there is none, or nobody listens.
    fn emits_letter(&mut self, at: usize, letter: &Letter, parent: &Parent<'_>) -> bool {
        let component = &self.topology.components[self.tasks[at].component];
        let Some(name) = component.settings.dead_letters_stream() else {
            return false;
        };
        let Some(stream) = component.streams.iter().position(|s| s.id == name) else {
            return false;
        };
        if self.routes[at][stream].is_empty() {
            return false;
        }
        let values: Vec<String> = component.streams[stream]
            .fields
            .iter()
            .map(|field| letter.member(field))
            .collect();
        let row: Vec<&[u8]> = values.iter().map(|value| value.as_bytes()).collect();
        let out = Emitted {
            from: at,
            stream,
            encoding: Encoding::Json,
            row: &row,
            direct: None,
        };
        let touched = self.touched.len();
        let emitted = self.emit(out, parent, false);
        if let Err(violation) = &emitted {
            self.complain(at, violation);
        }
        // Whoever is full makes nobody wait for a letter: its sender may not even live.
        self.wake_touched_since(touched);
        emitted.is_ok_and(|copies| copies > 0)
    }

    fn letter_of_bolt(
        &self,
        at: usize,
        input: u16,
        encoding: Encoding,
        values: Vec<Vec<u8>>,
        deaths: u32,
    ) -> Letter {
        let component = &self.topology.components[self.tasks[at].component];
        let input = component.inputs.get(usize::from(input));
        let (from, stream, fields) = match input {
            Some(input) => {
                let source = &self.topology.components[input.component];
                let stream = &source.streams[input.stream];
                (source.id.clone(), stream.id.clone(), stream.fields.clone())
            }
            None => ("__system".into(), "__tick".into(), Vec::new()),
        };
        Letter {
            why: Why::KilledItsChild,
            component: component.id.clone(),
            from: Some(from),
            stream,
            fields,
            encoding,
            values,
            reason: String::new(),
            story: String::new(),
            deaths,
            tries: 0,
        }
    }

    /// A letter about what a spout emitted, and nobody will emit again.
    pub(super) fn letter_of_spout(
        &self,
        at: usize,
        stream: usize,
        encoding: Encoding,
        values: Vec<Vec<u8>>,
        reason: &str,
        tries: u32,
    ) -> Letter {
        let component = &self.topology.components[self.tasks[at].component];
        let stream = component.streams.get(stream);
        Letter {
            why: Why::GivenUp,
            component: component.id.clone(),
            from: None,
            stream: stream.map_or_else(String::new, |stream| stream.id.clone()),
            fields: stream.map_or_else(Vec::new, |stream| stream.fields.clone()),
            encoding,
            values,
            reason: reason.to_owned(),
            story: String::new(),
            deaths: 0,
            tries,
        }
    }
}

/// Whether the child is known to be through with a tuple, be it that it still holds it.
fn is_through_with(task: &Task, id: u64) -> bool {
    // One that could not be written in the child's encoding was never sent.
    id >= task.sent()
        || match task.dialect() {
            Some(Dialect::Frames { .. }) => task.consumed > id,
            Some(Dialect::Storm(_)) => task.heard_through > id || task.in_hand.get(id).is_none(),
            Some(Dialect::Lines(_) | Dialect::Inside) | None => true,
        }
}

/// Whether the child is known to be through with all that it was given.
fn has_nothing_to_do(task: &Task) -> bool {
    match task.dialect() {
        Some(Dialect::Frames { .. }) => task.consumed == task.sent(),
        Some(Dialect::Storm(_)) => task.in_hand.is_empty() || task.heard_through >= task.sent(),
        Some(Dialect::Lines(_) | Dialect::Inside) | None => true,
    }
}

/// The values of a delivered tuple, if they are still kept.
fn delivered_row<'a>(
    task: &'a Task,
    id: u64,
    limits: &stormhost_protocol::Limits,
) -> Option<(&'a Run, Vec<Vec<u8>>)> {
    let (end, run) = task.delivered.iter().find(|(end, _)| *end > id)?;
    let which = (id + u64::from(run.rows())).checked_sub(*end)? as usize;
    let mut values = None;
    run.each_row(limits, |n, row| {
        if n == which {
            values = Some(row.iter().map(|value| value.to_vec()).collect());
        }
    });
    Some((run, values?))
}
