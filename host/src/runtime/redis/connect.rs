//! Connections to Redis: made, lost, told of in the log, and made again after growing pauses.

use std::error::Error;
use std::sync::Arc;
use std::time::{Duration, Instant};

use redis::aio::MultiplexedConnection;
use redis::{AsyncConnectionConfig, ErrorKind, Pipeline, RedisError, ServerErrorKind, Value};
use tokio::time::sleep;

use super::{Place, access};
use crate::errors::Code;
use crate::topology::redis::RedisOptions;

/// The pause after the first failure; it doubles with each further one.
const FIRST_PAUSE: Duration = Duration::from_millis(100);

/// Tries to connect, one after the other.
pub struct Connector<'a> {
    place: &'a Place<'a>,
    failures: u32,
    lost_since: Option<Instant>,
}

impl<'a> Connector<'a> {
    /// Before the first try.
    pub fn new(place: &'a Place<'a>) -> Connector<'a> {
        Connector {
            place,
            failures: 0,
            lost_since: None,
        }
    }

    /// To be called when Redis has done what it was asked: tells that it is there again, and begins to count anew.
    /// That a connection was made says too little: a replica, or a server that allows nothing, takes any.
    pub fn works(&mut self) {
        if let Some(since) = self.lost_since.take() {
            self.place.info(&format!(
                "Redis at {} is there again, after {:.1} s",
                self.place.options.server.addr(),
                since.elapsed().as_secs_f64()
            ));
        }
        self.failures = 0;
        let task = &self.place.host.topology.tasks[self.place.at];
        self.place.host.healthy[task.component].set(true);
    }

    /// After a failure: tells of it, and waits. `false` if there is no point in going on: the run ends, or was ended because of this.
    /// `holds`: whether there is anything that Redis has to be told before the task can leave.
    pub async fn pause(&mut self, error: &RedisError, holds: bool) -> bool {
        let (host, at) = (self.place.host, self.place.at);
        let server = self.place.options.server.addr();
        if self.is_hopeless(error) {
            host.fail(Code::REDIS_REFUSES.told(format!(
                "{} cannot work with Redis at {server}: {}; {}",
                host.with(|core| core.name(at)),
                said(error),
                advice(error, self.place)
            )));
            return false;
        }
        self.lost_since.get_or_insert_with(Instant::now);
        self.failures += 1;
        let pause = pause_after(self.failures, self.place.options.max_pause, random());
        if self.failures == 1 || self.failures.is_power_of_two() {
            self.place.warn(
                Code::REDIS_AWAY,
                &format!(
                    "Redis at {server}: {} ({}); next try in {:.1} s",
                    said(error),
                    match self.failures {
                        1 if self.place.hears_once() => {
                            "what is published meanwhile is lost".to_owned()
                        }
                        1 => "nothing is lost, what is in hand waits".to_owned(),
                        n => format!("{n} tries"),
                    },
                    pause.as_secs_f64()
                ),
            );
        }
        tokio::select! {
            () = sleep(pause) => true,
            () = host.out_of_time(at) => false,
            () = host.time_to_leave(at), if !holds => false,
        }
    }

    /// Whether trying again cannot help. Once something has worked, whatever it is may pass.
    pub fn is_hopeless(&self, error: &RedisError) -> bool {
        let host = self.place.host;
        let component = host.topology.tasks[self.place.at].component;
        is_permanent(error) && !host.healthy[component].get()
    }
}

fn random() -> f64 {
    use std::hash::{BuildHasher, RandomState};
    (RandomState::new().hash_one(0u8) >> 11) as f64 / (1u64 << 53) as f64
}

/// The pause before something that Redis has refused so often is tried again.
pub fn pause_before_retry(refusals: u32, most: Duration) -> Duration {
    pause_after(refusals, most, random())
}

/// Doubles with each failure up to `most`, and is shortened by up to a third by chance, so that many tasks do not come at once.
fn pause_after(failures: u32, most: Duration, chance: f64) -> Duration {
    let grown = FIRST_PAUSE.saturating_mul(1 << failures.saturating_sub(1).min(16));
    grown.min(most).mul_f64(1.0 - chance / 3.0)
}

/// A connection on which several may talk at a time. `patience` is how long an answer may take.
pub async fn connection(
    options: &RedisOptions,
    patience: Duration,
) -> Result<MultiplexedConnection, RedisError> {
    let config = AsyncConnectionConfig::new()
        .set_connection_timeout(Some(options.timeout))
        .set_response_timeout(Some(patience));
    options
        .client()?
        .get_multiplexed_async_connection_with_config(&config)
        .await
}

/// Sends commands all at once. Each has an answer of its own, which may be an error.
pub async fn ask(
    con: &MultiplexedConnection,
    commands: &Pipeline,
) -> Result<Vec<Value>, RedisError> {
    if commands.is_empty() {
        return Ok(Vec::new());
    }
    con.clone()
        .send_packed_commands(commands, 0, commands.len())
        .await
}

/// The answers, unless one of them is an error.
pub fn all_well(answers: Vec<Value>) -> Result<Vec<Value>, RedisError> {
    answers.into_iter().map(Value::extract_error).collect()
}

