//! The languages that topologies are written in. A further one is a further entry in [`ALL`].
//!
//! Each has a package (a *shim*) that travels inside the binary: it describes a topology's file to the host, and later runs
//! the components that the file declares.

use std::path::Path;

use include_dir::{Dir, include_dir};

use super::shown;
use super::version_manager::VersionManager;

/// A language, and all that is particular about it.
#[derive(Debug)]
pub(super) struct Language {
    /// As people write it.
    pub(super) name: &'static str,
    /// Names the option that chooses the interpreter (`--python`) and the folder in the cache.
    pub(super) id: &'static str,
    /// How the names of its files end.
    pub(super) endings: &'static [&'static str],
    /// Whether a line of a file loads our package, as only a file in this language would.
    pub(super) loads_package: fn(&str) -> bool,
    /// The interpreter's names, the best first.
    pub(super) programs: &'static [&'static str],
    /// The name by which this program is an interpreter of the language itself, where it is.
    pub(super) built_in: Option<&'static str>,
    /// Whether interpreters live in virtual environments: an active one, or one beside the topology, goes before the PATH.
    pub(super) virtual_environments: bool,
    /// Whose shims in the PATH are gone past.
    pub(super) version_manager: Option<&'static VersionManager>,
    /// The oldest version that the package runs on, and what makes an interpreter print its own.
    pub(super) oldest: (u32, u32),
    pub(super) print_version: [&'static str; 2],
    /// The package, the name of the folder it is unpacked to, the endings of its files, and the file in it that is run.
    pub(super) package: Dir<'static>,
    pub(super) package_folder: &'static str,
    pub(super) package_endings: &'static [&'static str],
    pub(super) main: &'static str,
    /// What `build.rs` made for the package, and the name under which it lies there; empty where it could not.
    pub(super) built: Option<(&'static str, &'static [u8])>,
    /// How a program of this language that is not started by our package finds it all the same.
    pub(super) search: SearchPath,
}

/// Where an interpreter looks for packages.
#[derive(Debug)]
pub(super) struct SearchPath {
    /// A variable of the environment, and what stands between two entries of it.
    pub(super) variable: &'static str,
    pub(super) separator: &'static str,
    /// The entry for the folder of our package.
    pub(super) entry: fn(&Path) -> String,
}

/// Every language there is. What a file without an ending is in is asked in this order.
pub(super) static ALL: [Language; 3] = [
    Language {
        name: "Python",
        id: "python",
        endings: &["py", "pyw"],
        loads_package: |line| python_imports(line, "stormhost"),
        programs: &["python3", "python"],
        built_in: None,
        virtual_environments: true,
        version_manager: Some(&VersionManager {
            name: "pyenv",
            variables: "PYENV",
            file: ".python-version",
            prefix: "python-",
        }),
        oldest: (3, 9),
        print_version: [
            "-c",
            "import sys; sys.stdout.write('%d.%d' % sys.version_info[:2])",
        ],
        package: include_dir!("$CARGO_MANIFEST_DIR/../shims/python/src/stormhost"),
        package_folder: "stormhost",
        package_endings: &["py", "typed"],
        main: "__main__.py",
        built: Some((
            "_native.abi3.so",
            include_bytes!(concat!(env!("OUT_DIR"), "/accelerator.so")),
        )),
        search: SearchPath {
            variable: "PYTHONPATH",
            separator: ":",
            entry: |package| shown(package.parent().unwrap_or(package)),
        },
    },
    Language {
        name: "Ruby",
        id: "ruby",
        endings: &["rb"],
        loads_package: ruby_requires,
        programs: &["ruby"],
        built_in: None,
        virtual_environments: false,
        version_manager: Some(&VersionManager {
            name: "rbenv",
            variables: "RBENV",
            file: ".ruby-version",
            prefix: "ruby-",
        }),
        oldest: (3, 1),
        print_version: ["-e", "$stdout.write(RUBY_VERSION)"],
        package: include_dir!("$CARGO_MANIFEST_DIR/../shims/ruby/lib"),
        package_folder: "lib",
        package_endings: &["rb"],
        main: "stormhost/main.rb",
        built: None,
        search: SearchPath {
            variable: "RUBYLIB",
            separator: ":",
            entry: shown,
        },
    },
    Language {
        name: "Lua",
        id: "lua",
        endings: &["lua"],
        loads_package: lua_requires,
        programs: &["lua5.4", "lua", "luajit", "lua5.3"],
        built_in: if cfg!(feature = "lua") {
            Some("stormhost-lua")
        } else {
            None
        },
        virtual_environments: false,
        version_manager: None,
        // LuaJIT calls itself 5.1, and has all that is needed.
        oldest: (5, 3),
        print_version: [
            "-e",
            "io.write(jit and '5.4' or _VERSION:match('%d+%.%d+'))",
        ],
        package: include_dir!("$CARGO_MANIFEST_DIR/../shims/lua/src/stormhost"),
        package_folder: "stormhost",
        package_endings: &["lua"],
        main: "main.lua",
        built: None,
        search: SearchPath {
            variable: "LUA_PATH",
            separator: ";",
            // The two semicolons stand for where Lua looks by itself.
            entry: |package| {
                let folder = shown(package.parent().unwrap_or(package));
                format!("{folder}/?.lua;{folder}/?/init.lua;;")
            },
        },
    },
];

/// Python, which the topology files of others are written in as well.
pub(super) static PYTHON: &Language = &ALL[0];

/// Lua, in which counterparts of some classes of Java's are written.
pub(super) static LUA: &Language = &ALL[2];

impl Language {
    /// The option that chooses the interpreter.
    pub(super) fn option(&self) -> String {
        format!("--{}", self.id)
    }

    /// The oldest version, as in "3.9".
    pub(super) fn oldest_shown(&self) -> String {
        format!("{}.{}", self.oldest.0, self.oldest.1)
    }

    /// Whether a file's name has one of this language's endings.
    pub(super) fn is_ending_of(&self, file: &str) -> bool {
        file.rsplit_once('.')
            .is_some_and(|(_, ending)| self.endings.contains(&ending))
    }
}

/// Whether a line of Python imports this package, or something in it.
pub(crate) fn python_imports(line: &str, package: &str) -> bool {
    let mut words = line.split_whitespace();
    let (import, module) = (words.next(), words.next().unwrap_or_default());
    let module = module.split(['.', ',', ';']).next();
    matches!(import, Some("from" | "import")) && module == Some(package)
}

fn ruby_requires(line: &str) -> bool {
    line.trim_start()
        .strip_prefix("require")
        .map(|rest| rest.trim_start_matches([' ', '(']))
        .is_some_and(|rest| rest.starts_with("'stormhost'") || rest.starts_with("\"stormhost\""))
}

/// As Lua has it: the module's name goes into a variable, which no Ruby would do with `require`.
fn lua_requires(line: &str) -> bool {
    let Some((before, rest)) = line.split_once("require") else {
        return false;
    };
    let name = rest.trim_start_matches([' ', '(']);
    before.trim_end().ends_with('=')
        && (name.starts_with("'stormhost'") || name.starts_with("\"stormhost\""))
}
