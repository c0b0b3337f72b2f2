use super::*;

fn parse(json: &str) -> Result<Hello, ProtocolError> {
    let mut msgpack = Vec::new();
    transcode(
        Encoding::Json,
        Encoding::Msgpack,
        json.as_bytes(),
        &mut msgpack,
    )
    .unwrap();
    let hello = parse_hello(Encoding::Json, json.as_bytes(), &Limits::default());
    let other = parse_hello(Encoding::Msgpack, &msgpack, &Limits::default());
    assert_eq!(hello.as_ref().ok(), other.as_ref().ok());
    hello
}

#[test]
fn old_libraries_say_their_pid_or_nothing() {
    for (json, pid) in [
        (r#"{"pid":4242}"#, Some(4242)),
        (r#"{"pid":4242.0,"extra":[1]}"#, Some(4242)),
        (r#"{"pid":null}"#, None),
        (r#"{"pid":"x"}"#, None),
        ("{}", None),
    ] {
        assert_eq!(parse(json), Ok(Hello { pid, frames: None }), "{json}");
    }
}

#[test]
fn ours_say_how_they_want_frames() {
    let hello = parse(
        r#"{"pid":1,"stormhost":{"version":1,"encoding":"msgpack","acks":"hand","library":"l 1","codec":"c","repeats":true,"new":1}}"#,
    );
    let frames = FramesAnswer {
        version: 1,
        encoding: Encoding::Msgpack,
        acks: Acks::Hand,
        library: "l 1".to_owned(),
        codec: "c".to_owned(),
        repeats: true,
    };
    assert_eq!(
        hello,
        Ok(Hello {
            pid: Some(1),
            frames: Some(frames)
        })
    );
    let hello = parse(r#"{"pid":1,"stormhost":{"version":2,"encoding":"json"}}"#).unwrap();
    let frames = hello.frames.unwrap();
    assert_eq!(
        (frames.version, frames.encoding, frames.acks, frames.repeats),
        (2, Encoding::Json, Acks::Auto, false)
    );
}

#[test]
fn an_answer_that_cannot_be_understood_is_refused() {
    for answer in [
        "5",
        "{}",
        r#"{"version":1}"#,
        r#"{"version":1,"encoding":"xml"}"#,
        r#"{"version":-1,"encoding":"json"}"#,
        r#"{"version":1,"encoding":"json","acks":"none"}"#,
    ] {
        let error = parse(&format!(r#"{{"pid":1,"stormhost":{answer}}}"#));
        assert!(
            matches!(
                error,
                Err(ProtocolError::Member {
                    member: "stormhost",
                    ..
                })
            ),
            "{answer}: {error:?}"
        );
    }
    assert!(matches!(
        parse("[1]"),
        Err(ProtocolError::NotAnObject { .. })
    ));
}
