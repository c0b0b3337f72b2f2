//! A stream, read as one consumer of a group: Redis keeps each entry as pending until it is acknowledged, which it is when its tree is done.

use std::cell::{Cell, RefCell};
use std::time::{Duration, Instant};

use redis::aio::MultiplexedConnection;
use redis::{Pipeline, RedisError, Value, pipe};

use super::connect::{all_well, ask, bytes, not_understood};
use super::consumer::Consumer;
use super::item::Body;
use super::source::{Found, Settled, Settlement, Source};
use super::{CARE, WAIT};

/// Entries that are asked for in one go when pending ones are looked through.
const PIECE: usize = 1000;
/// The consumer that entries are handed to at an orderly end. It never lives, and whoever looks for long pending entries has them at once.
const LEFT: &str = "stormhost.left";
/// How long these are said to have been pending: the most that `claim.idle` can be.
const LONG_AGO: Duration = Duration::from_secs(86_400);
/// Whoever claims something first has it for so long before another one may have it as dead consumers' things.
const CLAIMED: Duration = Duration::from_millis(100);

/// Where a look through all entries begins, and what it comes back to when it is through.
const FIRST: &str = "0-0";

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
    /// Since when others are watched: whoever has asked Redis for something since then lives. Not longer than the connection is there, since a Redis that
    /// was started anew takes all of them for fresh.
    since: Cell<Instant>,
}

