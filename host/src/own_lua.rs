//! A Lua of our own, for machines without one: this program, called by the name of a link to it, is an interpreter like `lua`.
//!
//! A topology's file is described by it, and the components that it declares run in it, each in a process of its own, exactly as in a Lua that is
//! installed: it is the Lua 5.4 that components inside the host run in, with its whole library. It takes `-e CODE`, `-v`, a script and its arguments.
//! Modules in C are not for it: they look for Lua in the program that loads them, and find nothing there.
#![allow(
    unsafe_code,
    reason = "a process of its own may have all of Lua, which mlua calls unsafe, and dies of a broken pipe as others do"
)]

use std::ffi::OsStr;
use std::io;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use mlua::{Function, Lua, Variadic};
use nix::sys::signal::{SigHandler, Signal, signal};

/// The name that makes this program a Lua.
pub const NAME: &str = "stormhost-lua";

/// `run(script or nil, codes, …)`, as `lua` would do it. Errors are told with the stack, and give false.
const RUN: &str = r#"
local program, codes, words = ...
local function told(raised)
  local text = type(raised) == "string" and raised
  if not text then
    local meta = getmetatable(raised)
    text = meta and meta.__tostring and tostring(raised) or ("(error object is a %s value)"):format(type(raised))
  end
  return debug.traceback(text, 2)
end
local function run(chunk, problem, ...)
  local well
  if chunk then
    well, problem = xpcall(chunk, told, ...)
  end
  if not well then
    io.stderr:write("lua: ", problem, "\n")
  end
  return well
end
arg = { [0] = words[1] or program, table.unpack(words, 2) }
if words[1] then
  arg[-1] = program
end
for _, code in ipairs(codes) do
  local chunk, problem = load(code, "=(command line)")
  if not run(chunk, problem) then
    return false
  end
end
if words[1] then
  local chunk, problem = loadfile(words[1])
  return run(chunk, problem, table.unpack(words, 2)) and true
end
return true
"#;

/// Is a Lua, if this program was called by that name; the status to leave with then.
pub fn run_if_called_so() -> Option<ExitCode> {
    let mut words = std::env::args_os();
    let program = words.next()?;
    if Path::new(&program).file_name() != Some(OsStr::new(NAME)) {
        return None;
    }
    // What Lua takes are bytes; ours are those of a text in all but odd cases, where the file is not found.
    let words = words.map(|word| word.to_string_lossy().into_owned());
    Some(match run(&program.to_string_lossy(), words.collect()) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            // Nobody may be listening; that is no reason to fail in another way.
            let _ = io::Write::write_all(&mut io::stderr(), format!("lua: {error}\n").as_bytes());
            ExitCode::FAILURE
        }
    })
}

fn run(program: &str, words: Vec<String>) -> mlua::Result<bool> {
    // SAFETY: no handler is set, and no other thread runs yet. Rust ignores this signal, Lua and what it starts do not expect that.
    let _ = unsafe { signal(Signal::SIGPIPE, SigHandler::SigDfl) };
    // SAFETY: whatever its code does to itself ends with this process, which nothing else lives in.
    let lua = unsafe { Lua::unsafe_new() };
    let mut codes = Vec::new();
    let mut words = words.into_iter().peekable();
    while let Some(option) = words.next_if(|word| word.starts_with('-')) {
        match (option.as_str(), words.next_if(|_| option == "-e")) {
            ("-e", Some(code)) => codes.push(code),
            ("-v", _) => codes.push("print(_VERSION .. ', of stormhost')".to_owned()),
            ("--", _) => break,
            _ => {
                let usage = format!("usage: {NAME} [-v] [-e code] [script [args]]");
                return Err(mlua::Error::runtime(usage));
            }
        }
    }
    let run: Function = lua.load(RUN).set_name("=stormhost").into_function()?;
    run.call((program, codes, Variadic::from_iter(words).to_vec()))
}

/// Makes the link in this folder, unless it is there already, and returns its path.
///
/// # Errors
/// When nothing can be written there, or this program does not know its own path.
pub fn link_in(folder: &Path) -> io::Result<PathBuf> {
    let program = std::env::current_exe()?;
    let link = folder.join(NAME);
    if std::fs::read_link(&link).is_ok_and(|there| there == program) {
        return Ok(link);
    }
    // Others may be at it too, and children may be starting by the old one: so it is made aside and moved into place.
    let aside = tempfile::Builder::new()
        .prefix(".link-")
        .tempdir_in(folder)?;
    let fresh = aside.path().join(NAME);
    std::os::unix::fs::symlink(&program, &fresh)?;
    std::fs::rename(&fresh, &link)?;
    Ok(link)
}

#[cfg(test)]
mod tests {
    use super::link_in;

    #[test]
    fn a_link_that_leads_elsewhere_is_replaced() {
        let folder = tempfile::tempdir().unwrap();
        let own = std::env::current_exe().unwrap();
        for _ in 0..2 {
            let link = link_in(folder.path()).unwrap();
            assert_eq!(std::fs::read_link(&link).unwrap(), own);
            std::fs::remove_file(&link).unwrap();
            std::os::unix::fs::symlink("/elsewhere", &link).unwrap();
        }
        let link = link_in(folder.path()).unwrap();
        assert_eq!(std::fs::read_link(link).unwrap(), own);
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
        assert!(link_in("/not/there".as_ref()).is_err());
    }
}
