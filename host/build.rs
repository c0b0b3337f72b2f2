//! Rebuilds the host when a package that is embedded in it changes: `include_dir` sees edits, but no new files.

fn main() {
    for package in ["python/src/stormhost", "ruby/lib", "lua/src/stormhost"] {
        println!("cargo::rerun-if-changed=../shims/{package}");
    }
}