/// Another consumer of the group.
struct Other {
    name: String,
    pending: u64,
    /// How long it has been silent.
    idle: Duration,
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
            cursor: RefCell::new(FIRST.into()),
            since: Cell::new(Instant::now()),
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
        n: usize,
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
        // One pair of key and entries for each stream that was asked; nil if there is nothing.
        let answer = self.one(con, &commands).await?;
        match &answer {
            Value::Nil => Ok(Vec::new()),
            Value::Array(streams) => match streams.first() {
                Some(Value::Array(pair)) => match pair.get(1) {
                    Some(found) => entries("XREADGROUP", found),
                    None => Err(not_understood("XREADGROUP", &answer)),
                },
                _ => Err(not_understood("XREADGROUP", &answer)),
            },
            _ => Err(not_understood("XREADGROUP", &answer)),
        }
    }

    /// The ids of what a consumer has pending, a piece of them, from an id on.
    async fn pending(
        &self,
        con: &MultiplexedConnection,
        name: &str,
        from: &str,
        most: usize,
    ) -> Result<Vec<String>, RedisError> {
        let mut commands = pipe();
        commands
            .cmd("XPENDING")
            .arg(&self.key)
            .arg(&self.group)
            .arg(from)
            .arg("+")
            .arg(most)
            .arg(name);
        match self.one(con, &commands).await? {
            Value::Array(rows) => rows.iter().map(first_text).collect(),
            other => Err(not_understood("XPENDING", &other)),
        }
    }

    /// Says of everything in hand that it is not forgotten: what has been pending for long is claimed, by tasks of this very run as well.
    async fn renew(&self, con: &MultiplexedConnection) -> Result<(), RedisError> {
        let mut from = "-".to_owned();
        loop {
            // Only what is still this consumer's: what was claimed meanwhile is another one's now.
            let ids = self.pending(con, &self.own, &from, PIECE).await?;
            let Some(last) = ids.last() else {
                return Ok(());
            };
            from = format!("({last}");
            let mut commands = pipe();
            commands
                .cmd("XCLAIM")
                .arg(&self.key)
                .arg(&self.group)
                .arg(&self.own)
                .arg(0)
                .arg(&ids)
                .arg("JUSTID");
            self.one(con, &commands).await?;
            if ids.len() < PIECE {
                return Ok(());
            }
        }
    }

    /// Claims a piece of what has been pending for long, or was left behind by those who went in order.
    async fn claim(
        &self,
        con: &MultiplexedConnection,
        found: &mut Found,
    ) -> Result<(), RedisError> {
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
        let answer = self.one(con, &commands).await?;
        let Value::Array(parts) = &answer else {
            return Err(not_understood("XAUTOCLAIM", &answer));
        };
        let [Value::BulkString(next), claimed, ..] = parts.as_slice() else {
            return Err(not_understood("XAUTOCLAIM", &answer));
        };
        let next = String::from_utf8_lossy(next).into_owned();
        found.more |= next != FIRST;
        *self.cursor.borrow_mut() = next;
        let claimed = entries("XAUTOCLAIM", claimed)?;
        if !claimed.is_empty() {
            let silent = self.claim_idle.as_secs();
            found
                .whose
                .push(format!("consumers that left or were silent for {silent} s"));
            found.claimed.extend(claimed);
        }
        Ok(())
    }

    /// All other consumers of the group.
    async fn others(&self, con: &MultiplexedConnection) -> Result<Vec<Other>, RedisError> {
        let mut commands = pipe();
        commands
            .cmd("XINFO")
            .arg("CONSUMERS")
            .arg(&self.key)
            .arg(&self.group);
        let consumers = match self.one(con, &commands).await? {
            Value::Array(consumers) => consumers,
            other => return Err(not_understood("XINFO CONSUMERS", &other)),
        };
        let mut found = Vec::with_capacity(consumers.len());
        for described in &consumers {
            let (mut name, mut pending, mut idle) = (None, 0, 0);
            for (key, value) in pairs("XINFO CONSUMERS", described)? {
                match (key.as_slice(), value) {
                    (b"name", Value::BulkString(bytes)) => {
                        name = String::from_utf8(bytes.clone()).ok();
                    }
                    (b"pending", Value::Int(count)) => pending = *count as u64,
                    (b"idle", Value::Int(millis)) => idle = *millis as u64,
                    _ => {}
                }
            }
            // A name that is no text is none of ours; what it has pending is claimed by the time.
            found.extend(name.filter(|name| *name != self.own).map(|name| Other {
                name,
                pending,
                idle: Duration::from_millis(idle),
            }));
        }
        Ok(found)
    }

    /// Takes over a piece of what a dead consumer has pending. The consumer goes when it has nothing left.
    async fn inherit(
        &self,
        con: &MultiplexedConnection,
        name: &str,
        found: &mut Found,
    ) -> Result<(), RedisError> {
        let ids = self.pending(con, name, "-", PIECE).await?;
        let mut commands = pipe();
        if ids.is_empty() {
            commands
                .cmd("XGROUP")
                .arg("DELCONSUMER")
                .arg(&self.key)
                .arg(&self.group)
                .arg(name);
            return self.one(con, &commands).await.map(drop);
        }
        commands
            .cmd("XCLAIM")
            .arg(&self.key)
            .arg(&self.group)
            .arg(&self.own)
            .arg(CLAIMED.as_millis() as u64)
            .arg(&ids);
        let claimed = entries("XCLAIM", &self.one(con, &commands).await?)?;
        found.more |= ids.len() == PIECE || claimed.len() < ids.len();
        if !claimed.is_empty() {
            found.claimed.extend(claimed);
            found.whose.push(name.to_owned());
        }
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
        let made = self.one(con, &commands).await;
        self.since.set(Instant::now());
        match made {
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
        self.read(con, n as usize, ">", false).await
    }

    async fn wait(&self, con: &MultiplexedConnection, n: u32) -> Result<Vec<Body>, RedisError> {
        self.read(con, n as usize, ">", true).await
    }

    async fn settle(
        &self,
        con: &MultiplexedConnection,
        what: &[Settlement],
    ) -> Result<Settled, RedisError> {
        let mut settled = Settled::default();
        let mut through: Vec<(&str, &Body)> = Vec::with_capacity(what.len());
        let (mut writes, mut aside) = (pipe(), Vec::new());
        for settlement in what {
            let Body::Entry(id, values) = settlement.body() else {
                continue;
            };
            let Settlement::Aside(_, why) = settlement else {
                through.push((id, settlement.body()));
                continue;
            };
            let add = writes.cmd("XADD").arg(&self.failed).arg("*");
            add.arg("_id").arg(id).arg("_why").arg(why);
            for (name, value) in values {
                add.arg(name).arg(value);
            }
            aside.push((id.as_str(), settlement));
        }
        // There first, and answered for: one that is refused would be nowhere.
        for ((id, settlement), answer) in aside.into_iter().zip(ask(con, &writes).await?) {
            match answer.extract_error() {
                Ok(_) => through.push((id, settlement.body())),
                Err(why) => settled.refuse(settlement.clone(), why),
            }
        }
        let mut acks = pipe();
        if !through.is_empty() {
            let ack = acks.cmd("XACK").arg(&self.key).arg(&self.group);
            for (id, _) in &through {
                ack.arg(id);
            }
        }
        if let Err(why) = all_well(ask(con, &acks).await?) {
            for (_, body) in through {
                settled.refuse(Settlement::Done(body.clone()), why.clone());
            }
        }
        Ok(settled)
    }

    fn care_every(&self) -> Duration {
        (self.claim_idle / 3).clamp(CLAIMED, CARE)
    }

    async fn care(
        &self,
        con: &MultiplexedConnection,
        room: bool,
        due: bool,
    ) -> Result<Found, RedisError> {
        if due {
            self.renew(con).await?;
        }
        let mut found = Found {
            more: !room,
            ..Found::default()
        };
        if room {
            self.claim(con, &mut found).await?;
        }
        for other in self.others(con).await? {
            let consumer = Consumer::parse(&other.name);
            match consumer.and_then(|consumer| consumer.is_dead()) {
                Some(true) if room => self.inherit(con, &other.name, &mut found).await?,
                Some(_) => {}
                None => {
                    let lives = other.name != LEFT && other.idle < self.since.get().elapsed();
                    if other.pending > 0 && !lives {
                        found.elsewhere.push((other.name, other.pending));
                    }
                }
            }
        }
        Ok(found)
    }

    async fn leave(&self, con: &MultiplexedConnection, back: &[Body]) -> Result<usize, RedisError> {
        let mut stay = 0;
        for piece in back.chunks(PIECE) {
            let mut commands = pipe();
            let claim = commands
                .cmd("XCLAIM")
                .arg(&self.key)
                .arg(&self.group)
                .arg(LEFT)
                .arg(0);
            for body in piece {
                if let Body::Entry(id, _) = body {
                    claim.arg(id);
                }
            }
            claim
                .arg("IDLE")
                .arg(LONG_AGO.as_millis() as u64)
                .arg("JUSTID");
            if all_well(ask(con, &commands).await?).is_err() {
                stay += piece.len();
            }
        }
        if !self.pending(con, &self.own, "-", 1).await?.is_empty() {
            return Ok(stay);
        }
        let mut commands = pipe();
        commands
            .cmd("XGROUP")
            .arg("DELCONSUMER")
            .arg(&self.key)
            .arg(&self.group)
            .arg(&self.own);
        self.one(con, &commands).await?;
        Ok(stay)
    }
}

