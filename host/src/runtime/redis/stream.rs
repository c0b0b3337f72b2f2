//! A stream, read as one consumer of a group: Redis keeps each entry as pending until it is acknowledged, which it is when its tree is done.

use std::cell::RefCell;
use std::time::Duration;

use redis::aio::MultiplexedConnection;
use redis::{Pipeline, RedisError, Value, pipe};

use super::WAIT;
use super::connect::{all_well, ask};
use super::consumer::Consumer;
use super::item::Body;
use super::source::{Found, Settlement, Source};

/// Entries that are asked for in one go when pending ones are looked through.
const PIECE: u32 = 1000;

/// A stream and a group.
pub struct Stream {
    key: String,
    group: String,
    start: String,
    failed: String,
    own: String,
    claim_idle: Duration,
    /// Where the next look for long pending entries begins.
    cursor: RefCell<String>,
}

impl Stream {
    /// The stream `key` for one task of this process.
    pub fn new(key: &str, group: &str, start: &str, claim_idle: Duration, task: usize) -> Stream {
        Stream {
            key: key.into(),
            group: group.into(),
            start: start.into(),
            failed: format!("{key}:failed"),
            own: Consumer::of_this_process(task).to_string(),
            claim_idle,
            cursor: RefCell::new("0-0".into()),
        }
    }

    async fn one(
        &self,
        con: &MultiplexedConnection,
        commands: &Pipeline,
    ) -> Result<Value, RedisError> {
        Ok(all_well(ask(con, commands).await?)?
            .into_iter()
            .next()
            .unwrap_or_default())
    }

    async fn read(
        &self,
        con: &MultiplexedConnection,
        n: u32,
        from: &str,
        block: bool,
    ) -> Result<Vec<Body>, RedisError> {
        let mut commands = pipe();
        let read = commands
            .cmd("XREADGROUP")
            .arg("GROUP")
            .arg(&self.group)
            .arg(&self.own);
        read.arg("COUNT").arg(n);
        if block {
            read.arg("BLOCK").arg(WAIT.as_millis() as u64);
        }
        read.arg("STREAMS").arg(&self.key).arg(from);
        Ok(match self.one(con, &commands).await? {
            // One pair of key and entries for each stream that was asked.
            Value::Array(mut streams) => match streams.pop() {
                Some(Value::Array(mut pair)) => entries(pair.pop().unwrap_or_default()),
                _ => Vec::new(),
            },
            _ => Vec::new(),
        })
    }

    /// Consumers of this machine that are dead, with how many entries they have pending.
    async fn dead(&self, con: &MultiplexedConnection) -> Result<Vec<(String, i64)>, RedisError> {
        let mut commands = pipe();
        commands
            .cmd("XINFO")
            .arg("CONSUMERS")
            .arg(&self.key)
            .arg(&self.group);
        let Value::Array(consumers) = self.one(con, &commands).await? else {
            return Ok(Vec::new());
        };
        let known = consumers.into_iter().filter_map(|described| {
            let (mut name, mut pending) = (None, 0);
            for (key, value) in pairs(described) {
                match (key.as_slice(), value) {
                    (b"name", Value::BulkString(bytes)) => name = String::from_utf8(bytes).ok(),
                    (b"pending", Value::Int(count)) => pending = count,
                    _ => {}
                }
            }
            Some((name?, pending))
        });
        Ok(known
            .filter(|(name, _)| {
                Consumer::parse(name).and_then(|consumer| consumer.is_dead()) == Some(true)
            })
            .collect())
    }

    /// Takes over what a dead consumer has pending, as far as one go reaches. The consumer goes when it has nothing left.
    async fn inherit(
        &self,
        con: &MultiplexedConnection,
        name: &str,
        found: &mut Found,
    ) -> Result<(), RedisError> {
        let mut commands = pipe();
        commands
            .cmd("XPENDING")
            .arg(&self.key)
            .arg(&self.group)
            .arg("-")
            .arg("+")
            .arg(PIECE)
            .arg(name);
        let ids: Vec<Vec<u8>> = match self.one(con, &commands).await? {
            Value::Array(rows) => rows.into_iter().filter_map(first_text).collect(),
            _ => Vec::new(),
        };
        if ids.is_empty() {
            let mut commands = pipe();
            commands
                .cmd("XGROUP")
                .arg("DELCONSUMER")
                .arg(&self.key)
                .arg(&self.group)
                .arg(name);
            return self.one(con, &commands).await.map(drop);
        }
        let mut commands = pipe();
        let claim = commands
            .cmd("XCLAIM")
            .arg(&self.key)
            .arg(&self.group)
            .arg(&self.own)
            .arg(0);
        for id in ids {
            claim.arg(id);
        }
        found
            .claimed
            .extend(entries(self.one(con, &commands).await?));
        found.whose.push(name.to_owned());
        Ok(())
    }
}

impl Source for Stream {
    fn aside(&self) -> &str {
        &self.failed
    }

    fn puts_back(&self) -> bool {
        false
    }

    async fn open(&self, con: &MultiplexedConnection) -> Result<(), RedisError> {
        let mut commands = pipe();
        commands
            .cmd("XGROUP")
            .arg("CREATE")
            .arg(&self.key)
            .arg(&self.group)
            .arg(&self.start)
            .arg("MKSTREAM");
        match self.one(con, &commands).await {
            // Somebody made it before.
            Err(error) if error.code() == Some("BUSYGROUP") => Ok(()),
            other => other.map(drop),
        }
    }

