//! The sink: writes runs of tuples, one command a tuple and a run at a time, and acks a tuple when Redis has answered for it.

use std::rc::Rc;
use std::sync::Arc;

use redis::aio::MultiplexedConnection;
use redis::{Pipeline, RedisError, Value};
use serde_json::Map;
use stormhost_protocol::{Encoding, Limits, to_json_text, transcode};

use super::Place;
use super::connect::{Connector, ask, connection, is_for_now, is_of_place};
use crate::errors::Code;
use crate::flow::acker::FailKind;
use crate::flow::run::Run;
use crate::runtime::host::Host;
use crate::runtime::task::Dialect;
use crate::topology::redis::{Mode, RedisOptions};

/// Keeps one writing task going until the run ends.
pub async fn keep(host: &Rc<Host>, at: usize, options: &Arc<RedisOptions>) {
    let place = Place {
        host,
        at,
        options: options.clone(),
    };
    let what = match options.mode {
        Mode::List => format!("the list {:?}", options.key),
        Mode::Stream => format!("the stream {:?}", options.key),
        Mode::Channel => format!("the channel {:?}", options.key),
        Mode::Hash => format!("the hash {:?}", options.key),
        Mode::String => format!("keys that begin with {:?}", options.key),
    };
    place.info(&format!("writes to {what} at {}", options.address()));
    let mut writer = Writer {
        place: &place,
        fields: inputs(&place),
        limits: host.with(|core| core.limits.clone()),
        run: None,
        up: false,
    };
    let mut connector = Connector::new(&place);
    loop {
        match writer.write(&mut connector).await {
            Ok(()) => break,
            Err(error) => {
                if !connector.pause(&error, writer.run.is_some()).await {
                    break;
                }
            }
        }
    }
    let reason = "Redis did not take it in time".into();
    host.with(|core| core.down(at, FailKind::Refused, &reason));
}

/// The names of the fields of each input.
fn inputs(place: &Place<'_>) -> Vec<Vec<String>> {
    let topology = &place.host.topology;
    let component = place.host.component(place.at);
    let fields = component.inputs.iter().map(|input| {
        let source = topology.components.get(input.component);
        let stream = source.and_then(|source| source.streams.get(input.stream));
        stream.map_or(Vec::new(), |stream| stream.fields.clone())
    });
    fields.collect()
}

struct Writer<'a> {
    place: &'a Place<'a>,
    fields: Vec<Vec<String>>,
    limits: Limits,
    /// What was taken and is not answered: it is written again with the next connection.
    run: Option<Run>,
    up: bool,
}

