use proptest::collection::{hash_map, vec};
use proptest::prelude::*;
use serde_json::Value;
use stormhost_protocol::{
    Column, Encoding, Limits, hash_value, preview, skip, to_json_text, transcode, whole,
};

/// Whatever both encodings can say.
pub(crate) fn value() -> impl Strategy<Value = Value> {
    let scalar = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        (-300i64..300).prop_map(Value::from),
        any::<f64>()
            .prop_filter("finite", |number| number.is_finite())
            .prop_map(Value::from),
        (-300i64..300).prop_map(|whole| Value::from(whole as f64)),
        any::<String>().prop_map(Value::from),
        "[ -~\\n\\\\\"é😀]{0,40}".prop_map(Value::from),
    ];
    scalar.prop_recursive(5, 60, 12, |inner| {
        prop_oneof![
            vec(inner.clone(), 0..20).prop_map(Value::from),
            hash_map("[a-z\"\\\\é]{0,8}", inner, 0..20)
                .prop_map(|map| Value::Object(map.into_iter().collect())),
        ]
    })
}

/// The same value in each encoding, written by libraries other than ours.
pub(crate) fn encoded(value: &Value) -> [(Encoding, Vec<u8>); 2] {
    [
        (Encoding::Json, serde_json::to_vec(value).unwrap()),
        (Encoding::Msgpack, rmp_serde::to_vec(value).unwrap()),
    ]
}

proptest! {
    #[test]
    fn translation_is_exact_in_both_directions(value in value()) {
        let [(_, json), (_, msgpack)] = encoded(&value);
        let mut out = Vec::new();
        transcode(Encoding::Json, Encoding::Msgpack, &json, &mut out).unwrap();
        prop_assert_eq!(&out, &msgpack);
        out.clear();
        transcode(Encoding::Msgpack, Encoding::Json, &msgpack, &mut out).unwrap();
        prop_assert_eq!(String::from_utf8(out), String::from_utf8(json.clone()));
        let shown = to_json_text(Encoding::Json, &json);
        prop_assert_eq!(shown, to_json_text(Encoding::Msgpack, &msgpack));
    }

    #[test]
    fn hashes_agree_however_a_value_is_written(value in value()) {
        let [(_, json), (_, msgpack)] = encoded(&value);
        let hash = hash_value(Encoding::Json, &json);
        prop_assert_eq!(&hash, &hash_value(Encoding::Msgpack, &msgpack));
        let pretty = serde_json::to_vec_pretty(&value).unwrap();
        prop_assert_eq!(&hash, &hash_value(Encoding::Json, &pretty));
        let reversed = encoded(&reverse(value));
        for (encoding, bytes) in reversed {
            prop_assert_eq!(&hash, &hash_value(encoding, &bytes));
        }
    }

    #[test]
    fn values_are_walked_to_their_end_and_cut_anywhere_they_are_cut(value in value(), cut in any::<prop::sample::Index>()) {
        for (encoding, bytes) in encoded(&value) {
            prop_assert_eq!(skip(encoding, &bytes, 0, &Limits::default()), Ok(bytes.len()));
            let part = &bytes[..cut.index(bytes.len())];
            let cut = skip(encoding, part, 0, &Limits::default());
            // A JSON number has no end of its own.
            if !(encoding == Encoding::Json && value.is_number()) {
                prop_assert_eq!(cut, Err(stormhost_protocol::ScanError::Cut));
            }
        }
        let pretty = serde_json::to_vec_pretty(&value).unwrap();
        prop_assert_eq!(skip(Encoding::Json, &pretty, 0, &Limits::default()), Ok(pretty.len()));
    }

    #[test]
    fn a_column_gives_each_element_as_it_was_written(values in vec(value(), 0..6)) {
        let list = Value::from(values.clone());
        for (encoding, bytes) in encoded(&list) {
            let column = Column::open(encoding, &bytes, &Limits::default()).unwrap();
            let elements: Result<Vec<&[u8]>, _> = column.collect();
            let alone: Vec<Vec<u8>> = values.iter().map(|value| {
                let [(_, json), (_, msgpack)] = encoded(value);
                match encoding { Encoding::Json => json, Encoding::Msgpack => msgpack }
            }).collect();
            prop_assert_eq!(elements, Ok(alone.iter().map(Vec::as_slice).collect()));
        }
        let pretty = serde_json::to_vec_pretty(&list).unwrap();
        let column = Column::open(Encoding::Json, &pretty, &Limits::default()).unwrap();
        for (element, value) in column.zip(&values) {
            let [(_, compact), _] = encoded(value);
            prop_assert_eq!(hash_value(Encoding::Json, element.unwrap()), hash_value(Encoding::Json, &compact));
        }
    }

    #[test]
    fn previews_are_as_short_as_asked(value in value(), max in 0usize..50) {
        for (encoding, bytes) in encoded(&value) {
            let shown = preview(encoding, &bytes, max);
            prop_assert!(shown.trim_end_matches('…').len() <= max.max(1) , "{}", shown);
        }
    }

    #[test]
    fn what_we_accept_as_json_serde_accepts_too(text in "[\\[\\]{},:\"\\\\ntfe0-9.+ -]{0,12}") {
        let ours = whole(Encoding::Json, text.as_bytes(), &Limits::default());
        let theirs = serde_json::from_str::<&serde_json::value::RawValue>(&text);
        prop_assert_eq!(ours.is_ok(), theirs.is_ok(), "{} {:?} {:?}", text, ours, theirs);
    }
}

/// The same value with the entries of all maps in the other order.
fn reverse(value: Value) -> Value {
    match value {
        Value::Array(list) => list.into_iter().map(reverse).collect(),
        Value::Object(map) => Value::Object(
            map.into_iter()
                .rev()
                .map(|(key, value)| (key, reverse(value)))
                .collect(),
        ),
        scalar => scalar,
    }
}
