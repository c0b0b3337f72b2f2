//! A list, read so that nothing is lost: each item is moved to a list of this consumer's own, and taken out there when its tree is done.
//!
//! ```text
//! KEY                          where producers push
//! KEY:taken:CONSUMER           what a consumer has in hand
//! KEY:consumers                a set: who has ever taken anything
//! KEY:alive:CONSUMER           a sign of life, which goes by itself
//! KEY:failed                   what was put aside
//! ```

use std::time::{Duration, Instant};

use redis::aio::MultiplexedConnection;
use redis::{Pipeline, RedisError, Value, pipe};

use super::connect::{all_well, ask, bytes, not_understood};
use super::consumer::Consumer;
use super::item::Body;
use super::source::{Found, Settled, Settlement, Source};
use super::{ALIVE, CARE, WAIT};
use crate::topology::redis::End;

/// Items that are put back in one go.
const PIECE: usize = 1000;

/// A list.
pub struct List {
    key: String,
    taken: String,
    consumers: String,
    failed: String,
    own: Consumer,
    end: End,
    /// Since when others are watched: whoever has given a sign of life since then lives.
    since: Instant,
}

/// What became of an item that is to go elsewhere.
enum Fate {
    /// It is there, and only there.
    Moved,
    /// Redis refused to take it there, so it lies where it lay.
    Kept(RedisError),
    /// It is there, and Redis refused to take it out here.
    Doubled(RedisError),
}

/// How it stands with another consumer.
enum State {
    Lives,
    Gone,
    /// Nobody has seen it live or die. How many items it has in hand.
    Unknown(u64),
}

impl List {
    /// The list `key`, from whose `end` items are taken, for one task of this process.
    pub fn new(key: &str, end: End, task: usize) -> List {
        let own = Consumer::of_this_process(task);
        List {
            key: key.into(),
            taken: format!("{key}:taken:{own}"),
            consumers: format!("{key}:consumers"),
            failed: format!("{key}:failed"),
            own,
            end,
            since: Instant::now(),
        }
    }

    /// Without being in the set whatever it takes would be found by nobody after its death. So it goes with every take: sets are deleted, too.
    fn is_consumer(&self, commands: &mut Pipeline) {
        commands
            .cmd("SADD")
            .arg(&self.consumers)
            .arg(self.own.to_string());
    }

    fn lives(&self) -> Pipeline {
        let mut commands = pipe();
        self.is_consumer(&mut commands);
        commands
            .cmd("SET")
            .arg(format!("{}:alive:{}", self.key, self.own))
            .arg(1)
            .arg("PX")
            .arg(ALIVE.as_millis() as u64);
        commands
    }

    /// To the end from which it is taken next, or behind all others.
    fn push(&self, commands: &mut Pipeline, to: End, item: &[u8]) {
        commands.cmd(to.push()).arg(&self.key).arg(item);
    }

    fn remove(&self, commands: &mut Pipeline, item: &[u8]) {
        // Items were put in at the head, and the oldest is done first: so it is looked for from the tail.
        commands.cmd("LREM").arg(&self.taken).arg(-1).arg(item);
    }

    /// Sends commands that put items elsewhere, one an item, and takes out of `taken` what Redis has answered for: a refused one would be nowhere.
    /// Should the connection break in between, they are there twice rather than nowhere.
    async fn move_on(
        &self,
        con: &MultiplexedConnection,
        writes: &Pipeline,
        items: &[&[u8]],
    ) -> Result<Vec<Fate>, RedisError> {
        let answers = ask(con, writes).await?.into_iter();
        let written: Vec<Result<Value, RedisError>> = answers.map(Value::extract_error).collect();
        let mut removals = pipe();
        for (item, _) in items.iter().zip(&written).filter(|(_, well)| well.is_ok()) {
            self.remove(&mut removals, item);
        }
        let mut removed = ask(con, &removals).await?.into_iter();
        let fates = written.into_iter().map(|well| match well {
            Err(why) => Fate::Kept(why),
            Ok(_) => match removed.next().map(Value::extract_error) {
                Some(Err(why)) => Fate::Doubled(why),
                _ => Fate::Moved,
            },
        });
        Ok(fates.collect())
    }

