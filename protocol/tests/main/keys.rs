use serde_json::Value;
use stormhost_protocol::{Encoding, hash_fields, task_index};

use crate::file;

/// The hash of fields that stand in a vector in one of the encodings; `None` if they have no form in it.
fn hash(vector: &Value, encoding: Encoding) -> Option<u64> {
    let member = match encoding {
        Encoding::Json => "json",
        Encoding::Msgpack => "msgpack",
    };
    let texts = vector.get(member)?.as_array().unwrap();
    let fields: Vec<Vec<u8>> = texts
        .iter()
        .map(|text| bytes(encoding, text.as_str().unwrap()))
        .collect();
    Some(hash_fields(encoding, fields.iter().map(Vec::as_slice)).unwrap())
}

/// MessagePack stands in hexadecimal digits, JSON as it is.
pub(crate) fn bytes(encoding: Encoding, text: &str) -> Vec<u8> {
    match encoding {
        Encoding::Json => text.as_bytes().to_vec(),
        Encoding::Msgpack => (0..text.len())
            .step_by(2)
            .map(|at| u8::from_str_radix(&text[at..at + 2], 16).unwrap())
            .collect(),
    }
}

#[test]
fn vectors_hold_in_every_encoding_they_have() {
    let vectors: Vec<Value> =
        serde_json::from_str(&file("protocol/tests/key_vectors.json")).unwrap();
    for vector in &vectors {
        let expected = u64::from_str_radix(vector["hash"].as_str().unwrap(), 16).unwrap();
        let hashes: Vec<u64> = [Encoding::Json, Encoding::Msgpack]
            .iter()
            .filter_map(|encoding| hash(vector, *encoding))
            .collect();
        assert!(!hashes.is_empty(), "{vector}");
        for found in hashes {
            assert_eq!(
                format!("{found:016x}"),
                format!("{expected:016x}"),
                "{vector}"
            );
        }
        assert_eq!(vector["task_of_4"], task_index(expected, 4), "{vector}");
    }
    assert!(vectors.len() > 30);
}
