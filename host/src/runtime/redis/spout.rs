//! The spout that takes from a list or a stream: what it has in hand, what it emits, and what it tells Redis of.
//!
//! Everything that was taken is in one of four places until Redis has answered that it is settled: `ready` to be emitted, `pending` in a tree,
//! `unsettled`, or `refused`, which waits to be told once more. They outlive a lost connection.

use std::collections::{HashMap, HashSet, VecDeque};
use std::future::{Future, pending};
use std::pin::Pin;
use std::rc::Rc;
use std::sync::Arc;
use std::time::{Duration, Instant};

use redis::RedisError;
use redis::aio::MultiplexedConnection;
use tokio::time::{sleep_until, timeout};

use super::connect::{Connector, connection, is_for_now, pause_before_retry, said};
use super::fails::Fails;
use super::item::{Body, Reading};
use super::list::List;
use super::source::{Found, Settled, Settlement, Source, reconcile};
use super::stream::Stream;
use super::{Place, WAIT};
use crate::errors::Code;
use crate::flow::acker::FailKind;
use crate::runtime::builtin::{Leave, Told};
use crate::runtime::host::Host;
use crate::runtime::task::Dialect;
use crate::topology::redis::{Mode, RedisOptions};

/// Rows that are emitted before it is looked again whether there is room.
const PIECE: usize = 256;
/// The pause after fails among which nothing was acked: it doubles up to the second. What fails at once would go round as fast as it can.
const FIRST_REST: Duration = Duration::from_millis(20);
const LONGEST_REST: Duration = Duration::from_secs(5);
/// How often it is looked, at the end of what there is to read, whether others still have something in hand.
const LOOK_AGAIN: Duration = Duration::from_secs(1);
/// How long giving back may take when the run has no time left.
const FAREWELL: Duration = Duration::from_secs(1);

/// Keeps one spout task going until the run ends.
pub async fn keep(host: &Rc<Host>, at: usize, options: Arc<RedisOptions>) {
    let place = Place {
        host,
        at,
        options: options.clone(),
    };
    let task = at + 1;
    let what = if options.mode == Mode::Stream {
        format!("the stream {:?} as group {:?}", options.key, options.group)
    } else {
        format!("the list {:?}", options.key)
    };
    place.info(&format!("reads {what} at {}", options.address()));
    match options.mode {
        Mode::Stream => {
            let stream = Stream::new(
                &options.key,
                &options.group,
                &options.start,
                options.claim_idle,
                task,
            );
            drive(&place, &stream).await;
        }
        _ => drive(&place, &List::new(&options.key, options.end, task)).await,
    }
}

async fn drive<S: Source>(place: &Place<'_>, source: &S) {
    let (host, at) = (place.host, place.at);
    let mut hand = Hand::new(place, source.puts_back());
    let mut connector = Connector::new(place);
    while !(host.with(|core| core.should_leave(at)) && hand.is_empty()) {
        let error = tokio::select! {
            served = serve(place, source, &mut hand, &mut connector) => match served {
                Ok(()) => break,
                Err(error) => error,
            },
            // Whatever it waits for: a Redis that hangs answers nothing.
            () = host.until(|| host.at_once.get()) => break,
        };
        if !connector.pause(&error, !hand.is_empty()).await {
            break;
        }
    }
    let left = hand.len();
    if left > 0 {
        place.warn(Code::REDIS_NOT_TOLD, &format!(
            "leaves with {left} items of which Redis could not be told; they lie there, and the next run takes them up"
        ));
    }
    let reason = "its spout left".into();
    host.with(|core| core.down(at, FailKind::Refused, &reason));
}

