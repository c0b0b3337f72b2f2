//! The catalogue as text: for `docs/errors.md`, and for a terminal.

use std::fmt::Write;

use super::{AREAS, Code};

const HEAD: &str = "# Errors

Every error and warning has a code that never changes its meaning. It stands in brackets at the end of a message's first line, and as
`code` in logs of JSON lines. `stormhost explain SH0401` shows what stands here. What stands in braces differs from case to case.

<!-- Written from host/src/errors: STORMHOST_WRITE=1 cargo test -p stormhost errors -->
";

/// The page `docs/errors.md`, with all errors.
pub fn page() -> String {
    let mut page = HEAD.to_owned();
    // Writing to a string does not fail.
    for area in &AREAS {
        let _ = write!(page, "\n## {}\n", area.title);
        for code in area.codes {
            let entry = code.entry();
            let _ = write!(page, "\n### {}\n\n", entry.number);
            for text in entry.texts {
                let _ = writeln!(page, "    {}", text.replace('\n', "\n    "));
            }
            let _ = write!(
                page,
                "\n**Cause:** {}\n\n**Remedy:** {}\n",
                entry.cause, entry.remedy
            );
        }
    }
    page
}

/// One error for a terminal; `None` if no error has this code. Case does not matter, nor brackets around it.
pub fn explain(number: &str) -> Option<String> {
    let wanted = number.trim_matches(['[', ']']);
    let code = Code::all().find(|code| code.number().eq_ignore_ascii_case(wanted))?;
    let entry = code.entry();
    Some(format!(
        "{}\n    {}\n\ncause:  {}\nremedy: {}\n",
        entry.number,
        entry.texts.join("\n    "),
        entry.cause,
        entry.remedy
    ))
}
