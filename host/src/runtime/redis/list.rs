//! A list, read so that nothing is lost: each item is moved to a list of this consumer's own, and taken out there when its tree is done.
//!
//! ```text
//! KEY                          where producers push
//! KEY:taken:CONSUMER           what a consumer has in hand
//! KEY:consumers                a set: who has ever taken anything
//! KEY:alive:CONSUMER           a sign of life, which goes by itself
//! KEY:failed                   what was put aside
//! ```

use std::time::Duration;

use redis::aio::MultiplexedConnection;
use redis::{Pipeline, RedisError, Value, pipe};

use super::connect::{all_well, ask};
use super::consumer::Consumer;
use super::item::Body;
use super::source::{Found, Settlement, Source};
use super::{ALIVE, WAIT};
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
        }
    }

    fn lives(&self) -> Pipeline {
        let mut commands = pipe();
        commands
            .cmd("SADD")
            .arg(&self.consumers)
            .arg(self.own.to_string());
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
        let word = if to == End::Left { "LPUSH" } else { "RPUSH" };
        commands.cmd(word).arg(&self.key).arg(item);
    }

    fn remove(&self, commands: &mut Pipeline, item: &[u8]) {
        // Items were put in at the head, and the oldest is done first: so it is looked for from the tail.
        commands.cmd("LREM").arg(&self.taken).arg(-1).arg(item);
    }

    /// Whether a consumer is gone: seen from here, or by its silence.
    async fn is_gone(&self, con: &MultiplexedConnection, name: &str) -> Result<bool, RedisError> {
        if let Some(dead) = Consumer::parse(name).and_then(|consumer| consumer.is_dead()) {
            return Ok(dead);
        }
        let mut commands = pipe();
        commands
            .cmd("EXISTS")
            .arg(format!("{}:alive:{name}", self.key));
        let answers = all_well(ask(con, &commands).await?)?;
        Ok(answers.first() == Some(&Value::Int(0)))
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
        all_well(ask(con, &commands).await?).map(drop)
    }

    async fn mine(&self, con: &MultiplexedConnection) -> Result<Vec<Body>, RedisError> {
        let mut commands = pipe();
        commands.cmd("LRANGE").arg(&self.taken).arg(0).arg(-1);
        let answers = all_well(ask(con, &commands).await?)?;
        // The newest comes first.
        let mut found: Vec<Body> = match answers.into_iter().next() {
            Some(Value::Array(items)) => items.into_iter().filter_map(body).collect(),
            _ => Vec::new(),
        };
        found.reverse();
        Ok(found)
    }

    async fn take(&self, con: &MultiplexedConnection, n: u32) -> Result<Vec<Body>, RedisError> {
        let mut commands = Pipeline::with_capacity(n as usize);
        for _ in 0..n {
            commands
                .cmd("LMOVE")
                .arg(&self.key)
                .arg(&self.taken)
                .arg(self.end.word())
                .arg("LEFT");
        }
        let answers = all_well(ask(con, &commands).await?)?;
        Ok(answers.into_iter().filter_map(body).collect())
    }

    async fn wait(&self, con: &MultiplexedConnection, _: u32) -> Result<Vec<Body>, RedisError> {
        let mut commands = pipe();
        commands
            .cmd("BLMOVE")
            .arg(&self.key)
            .arg(&self.taken)
            .arg(self.end.word())
            .arg("LEFT")
            .arg(WAIT.as_secs_f64());
        let answers = all_well(ask(con, &commands).await?)?;
        Ok(answers.into_iter().filter_map(body).collect())
    }

    async fn settle(
        &self,
        con: &MultiplexedConnection,
        what: &[Settlement],
    ) -> Result<(), RedisError> {
        let mut commands = Pipeline::with_capacity(what.len());
        for settlement in what {
            let Body::Item(item) = settlement.body() else {
                continue;
            };
            // There first, then away from here: should the connection break in between, it is there twice rather than nowhere.
            match settlement {
                Settlement::Done(_) => {}
                Settlement::Back(_) => self.push(&mut commands, self.end.other(), item),
                Settlement::Aside(..) => {
                    commands.cmd("LPUSH").arg(&self.failed).arg(item);
                }
            }
            self.remove(&mut commands, item);
        }
        all_well(ask(con, &commands).await?).map(drop)
    }

    async fn care(&self, con: &MultiplexedConnection) -> Result<Found, RedisError> {
        let mut commands = self.lives();
        commands.cmd("SMEMBERS").arg(&self.consumers);
        let answers = all_well(ask(con, &commands).await?)?;
        let names: Vec<String> = match answers.into_iter().last() {
            Some(Value::Array(names) | Value::Set(names)) => {
                names.into_iter().filter_map(text).collect()
            }
            _ => Vec::new(),
        };
        let mut found = Found::default();
        for name in names
            .into_iter()
            .filter(|name| *name != self.own.to_string())
        {
            if !self.is_gone(con, &name).await? {
                continue;
            }
            let moved = self.put_back_from(con, &name).await?;
            if moved > 0 {
                found.put_back += moved;
                found.whose.push(name);
            }
        }
        Ok(found)
    }

    async fn leave(&self, con: &MultiplexedConnection, back: &[Body]) -> Result<(), RedisError> {
        // The newest first, so that the oldest is taken first again.
        for piece in back.rchunks(PIECE) {
            let mut commands = Pipeline::with_capacity(2 * piece.len());
            for body in piece.iter().rev() {
                if let Body::Item(item) = body {
                    self.push(&mut commands, self.end, item);
                    self.remove(&mut commands, item);
                }
            }
            all_well(ask(con, &commands).await?)?;
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
        Ok(())
    }
}

fn body(answer: Value) -> Option<Body> {
    match answer {
        Value::BulkString(item) => Some(Body::Item(item)),
        Value::SimpleString(item) => Some(Body::Item(item.into_bytes())),
        // The client turns this very text into a value of its own.
        Value::Okay => Some(Body::Item(b"OK".to_vec())),
        _ => None,
    }
}

fn text(answer: Value) -> Option<String> {
    match answer {
        Value::BulkString(name) => String::from_utf8(name).ok(),
        Value::SimpleString(name) => Some(name),
        _ => None,
    }
}

const _: () = assert!(WAIT.as_millis() < Duration::from_secs(1).as_millis());
