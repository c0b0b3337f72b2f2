use proptest::collection::vec;
use proptest::prelude::*;

use super::*;

fn mended(text: &str) -> Option<String> {
    mend(text.as_bytes(), &Limits::default())
        .map(|json| String::from_utf8(json).expect("it is made of UTF-8"))
}

#[test]
fn what_storms_parser_lets_pass_becomes_json() {
    for (written, json) in [
        ("[\"a\tb\"]", r#"["a\tb"]"#),
        ("[\"a\nb\r\"]", r#"["a\nb\r"]"#),
        ("[\"\u{1}\u{1f}\"]", r#"["\u0001\u001f"]"#),
        ("['a']", r#"["a"]"#),
        (r#"['say "a"']"#, r#"["say \"a\""]"#),
        (r#"['it\'s', "\x41"]"#, r#"["it's","\u0041"]"#),
        (r#"["C:\dir\umlaut"]"#, r#"["C:\\dir\\umlaut"]"#),
        ("{command:\"ack\", id :5}", r#"{"command":"ack","id":5}"#),
        (
            "{'command':'ack','id':'5'}",
            r#"{"command":"ack","id":"5"}"#,
        ),
        (
            "[007, -00, +1, .5, -.5, 1., 010.50e3]",
            "[7,-0,1,0.5,-0.5,1.0,10.50e3]",
        ),
        (
            "[1e, 1.2.3, -, +, ., 0x10]",
            r#"["1e","1.2.3","-","+",".","0x10"]"#,
        ),
        (
            "[nan, -nan, inf, -inf, INF]",
            r#"["nan","-nan","inf","-inf","INF"]"#,
        ),
        (
            "[NaN, Infinity, -Infinity, null, true,]",
            "[NaN,Infinity,-Infinity,null,true]",
        ),
        (
            "[True, None, caf\u{e9}, 12:30, it's]",
            r#"["True","None","café","12:30","it's"]"#,
        ),
        ("[,1,,2,]", "[1,2]"),
        ("{\"a\":[1,],}", r#"{"a":[1]}"#),
        ("{,}", "{}"),
        ("{\"a\":1}} and more", r#"{"a":1}"#),
        ("{\"a\":1}{\"b\":2}", r#"{"a":1}"#),
    ] {
        assert_eq!(mended(written).as_deref(), Some(json), "{written}");
    }
}

#[test]
fn what_is_missing_is_not_guessed_at() {
    for written in [
        "",
        " ",
        "[",
        "{",
        "[1",
        "[1 2]",
        "[a b]",
        "['a' 'b']",
        "{\"a\" 1}",
        "{\"a\":}",
        "{\"a\":1 \"b\":2}",
        "{a}",
        "{:1}",
        "[\"a]",
        "['a]",
        "[a\"b\"]",
        "[a[1]]",
        "[1}",
        "{\"a\":1]",
        "{\"a\":1",
        "[\"a\\",
        "{1:{}",
        "word",
        "{\"a\":{,",
    ] {
        assert_eq!(mended(written), None, "{written}");
    }
}

#[test]
fn json_is_left_alone() {
    for json in ["{}", "[1, \"a\", NaN]", " {\"a\": [null]} ", "\"a\\u0000\""] {
        assert_eq!(mended(json), None, "{json}");
    }
}

#[test]
fn bytes_that_are_no_characters_are_replaced() {
    let mended =
        |bytes: &[u8]| mend(bytes, &Limits::default()).map(|json| String::from_utf8(json).unwrap());
    assert_eq!(
        mended(b"[\"caf\xe9\"]").as_deref(),
        Some("[\"caf\u{fffd}\"]")
    );
    assert_eq!(
        mended(b"['caf\xe9\t']").as_deref(),
        Some("[\"caf\u{fffd}\\t\"]")
    );
    assert_eq!(mended(b"[\"caf\xe9"), None);
}

#[test]
fn it_goes_as_deep_as_the_limits_say() {
    let nested = |depth: usize| format!("{},{}", "[".repeat(depth), "]".repeat(depth));
    let limits = Limits {
        depth: 400,
        ..Limits::default()
    };
    assert!(mend(nested(400).as_bytes(), &limits).is_some());
    assert_eq!(mend(nested(401).as_bytes(), &limits), None);
}

proptest! {
    #[test]
    fn what_comes_out_is_json_or_nothing(bytes in vec(prop::sample::select(&b"\"'\\{}[],: \n\t\x01\xc3\xa9\xffabnux01.+-eE"[..]), 0..40)) {
        let limits = Limits::default();
        if let Some(json) = mend(&bytes, &limits) {
            prop_assert!(std::str::from_utf8(&json).is_ok());
            prop_assert!(whole(Encoding::Json, &json, &limits).is_ok());
            prop_assert_eq!(mend(&json, &limits), None);
        }
    }

    #[test]
    fn json_is_copied_as_it_is(text in "[ -~é\t]{0,20}", number in any::<f64>()) {
        let json = serde_json::json!({"text": text, "list": [number, null, {}]}).to_string();
        let (repaired, end) = repair(json.as_bytes(), &Limits::default()).expect("it is JSON");
        prop_assert_eq!(end, json.len());
        prop_assert_eq!(String::from_utf8(repaired), Ok(json));
    }
}
