//! What a built-in Redis spout or sink is told: its settings `redis.*`, read and judged. Prose: `docs/redis.md`.

use std::collections::BTreeMap;
use std::time::Duration;

use redis::{
    Client, ClientTlsConfig, ConnectionAddr, ConnectionInfo, ErrorKind, IntoConnectionInfo,
    ProtocolVersion, RedisError, TlsCertificates,
};
use serde_json::Value;

use super::mistake::{Mistake, Severity};
use super::model::Kind;
use super::nearest::nearest;
use super::settings::{Origin, Settings};
use crate::errors::Code;

/// Everything a Redis spout or sink goes by.
#[derive(Clone, Debug)]
pub struct RedisOptions {
    /// Which server, which database, and as whom. Its `Debug` hides the password.
    pub server: ConnectionInfo,
    /// The files that go with TLS. Whether there is any is part of `server`.
    pub tls: TlsFiles,
    /// What kind of thing is read or written.
    pub mode: Mode,
    /// The list, stream, channel (or pattern) or hash; for strings what is put before each key. By default the component's name.
    pub key: String,
    /// From which end a spout takes and to which end a sink pushes.
    pub end: End,
    /// The consumer group of a stream.
    pub group: String,
    /// Where a new group begins: `0` for the first entry, `$` for what comes from now on.
    pub start: String,
    /// How long an entry lies with a silent consumer of a stream before it is claimed.
    pub claim_idle: Duration,
    /// How many items are asked for at once, at least 1.
    pub batch: u32,
    /// How often an item that fails is tried before it is put aside; 0: for ever.
    pub tries: u32,
    /// Whether the spout is through when it finds nothing more.
    pub drain: bool,
    /// Whether items are read as JSON rather than as text; `None`: where a tuple has several fields.
    pub json: Option<bool>,
    /// About how many entries a stream keeps that a sink writes to; 0: all.
    pub maxlen: u64,
    /// After how many seconds a string that a sink wrote goes; 0: never.
    pub expire: u64,
    /// How long an answer may take.
    pub timeout: Duration,
    /// The longest pause between two tries to connect.
    pub max_pause: Duration,
}

/// The files of a connection with TLS, in PEM format; each may be missing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TlsFiles {
    /// The certificates of those who are trusted to vouch for the server; without it, those of the system.
    pub ca: Option<String>,
    /// The client's own certificate, and its key.
    pub own: Option<(String, String)>,
}

impl RedisOptions {
    /// The server, as the log names it.
    pub fn address(&self) -> String {
        match self.server.addr() {
            addr @ ConnectionAddr::TcpTls { insecure: true, .. } => {
                format!("{addr}, whose certificate is not looked at")
            }
            addr => addr.to_string(),
        }
    }

    /// What makes connections. Reads the files of TLS, so that new ones count from the next connection on.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::InvalidClientConfig`] for a file that cannot be read, or that holds nothing of its kind.
    pub fn client(&self) -> Result<Client, RedisError> {
        // Asked for where certificates are not looked at. That it is there already is no error.
        let _ = rustls::crypto::ring::default_provider().install_default();
        if self.tls == TlsFiles::default() {
            return Client::open(self.server.clone());
        }
        let client_tls = match &self.tls.own {
            None => None,
            Some((cert, key)) => Some(ClientTlsConfig {
                client_cert: pem(cert)?,
                client_key: pem(key)?,
            }),
        };
        let root_cert = self.tls.ca.as_deref().map(pem).transpose()?;
        let certificates = TlsCertificates {
            client_tls,
            root_cert,
        };
        Client::build_with_tls(self.server.clone(), certificates).map_err(|error| {
            (
                ErrorKind::InvalidClientConfig,
                "the files of TLS are not what they should be",
                format!("the files of TLS are not what they should be: {error}"),
            )
                .into()
        })
    }
}

/// The bytes of a file that should hold certificates or a key.
fn pem(path: &str) -> Result<Vec<u8>, RedisError> {
    let refused = |why: String| {
        RedisError::from((
            ErrorKind::InvalidClientConfig,
            "a file of TLS cannot be used",
            format!("{path:?} cannot be used for TLS: {why}"),
        ))
    };
    let bytes = std::fs::read(path).map_err(|error| refused(error.to_string()))?;
    match memchr::memmem::find(&bytes, b"-----BEGIN ") {
        Some(_) => Ok(bytes),
        None => Err(refused("it holds nothing in PEM format".into())),
    }
}

