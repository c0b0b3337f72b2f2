//! Plays what is kept of the fuzz targets' inputs, in the tests of the crates that they are about.

use std::fs;
use std::path::Path;

/// Hands every file of a target's corpus to what the target calls.
pub fn replay(target: &str, each: impl Fn(&[u8])) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../fuzz/corpus")
        .join(target);
    let files =
        fs::read_dir(&folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let mut count = 0;
    for file in files {
        let file = file.unwrap().path();
        // Shown when the test fails.
        eprintln!("{}", file.display());
        each(&fs::read(&file).unwrap());
        count += 1;
    }
    assert!(count > 0, "{} is empty", folder.display());
}