    async fn mine(&self, con: &MultiplexedConnection) -> Result<Vec<Body>, RedisError> {
        let (mut found, mut from) = (Vec::new(), "0".to_owned());
        loop {
            let read = self.read(con, PIECE, &from, false).await?;
            match read.last() {
                Some(Body::Entry(last, _)) => from = last.clone(),
                _ => break,
            }
            found.extend(read);
        }
        // What was deleted from the stream has no values any more.
        let (found, deleted): (Vec<Body>, Vec<Body>) = found
            .into_iter()
            .partition(|body| !matches!(body, Body::Entry(_, pairs) if pairs.is_empty()));
        let deleted: Vec<Settlement> = deleted.into_iter().map(Settlement::Done).collect();
        self.settle(con, &deleted).await?;
        Ok(found)
    }

    async fn take(&self, con: &MultiplexedConnection, n: u32) -> Result<Vec<Body>, RedisError> {
        self.read(con, n, ">", false).await
    }

    async fn wait(&self, con: &MultiplexedConnection, n: u32) -> Result<Vec<Body>, RedisError> {
        self.read(con, n, ">", true).await
    }

    async fn settle(
        &self,
        con: &MultiplexedConnection,
        what: &[Settlement],
    ) -> Result<(), RedisError> {
        let mut commands = pipe();
        let mut ids = Vec::with_capacity(what.len());
        for settlement in what {
            let Body::Entry(id, values) = settlement.body() else {
                continue;
            };
            if let Settlement::Aside(_, why) = settlement {
                let add = commands.cmd("XADD").arg(&self.failed).arg("*");
                add.arg("_id").arg(id).arg("_why").arg(why);
                for (name, value) in values {
                    add.arg(name).arg(value);
                }
            }
            ids.push(id);
        }
        if !ids.is_empty() {
            let ack = commands.cmd("XACK").arg(&self.key).arg(&self.group);
            for id in ids {
                ack.arg(id);
            }
        }
        all_well(ask(con, &commands).await?).map(drop)
    }

    async fn care(&self, con: &MultiplexedConnection) -> Result<Found, RedisError> {
        let mut found = Found::default();
        for (name, _) in self.dead(con).await? {
            self.inherit(con, &name, &mut found).await?;
        }
        let from = self.cursor.borrow().clone();
        let mut commands = pipe();
        commands
            .cmd("XAUTOCLAIM")
            .arg(&self.key)
            .arg(&self.group)
            .arg(&self.own)
            .arg(self.claim_idle.as_millis() as u64)
            .arg(from)
            .arg("COUNT")
            .arg(PIECE);
        if let Value::Array(answer) = self.one(con, &commands).await? {
            let mut answer = answer.into_iter();
            if let Some(Value::BulkString(next)) = answer.next() {
                *self.cursor.borrow_mut() = String::from_utf8_lossy(&next).into_owned();
            }
            let claimed = entries(answer.next().unwrap_or_default());
            if !claimed.is_empty() {
                found
                    .whose
                    .push(format!("silent for {} s", self.claim_idle.as_secs()));
                found.claimed.extend(claimed);
            }
        }
        Ok(found)
    }

    async fn leave(&self, con: &MultiplexedConnection, back: &[Body]) -> Result<(), RedisError> {
        if !back.is_empty() {
            // They stay pending, and the next run of this topology sees that this process is gone.
            return Ok(());
        }
        let mut commands = pipe();
        commands
            .cmd("XPENDING")
            .arg(&self.key)
            .arg(&self.group)
            .arg("-")
            .arg("+")
            .arg(1)
            .arg(&self.own);
        if self.one(con, &commands).await? != Value::Array(Vec::new()) {
            return Ok(());
        }
        let mut commands = pipe();
        commands
            .cmd("XGROUP")
            .arg("DELCONSUMER")
            .arg(&self.key)
            .arg(&self.group)
            .arg(&self.own);
        self.one(con, &commands).await.map(drop)
    }
}

/// Entries as all commands give them: pairs of an id, and names with values in turn. What is none is left out.
fn entries(answer: Value) -> Vec<Body> {
    let Value::Array(rows) = answer else {
        return Vec::new();
    };
    let entry = |row: Value| {
        let Value::Array(pair) = row else {
            return None;
        };
        let mut pair = pair.into_iter();
        let Some(Value::BulkString(id)) = pair.next() else {
            return None;
        };
        let values = pairs(pair.next().unwrap_or_default());
        let text = |value: Value| match value {
            Value::BulkString(bytes) => bytes,
            Value::Okay => b"OK".to_vec(),
            Value::SimpleString(text) => text.into_bytes(),
            _ => Vec::new(),
        };
        Some(Body::Entry(
            String::from_utf8_lossy(&id).into_owned(),
            values
                .into_iter()
                .map(|(name, value)| (name, text(value)))
                .collect(),
        ))
    };
    rows.into_iter().filter_map(entry).collect()
}

/// Names and values that come in turn.
fn pairs(answer: Value) -> Vec<(Vec<u8>, Value)> {
    let mut found = Vec::new();
    match answer {
        Value::Array(values) => {
            let mut values = values.into_iter();
            while let (Some(Value::BulkString(name)), Some(value)) = (values.next(), values.next())
            {
                found.push((name, value));
            }
        }
        Value::Map(values) => {
            found.extend(values.into_iter().filter_map(|(name, value)| match name {
                Value::BulkString(name) => Some((name, value)),
                _ => None,
            }))
        }
        _ => {}
    }
    found
}

fn first_text(row: Value) -> Option<Vec<u8>> {
    match row {
        Value::Array(cells) => match cells.into_iter().next() {
            Some(Value::BulkString(id)) => Some(id),
            _ => None,
        },
        _ => None,
    }
}
