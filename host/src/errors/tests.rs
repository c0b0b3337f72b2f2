use std::collections::BTreeSet;
use std::path::Path;

use super::*;

/// That `text` is what is told of the error with this number, as it stands in the catalogue. For errors that no run of the program can
/// be brought to show in a test; `tests/e2e/test_every_error.py` looks for calls of this function.
#[track_caller]
pub fn assert_made(number: &str, told: &(impl Coded + fmt::Display)) {
    let code = told.code();
    assert_eq!(code.number(), number, "{told}");
    let text = told.to_string();
    assert!(
        code.entry().texts.iter().any(|form| runs_as(&text, form)),
        "{number} runs as {:?}, not as {text:?}",
        code.entry().texts
    );
}

/// Whether the fixed parts of a form stand in a text, one after another.
fn runs_as(text: &str, form: &str) -> bool {
    let mut rest = text;
    form.split('{')
        .enumerate()
        .map(|(n, part)| match n {
            0 => part,
            _ => part.split_once('}').map_or(part, |(_, fixed)| fixed),
        })
        .all(|fixed| match rest.find(fixed) {
            Some(at) => {
                rest = rest.get(at + fixed.len()..).unwrap_or_default();
                true
            }
            None => false,
        })
}

#[test]
fn the_page_is_written_from_the_catalogue() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/errors.md");
    if std::env::var_os("STORMHOST_WRITE").is_some() {
        std::fs::write(&path, page()).unwrap();
    }
    let found = std::fs::read_to_string(&path).unwrap();
    assert!(
        found == page(),
        "docs/errors.md differs from the catalogue; STORMHOST_WRITE=1 writes it anew"
    );
}

#[test]
fn numbers_are_those_of_their_area_and_stand_in_order() {
    let mut seen = BTreeSet::new();
    for (n, area) in AREAS.iter().enumerate() {
        let mut last = String::new();
        for code in area.codes {
            let number = code.number();
            assert_eq!(
                (number.len(), number.get(..4)),
                (6, Some(&*format!("SH{:02}", n + 1)))
            );
            assert!(
                number > &*last && seen.insert(number),
                "{number} is out of order, or there twice"
            );
            last = number.to_owned();
        }
    }
}

#[test]
fn every_error_says_what_it_comes_of_and_what_to_try() {
    for code in Code::all() {
        let entry = code.entry();
        for said in [entry.cause, entry.remedy] {
            assert!(
                said.ends_with('.')
                    && said.starts_with(|first: char| first.is_uppercase() || first == '`'),
                "{code}: {said}"
            );
        }
        for text in entry.texts {
            assert!(
                !text.is_empty() && text.matches('{').count() == text.matches('}').count(),
                "{code}: {text}"
            );
        }
    }
}

#[test]
fn a_code_is_explained_however_it_is_written() {
    for written in ["SH0101", "sh0101", "[SH0101]"] {
        let told = explain(written).unwrap();
        assert!(
            told.starts_with("SH0101\n    {file}: no such file\n\ncause:  "),
            "{told}"
        );
    }
    assert_eq!(explain("SH9999"), None);
    assert_eq!(explain(""), None);
}

#[test]
fn the_code_stands_at_the_end_of_the_first_line() {
    assert_eq!(marked("it died", "SH0401"), "it died [SH0401]");
    assert_eq!(
        marked("it died\n  hint: x", "SH0401"),
        "it died [SH0401]\n  hint: x"
    );
    assert_eq!(Code::HUNG.told("x").to_string(), "x");
}

#[test]
fn forms_are_told_from_other_texts() {
    assert!(runs_as(
        "\"a\" has no command, so",
        "\"{component}\" has no command"
    ));
    assert!(!runs_as(
        "\"a\" has a command",
        "\"{component}\" has no command"
    ));
    assert!(!runs_as("b then a", "a {x} b"));
}