/// What kind of thing in Redis is read or written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// A list, whose items lie in a second one until their trees are done.
    List,
    /// A stream with a consumer group.
    Stream,
    /// A pub/sub channel, or a pattern of them.
    Channel,
    /// Sinks only: a key of its own for each tuple.
    String,
    /// Sinks only: a field of one hash for each tuple.
    Hash,
}

/// An end of a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// Its head, as `LPUSH` and `LPOP` have it.
    Left,
    /// Its tail.
    Right,
}

impl End {
    /// The word that Redis has for it.
    pub fn word(self) -> &'static str {
        match self {
            End::Left => "LEFT",
            End::Right => "RIGHT",
        }
    }

    /// The command that pushes there.
    pub fn push(self) -> &'static str {
        match self {
            End::Left => "LPUSH",
            End::Right => "RPUSH",
        }
    }

    /// The other one.
    pub fn other(self) -> End {
        match self {
            End::Left => End::Right,
            End::Right => End::Left,
        }
    }
}

/// Every option, and the environment variable that stands in for it.
const KNOWN: [(&str, Option<&str>); 26] = [
    ("url", Some("REDIS_URL")),
    ("host", Some("REDIS_HOST")),
    ("port", Some("REDIS_PORT")),
    ("socket", None),
    ("db", Some("REDIS_DB")),
    ("username", Some("REDIS_USERNAME")),
    ("password", Some("REDIS_PASSWORD")),
    ("tls", None),
    ("tls.ca", None),
    ("tls.cert", None),
    ("tls.key", None),
    ("mode", None),
    ("key", None),
    ("take", None),
    ("push", None),
    ("group", None),
    ("start", None),
    ("claim.idle", None),
    ("batch", None),
    ("tries", None),
    ("drain", None),
    ("format", None),
    ("maxlen", None),
    ("expire", None),
    ("timeout", None),
    ("pause.max", None),
];

/// The options that name a server. Where one of them is set, the variables that say where a server is are meant for another one.
const NAME_A_SERVER: [&str; 3] = ["url", "host", "socket"];
/// What these variables stand in for.
const PLACE: [&str; 3] = ["host", "port", "db"];

/// Why an option does nothing for a component of this kind and mode; `None` if it is heeded.
fn in_vain(name: &str, spout: bool, mode: Mode) -> Option<&'static str> {
    let (heeded, whose) = match name {
        "take" => (spout && mode == Mode::List, "spouts of lists"),
        "group" | "start" | "claim.idle" => (spout && mode == Mode::Stream, "spouts of streams"),
        "batch" | "tries" | "drain" => (
            spout && (mode != Mode::Channel || name == "drain"),
            "spouts of lists and streams",
        ),
        "push" => (!spout && mode == Mode::List, "sinks that write lists"),
        "maxlen" => (!spout && mode == Mode::Stream, "sinks that write streams"),
        "expire" => (!spout && mode == Mode::String, "sinks that write strings"),
        _ => return None,
    };
    (!heeded).then_some(whose)
}

/// What is known of the component whose options are read.
pub(super) struct Subject<'a> {
    /// Its name.
    pub id: &'a str,
    /// Spout or sink.
    pub kind: Kind,
    /// How many tasks it has.
    pub tasks: u32,
    /// How many fields a spout's tuples have.
    pub fields: usize,
    /// The topology's name, which a group is called by unless it is given another.
    pub topology: &'a str,
    /// What is in force for it.
    pub settings: &'a Settings,
    /// The environment: the component's own before that of the host.
    pub env: BTreeMap<String, String>,
    /// What the Java class that it stands for implies.
    pub implied: Option<Mode>,
}

impl Subject<'_> {
    /// Reads the options. What is wrong with them goes to `wrong`, as message and hint.
    pub(super) fn read(
        &self,
        mistakes: &mut Vec<Mistake>,
        at: Option<&super::Place>,
    ) -> RedisOptions {
        let mut reader = Reader {
            subject: self,
            wrong: Vec::new(),
        };
        reader.unknown();
        let options = reader.options();
        reader.without_effect(options.mode);
        for (severity, message, hint) in reader.wrong {
            let message = format!("\"{}\": {message}", self.id);
            let mistake = match severity {
                Severity::Error => Mistake::error(at, message),
                _ => Mistake::warning(at, message),
            };
            let mistake = mistake.coded(Code::BAD_REDIS_OPTION);
            mistakes.push(match hint {
                Some(hint) => mistake.hint(hint),
                None => mistake,
            });
        }
        options
    }
}

struct Reader<'a> {
    subject: &'a Subject<'a>,
    wrong: Vec<(Severity, String, Option<String>)>,
}