/// An answer that is none to what was asked: to go on as if nothing had come would lose what it held.
pub fn not_understood(command: &'static str, answer: &Value) -> RedisError {
    let shown: String = format!("{answer:?}").chars().take(200).collect();
    (
        ErrorKind::UnexpectedReturnType,
        "an answer that is not understood",
        format!("to {command}: {shown}"),
    )
        .into()
}

/// A text as it was put into Redis.
pub fn bytes(command: &'static str, answer: Value) -> Result<Vec<u8>, RedisError> {
    match answer {
        Value::BulkString(bytes) => Ok(bytes),
        Value::SimpleString(text) => Ok(text.into_bytes()),
        // The client turns this very text into a value of its own.
        Value::Okay => Ok(b"OK".to_vec()),
        other => Err(not_understood(command, &other)),
    }
}

/// Whether the server can do nothing for anybody at the moment, as while it loads its data; another connection may find another one.
pub fn is_for_now(error: &RedisError) -> bool {
    matches!(
        error.code(),
        Some(
            "LOADING" | "READONLY" | "MASTERDOWN" | "BUSY" | "CLUSTERDOWN" | "TRYAGAIN" | "MISCONF"
        )
    )
}

/// Whether it is about who asks, or which server is asked, and so about every command alike.
pub fn is_of_place(error: &RedisError) -> bool {
    matches!(error.code(), Some("NOPERM" | "MOVED" | "CROSSSLOT"))
}

/// Whether trying again cannot help: the server refuses what it is asked, or one side the other's certificate.
fn is_permanent(error: &RedisError) -> bool {
    match error.kind() {
        _ if of_tls(error).is_some() || is_of_place(error) => true,
        ErrorKind::AuthenticationFailed
        | ErrorKind::InvalidClientConfig
        | ErrorKind::Server(ServerErrorKind::ResponseError) => true,
        _ => matches!(error.code(), Some("WRONGTYPE" | "NOAUTH" | "WRONGPASS")),
    }
}

/// What TLS has against it.
fn of_tls(error: &RedisError) -> Option<&rustls::Error> {
    // The client keeps whatever it was in an `Arc`, and the handshake's errors come as those of the connection.
    let kept: &Arc<dyn Error + Send + Sync> = error.source()?.downcast_ref()?;
    match kept.downcast_ref::<std::io::Error>() {
        Some(error) => error.get_ref()?.downcast_ref(),
        None => kept.downcast_ref(),
    }
}

/// What is wrong, in words.
pub fn said(error: &RedisError) -> String {
    match (error.code(), error.detail()) {
        (None, Some(detail)) if error.kind() == ErrorKind::InvalidClientConfig => detail.into(),
        (Some(code), Some(detail)) if !error.is_io_error() => format!("{code} {detail}"),
        _ => error.to_string(),
    }
}

fn advice(error: &RedisError, place: &Place<'_>) -> String {
    match error.code() {
        Some("NOPERM") => format!(
            "the user of Redis needs {}",
            access::needed(place.kind(), &place.options)
        ),
        Some("MOVED" | "CROSSSLOT") => of_cluster(&place.options.key),
        _ => hint(error).into(),
    }
}

fn of_cluster(key: &str) -> String {
    let way = match key.contains('{') {
        true => format!("the key {key:?} can be worked with on the node that has it"),
        false => format!(
            "a key with braces, such as redis.key: \"{{{key}}}\", can be worked with on the node that has it"
        ),
    };
    format!("this is a Redis Cluster, which stormhost does not speak; {way}")
}

fn hint(error: &RedisError) -> &'static str {
    let detail = error.detail().unwrap_or_default();
    match of_tls(error) {
        Some(rustls::Error::InvalidCertificate(_)) => {
            return "see redis.tls.ca: the file of whoever signed the server's certificate, which is made out to the host's name";
        }
        Some(rustls::Error::InvalidMessage(_)) => {
            return "is that a port of Redis without TLS? Its URL begins with redis://";
        }
        Some(_) => {
            return "see redis.tls.ca, and redis.tls.cert and redis.tls.key, which the server may ask for";
        }
        None if error.kind() == ErrorKind::InvalidClientConfig => {
            return "see redis.tls.ca, redis.tls.cert and redis.tls.key";
        }
        None => {}
    }
    if detail.contains("unknown command") {
        "Redis 6.2 or newer is needed, or Valkey"
    } else if detail.contains("Invalid stream ID") {
        "see redis.start: 0 for the first entry, $ for what comes from now on, or the id of an entry"
    } else if error.code() == Some("WRONGTYPE") {
        "the key holds something else: see redis.key and redis.mode"
    } else if error.kind() == ErrorKind::AuthenticationFailed
        || matches!(error.code(), Some("NOAUTH" | "WRONGPASS"))
        || detail.contains("Authentication required")
    {
        "see redis.username and redis.password, or the variables REDIS_USERNAME and REDIS_PASSWORD"
    } else {
        "see redis.url, redis.host, redis.port and redis.db"
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_up_to_a_limit() {
        let most = Duration::from_secs(10);
        let pauses: Vec<u128> = (1..=9)
            .map(|n| pause_after(n, most, 0.0).as_millis())
            .collect();
        assert_eq!(
            pauses,
            [100, 200, 400, 800, 1600, 3200, 6400, 10_000, 10_000]
        );
        assert_eq!(pause_after(u32::MAX, most, 0.0), most);
        assert!(pause_after(1, most, 0.999) > Duration::from_millis(66));
    }
}
