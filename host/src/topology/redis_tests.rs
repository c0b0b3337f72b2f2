//! What options are read as, and what is said about those that make no sense.

use std::time::Duration;

use serde_json::{Value, json};

use super::*;
use crate::topology::{Checked, Ir, Overrides, check};

/// A topology whose only component is this one, with a source for it if it is a bolt: one whose stream "one" has one field.
fn checked(component: Value, conf: Value, env: &[(&str, &str)]) -> Result<Checked, Vec<Mistake>> {
    checked_from("default", component, conf, env)
}

fn checked_from(
    stream: &str,
    component: Value,
    conf: Value,
    env: &[(&str, &str)],
) -> Result<Checked, Vec<Mistake>> {
    let subscriptions = match component["kind"].as_str() {
        Some("bolt") => {
            json!([{"to": component["id"], "from": "source", "stream": stream, "grouping": "shuffle"}])
        }
        _ => json!([]),
    };
    let ir = json!({
        "version": 1, "name": "T", "file": "t.py", "language": "python", "conf": conf,
        "components": [{"id": "source", "kind": "spout", "command": ["x"], "streams": {"default": {"fields": ["x", "y"]}, "one": {"fields": ["x"]}}}, component],
        "subscriptions": subscriptions,
    });
    let ir = Ir::from_json(ir.to_string().as_bytes()).expect("the right shape");
    let overrides = Overrides {
        environment: env
            .iter()
            .map(|(name, value)| ((*name).into(), (*value).into()))
            .collect(),
        ..Overrides::default()
    };
    check(&ir, &overrides, &|_, _| true)
}

fn spout(options: Value) -> Value {
    json!({"id": "redis", "kind": "spout", "builtin": "redis", "options": options})
}

fn read(options: Value, conf: Value, env: &[(&str, &str)]) -> RedisOptions {
    let found = checked(spout(options), conf, env).expect("no mistakes");
    let component = &found.topology.components[1];
    (**component.redis.as_ref().expect("options")).clone()
}

fn address(options: &RedisOptions) -> String {
    format!(
        "{}/{}",
        options.server.addr(),
        options.server.redis_settings().db()
    )
}

/// The only error, and its hint.
fn wrong(component: Value) -> (String, String) {
    let mistakes = checked(component, json!({}), &[]).expect_err("a mistake");
    let errors: Vec<&Mistake> = mistakes
        .iter()
        .filter(|m| m.severity == crate::topology::Severity::Error)
        .collect();
    assert_eq!(errors.len(), 1, "{errors:#?}");
    (
        errors[0].message.clone(),
        errors[0].hint.clone().unwrap_or_default(),
    )
}

#[test]
fn nothing_said_is_a_list_called_as_the_component() {
    let options = read(json!({}), json!({}), &[]);
    assert_eq!(address(&options), "127.0.0.1:6379/0");
    assert_eq!(
        (options.mode, options.key.as_str(), options.end),
        (Mode::List, "redis", End::Right)
    );
    assert_eq!(
        (
            options.group.as_str(),
            options.batch,
            options.tries,
            options.drain
        ),
        ("T", 1000, 0, false)
    );
    assert_eq!(options.claim_idle, Duration::from_secs(60));
}

#[test]
fn the_server_is_told_by_url_by_parts_or_by_the_environment() {
    for (options, conf, env, expected) in [
        (
            json!({"url": "redis://:secret@db:7000/2"}),
            json!({}),
            &[][..],
            "db:7000/2",
        ),
        (json!({"host": "db", "db": 3}), json!({}), &[], "db:6379/3"),
        (
            json!({"port": "7001"}),
            json!({"redis.host": "all"}),
            &[],
            "all:7001/0",
        ),
        (
            json!({"socket": "/run/redis.sock"}),
            json!({}),
            &[],
            "/run/redis.sock/0",
        ),
        (
            json!({"url": "unix:///run/r.sock"}),
            json!({}),
            &[],
            "/run/r.sock/0",
        ),
        (
            json!({}),
            json!({}),
            &[("REDIS_URL", "redis://env:1/4")],
            "env:1/4",
        ),
        (
            json!({"host": "db"}),
            json!({}),
            // They go with another server.
            &[("REDIS_PORT", "9"), ("REDIS_DB", "3")],
            "db:6379/0",
        ),
        (
            json!({"url": "redis://own:1"}),
            json!({}),
            &[
                ("REDIS_URL", "redis://env:1/4"),
                ("REDIS_HOST", "env"),
                ("REDIS_PORT", "9"),
                ("REDIS_DB", "3"),
            ],
            "own:1/0",
        ),
        (
            json!({}),
            json!({}),
            // What Kubernetes sets for a service that is called redis.
            &[
                ("REDIS_PORT", "tcp://10.3.241.27:6379"),
                ("REDIS_HOST", "env"),
            ],
            "env:6379/0",
        ),
    ] {
        assert_eq!(
            address(&read(options.clone(), conf, env)),
            expected,
            "{options}"
        );
    }
}