impl Writer<'_> {
    async fn write(&mut self, connector: &mut Connector<'_>) -> Result<(), RedisError> {
        let (host, at, options) = (self.place.host, self.place.at, &self.place.options);
        let con = connection(options, options.timeout).await?;
        if !std::mem::replace(&mut self.up, true) {
            host.with(|core| core.up(at, Dialect::Inside));
        }
        let mut stage = host.stage.subscribe();
        loop {
            let leave = host.with(|core| {
                if self.run.is_none() {
                    self.run = core.take_run(at);
                }
                core.should_leave(at)
            });
            let Some(run) = &self.run else {
                if leave {
                    return Ok(());
                }
                tokio::select! {
                    () = host.something_to_write(at) => {}
                    _ = stage.changed() => {}
                }
                continue;
            };
            let failed = tokio::select! {
                failed = self.write_run(&con, run, connector) => failed?,
                () = host.out_of_time(at) => return Ok(()),
            };
            connector.works();
            for (_, why) in failed.iter().take(1) {
                self.place.warn(
                    Code::REDIS_UNWRITTEN,
                    &format!(
                        "{} tuples of {} failed, the first because: {why}",
                        failed.len(),
                        run.rows()
                    ),
                );
            }
            if let Some(run) = self.run.take() {
                host.with(|core| core.used_up_but(at, run, &failed));
            }
        }
    }

    /// Returns the rows that failed, with reasons.
    ///
    /// # Errors
    /// When the connection is lost, the server cannot take anything at the moment, or none of this will ever work: then all of it is to be written again.
    async fn write_run(
        &self,
        con: &MultiplexedConnection,
        run: &Run,
        connector: &Connector<'_>,
    ) -> Result<Vec<(usize, String)>, RedisError> {
        let mut commands = Pipeline::with_capacity(run.rows() as usize);
        let mut failed = Vec::new();
        // Which row each command belongs to.
        let mut rows = Vec::new();
        let names = self.fields.get(usize::from(run.input));
        run.each_row(&self.limits, |n, row| {
            // A tick is of no input.
            let Some(names) = names else { return };
            let before = commands.len();
            match self.command(names, run.encoding, row, &mut commands) {
                Ok(()) => rows.extend((before..commands.len()).map(|_| n)),
                Err(why) => failed.push((n, why)),
            }
        });
        let answers = ask(con, &commands).await?;
        for (row, answer) in rows.into_iter().zip(answers) {
            if let Value::ServerError(error) = answer {
                let error = RedisError::from(error);
                if is_for_now(&error) || is_of_place(&error) && connector.is_hopeless(&error) {
                    return Err(error);
                }
                failed.push((row, super::connect::said(&error)));
            }
        }
        Ok(failed)
    }

    fn command(
        &self,
        names: &[String],
        encoding: Encoding,
        row: &[&[u8]],
        commands: &mut Pipeline,
    ) -> Result<(), String> {
        let options = &self.place.options;
        let key = options.key.as_str();
        match options.mode {
            Mode::List => {
                commands
                    .cmd(options.end.push())
                    .arg(key)
                    .arg(self.whole(names, encoding, row));
            }
            Mode::Channel => {
                commands
                    .cmd("PUBLISH")
                    .arg(key)
                    .arg(self.whole(names, encoding, row));
            }
            Mode::Stream => {
                let add = commands.cmd("XADD").arg(key);
                if options.maxlen > 0 {
                    add.arg("MAXLEN").arg("~").arg(options.maxlen);
                }
                add.arg("*");
                for (name, value) in names.iter().zip(row) {
                    add.arg(name)
                        .arg(text_of(encoding, value, options.json == Some(true)));
                }
            }
            Mode::String | Mode::Hash => {
                let ([first, rest @ ..], [_, others @ ..]) = (row, names) else {
                    return Err("a tuple without values has no key".into());
                };
                if rest.is_empty() {
                    return Err("the first value is the key, and there is no second".into());
                }
                let name = text_of(encoding, first, false);
                let value = self.whole(others, encoding, rest);
                if options.mode == Mode::Hash {
                    commands.cmd("HSET").arg(key).arg(name).arg(value);
                } else {
                    let full = [key.as_bytes(), name.as_slice()].concat();
                    let set = commands.cmd("SET").arg(full).arg(value);
                    if options.expire > 0 {
                        set.arg("EX").arg(options.expire);
                    }
                }
            }
        }
        Ok(())
    }

    /// One value as text; several as a JSON object by the names of their fields.
    fn whole(&self, names: &[String], encoding: Encoding, row: &[&[u8]]) -> Vec<u8> {
        match row {
            [value] => text_of(encoding, value, self.place.options.json == Some(true)),
            values => {
                let value = |value: &[u8]| {
                    serde_json::from_str(&to_json_text(encoding, value)).unwrap_or_default()
                };
                let members = names
                    .iter()
                    .zip(values)
                    .map(|(name, one)| (name.clone(), value(one)));
                serde_json::Value::Object(members.collect::<Map<_, _>>())
                    .to_string()
                    .into_bytes()
            }
        }
    }
}

/// Text and bytes as they are, unless all is to be JSON; everything else as JSON.
fn text_of(encoding: Encoding, value: &[u8], json: bool) -> Vec<u8> {
    if !json {
        if encoding == Encoding::Msgpack
            && let Some(bytes) = bytes_of(value)
        {
            return bytes.to_vec();
        }
        let mut converted = Vec::new();
        let text = match encoding {
            Encoding::Json => Some(value),
            Encoding::Msgpack => transcode(encoding, Encoding::Json, value, &mut converted)
                .ok()
                .map(|()| converted.as_slice()),
        };
        if let Some(text) = text.and_then(|text| serde_json::from_slice::<String>(text).ok()) {
            return text.into_bytes();
        }
    }
    to_json_text(encoding, value).into_bytes()
}

/// What a value of MessagePack's `bin` types holds.
fn bytes_of(value: &[u8]) -> Option<&[u8]> {
    let head = match value.first()? {
        0xc4 => 2,
        0xc5 => 3,
        0xc6 => 5,
        _ => return None,
    };
    value.get(head..)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_and_bytes_stand_as_they_are_and_all_else_as_json() {
        for (encoding, value, json, expected) in [
            (
                Encoding::Json,
                &b"\"a \\\"b\\\"\""[..],
                false,
                &b"a \"b\""[..],
            ),
            (Encoding::Json, b"\"a\"", true, b"\"a\""),
            (Encoding::Json, b"1.5", false, b"1.5"),
            (Encoding::Json, b"[1,\"x\"]", false, b"[1,\"x\"]"),
            (Encoding::Msgpack, b"\xa1x", false, b"x"),
            (Encoding::Msgpack, b"\xc4\x02\xff\x00", false, b"\xff\x00"),
            (Encoding::Msgpack, b"\x93\x01\x02\x03", false, b"[1,2,3]"),
        ] {
            let text = text_of(encoding, value, json);
            assert_eq!(
                String::from_utf8_lossy(&text),
                String::from_utf8_lossy(expected)
            );
        }
    }
}