impl Reader<'_> {
    fn complain(&mut self, message: String, hint: &str) {
        self.says(Severity::Error, message, hint);
    }

    fn says(&mut self, severity: Severity, message: String, hint: &str) {
        let hint = (!hint.is_empty()).then(|| hint.into());
        self.wrong.push((severity, message, hint));
    }

    /// The component's own options that are heeded elsewhere only.
    fn without_effect(&mut self, mode: Mode) {
        let spout = self.subject.kind == Kind::Spout;
        for (key, setting) in self.subject.settings.iter() {
            let own = setting.origin == Origin::Component && !setting.value.is_null();
            if let Some(name) = key.strip_prefix("redis.").filter(|_| own)
                && let Some(whose) = in_vain(name, spout, mode)
            {
                let message = format!("redis.{name} has no effect here: it is for {whose}");
                self.says(Severity::Warning, message, "");
            }
        }
    }

    /// Options that mean nothing: the component's own; typed ones, of which it is pointed out. What the topology says may be meant for somebody else.
    fn unknown(&mut self) {
        for (key, setting) in self.subject.settings.iter() {
            let Some(name) = key.strip_prefix("redis.") else {
                continue;
            };
            let severity = match setting.origin {
                Origin::Component => Severity::Error,
                Origin::CommandLine => Severity::Warning,
                _ => continue,
            };
            if !KNOWN.iter().any(|(known, _)| *known == name) {
                let near = nearest(name, KNOWN.iter().map(|(name, _)| *name));
                let hint = match near {
                    Some(near) => format!("did you mean \"{near}\"?"),
                    None => {
                        let all: Vec<&str> = KNOWN.iter().map(|(name, _)| *name).collect();
                        format!("what there is: {}", all.join(", "))
                    }
                };
                let message = format!("Redis has no option \"{name}\" here");
                self.says(severity, message, &hint);
            }
        }
    }

    /// What was set, if anything.
    fn set(&self, name: &str) -> Option<&Value> {
        let setting = self.subject.settings.get(&format!("redis.{name}"))?;
        Some(&setting.value).filter(|value| !value.is_null())
    }

    /// An option as text, or the variable that stands in for it; `None` if nobody said anything.
    fn text(&mut self, name: &str) -> Option<String> {
        let object = match self.set(name) {
            Some(Value::String(text)) => return Some(text.clone()),
            Some(Value::Number(number)) => return Some(number.to_string()),
            Some(Value::Bool(yes)) => return Some(yes.to_string()),
            Some(value) => value.is_object(),
            None => return self.variable(name).map(|(_, text)| text.to_owned()),
        };
        let hint = if object {
            "an object of Java, such as a JedisPoolConfig, is not read: say redis.host, redis.port and redis.key in its place"
        } else {
            ""
        };
        self.complain(format!("redis.{name} should be a text or a number"), hint);
        None
    }

    /// The variable that stands in for an option, and what it says; `None` where it is not there, or meant for something else.
    fn variable(&self, name: &str) -> Option<(&'static str, &str)> {
        let variable = KNOWN.iter().find(|(known, _)| *known == name)?.1?;
        let text = self.subject.env.get(variable)?.as_str();
        let elsewhere = PLACE.contains(&name) && self.names_a_server();
        // Kubernetes sets this for every service that is called redis.
        let of_kubernetes = name == "port" && text.starts_with("tcp://");
        let of_another = matches!(name, "username" | "password") && self.url_says_who();
        let counts = !text.is_empty() && !elsewhere && !of_kubernetes && !of_another;
        counts.then_some((variable, text))
    }

    /// Whether a setting says which server it is.
    fn names_a_server(&self) -> bool {
        NAME_A_SERVER.iter().any(|name| self.set(name).is_some())
    }

    /// Whether a setting says as whom to come.
    fn url_says_who(&self) -> bool {
        let Some(Value::String(url)) = self.set("url") else {
            return false;
        };
        url.as_str().into_connection_info().is_ok_and(|info| {
            let who = info.redis_settings();
            who.username().is_some() || who.password().is_some()
        })
    }

    /// What an option is called where its value came from.
    fn called(&self, name: &str) -> String {
        match (self.set(name), self.variable(name)) {
            (None, Some((variable, _))) => format!("the variable {variable}"),
            _ => format!("redis.{name}"),
        }
    }

    /// A number, `least` or more.
    fn number<N>(&mut self, name: &str, default: N, least: N, expected: &str) -> N
    where
        N: std::str::FromStr + PartialOrd,
    {
        let Some(text) = self.text(name) else {
            return default;
        };
        match text.trim().parse() {
            Ok(number) if number >= least => number,
            _ => {
                let called = self.called(name);
                self.complain(format!("{called} should be {expected}, not {text:?}"), "");
                default
            }
        }
    }

    fn seconds(&mut self, name: &str, default: f64) -> Duration {
        let seconds = self.number(name, default, 0.0, "a number of seconds");
        Duration::try_from_secs_f64(seconds)
            .ok()
            .filter(|time| !time.is_zero() && *time <= Duration::from_secs(86_400))
            .unwrap_or_else(|| {
                self.complain(
                    format!("redis.{name} should be a number of seconds from 0 (and more) to a day, not {seconds}"),
                    "",
                );
                Duration::from_secs(1)
            })
    }

    fn one_of<T: Copy>(&mut self, name: &str, default: T, words: &[(&str, T)]) -> T {
        let Some(text) = self.text(name) else {
            return default;
        };
        if let Some((_, found)) = words.iter().find(|(word, _)| *word == text) {
            return *found;
        }
        let all: Vec<&str> = words.iter().map(|(word, _)| *word).collect();
        self.complain(
            format!(
                "redis.{name} should be one of {}, not {text:?}",
                all.join(", ")
            ),
            "",
        );
        default
    }

    fn options(&mut self) -> RedisOptions {
        let spout = self.subject.kind == Kind::Spout;
        let reading = [
            ("list", Mode::List),
            ("stream", Mode::Stream),
            ("channel", Mode::Channel),
        ];
        let writing = [("string", Mode::String), ("hash", Mode::Hash)];
        let both: Vec<(&str, Mode)> = reading.iter().chain(&writing).copied().collect();
        let modes: &[(&str, Mode)] = if spout { &reading } else { &both };
        let mode = self.one_of("mode", self.subject.implied.unwrap_or(Mode::List), modes);
        let no_end = [("left", End::Left), ("right", End::Right)];
        let default_key = if mode == Mode::String {
            ""
        } else {
            self.subject.id
        };
        let server = self.server();
        let options = RedisOptions {
            tls: self.tls_files(matches!(server.addr(), ConnectionAddr::TcpTls { .. })),
            server,
            mode,
            key: self.text("key").unwrap_or_else(|| default_key.into()),
            end: match spout {
                true => self.one_of("take", End::Right, &no_end),
                false => self.one_of("push", End::Left, &no_end),
            },
            group: self
                .text("group")
                .unwrap_or_else(|| self.subject.topology.into()),
            start: self.text("start").unwrap_or_else(|| "0".into()),
            claim_idle: self.claim_idle(),
            batch: self.number("batch", 1000, 1, "a whole number from 1 to 100000"),
            tries: self.number("tries", 0, 0, "a whole number; 0 is for ever"),
            drain: self.one_of("drain", false, &[("true", true), ("false", false)]),
            json: self.one_of(
                "format",
                None,
                &[("text", Some(false)), ("json", Some(true))],
            ),
            maxlen: self.number("maxlen", 0, 0, "a whole number of entries; 0 keeps all"),
            expire: self.number("expire", 0, 0, "a whole number of seconds; 0 is never"),
            timeout: self.seconds("timeout", 5.0),
            max_pause: self.seconds("pause.max", 10.0),
        };
        if options.batch > 100_000 {
            let batch = options.batch;
            self.complain(
                format!("redis.batch should be from 1 to 100000, not {batch}"),
                "",
            );
        }
        self.suits(&options);
        options
    }

    /// What a spout is told, against what it reads.
    fn suits(&mut self, options: &RedisOptions) {
        if self.subject.kind != Kind::Spout {
            return;
        }
        let (mode, fields) = (options.mode, self.subject.fields);
        if mode == Mode::Stream && !is_start(&options.start) {
            self.complain(
                format!("redis.start should be 0, $ or the id of an entry, not {:?}", options.start),
                "0 is the first entry, $ what comes from now on, and an id is as in 1526919030474-55",
            );
        }
        if mode == Mode::List && options.json == Some(false) && fields > 1 {
            self.complain(
                format!("a text is one value, and the stream has {fields} fields"),
                "format='json', or one field",
            );
        }
        if mode == Mode::Channel {
            if fields > 2 {
                self.complain(
                    format!(
                        "a channel and a message are two values, and the stream has {fields} fields"
                    ),
                    "one field is the message, two are the channel and the message",
                );
            }
            if self.subject.tasks > 1 {
                self.complain(
                    format!("{} tasks read one channel, and each would be sent every message", self.subject.tasks),
                    "one task is enough for a channel; a list or a stream can be shared out among several",
                );
            }
            if options.drain {
                self.complain("a channel is never empty, so drain cannot be".into(), "");
            }
        }
    }

    /// Twice the time that a tree may take, so that what is merely slow is not claimed; a minute at least.
    fn claim_idle(&mut self) -> Duration {
        let tree = self.subject.settings.message_timeout().as_secs_f64();
        self.seconds("claim.idle", (2.0 * tree).clamp(60.0, 86_400.0))
    }

    #[cfg_attr(
        not(test),
        expect(
            clippy::unreachable,
            reason = "it is the address above, not the user's"
        )
    )]
    fn server(&mut self) -> ConnectionInfo {
        let nowhere = ConnectionAddr::Tcp("127.0.0.1".into(), 6379);
        let mut server = match self.text("url") {
            None => nowhere.clone().into_connection_info(),
            Some(url) => {
                let read = url.as_str().into_connection_info();
                if read.is_err() {
                    // Not the URL itself: a password may be in it.
                    let called = self.called("url");
                    self.complain(
                        format!("{called} is no URL of a Redis"),
                        "as in redis://localhost:6379/0, redis://user:password@host, rediss://host:6380, or unix:///run/redis.sock",
                    );
                }
                read
            }
        }
        .or_else(|_| nowhere.into_connection_info())
        .unwrap_or_else(|_| unreachable!("an address is an address"));
        let (host, port) = (self.text("host"), self.text("port").is_some());
        if host.is_some() || port {
            let (old_host, old_port) = match server.addr() {
                ConnectionAddr::Tcp(host, port) | ConnectionAddr::TcpTls { host, port, .. } => {
                    (host.clone(), *port)
                }
                _ => ("127.0.0.1".into(), 6379),
            };
            let port = self.number("port", old_port, 1, "a port, from 1 to 65535");
            let host = host.unwrap_or(old_host);
            server = match server.addr() {
                ConnectionAddr::TcpTls { .. } => server.set_addr(with_tls(host, port)),
                _ => server.set_addr(ConnectionAddr::Tcp(host, port)),
            };
        }
        if let Some(path) = self.text("socket") {
            server = server.set_addr(ConnectionAddr::Unix(path.into()));
        }
        server = self.tls(server);
        let mut who = server.redis_settings().clone();
        let db = self.number("db", who.db(), 0, "the number of a database, from 0");
        // Answers have other shapes in RESP3, which a URL can ask for.
        who = who.set_db(db).set_protocol(ProtocolVersion::RESP2);
        if let Some(name) = self.text("username") {
            who = who.set_username(name);
        }
        if let Some(word) = self.text("password") {
            who = who.set_password(word);
        }
        server.set_redis_settings(who)
    }

    /// The server, with TLS or without as the option says; without it, as the URL has it.
    fn tls(&mut self, server: ConnectionInfo) -> ConnectionInfo {
        let asked = self.one_of("tls", None, &[("true", Some(true)), ("false", Some(false))]);
        let addr = match (asked, server.addr()) {
            (Some(true), ConnectionAddr::Tcp(host, port)) => with_tls(host.clone(), *port),
            (Some(true), ConnectionAddr::Unix(_)) => {
                self.complain("there is no TLS on a Unix socket".into(), "");
                return server;
            }
            (Some(false), ConnectionAddr::TcpTls { .. }) => {
                self.complain(
                    "redis.url asks for TLS, and redis.tls is false".into(),
                    "redis:// is the URL without TLS",
                );
                return server;
            }
            _ => return server,
        };
        server.set_addr(addr)
    }

    fn tls_files(&mut self, used: bool) -> TlsFiles {
        let (ca, cert, key) = (
            self.text("tls.ca"),
            self.text("tls.cert"),
            self.text("tls.key"),
        );
        if !used && (ca.is_some() || cert.is_some() || key.is_some()) {
            self.complain(
                "files of TLS are named, and the connection has none".into(),
                "rediss:// in place of redis://, or redis.tls: true",
            );
        }
        let own = match (cert, key) {
            (Some(cert), Some(key)) => Some((cert, key)),
            (None, None) => None,
            _ => {
                self.complain(
                    "redis.tls.cert and redis.tls.key belong together".into(),
                    "",
                );
                None
            }
        };
        TlsFiles { ca, own }
    }
}

/// Whether a group may begin there.
fn is_start(text: &str) -> bool {
    let number = |part: &str| part.parse::<u64>().is_ok();
    match text.split_once('-') {
        Some((time, count)) => number(time) && number(count),
        None => text == "$" || number(text),
    }
}

fn with_tls(host: String, port: u16) -> ConnectionAddr {
    ConnectionAddr::TcpTls {
        host,
        port,
        insecure: false,
        tls_params: None,
    }
}

#[cfg(test)]
#[path = "redis_tests.rs"]
mod tests;