#[test]
fn a_password_is_never_shown() {
    let options = read(json!({"password": "secret"}), json!({}), &[]);
    assert_eq!(options.server.redis_settings().password(), Some("secret"));
    assert!(!format!("{options:?}").contains("secret"));
}

#[test]
fn a_password_of_the_environment_goes_with_a_server_that_was_set_unless_its_url_has_its_own() {
    let env = &[("REDIS_PASSWORD", "env"), ("REDIS_USERNAME", "me")];
    for (options, password, name) in [
        (json!({"host": "db"}), Some("env"), Some("me")),
        (json!({"url": "redis://db"}), Some("env"), Some("me")),
        (json!({"url": "redis://:own@db"}), Some("own"), None),
        (json!({"url": "redis://own@db"}), None, Some("own")),
    ] {
        let found = read(options.clone(), json!({}), env);
        let who = found.server.redis_settings();
        assert_eq!(
            (who.password(), who.username()),
            (password, name),
            "{options}"
        );
    }
}

#[test]
fn a_variable_that_makes_no_sense_is_named() {
    for (variable, text, said) in [
        (
            "REDIS_PORT",
            "x",
            "the variable REDIS_PORT should be a port",
        ),
        (
            "REDIS_URL",
            "x",
            "the variable REDIS_URL is no URL of a Redis",
        ),
        (
            "REDIS_DB",
            "-1",
            "the variable REDIS_DB should be the number of a database",
        ),
    ] {
        let mistakes =
            checked(spout(json!({})), json!({}), &[(variable, text)]).expect_err("a mistake");
        assert!(mistakes[0].message.contains(said), "{}", mistakes[0]);
    }
}

#[test]
fn answers_have_the_shapes_of_the_older_protocol_whatever_the_url_asks_for() {
    let options = read(json!({"url": "redis://db?protocol=resp3"}), json!({}), &[]);
    assert_eq!(
        options.server.redis_settings().protocol(),
        ProtocolVersion::RESP2
    );
}

/// The warnings about a component, in one text.
fn warned(component: Value) -> String {
    let found = checked(component, json!({}), &[]).expect("no errors");
    let shown: Vec<String> = found.remarks.iter().map(Mistake::to_string).collect();
    shown.join("\n")
}

#[test]
fn options_that_have_no_effect_are_pointed_out() {
    let sink = |options: Value| json!({"id": "out", "kind": "bolt", "builtin": "redis", "options": options});
    for (component, name) in [
        (sink(json!({"expire": 5})), "expire"),
        (sink(json!({"mode": "stream", "expire": 5})), "expire"),
        (sink(json!({"maxlen": 5})), "maxlen"),
        (sink(json!({"drain": true})), "drain"),
        (spout(json!({"push": "left"})), "push"),
        (spout(json!({"group": "g"})), "group"),
        (spout(json!({"mode": "stream", "take": "left"})), "take"),
        (spout(json!({"mode": "channel", "tries": 3})), "tries"),
    ] {
        let said = warned(component);
        assert!(
            said.contains(&format!("redis.{name} has no effect here")),
            "{name}: {said}"
        );
    }
    for component in [
        sink(json!({"mode": "stream", "maxlen": 5})),
        spout(
            json!({"mode": "stream", "start": "$", "group": "g", "claim.idle": 9, "drain": true, "tries": 2}),
        ),
        spout(json!({"take": "left", "batch": 3})),
    ] {
        let said = warned(component);
        assert!(!said.contains("has no effect"), "{said}");
    }
}