/// What is in hand.
struct Hand<'a> {
    place: &'a Place<'a>,
    fields: &'a [String],
    puts_back: bool,
    /// To be emitted.
    ready: VecDeque<Body>,
    /// Emitted, by number.
    pending: HashMap<u64, Body>,
    /// What Redis is to be told.
    unsettled: Vec<Settlement>,
    /// What Redis refused to be told. Nothing more is taken until it has been.
    refused: Vec<Settlement>,
    /// When it is told again, and how often in a row it was refused.
    tells_again: Option<Instant>,
    refusals: u32,
    /// What Redis was to take back at the end, and has not.
    given_back: usize,
    /// Whether something was being taken when the connection was lost.
    uncertain: bool,
    /// Nothing was there when it was last looked.
    empty: bool,
    /// There is more to be taken over than was looked through in one go.
    more: bool,
    /// Everything that consumers left that are gone, or may be, has been taken over.
    cared: bool,
    /// Consumers of which was told that they are waited for.
    told_of: HashSet<String>,
    up: bool,
    /// Nothing is emitted until then.
    rests_until: Option<Instant>,
    fruitless: u32,
}

impl<'a> Hand<'a> {
    fn new(place: &'a Place<'a>, puts_back: bool) -> Hand<'a> {
        let component = place.host.component(place.at);
        Hand {
            place,
            fields: component
                .streams
                .first()
                .map_or(&[], |stream| &stream.fields),
            puts_back,
            ready: VecDeque::new(),
            pending: HashMap::new(),
            unsettled: Vec::new(),
            refused: Vec::new(),
            tells_again: None,
            refusals: 0,
            given_back: 0,
            uncertain: false,
            empty: false,
            more: false,
            cared: false,
            told_of: HashSet::new(),
            up: false,
            rests_until: None,
            fruitless: 0,
        }
    }

    /// How many items Redis has still to hear of.
    fn len(&self) -> usize {
        let told = self.unsettled.len() + self.refused.len();
        self.ready.len() + self.pending.len() + told + self.given_back
    }

    fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Everything that Redis has still to be told; `told` is what it was perhaps told before.
    fn still_to_tell(&mut self, mut told: Vec<Settlement>) {
        told.append(&mut self.refused);
        told.append(&mut self.unsettled);
        (self.unsettled, self.tells_again) = (told, None);
    }

    /// Everything that was taken and not dealt with, the oldest first.
    fn back(&mut self) -> Vec<Body> {
        let mut pending: Vec<(u64, Body)> = self.pending.drain().collect();
        pending.sort_unstable_by_key(|(number, _)| *number);
        let pending = pending.into_iter().map(|(_, body)| body);
        pending.chain(self.ready.drain(..)).collect()
    }

    /// A connection is there: what Redis remembers is compared with what is in hand.
    fn takes_up(&mut self, contents: Vec<Body>) {
        let held = self.ready.iter().chain(self.pending.values());
        let unsettled = std::mem::take(&mut self.unsettled);
        let (unsettled, unheard) = reconcile(contents, held, unsettled, self.uncertain);
        self.unsettled = unsettled;
        self.ready.extend(unheard);
        (self.uncertain, self.empty, self.given_back) = (false, false, 0);
        if self.unsettled.is_empty() {
            self.refusals = 0;
        }
    }

    /// What Redis refused is told again after pauses that grow.
    ///
    /// # Errors
    /// Where the server can do nothing for anybody: another connection may help.
    fn has_told(&mut self, settled: Settled) -> Result<(), RedisError> {
        let Some(why) = settled.why else {
            if self.refused.is_empty() && std::mem::take(&mut self.refusals) > 0 {
                self.place.info("Redis takes what it refused before");
            }
            return Ok(());
        };
        self.refused.extend(settled.refused);
        if is_for_now(&why) {
            return Err(why);
        }
        if self.tells_again.is_some() {
            // It waits for its turn together with what was refused before.
            return Ok(());
        }
        self.refusals += 1;
        let pause = pause_before_retry(self.refusals, self.place.options.max_pause);
        self.tells_again = Some(Instant::now() + pause);
        if self.refusals.is_power_of_two() {
            self.place.warn(
                Code::REDIS_REFUSES_TO_BE_TOLD,
                &format!(
                    "Redis refuses to be told of {} items: {}; they stay where they are, next try in {:.1} s",
                    self.refused.len(),
                    said(&why),
                    pause.as_secs_f64()
                ),
            );
        }
        Ok(())
    }

    /// What was left by others.
    fn takes_over(&mut self, found: Found, telling: &[Settlement]) {
        self.waits_for(&found.elsewhere);
        if !self.cared {
            // Whatever others have put back since it was last looked is still to be read.
            self.empty = false;
        }
        self.more = found.more;
        self.cared = !found.more && found.elsewhere.is_empty();
        let mut new = found.claimed;
        if !new.is_empty() {
            let told = self.unsettled.iter().chain(&self.refused).chain(telling);
            let known: HashSet<&Body> = self
                .ready
                .iter()
                .chain(self.pending.values())
                .chain(told.map(Settlement::body))
                .collect();
            new.retain(|body| !known.contains(body));
        }
        let (new, gone): (Vec<Body>, Vec<Body>) = new
            .into_iter()
            .partition(|body| !matches!(body, Body::Entry(_, values) if values.is_empty()));
        self.unsettled
            .extend(gone.into_iter().map(Settlement::Done));
        let count = new.len() as u64 + found.put_back;
        if count > 0 {
            self.place.info(&format!(
                "takes up {count} items of {}",
                found.whose.join(", ")
            ));
            self.empty = false;
        }
        self.ready.extend(new);
    }

    /// Tells, once for each, of consumers that may still put back what they hold: a spout that is to read everything is not through before.
    fn waits_for(&mut self, elsewhere: &[(String, u64)]) {
        if !self.place.options.drain {
            return;
        }
        for (name, count) in elsewhere {
            if self.told_of.insert(name.clone()) {
                self.place.info(&format!(
                    "waits for {count} items of {name}: whether that lives cannot be seen from here"
                ));
            }
        }
    }

    /// Hears what became of tuples, and emits what there is room for.
    /// `telling`: what Redis is being told.
    fn turn(&mut self, source: &impl Source, telling: &[Settlement]) -> Leave {
        let host = self.place.host;
        host.with(|core| {
            for (number, told) in core.take_outcomes(self.place.at) {
                self.hears(number, told, source);
            }
            let mut leave = core.leave_of(self.place.at);
            let rests = self.rests_until.is_some_and(|until| Instant::now() < until);
            if !rests {
                self.rests_until = None;
            }
            while !rests && leave.room > 0 && !self.ready.is_empty() {
                self.emits(core, (leave.room as usize).min(PIECE), source);
                core.after(self.place.at);
                leave = core.leave_of(self.place.at);
            }
            let moves = |told: &[Settlement]| {
                told.iter()
                    .any(|settlement| !matches!(settlement, Settlement::Done(_)))
            };
            let done = self.place.options.drain
                && self.empty
                && self.cared
                && self.ready.is_empty()
                && self.refused.is_empty()
                && !moves(&self.unsettled)
                && !moves(telling);
            core.inside_is_done(self.place.at, done);
            leave
        })
    }

    fn hears(&mut self, number: u64, told: Told, source: &impl Source) {
        let Some(body) = self.pending.remove(&number) else {
            return;
        };
        let (kind, why) = match told {
            Told::Acked => {
                (self.fruitless, self.rests_until) = (0, None);
                self.counts(|fails, _| fails.acked(&body));
                self.unsettled.push(Settlement::Done(body));
                return;
            }
            Told::Failed(kind, why) => (kind, why),
        };
        if self.rests_until.is_none() {
            let rest = FIRST_REST
                .saturating_mul(1 << self.fruitless.min(16))
                .min(LONGEST_REST);
            self.fruitless += 1;
            self.rests_until = Some(Instant::now() + rest);
        }
        let has_had_them = self.counts(|fails, tries| match kind {
            FailKind::ChildDied => {
                fails.excused(&body);
                false
            }
            _ => fails.failed(&body, tries),
        });
        if has_had_them == Some(true) {
            let tries = self.place.options.tries;
            self.puts_aside(
                body,
                format!("it failed {tries} times, at last: {why}"),
                source,
            );
        } else if self.puts_back {
            self.unsettled.push(Settlement::Back(body));
        } else {
            self.ready.push_back(body);
        }
    }

    /// Counts tries, where they are limited.
    fn counts<T>(&self, count: impl FnOnce(&mut Fails, u32) -> T) -> Option<T> {
        let (host, tries) = (self.place.host, self.place.options.tries);
        let component = host.topology.tasks[self.place.at].component;
        (tries > 0).then(|| count(&mut host.redis_fails[component].borrow_mut(), tries))
    }

    fn emits(&mut self, core: &mut crate::runtime::core::Core, most: usize, source: &impl Source) {
        let reading = Reading {
            fields: self.fields,
            json: self.place.options.json,
        };
        for _ in 0..most {
            let Some(body) = self.ready.pop_front() else {
                return;
            };
            match reading.row(&body) {
                Ok(row) => {
                    let values: Vec<&[u8]> = row.values.iter().map(Vec::as_slice).collect();
                    if let Some(number) =
                        core.inside_emits(self.place.at, row.encoding, &values, true)
                    {
                        self.counts(|fails, _| fails.emitted(&body));
                        self.pending.insert(number, body);
                    }
                }
                Err(why) => self.puts_aside(body, why, source),
            }
        }
    }

    fn puts_aside(&mut self, body: Body, why: String, source: &impl Source) {
        self.place.error(
            Code::REDIS_ASIDE,
            &format!(
                "puts aside, into {:?}: {} ({why})",
                source.aside(),
                preview(&body)
            ),
        );
        self.unsettled.push(Settlement::Aside(body, why));
    }
}