    /// How it stands with a consumer: seen from here, or by its signs of life.
    async fn state(&self, con: &MultiplexedConnection, name: &str) -> Result<State, RedisError> {
        match Consumer::parse(name).and_then(|consumer| consumer.is_dead()) {
            Some(true) => return Ok(State::Gone),
            Some(false) => return Ok(State::Lives),
            None => {}
        }
        let mut commands = pipe();
        commands
            .cmd("PTTL")
            .arg(format!("{}:alive:{name}", self.key));
        commands
            .cmd("LLEN")
            .arg(format!("{}:taken:{name}", self.key));
        let answers = all_well(ask(con, &commands).await?)?;
        Ok(match answers.as_slice() {
            [Value::Int(-2), _] => State::Gone,
            [Value::Int(left), Value::Int(taken)] => {
                let silent = ALIVE.saturating_sub(Duration::from_millis((*left).max(0) as u64));
                match silent < self.since.elapsed() {
                    true => State::Lives,
                    false => State::Unknown((*taken).max(0) as u64),
                }
            }
            other => {
                return Err(not_understood(
                    "PTTL and LLEN",
                    &Value::Array(other.to_vec()),
                ));
            }
        })
    }

    /// Moves everything that a consumer left back to the list, the oldest to where it is taken first. Returns how many items that were.
    async fn put_back_from(
        &self,
        con: &MultiplexedConnection,
        name: &str,
    ) -> Result<u64, RedisError> {
        let mut moved = 0;
        loop {
            let mut commands = pipe();
            for _ in 0..PIECE {
                commands
                    .cmd("LMOVE")
                    .arg(format!("{}:taken:{name}", self.key))
                    .arg(&self.key)
                    // The newest first, so that the oldest comes to lie at the very end.
                    .arg("LEFT")
                    .arg(self.end.word());
            }
            let answers = all_well(ask(con, &commands).await?)?;
            let found = answers
                .iter()
                .filter(|answer| **answer != Value::Nil)
                .count();
            moved += found as u64;
            if found < PIECE {
                break;
            }
        }
        let mut commands = pipe();
        commands.cmd("SREM").arg(&self.consumers).arg(name);
        commands
            .cmd("DEL")
            .arg(format!("{}:alive:{name}", self.key));
        all_well(ask(con, &commands).await?)?;
        Ok(moved)
    }
}

impl Source for List {
    fn aside(&self) -> &str {
        &self.failed
    }

    fn puts_back(&self) -> bool {
        true
    }

    async fn open(&self, con: &MultiplexedConnection) -> Result<(), RedisError> {
        let mut commands = self.lives();
        // That it is a list, if it is there.
        commands.cmd("LLEN").arg(&self.key);
        // Without memory a sign of life is refused. What is done can be told all the same, and frees some.
        let well = |answer: Value| match answer.extract_error() {
            Err(why) if why.code() != Some("OOM") => Err(why),
            _ => Ok(()),
        };
        ask(con, &commands).await?.into_iter().try_for_each(well)
    }

    async fn mine(&self, con: &MultiplexedConnection) -> Result<Vec<Body>, RedisError> {
        let mut commands = pipe();
        commands.cmd("LRANGE").arg(&self.taken).arg(0).arg(-1);
        let answers = all_well(ask(con, &commands).await?)?;
        // The newest comes first.
        let mut found = match answers.into_iter().next() {
            Some(Value::Array(items)) => bodies("LRANGE", items)?,
            other => return Err(not_understood("LRANGE", &other.unwrap_or_default())),
        };
        found.reverse();
        Ok(found)
    }

    async fn take(&self, con: &MultiplexedConnection, n: u32) -> Result<Vec<Body>, RedisError> {
        let mut commands = Pipeline::with_capacity(n as usize + 1);
        self.is_consumer(&mut commands);
        for _ in 0..n {
            commands
                .cmd("LMOVE")
                .arg(&self.key)
                .arg(&self.taken)
                .arg(self.end.word())
                .arg("LEFT");
        }
        bodies("LMOVE", all_well(ask(con, &commands).await?)?.split_off(1))
    }

    async fn wait(&self, con: &MultiplexedConnection, _: u32) -> Result<Vec<Body>, RedisError> {
        let mut commands = pipe();
        self.is_consumer(&mut commands);
        commands
            .cmd("BLMOVE")
            .arg(&self.key)
            .arg(&self.taken)
            .arg(self.end.word())
            .arg("LEFT")
            .arg(WAIT.as_secs_f64());
        bodies("BLMOVE", all_well(ask(con, &commands).await?)?.split_off(1))
    }