#[test]
fn what_a_spout_is_told_has_to_suit_its_fields() {
    for (options, fields, said) in [
        (
            json!({"mode": "channel"}),
            json!(["a", "b", "c"]),
            "a channel and a message are two values",
        ),
        (
            json!({"format": "text"}),
            json!(["a", "b"]),
            "a text is one value, and the stream has 2 fields",
        ),
    ] {
        let mut component = spout(options);
        component["streams"] = json!({"default": {"fields": fields}});
        let (message, _) = wrong(component);
        assert!(message.contains(said), "{message}");
    }
}

#[test]
fn a_sink_that_needs_a_key_and_a_value_is_not_fed_by_one_field() {
    for mode in ["hash", "string"] {
        let sink =
            json!({"id": "out", "kind": "bolt", "builtin": "redis", "options": {"mode": mode}});
        assert!(checked(sink.clone(), json!({}), &[]).is_ok());
        let mistakes = checked_from("one", sink, json!({}), &[]).expect_err("a mistake");
        let said = &mistakes[0].message;
        assert!(said.contains("its tuples have a key and a value"), "{said}");
    }
}

#[test]
fn what_makes_no_sense_is_told() {
    for (options, message, hint) in [
        (
            json!({"kye": "x"}),
            "Redis has no option \"kye\" here",
            "did you mean \"key\"?",
        ),
        (
            json!({"mode": "set"}),
            "redis.mode should be one of list, stream, channel, not \"set\"",
            "",
        ),
        (json!({"mode": "hash"}), "redis.mode should be one of", ""),
        (json!({"port": "x"}), "redis.port should be a port", ""),
        (json!({"port": 70_000}), "redis.port should be a port", ""),
        (
            json!({"port": 0, "host": "x"}),
            "redis.port should be a port",
            "",
        ),
        (
            json!({"db": -1}),
            "redis.db should be the number of a database",
            "",
        ),
        (
            json!({"mode": "stream", "start": "abc"}),
            "redis.start should be 0, $ or the id of an entry, not \"abc\"",
            "0 is the first entry",
        ),
        (
            json!({"host": {"class": "JedisPoolConfig"}}),
            "redis.host should be a text or a number",
            "an object of Java",
        ),
        (
            json!({"batch": 0}),
            "redis.batch should be a whole number from 1 to 100000",
            "",
        ),
        (
            json!({"timeout": -1}),
            "redis.timeout should be a number of seconds",
            "",
        ),
        (
            json!({"drain": "maybe"}),
            "redis.drain should be one of true, false",
            "",
        ),
        (
            json!({"key": ["a"]}),
            "redis.key should be a text or a number",
            "",
        ),
        (
            json!({"url": "localhost"}),
            "redis.url is no URL of a Redis",
            "redis://localhost:6379/0",
        ),
        (
            json!({"url": "rediss://db", "tls": false}),
            "redis.url asks for TLS, and redis.tls is false",
            "redis://",
        ),
        (
            json!({"url": "unix:///run/r.sock", "tls": true}),
            "there is no TLS on a Unix socket",
            "",
        ),
        (
            json!({"host": "db", "tls.ca": "ca.crt"}),
            "files of TLS are named, and the connection has none",
            "rediss://",
        ),
        (
            json!({"url": "rediss://db", "tls.cert": "own.crt"}),
            "redis.tls.cert and redis.tls.key belong together",
            "",
        ),
        (
            json!({"mode": "channel", "drain": true}),
            "a channel is never empty",
            "",
        ),
    ] {
        let (said, advised) = wrong(spout(options));
        assert!(
            said.contains(message) && advised.contains(hint),
            "{said}\n{advised}\nshould say: {message}"
        );
    }
}

#[test]
fn tls_is_asked_for_by_the_url_or_by_a_word() {
    for (options, env, address, insecure) in [
        (
            json!({"url": "rediss://db:7/1"}),
            &[] as &[(&str, &str)],
            "db:7",
            false,
        ),
        (json!({"host": "db", "tls": true}), &[], "db:6379", false),
        (
            json!({"host": "other"}),
            &[("REDIS_URL", "rediss://db:7")],
            "other:7",
            false,
        ),
        (
            json!({"url": "rediss://db#insecure"}),
            &[],
            "db:6379, whose certificate is not looked at",
            true,
        ),
    ] {
        let read = read(options, json!({}), env);
        assert_eq!(read.address(), address);
        let ConnectionAddr::TcpTls { insecure: is, .. } = read.server.addr() else {
            panic!("{:?} has no TLS", read.server.addr());
        };
        assert_eq!(*is, insecure);
    }
}