type Answer<'f, T> = Option<Pin<Box<dyn Future<Output = Result<T, RedisError>> + 'f>>>;

/// The answer of what is under way; never where nothing is. What is under way is over then.
async fn answer<T>(under_way: &mut Answer<'_, T>) -> Result<T, RedisError> {
    match under_way {
        Some(waited) => {
            let result = waited.await;
            *under_way = None;
            result
        }
        None => pending().await,
    }
}

/// Works with one connection until the run ends, or it breaks.
async fn serve<S: Source>(
    place: &Place<'_>,
    source: &S,
    hand: &mut Hand<'_>,
    connector: &mut Connector<'_>,
) -> Result<(), RedisError> {
    let options = &place.options;
    let con = connection(options, options.timeout).await?;
    let idle = connection(options, options.timeout + WAIT).await?;
    source.open(&con).await?;
    hand.takes_up(source.mine(&con).await?);
    if !std::mem::replace(&mut hand.up, true) {
        place.host.with(|core| core.up(place.at, Dialect::Inside));
    }
    let mut telling: Rc<Vec<Settlement>> = Rc::default();
    let mut uncertain = false;
    let result = work(
        place,
        source,
        hand,
        (&con, &idle),
        connector,
        &mut telling,
        &mut uncertain,
    )
    .await;
    if result.is_err() {
        // Perhaps it was told all the same: that is found out with the next connection.
        hand.still_to_tell(Rc::unwrap_or_clone(telling));
        hand.uncertain = uncertain;
    }
    result
}

