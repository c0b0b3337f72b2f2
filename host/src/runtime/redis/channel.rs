//! The spout that listens to a pub/sub channel, or to a pattern of channels. Redis keeps nothing of what it publishes, so this is at most once.

use std::collections::VecDeque;
use std::future::poll_fn;
use std::pin::{Pin, pin};
use std::rc::Rc;
use std::sync::Arc;
use std::time::{Duration, Instant};

use futures_util::Stream;
use redis::{ErrorKind, Msg, RedisError};
use tokio::time::{MissedTickBehavior, interval, timeout};

use super::Place;
use super::connect::Connector;
use super::item::{Body, Reading};
use crate::errors::Code;
use crate::flow::acker::FailKind;
use crate::runtime::host::Host;
use crate::runtime::task::Dialect;
use crate::topology::redis::RedisOptions;

/// Messages that wait here while the topology is busy; what comes after is lost.
const KEPT: usize = 10_000;
/// How often it is asked whether the server is still there: a connection may be silent because nothing is published.
const PING: Duration = Duration::from_secs(5);
/// How often it is told that messages are lost.
const TELL: Duration = Duration::from_secs(60);

/// Keeps one listening task going until the run ends.
pub async fn keep(host: &Rc<Host>, at: usize, options: &Arc<RedisOptions>) {
    let place = Place {
        host,
        at,
        options: options.clone(),
    };
    place.info(&format!(
        "listens to the channel {:?} at {}: at most once, for what is published while nobody listens, while the connection is lost, or while the topology is too busy, is lost; a list or a stream would keep it",
        options.key,
        options.address()
    ));
    let mut listener = Listener {
        place: &place,
        kept: VecDeque::new(),
        lost: 0,
        told: None,
        up: false,
    };
    let mut connector = Connector::new(&place);
    while !host.with(|core| core.should_leave(at)) {
        match listener.listen(&mut connector).await {
            Ok(()) => break,
            Err(error) => {
                if !connector.pause(&error, false).await {
                    break;
                }
            }
        }
    }
    let reason = "its spout left".into();
    host.with(|core| core.down(at, FailKind::Refused, &reason));
}

struct Listener<'a> {
    place: &'a Place<'a>,
    kept: VecDeque<Msg>,
    lost: u64,
    told: Option<Instant>,
    up: bool,
}

impl Listener<'_> {
    async fn listen(&mut self, connector: &mut Connector<'_>) -> Result<(), RedisError> {
        let (host, at, options) = (self.place.host, self.place.at, &self.place.options);
        let silent = || RedisError::from((ErrorKind::Io, "no answer in time"));
        let subscribed = timeout(options.timeout, async {
            let mut listening = options.client()?.get_async_pubsub().await?;
            if options.key.contains(['*', '?', '[']) {
                listening.psubscribe(options.key.as_str()).await?;
            } else {
                listening.subscribe(options.key.as_str()).await?;
            }
            Ok::<_, RedisError>(listening)
        });
        let (mut sender, messages) = subscribed.await.map_err(|_| silent())??.split();
        let mut messages = pin!(messages);
        connector.works();
        if !std::mem::replace(&mut self.up, true) {
            host.with(|core| core.up(at, Dialect::Inside));
        }
        let mut stage = host.stage.subscribe();
        let mut pings = interval(PING);
        pings.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            if self.turn() {
                return Ok(());
            }
            tokio::select! {
                message = next(messages.as_mut()) => match message {
                    Some(message) => self.keep(message),
                    None => return Err(RedisError::from((ErrorKind::Io, "the connection was closed"))),
                },
                _ = pings.tick() => {
                    timeout(options.timeout, sender.ping::<redis::Value>()).await.map_err(|_| silent())??;
                }
                () = host.something_to_write(at) => {}
                () = host.room(at) => {}
                _ = stage.changed() => {}
                () = host.out_of_time(at) => return Ok(()),
            }
        }
    }

    fn keep(&mut self, message: Msg) {
        if self.kept.len() < KEPT {
            self.kept.push_back(message);
            return;
        }
        self.lost += 1;
        if self.told.is_none_or(|told| told.elapsed() > TELL) {
            self.told = Some(Instant::now());
            self.place.warn(
                Code::REDIS_OVERRUN,
                &format!(
                    "{} messages are lost so far: more is published than the topology takes",
                    self.lost
                ),
            );
        }
    }

    /// Emits what there is room for. Returns whether the task is to end.
    fn turn(&mut self) -> bool {
        let (host, at) = (self.place.host, self.place.at);
        let component = host.component(at);
        let reading = Reading {
            fields: component
                .streams
                .first()
                .map_or(&[], |stream| &stream.fields),
            json: self.place.options.json,
        };
        host.with(|core| {
            let mut leave = core.leave_of(at);
            while leave.room > 0 && !self.kept.is_empty() {
                for message in self.kept.drain(..self.kept.len().min(256)) {
                    let channel = message.get_channel_name().as_bytes().to_vec();
                    let body = Body::Message(channel, message.get_payload_bytes().to_vec());
                    match reading.row(&body) {
                        Ok(row) => {
                            let values: Vec<&[u8]> = row.values.iter().map(Vec::as_slice).collect();
                            core.inside_emits(at, row.encoding, &values, false);
                        }
                        Err(why) => self
                            .place
                            .error(Code::REDIS_ASIDE, &format!("leaves a message out: {why}")),
                    }
                }
                core.after(at);
                leave = core.leave_of(at);
            }
            leave.ends
        })
    }
}

async fn next<S: Stream<Item = Msg>>(mut messages: Pin<&mut S>) -> Option<Msg> {
    poll_fn(|context| messages.as_mut().poll_next(context)).await
}