    async fn settle(
        &self,
        con: &MultiplexedConnection,
        what: &[Settlement],
    ) -> Result<Settled, RedisError> {
        let (mut writes, mut removals) = (pipe(), Pipeline::with_capacity(what.len()));
        let (mut moving, mut items, mut done) = (Vec::new(), Vec::new(), Vec::new());
        for settlement in what {
            let Body::Item(item) = settlement.body() else {
                continue;
            };
            match settlement {
                Settlement::Done(_) => {
                    self.remove(&mut removals, item);
                    done.push(settlement);
                    continue;
                }
                Settlement::Back(_) => self.push(&mut writes, self.end.other(), item),
                Settlement::Aside(..) => {
                    writes.cmd("LPUSH").arg(&self.failed).arg(item);
                }
            }
            moving.push(settlement);
            items.push(item.as_slice());
        }
        let mut settled = Settled::default();
        let fates = self.move_on(con, &writes, &items).await?;
        for (settlement, fate) in moving.into_iter().zip(fates) {
            match fate {
                Fate::Moved => {}
                Fate::Kept(why) => settled.refuse(settlement.clone(), why),
                Fate::Doubled(why) => {
                    settled.refuse(Settlement::Done(settlement.body().clone()), why);
                }
            }
        }
        for (settlement, answer) in done.into_iter().zip(ask(con, &removals).await?) {
            if let Err(why) = answer.extract_error() {
                settled.refuse(settlement.clone(), why);
            }
        }
        Ok(settled)
    }

    fn care_every(&self) -> Duration {
        CARE
    }

    async fn care(
        &self,
        con: &MultiplexedConnection,
        _room: bool,
        _due: bool,
    ) -> Result<Found, RedisError> {
        let mut commands = self.lives();
        commands.cmd("SMEMBERS").arg(&self.consumers);
        let answers = all_well(ask(con, &commands).await?)?;
        let names: Vec<String> = match answers.into_iter().last() {
            Some(Value::Array(names)) => names.into_iter().filter_map(text).collect(),
            other => return Err(not_understood("SMEMBERS", &other.unwrap_or_default())),
        };
        let mut found = Found::default();
        for name in names
            .into_iter()
            .filter(|name| *name != self.own.to_string())
        {
            match self.state(con, &name).await? {
                State::Gone => {}
                State::Unknown(taken) if taken > 0 => {
                    found.elsewhere.push((name, taken));
                    continue;
                }
                State::Lives | State::Unknown(_) => continue,
            }
            let moved = self.put_back_from(con, &name).await?;
            if moved > 0 {
                found.put_back += moved;
                found.whose.push(name);
            }
        }
        Ok(found)
    }

    async fn leave(&self, con: &MultiplexedConnection, back: &[Body]) -> Result<usize, RedisError> {
        let mut stay = 0;
        // The newest first, so that the oldest is taken first again.
        for piece in back.rchunks(PIECE) {
            let mut writes = Pipeline::with_capacity(piece.len());
            let mut items = Vec::with_capacity(piece.len());
            for body in piece.iter().rev() {
                if let Body::Item(item) = body {
                    self.push(&mut writes, self.end, item);
                    items.push(item.as_slice());
                }
            }
            let fates = self.move_on(con, &writes, &items).await?;
            stay += fates
                .iter()
                .filter(|fate| !matches!(fate, Fate::Moved))
                .count();
        }
        let mut commands = pipe();
        commands
            .cmd("DEL")
            .arg(format!("{}:alive:{}", self.key, self.own));
        commands.cmd("LLEN").arg(&self.taken);
        let answers = all_well(ask(con, &commands).await?)?;
        if answers.last() == Some(&Value::Int(0)) {
            let mut commands = pipe();
            commands
                .cmd("SREM")
                .arg(&self.consumers)
                .arg(self.own.to_string());
            all_well(ask(con, &commands).await?)?;
        }
        Ok(stay)
    }
}

/// The items among the answers; nil is none.
fn bodies(command: &'static str, answers: Vec<Value>) -> Result<Vec<Body>, RedisError> {
    let items = answers.into_iter().filter(|answer| *answer != Value::Nil);
    items
        .map(|answer| Ok(Body::Item(bytes(command, answer)?)))
        .collect()
}

fn text(answer: Value) -> Option<String> {
    match answer {
        Value::BulkString(name) => String::from_utf8(name).ok(),
        Value::SimpleString(name) => Some(name),
        _ => None,
    }
}

const _: () = assert!(WAIT.as_millis() < Duration::from_secs(1).as_millis());