/// At the end: tells what is still to be told, and gives back what was not dealt with.
async fn farewell<S: Source>(
    source: &S,
    con: &MultiplexedConnection,
    hand: &mut Hand<'_>,
) -> Result<(), RedisError> {
    hand.still_to_tell(Vec::new());
    let back = hand.back();
    hand.given_back = back.len();
    let settled = source.settle(con, &hand.unsettled).await?;
    hand.unsettled = settled.refused;
    hand.given_back = source.leave(con, &back).await?;
    Ok(())
}

/// Until then; never if there is nothing to wait for.
async fn wake_at(then: Option<Instant>) {
    match then {
        Some(then) => sleep_until(then.into()).await,
        None => pending().await,
    }
}

async fn work<S: Source>(
    place: &Place<'_>,
    source: &S,
    hand: &mut Hand<'_>,
    (con, idle): (&MultiplexedConnection, &MultiplexedConnection),
    connector: &mut Connector<'_>,
    telling: &mut Rc<Vec<Settlement>>,
    uncertain: &mut bool,
) -> Result<(), RedisError> {
    let (host, at, options) = (place.host, place.at, &place.options);
    let mut stage = host.stage.subscribe();
    let mut care_at = Instant::now();
    let mut taking: Answer<'_, Vec<Body>> = None;
    let mut waiting: Answer<'_, Vec<Body>> = None;
    let mut settling: Answer<'_, Settled> = None;
    let mut caring: Answer<'_, Found> = None;
    loop {
        let leave = hand.turn(source, telling);
        if settling.is_none() && hand.tells_again.is_some_and(|then| then <= Instant::now()) {
            hand.still_to_tell(Vec::new());
        }
        if settling.is_none() && !hand.unsettled.is_empty() {
            *telling = Rc::new(std::mem::take(&mut hand.unsettled));
            let what = telling.clone();
            settling = Some(Box::pin(async move { source.settle(con, &what).await }));
        }
        if leave.ends {
            if settling.is_none() && taking.is_none() && waiting.is_none() && caring.is_none() {
                return farewell(source, con, hand).await;
            }
        } else {
            let (due, room) = (Instant::now() >= care_at, hand.ready.is_empty());
            if caring.is_none() && (due || hand.more && room) {
                if due {
                    care_at = Instant::now() + source.care_every();
                }
                caring = Some(Box::pin(source.care(con, room, due)));
            }
            let may_take = taking.is_none() && waiting.is_none() && hand.ready.is_empty();
            let rests = hand.rests_until.is_some() || hand.refusals > 0;
            if may_take && leave.room > 0 && !rests {
                let most = options.batch.clamp(1, leave.room);
                if !hand.empty {
                    taking = Some(Box::pin(source.take(con, most)));
                } else if !options.drain {
                    waiting = Some(Box::pin(source.wait(idle, most)));
                }
            }
        }
        *uncertain = taking.is_some() || waiting.is_some();
        // Only what something is done about then: else this loop would turn as fast as it can.
        let care = (caring.is_none() && !leave.ends).then_some(care_at);
        let again = hand.tells_again.filter(|_| settling.is_none());
        let next = [hand.rests_until, again, care];
        tokio::select! {
            taken = answer(&mut taking) => {
                let taken = taken?;
                connector.works();
                hand.empty = taken.is_empty();
                hand.ready.extend(taken);
            }
            taken = answer(&mut waiting) => {
                let taken = taken?;
                connector.works();
                hand.empty = taken.is_empty();
                hand.ready.extend(taken);
            }
            settled = answer(&mut settling) => {
                let settled = settled?;
                let back = telling.iter().any(|settlement| matches!(settlement, Settlement::Back(_)));
                if back {
                    hand.empty = false;
                }
                *telling = Rc::default();
                hand.has_told(settled)?;
                if hand.refused.is_empty() {
                    connector.works();
                }
            }
            found = answer(&mut caring) => {
                hand.takes_over(found?, telling);
                if options.drain && !hand.cared {
                    care_at = care_at.min(Instant::now() + LOOK_AGAIN);
                }
            }
            () = host.something_to_write(at) => {}
            () = host.room(at) => {}
            _ = stage.changed() => {}
            () = wake_at(next.into_iter().flatten().min()) => {}
            () = host.out_of_time(at) => break,
        }
    }
    if !host.at_once.get() {
        // Nobody waits for it any more. Should this not succeed, all lies where the next run finds it, and it is told how much that is.
        let leaving = async {
            // What it may still be given on the other connection would go with the consumer.
            if waiting.is_some() {
                hand.ready.extend(answer(&mut waiting).await?);
            }
            if settling.is_some() {
                let settled = answer(&mut settling).await?;
                *telling = Rc::default();
                hand.refused.extend(settled.refused);
            }
            farewell(source, con, hand).await
        };
        let left = timeout(FAREWELL, leaving).await;
        if !matches!(left, Ok(Ok(()))) {
            hand.still_to_tell(std::mem::take(telling).to_vec());
        }
    }
    Ok(())
}

fn preview(body: &Body) -> String {
    let text = match body {
        Body::Item(text) | Body::Message(_, text) => String::from_utf8_lossy(text).into_owned(),
        Body::Entry(id, values) => {
            let shown = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
            let values: Vec<String> = values
                .iter()
                .map(|(name, value)| format!("{}={}", shown(name), shown(value)))
                .collect();
            format!("{id} {}", values.join(" "))
        }
    };
    let mut short: String = text.chars().take(200).collect();
    if short.len() < text.len() {
        short.push('…');
    }
    format!("{short:?}")
}