#[test]
fn a_wrong_url_is_not_repeated_since_a_password_may_be_in_it() {
    let (said, advised) = wrong(spout(json!({"url": "http://:secret@db"})));
    assert!(!said.contains("secret") && !advised.contains("secret"));
}

#[test]
fn a_channel_is_for_one_task() {
    let mut component = spout(json!({"mode": "channel"}));
    component["parallelism"] = 2.into();
    assert!(
        wrong(component)
            .0
            .contains("each would be sent every message")
    );
}

#[test]
fn a_spout_has_one_stream_and_a_sink_none() {
    let fields = |component: Value| {
        let found = checked(component, json!({}), &[]).expect("no mistakes");
        found.topology.components[1].streams.clone()
    };
    assert_eq!(fields(spout(json!({})))[0].fields, ["message"]);
    let mut component = spout(json!({}));
    component["streams"] = json!({"default": {"fields": ["a", "b"]}});
    assert_eq!(fields(component.clone())[0].fields, ["a", "b"]);
    component["streams"] = json!({"late": {"fields": ["a"]}});
    assert!(wrong(component).0.contains("emits on one only"));
    let sink = json!({"id": "out", "kind": "bolt", "builtin": "redis", "streams": {"default": {"fields": ["a"]}}});
    assert!(wrong(sink).0.contains("a Redis sink emits nothing"));
    let mut component = spout(json!({}));
    component["replay"] = "host".into();
    assert!(wrong(component).0.contains("comes again from there"));
}

#[test]
fn java_classes_have_counterparts_by_their_simple_names() {
    for (class, kind, mode) in [
        ("com.example.storm.RedisSpout", "spout", Mode::List),
        ("RedisSpout", "spout", Mode::List),
        (
            "yieldbot.storm.spout.RedisPubSubSpout",
            "spout",
            Mode::Channel,
        ),
        (
            "org.apache.storm.redis.bolt.RedisStoreBolt",
            "bolt",
            Mode::String,
        ),
    ] {
        let component = json!({"id": "redis", "kind": kind, "java_class": class});
        let found = checked(component, json!({}), &[]).expect(class);
        assert_eq!(
            found.topology.components[1]
                .redis
                .as_ref()
                .map(|options| options.mode),
            Some(mode),
            "{class}"
        );
    }
    // What is said outright wins over what the name implies.
    let component = json!({"id": "redis", "kind": "spout", "java_class": "RedisPubSubSpout", "options": {"mode": "stream"}});
    let found = checked(component, json!({}), &[]).expect("no mistakes");
    assert_eq!(
        found.topology.components[1]
            .redis
            .as_ref()
            .map(|options| options.mode),
        Some(Mode::Stream)
    );
}

#[test]
fn a_java_class_without_a_counterpart_is_a_mistake_that_says_what_to_try() {
    for (class, kind) in [("com.example.KafkaSpout", "spout"), ("RedisSpout", "bolt")] {
        let (said, advised) = wrong(json!({"id": "j", "kind": kind, "java_class": class}));
        assert!(
            said.contains(&format!(
                "\"j\" is the Java class {class}, which nothing here does the work of"
            )),
            "{said}"
        );
        assert!(
            advised.contains("stormhost runs no JVM") && advised.contains("Process("),
            "{advised}"
        );
    }
}

#[test]
fn options_are_for_what_is_built_in() {
    let (said, _) =
        wrong(json!({"id": "j", "kind": "bolt", "command": ["x"], "options": {"key": "a"}}));
    assert!(said.contains("has options, but it is not built in"));
}

#[test]
fn the_variables_of_the_component_come_before_those_of_the_host() {
    let mut component = spout(json!({}));
    component["env"] = json!({"REDIS_URL": "redis://own:1"});
    let found =
        checked(component, json!({}), &[("REDIS_URL", "redis://env:1")]).expect("no mistakes");
    let options = found.topology.components[1].redis.clone().expect("options");
    assert_eq!(address(&options), "own:1/0");
}