/// Entries as all commands give them: pairs of an id, and names with values in turn. Older servers have nil for what was deleted.
fn entries(command: &'static str, answer: &Value) -> Result<Vec<Body>, RedisError> {
    let Value::Array(rows) = answer else {
        return Err(not_understood(command, answer));
    };
    let mut found = Vec::with_capacity(rows.len());
    for row in rows.iter().filter(|row| **row != Value::Nil) {
        let Value::Array(pair) = row else {
            return Err(not_understood(command, row));
        };
        let [Value::BulkString(id), values] = pair.as_slice() else {
            return Err(not_understood(command, row));
        };
        let mut texts = Vec::new();
        for (name, value) in pairs(command, values)? {
            texts.push((name, bytes(command, value.clone())?));
        }
        found.push(Body::Entry(String::from_utf8_lossy(id).into_owned(), texts));
    }
    Ok(found)
}

/// Names and values that come in turn; nil where the entry was deleted.
fn pairs<'a>(
    command: &'static str,
    answer: &'a Value,
) -> Result<Vec<(Vec<u8>, &'a Value)>, RedisError> {
    match answer {
        Value::Nil => Ok(Vec::new()),
        Value::Array(values) => {
            let turns = values.chunks_exact(2);
            let pair = |turn: &'a [Value]| match turn {
                [name, value] => Ok((bytes(command, name.clone())?, value)),
                _ => Err(not_understood(command, answer)),
            };
            turns.map(pair).collect()
        }
        other => Err(not_understood(command, other)),
    }
}

/// The id that a row of pending entries begins with.
fn first_text(row: &Value) -> Result<String, RedisError> {
    match row {
        Value::Array(cells) => match cells.first() {
            Some(Value::BulkString(id)) => Ok(String::from_utf8_lossy(id).into_owned()),
            _ => Err(not_understood("XPENDING", row)),
        },
        _ => Err(not_understood("XPENDING", row)),
    }
}
