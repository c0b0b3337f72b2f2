//! What a list and a stream have in common for the spout that reads them, and what is still to be done after a lost connection.

use std::collections::HashMap;
use std::time::Duration;

use redis::RedisError;
use redis::aio::MultiplexedConnection;

use super::item::Body;

/// What Redis is to be told of something that was taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Settlement {
    /// Its tree is done: away with it.
    Done(Body),
    /// Its tree failed: back to where it came from, behind the others.
    Back(Body),
    /// It cannot be read, or failed too often: aside, with the reason.
    Aside(Body, String),
}

impl Settlement {
    /// What it is about.
    pub fn body(&self) -> &Body {
        match self {
            Settlement::Done(body) | Settlement::Back(body) | Settlement::Aside(body, _) => body,
        }
    }
}

/// What came of telling Redis.
#[derive(Debug, Default)]
pub struct Settled {
    /// What it refused, and is still to be told.
    pub refused: Vec<Settlement>,
    /// Why it refused the first of these.
    pub why: Option<RedisError>,
}

impl Settled {
    /// One more that it refused.
    pub fn refuse(&mut self, settlement: Settlement, why: RedisError) {
        self.refused.push(settlement);
        self.why.get_or_insert(why);
    }
}

/// What was found of other consumers.
#[derive(Debug, Default)]
pub struct Found {
    /// Entries that are now ours.
    pub claimed: Vec<Body>,
    /// There is more than was looked through in one go.
    pub more: bool,
    /// Who has items in hand, and how many, without anybody knowing whether it lives.
    pub elsewhere: Vec<(String, u64)>,
    /// How many items were put back, to be taken by whoever comes first.
    pub put_back: u64,
    /// Whose they were.
    pub whose: Vec<String>,
}

/// A place in Redis that items are taken from, and which remembers them until it is told what became of them.
///
/// Nothing here is cut off in the middle, unless the connection is lost.
pub trait Source {
    /// Where what is put aside goes.
    fn aside(&self) -> &str;
    /// Whether what failed is put back into Redis; otherwise it stays with this consumer, which tries it again.
    fn puts_back(&self) -> bool;
    /// A connection is there: makes what has to be there, and leaves a sign of life.
    async fn open(&self, con: &MultiplexedConnection) -> Result<(), RedisError>;
    /// Everything that Redis remembers as taken by this consumer.
    async fn mine(&self, con: &MultiplexedConnection) -> Result<Vec<Body>, RedisError>;
    /// Takes up to `n` items, without waiting.
    async fn take(&self, con: &MultiplexedConnection, n: u32) -> Result<Vec<Body>, RedisError>;
    /// Waits a little for something to take. It has the connection for itself.
    async fn wait(&self, con: &MultiplexedConnection, n: u32) -> Result<Vec<Body>, RedisError>;
    /// Tells what became of items. What is to go elsewhere is taken out here only when Redis has answered that it is there.
    async fn settle(
        &self,
        con: &MultiplexedConnection,
        what: &[Settlement],
    ) -> Result<Settled, RedisError>;
    /// How often [`Source::care`] is due.
    fn care_every(&self) -> Duration;
    /// Leaves a sign of life where that is `due`, and looks for what consumers left that are gone. `room`: whether there may be entries among it for this one.
    async fn care(
        &self,
        con: &MultiplexedConnection,
        room: bool,
        due: bool,
    ) -> Result<Found, RedisError>;
    /// Puts back what was taken and not dealt with, before all else, and says good-bye. Returns how many items Redis refused: they stay with this consumer.
    async fn leave(&self, con: &MultiplexedConnection, back: &[Body]) -> Result<usize, RedisError>;
}

/// After a lost connection: what is still to be told, and what was taken without this consumer having heard of it.
///
/// `contents`: what Redis remembers as taken. `held`: what is in hand here. `unsettled`: what Redis was perhaps told. `uncertain`: whether
/// something was being taken when the connection broke. Then an item that says the same as an unsettled one may be another:
/// it is emitted again rather than lost.
pub fn reconcile<'a>(
    contents: Vec<Body>,
    held: impl Iterator<Item = &'a Body>,
    unsettled: Vec<Settlement>,
    uncertain: bool,
) -> (Vec<Settlement>, Vec<Body>) {
    let mut accounted: HashMap<&Body, usize> = HashMap::new();
    for body in held {
        *accounted.entry(body).or_default() += 1;
    }
    let mut surplus: HashMap<Body, usize> = HashMap::new();
    let mut order: Vec<Body> = Vec::new();
    for body in contents {
        if let Some(count) = accounted.get_mut(&body).filter(|count| **count > 0) {
            *count -= 1;
            continue;
        }
        order.push(body.clone());
        *surplus.entry(body).or_default() += 1;
    }
    let mut still = Vec::new();
    for settlement in unsettled {
        let body = settlement.body();
        // An entry of a stream has an id; of items that say the same nobody knows which is which.
        let is_sure = !uncertain || matches!(body, Body::Entry(..));
        if is_sure && let Some(count) = surplus.get_mut(body).filter(|count| **count > 0) {
            *count -= 1;
            still.push(settlement);
        }
    }
    let unheard = order.into_iter().filter(|body| {
        surplus
            .get_mut(body)
            .filter(|count| **count > 0)
            .map(|count| *count -= 1)
            .is_some()
    });
    (still, unheard.collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn item(text: &str) -> Body {
        Body::Item(text.into())
    }

    fn entry(id: &str) -> Body {
        Body::Entry(id.into(), vec![(b"a".into(), b"1".into())])
    }

    #[test]
    fn what_was_taken_unheard_is_emitted_and_what_was_told_is_not_told_again() {
        let contents = vec![item("a"), item("b"), item("c")];
        let held = [item("a")];
        let unsettled = vec![Settlement::Done(item("b")), Settlement::Done(item("gone"))];
        let (still, unheard) = reconcile(contents, held.iter(), unsettled, false);
        assert_eq!(still, [Settlement::Done(item("b"))]);
        assert_eq!(unheard, [item("c")]);
    }

    #[test]
    fn items_that_say_the_same_are_counted() {
        let contents = vec![item("a"), item("a"), item("a")];
        let held = [item("a"), item("a")];
        let (still, unheard) = reconcile(contents, held.iter(), vec![], true);
        assert_eq!((still, unheard), (vec![], vec![item("a")]));
    }

    #[test]
    fn what_may_be_another_item_comes_again_rather_than_being_lost() {
        let unsettled = vec![Settlement::Done(item("a"))];
        let (still, unheard) = reconcile(vec![item("a")], [].iter(), unsettled, true);
        assert_eq!((still, unheard), (vec![], vec![item("a")]));
    }

    #[test]
    fn an_entry_is_known_by_its_id() {
        let unsettled = vec![Settlement::Done(entry("1-0"))];
        let contents = vec![entry("1-0"), entry("2-0")];
        let (still, unheard) = reconcile(contents, [].iter(), unsettled.clone(), true);
        assert_eq!((still, unheard), (unsettled, vec![entry("2-0")]));
    }
}
