//! Rebuilds the host when what is embedded in it changes, and builds the native accelerator of the Python shim, which is embedded too.
//!
//! The accelerator is a crate of its own, `shims/python/native`, and a shared library, so a second cargo builds it: once for all kinds
//! of builds of the host, in a folder beside theirs. Where that fails the host is built all the same, and its children run on the
//! pure shim. `STORMHOST_ACCELERATOR` names a library that was built elsewhere; empty, there shall be none.

use std::env;
use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

fn main() {
    // The library of the Python that is inside is looked for where it was found, without anybody setting LD_LIBRARY_PATH.
    #[cfg(feature = "python")]
    pyo3_build_config::add_libpython_rpath_link_args();
    for package in ["python/src/stormhost", "ruby/lib", "lua/src/stormhost"] {
        println!("cargo::rerun-if-changed=../shims/{package}"); // `include_dir` sees edits, but no new files
    }
    println!("cargo::rerun-if-changed=../shims/python/native/src");
    println!("cargo::rerun-if-changed=../shims/python/native/Cargo.toml");
    println!("cargo::rerun-if-changed=../Cargo.toml");
    println!("cargo::rerun-if-changed=../Cargo.lock");
    println!("cargo::rerun-if-env-changed=STORMHOST_ACCELERATOR");
    let out = variable("OUT_DIR");
    let library = match env::var_os("STORMHOST_ACCELERATOR") {
        Some(none) if none.is_empty() => Ok(Vec::new()),
        Some(path) => read(Path::new(&path)),
        None => build(&out),
    };
    let library = library.unwrap_or_else(|problem| {
        println!(
            "cargo::warning=the native accelerator for Python components is left out: {problem}"
        );
        Vec::new()
    });
    fs::write(Path::new(&out).join("accelerator.so"), library).expect("OUT_DIR can be written");
}

/// Builds the accelerator. Returns the library, or why there is none, in one line.
fn build(out: &OsString) -> Result<Vec<u8>, String> {
    let folder = beside(Path::new(out)).join("accelerator");
    let mut cargo = Command::new(variable("CARGO"));
    cargo
        .args(["build", "--quiet", "--locked", "--profile", "accelerator"])
        .args(["--manifest-path", "../shims/python/native/Cargo.toml"])
        .arg("--target-dir")
        .arg(&folder);
    let (host, target) = (variable("HOST"), variable("TARGET"));
    let mut made = folder;
    if host != target {
        cargo.arg("--target").arg(&target);
        made.push(&target);
    }
    for (name, _) in env::vars_os() {
        if is_ours_alone(&name.to_string_lossy()) {
            cargo.env_remove(name);
        }
    }
    cargo.env("PYO3_NO_PYTHON", "1"); // the stable ABI is the same whatever Python is here, or none
    let done = cargo
        .output()
        .map_err(|error| format!("cargo cannot be started: {error}"))?;
    if !done.status.success() {
        let said = String::from_utf8_lossy(&done.stderr);
        let said = said.trim().replace('\n', " | ");
        return Err(format!("cargo ended with {}: {said}", done.status));
    }
    read(&made.join("accelerator/libstormhost_native.so"))
}

fn read(path: &Path) -> Result<Vec<u8>, String> {
    fs::read(path).map_err(|error| format!("{} cannot be read: {error}", path.display()))
}

/// The folder that all builds share, `target` as a rule: `<it>/<profile>/build/<package>/out`.
fn beside(out: &Path) -> PathBuf {
    let as_usual = out
        .ancestors()
        .nth(2)
        .is_some_and(|it| it.ends_with("build"));
    let shared = out.ancestors().nth(4).filter(|_| as_usual);
    shared.unwrap_or(out).to_owned()
}

/// Whether a variable speaks of the build of the host, and would lead another one astray. What remains are the user's own settings,
/// and the tokens that keep both together from starting too many compilers.
fn is_ours_alone(name: &str) -> bool {
    const OURS: [&str; 7] = [
        "CARGO_CFG_",
        "CARGO_ENCODED_RUSTFLAGS",
        "CARGO_FEATURE_",
        "CARGO_MANIFEST_",
        "CARGO_PKG_",
        "CLIPPY_",
        "PYO3_",
    ];
    OURS.iter().any(|prefix| name.starts_with(prefix))
        || [
            "RUSTC",
            "RUSTDOC",
            "RUSTC_LINKER",
            "RUSTC_WORKSPACE_WRAPPER",
        ]
        .contains(&name)
}

fn variable(name: &str) -> OsString {
    env::var_os(name).unwrap_or_else(|| panic!("cargo sets {name}"))
}
