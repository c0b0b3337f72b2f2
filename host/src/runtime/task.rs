//! One task as the core sees it: its queue, what its child has in hand, and what is counted.

use std::collections::VecDeque;

use stormhost_protocol::Encoding;
use stormhost_protocol::storm::Acks;

use super::completion::Finish;
use super::line_rows::Reading;
use super::pulse::Pulse;
use super::spout::Spout;
use super::still::Settling;
use crate::flow::in_hand::InHand;
use crate::flow::pace::Pace;
use crate::flow::queue::{Queue, QueueLimits};
use crate::flow::run::Run;
use crate::flow::suspects::Identity;
use crate::topology::{Component, Kind, TaskSpec, Topology};

/// One task, whatever its kind.
pub struct Task {
    /// Storm's task id.
    pub id: u32,
    /// Its component.
    pub component: usize,
    /// Where it is in its life.
    pub life: Life,
    /// What waits for it.
    pub queue: Queue,
    /// Its child emitted before it said its pid, so it is still opening, and is given nothing but answers until it has said it.
    pub opening: bool,
    /// Whether its child, or the last one it had, takes columns with repeats.
    pub repeats: bool,
    /// What its child was given and has not answered.
    pub in_hand: InHand,
    /// How many rows its child is through with.
    pub consumed: u64,
    /// Bytes that go before any tuple: task ids, acks, commands.
    pub control: Vec<u8>,
    /// For each frame that is not used up: the id after its last row.
    pub frames_out: VecDeque<u64>,
    /// Delivered runs that may still be needed for an error's story, each with the id after its last row.
    pub delivered: VecDeque<(u64, Run)>,
    /// The suspect that its child has been given alone, and is not known to be through with: its id, and who it is.
    pub alone: Option<(u64, Identity)>,
    /// How fast the child is.
    pub pace: Pace,
    /// How many full queues it waits for. Its child is not read meanwhile.
    pub waits: u32,
    /// Tasks that wait for this one's queue.
    pub waiters: Vec<u32>,
    /// Whether it was told that its input has ended.
    pub finish: Finish,
    /// How many rows its child had been sent when it was asked to finish.
    pub finished_at: u64,
    /// Heartbeats that a Storm bolt has not answered: for each how many rows had been sent before it.
    pub heartbeats: VecDeque<u64>,
    /// How its component takes heartbeats, where it speaks one of Storm's dialects.
    pub pulse: Pulse,
    /// Rows that a Storm bolt is known to have read, from its last answer to a heartbeat.
    pub heard_through: u64,
    /// How far it has settled what spouts let in.
    pub settling: Settling,
    /// Where a filter is in its input.
    pub reading: Reading,
    /// What only spouts have.
    pub spout: Option<Spout>,
    /// Seconds that its child has spent in user code, and in decoding and encoding around it, if it says so.
    pub spent: (f64, f64),
    /// What is counted.
    pub counters: Counters,
    /// An ack since the handshake: the child gets things done, so its next death is not held against it.
    pub progressed: bool,
    /// Whether anything was put into its queue since the last piece of input was through.
    pub(super) touched: Touched,
    /// The longest message that its child may send, in bytes: what the component was told.
    pub(super) longest: usize,
    /// Whether each tuple that it emits is told to the log.
    pub(super) aloud: bool,
}

impl Task {
    /// A task that has no child yet.
    pub(super) fn new(topology: &Topology, spec: &TaskSpec) -> Task {
        let component: &Component = &topology.components[spec.component];
        Task {
            id: spec.id,
            component: spec.component,
            life: Life::Down,
            queue: Queue::new(QueueLimits {
                rows: component.settings.queue_tuples() as usize,
                bytes: component.settings.queue_bytes(),
                cycle_bytes: component.settings.cycle_bytes(),
            }),
            opening: false,
            repeats: false,
            in_hand: InHand::default(),
            consumed: 0,
            control: Vec::new(),
            frames_out: Default::default(),
            delivered: Default::default(),
            alone: None,
            pace: Pace::default(),
            waits: 0,
            waiters: Vec::new(),
            finish: Finish::NotAsked,
            finished_at: 0,
            heartbeats: Default::default(),
            pulse: Pulse::default(),
            heard_through: 0,
            settling: Settling::default(),
            reading: Reading::default(),
            spout: (component.kind == Kind::Spout).then(|| Spout::new(component, topology)),
            spent: (0.0, 0.0),
            counters: Counters::default(),
            progressed: false,
            touched: Touched::No,
            longest: component.settings.max_message_bytes(),
            aloud: component.settings.debug(),
        }
    }

    /// Whether a value so encoded may be left out for its child where it is the one before it once more.
    #[inline]
    pub fn takes_repeats(&self, encoding: Encoding) -> bool {
        self.repeats && encoding == Encoding::Msgpack
    }

    /// How many rows its child was sent.
    pub fn sent(&self) -> u64 {
        self.in_hand.next_id()
    }

    /// The dialect of its child, when there is one that works.
    pub fn dialect(&self) -> Option<Dialect> {
        match self.life {
            Life::Up(dialect) => Some(dialect),
            Life::Down | Life::Gone => None,
        }
    }
}

/// Where a task is in its life.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Life {
    /// No child, or one that has not answered the handshake.
    Down,
    /// The child works.
    Up(Dialect),
    /// The child left and no other will come: the run ends.
    Gone,
}

/// How a child speaks, once its handshake is done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dialect {
    /// One of Storm's.
    Storm(Encoding),
    /// Frames.
    Frames {
        /// How values are encoded.
        encoding: Encoding,
        /// Whether inputs are acked by being consumed.
        acks: Acks,
    },
    /// Lines of text, as filters read and write them; so encoded are the values that lines become.
    Lines(Encoding),
    /// None: the component is part of the host.
    Inside,
}

impl Dialect {
    /// How values are encoded.
    pub fn encoding(self) -> Encoding {
        match self {
            Dialect::Storm(encoding)
            | Dialect::Lines(encoding)
            | Dialect::Frames { encoding, .. } => encoding,
            Dialect::Inside => Encoding::Json,
        }
    }
}

/// What is counted for a task, over all its children.
#[derive(Clone, Debug, Default)]
pub struct Counters {
    /// Tuples emitted.
    pub emitted: u64,
    /// Copies of them that went into queues.
    pub transferred: u64,
    /// Bolts: tuples acked. Spouts: trees completed.
    pub acked: u64,
    /// Bolts: tuples failed. Spouts: trees failed.
    pub failed: u64,
    /// Tuples delivered to the child.
    pub executed: u64,
    /// Untracked tuples that could not be passed on.
    pub dropped: u64,
    /// Acks and fails of what was not in hand.
    pub unknown: u64,
    /// Children after the first.
    pub restarts: u64,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Touched {
    No,
    OnlyByCycle,
    Yes,
}
