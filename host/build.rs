//! Rebuilds the host when the Python package that is embedded in it changes: `include_dir` sees edits, but no new files.

fn main() {
    println!("cargo::rerun-if-changed=../shims/python/src/stormhost");
}
