use tokio::time::timeout;

use super::*;
use crate::link::inside::{Inside, Manner};
use crate::link::life::Link;

const SOON: Duration = Duration::from_secs(30);

/// Runs a script that need not be a component, and returns how it left and what it wrote for people.
async fn run(code: &str, change: impl FnOnce(&mut Script)) -> (Exit, String) {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("script.lua"), code).unwrap();
    let mut script = Script {
        words: ["script.lua", "one", "two"].map(str::to_owned).into(),
        folder: Some(folder.path().to_owned()),
        environment: BTreeMap::new(),
        memory: 64 << 20,
        budget: Some(Duration::from_millis(200)),
    };
    change(&mut script);
    let link = Inside::start(
        "test[1]",
        Manner::usual(Duration::from_secs(1)),
        move |ends| script.run(&ends),
    )
    .unwrap();
    let Link { life, stderr, .. } = &link;
    let mut said = Vec::new();
    let exit = timeout(SOON, async {
        let read = async {
            loop {
                stderr.readable().await.unwrap();
                if let Ok(0) = stderr.try_read_buf(&mut said) {
                    break;
                }
            }
        };
        let (exit, ()) = tokio::join!(life.wait(), read);
        exit
    })
    .await
    .expect("it should leave soon");
    (exit, String::from_utf8(said).unwrap())
}

async fn says(code: &str, expected: &str) {
    let (exit, said) = run(&format!("{code}\nos.exit(true)"), |_| {}).await;
    assert_eq!((exit, said.as_str()), (Exit::Status(0), expected), "{code}");
}

#[tokio::test]
async fn it_finds_its_arguments_its_environment_and_its_folder() {
    says(
        "print(arg[0], arg[1], arg[2], #arg, ...)",
        "script.lua\tone\ttwo\t2\tone\ttwo\n",
    )
    .await;
    says(
        "print((io.open('script.lua'):read()))",
        "print((io.open('script.lua'):read()))\n",
    )
    .await;
    let (_, said) = run(
        "print(os.getenv('A'), os.getenv('PATH') ~= nil) os.exit()",
        |script| {
            script.environment = [("A".to_owned(), "b".to_owned())].into();
        },
    )
    .await;
    assert_eq!(said, "b\ttrue\n");
}

#[tokio::test]
async fn the_folder_of_one_is_nobody_elses() {
    let before = std::env::current_dir().unwrap();
    says("print(1)", "1\n").await;
    assert_eq!(std::env::current_dir().unwrap(), before);
}

#[tokio::test]
async fn a_folder_that_is_not_there_is_named() {
    let (exit, said) = run("", |script| script.folder = Some("/not/there".into())).await;
    assert_eq!(exit, Exit::Status(1));
    assert!(
        said.starts_with("the working folder /not/there cannot be entered: No such file"),
        "{said}"
    );
}

#[tokio::test]
async fn what_its_process_would_print_is_collected() {
    says("print('a', 1, nil, true)", "a\t1\tnil\ttrue\n").await;
    says(
        "io.write('a', 1, '\\n') io.stdout:write('b'):write('c\\n')",
        "a1\nbc\n",
    )
    .await;
    says(
        "io.stderr:write('x\\n') io.output():write('y\\n')",
        "x\ny\n",
    )
    .await;
    says(
        "print(io.read(), io.stdin:read('a'), io.type(io.stdin))",
        "nil\tnil\tfile\n",
    )
    .await;
    says(
        "print(pcall(io.write, {}))",
        "false\tbad argument #1 to 'write' (string expected, got table)\n",
    )
    .await;
    for name in ["/dev/stdout", "/dev/fd/1", "/proc/self/fd/1", "/dev/tty"] {
        says(
            &format!("print(io.open('{name}', 'w'))"),
            &format!("nil\t{name}: Permission denied\t13\n"),
        )
        .await;
    }
}

#[tokio::test]
async fn files_of_its_own_are_files() {
    says(
        "local f = io.open('own', 'w') f:write('1\\n2\\n') f:close() for line in io.lines('own') do print(line) end \
         io.output('other') io.write('three') io.close() io.input('other') print(io.read('a'), io.type(io.input()))",
        "1\n2\nthree\tfile\n",
    )
    .await;
}

#[tokio::test]
async fn it_leaves_as_a_process_would() {
    for (code, status) in [
        ("os.exit()", 0),
        ("os.exit(true)", 0),
        ("os.exit(false)", 1),
        ("os.exit(7)", 7),
        ("os.exit(256)", 0),
    ] {
        for code in [
            code.to_owned(),
            format!("pcall(function() {code} end) print('still here')"),
            format!("xpcall(function() {code} end, print) print('still here')"),
            format!("coroutine.wrap(function() {code} end)() print('still here')"),
        ] {
            assert_eq!(
                run(&code, |_| {}).await,
                (Exit::Status(status), String::new()),
                "{code}"
            );
        }
    }
}

#[tokio::test]
async fn what_would_reach_beyond_its_thread_is_not_to_be_had() {
    for call in ["os.execute('true')", "io.popen('true')"] {
        says(
            &format!("print(select(2, pcall(function() {call} end)))"),
            "script.lua:1: inside the host no process can be started; give this component where = 'outside'\n",
        )
        .await;
    }
    says(
        "print(os.execute(), os.setlocale('C'), os.setlocale())",
        "false\tnil\tC\n",
    )
    .await;
    says(
        "print(debug.sethook, debug.getregistry, package.loadlib)",
        "nil\tnil\tnil\n",
    )
    .await;
    says(
        "print(load(string.dump(function() end)))",
        "nil\tattempt to load a binary chunk (mode is 't')\n",
    )
    .await;
    says("print(pcall(require, 'cjson') == false)", "true\n").await;
    says(
        "print(load('return ...', 'x', 'bt', {})(4), dofile == nil, loadfile())",
        "4\tfalse\tnil\tcannot read stdin inside the host\n",
    )
    .await;
}

#[tokio::test]
async fn where_code_is_can_be_asked() {
    says(
        "local function f()\n local i = debug.getinfo(1, 'nSl') print(i.source, i.currentline, i.name, i.namewhat, i.what) end\nf()",
        "@script.lua\t2\tf\tlocal\tLua\n",
    )
    .await;
    says(
        "print((debug.traceback('why'):gsub('\\n.*', '')), debug.traceback(7))",
        "why\t7\n",
    )
    .await;
}

#[tokio::test]
async fn an_error_is_told_with_its_traceback() {
    let (exit, said) = run(
        "local function deep()\n error('oh no')\nend\ndeep()",
        |_| {},
    )
    .await;
    assert_eq!(exit, Exit::Status(1));
    assert!(
        said.starts_with("lua: script.lua:2: oh no\nstack traceback:\n"),
        "{said}"
    );
    assert!(
        said.contains("\tscript.lua:2: in local 'deep'\n\tscript.lua:4: in main chunk\n"),
        "{said}"
    );
    assert!(!said.contains("stormhost"), "{said}");
}

#[tokio::test]
async fn a_script_that_is_no_component_is_told_so() {
    let (exit, said) = run("return 5", |_| {}).await;
    assert_eq!(exit, Exit::Status(1));
    assert!(
        said.contains("script.lua neither runs a component nor returns one"),
        "{said}"
    );
    let (_, said) = run("", |script| script.words = vec!["nowhere.lua".into()]).await;
    assert_eq!(
        said,
        "lua: cannot open nowhere.lua: No such file or directory\n"
    );
}

/// A conversation is opened by a write; from then on the budget counts.
const OPENED: &str = "require('stormhost._stdio').take_over():write('opened') ";

#[tokio::test]
async fn an_endless_loop_is_interrupted_wherever_it_hides() {
    for code in [
        "while true do end",
        "while true do pcall(function() while true do end end) end",
        "while true do xpcall(function() while true do end end, print) end",
        "while true do coroutine.resume(coroutine.create(function() while true do end end)) end",
        "coroutine.wrap(function() while true do end end)()",
        "setmetatable({}, {__index = function() while true do end end}).x()",
        "while true do print('again') end",
        "table.sort({3, 2, 1}, function() while true do end end)",
        "local function f() error('x') end while true do pcall(f) end",
        "while true do pcall(error, {}) end",
        "local co = coroutine.wrap(function() while true do coroutine.yield() end end) while true do co() end",
        "coroutine.wrap(function() coroutine.wrap(function() pcall(function() while true do end end) end)() end)()",
        "local co = coroutine.create(function() local x <close> = setmetatable({}, {__close = function() while true do end end}) \
         coroutine.yield() end) coroutine.resume(co) coroutine.close(co)",
        "while true do ('x'):rep(1e6) end",
        "while true do local _ = ('x'):rep(1e4):gsub('x', 'yy') end",
        "local _ = ('x'):rep(1e4):gsub('x', function() while true do end end)",
    ] {
        let (exit, said) = run(&format!("{OPENED}\n{code}"), |_| {}).await;
        let over = Exit::OverBudget(Duration::from_millis(200));
        assert_eq!(exit, over, "{code}: {said}");
        assert!(said.contains("interrupted\nstack traceback:"), "{said}");
        assert!(said.contains("script.lua:2: in"), "{said}");
    }
}

#[tokio::test]
async fn coroutines_are_those_of_lua() {
    for (code, expected) in [
        (
            "local co = coroutine.create(function(...) local got = coroutine.yield(...) error(got) end) \
          print(coroutine.resume(co, 1, nil, 3)) print(coroutine.resume(co, 'oh')) print(coroutine.resume(co)) \
          print(coroutine.status(co), coroutine.close(co))",
            "true\t1\tnil\t3\nfalse\tscript.lua:1: oh\nfalse\tcannot resume dead coroutine\ndead\tfalse\tscript.lua:1: oh\n",
        ),
        (
            "print(coroutine.resume(coroutine.create(function(...) return select('#', ...), ... end), nil, nil))",
            "true\t2\tnil\tnil\n",
        ),
        (
            "local f = coroutine.wrap(function(a) return a, coroutine.yield(a + 1) end) print(f(1)) print(f(5))\n print(pcall(f))",
            "2\n1\t5\nfalse\tcannot resume dead coroutine\n",
        ),
        (
            "local f = coroutine.wrap(function() error('why') end)\nprint(pcall(function()\n f()\n end))",
            "false\tscript.lua:3: script.lua:1: why\n",
        ),
        (
            "local thing = {} print(select(2, pcall(coroutine.wrap(function() error(thing) end))) == thing)",
            "true\n",
        ),
        (
            "local co = coroutine.create(function() local x <close> = setmetatable({}, {__close = function() error('late', 0) end}) \
          coroutine.yield() end) coroutine.resume(co) print(coroutine.close(co)) print(coroutine.close(co))",
            "false\tlate\ntrue\n",
        ),
        (
            "local f f = coroutine.wrap(function() return pcall(f) end) print(f())",
            "false\tcannot resume non-suspended coroutine\n",
        ),
        (
            "print(pcall(coroutine.close, coroutine.running()))",
            "false\tcannot close a running coroutine\n",
        ),
        (
            "for word in coroutine.wrap(function() for word in ('a b'):gmatch('%S+') do coroutine.yield(word) end end) do print(word) end",
            "a\nb\n",
        ),
        (
            "local function deep(n) if n == 0 then return 'down' end return coroutine.wrap(deep)(n - 1) end print(deep(150))",
            "down\n",
        ),
        (
            "print(select(2, pcall(coroutine.resume, 5)):match('expected.*'))",
            "expected, got number)\n",
        ),
        (
            "local a, b a = coroutine.create(function() return coroutine.resume(b) end) \
          b = coroutine.create(function() return pcall(coroutine.close, a) end) print(coroutine.resume(a))",
            "true\ttrue\tfalse\tcannot close a normal coroutine\n",
        ),
    ] {
        says(code, expected).await;
    }
}

#[tokio::test]
async fn coroutines_yield_through_pcall_and_xpcall() {
    for (code, expected) in [
        (
            "for word in coroutine.wrap(function() print(pcall(function() coroutine.yield('a') coroutine.yield('b') error('c', 0) end)) end) do \
          print(word) end",
            "a\nb\nfalse\tc\n",
        ),
        (
            "for word in coroutine.wrap(function() print(xpcall(function(...) coroutine.yield(...) error('b', 0) end, \
          function(why) return why .. 'c' end, 'a')) end) do print(word) end",
            "a\nfalse\tbc\n",
        ),
        (
            "local co = coroutine.wrap(function() return pcall(pcall, function(...) return coroutine.yield(...) end, 1, nil) end) \
          print(co()) print(co(2, nil))",
            "1\tnil\ntrue\ttrue\t2\tnil\n",
        ),
        (
            "print(pcall(xpcall)) print(pcall(xpcall, print, 5))",
            "false\tbad argument #2 to 'xpcall' (function expected, got no value)\n\
             false\tbad argument #2 to 'xpcall' (function expected, got number)\n",
        ),
        (
            "print(xpcall(error, function(why) return io.type(why) end, io.stdout))\n\
             print((select(2, xpcall(function() error('why') end, debug.traceback)):gsub('\\n\\t?', '|'):sub(1, 62)))",
            "false\tfile\nscript.lua:2: why|stack traceback:|[C]: in function 'error'|sc\n",
        ),
        (
            "local function deep() return 1 + deep() end print(require('stormhost._traceback').try(deep))\n\
             local _, caught = require('stormhost._traceback').try(deep) print(caught.message:match('stack overflow'), #caught.story > 100)",
            "false\t",
        ),
    ] {
        let much = |script: &mut Script| script.memory = 512 << 20; // an endless recursion takes some
        let (exit, said) = run(&format!("{code}\nos.exit(true)"), much).await;
        assert_eq!(exit, Exit::Status(0), "{code}: {said}");
        if expected == "false\t" {
            assert!(said.contains("stack overflow\ttrue\n"), "{said}");
        } else {
            assert_eq!(said, expected, "{code}");
        }
    }
}

#[tokio::test]
async fn no_wish_to_leave_is_caught_across_a_yield_or_by_a_handler() {
    for leave in [
        "pcall(function() coroutine.yield() os.exit(7) end)",
        "xpcall(function() coroutine.yield() os.exit(7) end, print)",
        "xpcall(function() coroutine.yield() error('x') end, function() os.exit(7) end)",
        "pcall(function() local x <close> = setmetatable({}, {__close = function() coroutine.yield() error('y') end}) os.exit(7) end)",
        "load(function() os.exit(7) end)",
        "pcall(load, function() os.exit(7) end)",
    ] {
        let code = format!(
            "local co = coroutine.create(function() {leave} print('still here') end) \
             for i = 1, 3 do coroutine.resume(co) end print('still here')"
        );
        let left = (Exit::Status(7), String::new());
        assert_eq!(run(&code, |_| {}).await, left, "{leave}");
    }
}

#[tokio::test]
async fn a_defects_panic_is_not_caught_either() {
    for code in [
        "pcall(panic)",
        "xpcall(panic, function() return 'handled' end)",
        "xpcall(panic, debug.traceback)",
        "local co = coroutine.wrap(function() pcall(function() coroutine.yield() panic() end) end) co() co()",
        "load(panic)",
        "require('stormhost._traceback').try(panic)",
    ] {
        let link = Inside::start("test[1]", Manner::usual(SOON), move |ends| {
            Exit::Status(if after_the_prelude(code, &ends).is_ok() {
                0
            } else {
                1
            })
        })
        .unwrap();
        let exit = timeout(SOON, link.life.wait()).await.unwrap();
        assert_eq!(exit, Exit::Panicked, "{code}");
    }
}

/// Runs code that finds what a script does, and `panic`, which does what a defect of ours would.
fn after_the_prelude(code: &str, ends: &Arc<Ends>) -> mlua::Result<()> {
    let script = Script {
        words: Vec::new(),
        folder: None,
        environment: BTreeMap::new(),
        memory: 64 << 20,
        budget: None,
    };
    let sheet = Shared::default();
    let lua = Pooled::new(Lua::new(), script.memory)?;
    let host = script.host_functions(&lua, ends, &Budget::new(None), &sheet)?;
    let prelude = lua.load(PRELUDE).set_name("=stormhost");
    prelude.call::<(Value, Value)>((host, lua.create_table()?))?;
    let panic = lua.create_function(|_, _: Variadic<Value>| -> mlua::Result<()> {
        std::panic::resume_unwind(Box::new("a defect"))
    })?;
    lua.globals().set("panic", panic)?;
    lua.load(code).exec()
}

#[tokio::test]
async fn require_takes_no_compiled_code() {
    says(
        "local f = io.open('bad.lua', 'wb') f:write(string.dump(function() end)) f:close() print(pcall(require, 'bad'))",
        "false\terror loading module 'bad' from file './bad.lua':\n\tattempt to load a binary chunk (mode is 't')\n",
    )
    .await;
    says(
        "local f = io.open('good.lua', 'w') f:write('return { ... }') f:close() local good, where = require('good') \
         print(good[1], good[2], where, require('good') == good)",
        "good\t./good.lua\t./good.lua\ttrue\n",
    )
    .await;
    says(
        "package.path = './?.lua;./?/x.lua' print(pcall(require, 'not.there'))",
        "false\tmodule 'not.there' not found:\n\tno field package.preload['not.there']\n\tno file './not/there.lua'\n\
         \tno file './not/there/x.lua'\n\t\n\tcan't load C modules in safe mode\n",
    )
    .await;
    says(
        "package.path = nil print(pcall(require, 'a')) package.path = '/dev/fd/?' print((select(2, pcall(require, '0')):gsub('\\n.*', '')))",
        "false\t'package.path' must be a string\nerror loading module '0' from file '/dev/fd/0':\n",
    )
    .await;
}

#[tokio::test]
async fn an_error_that_merely_speaks_of_memory_is_the_users() {
    for said in [
        "printer: not enough memory on the device",
        "not enough memory",
    ] {
        says(
            &format!(
                "local try = require('stormhost._traceback').try local _, caught = try(error, '{said}', 0) print(caught.message) \
                 print(xpcall(error, tostring, '{said}', 0))"
            ),
            &format!("{said}\nfalse\t{said}\n"),
        )
        .await;
    }
    says(
        "print(xpcall(string.rep, print, 'x', 1e9)) print('well')",
        "false\tnot enough memory\nwell\n",
    )
    .await;
}

#[tokio::test]
async fn what_a_finalizer_says_at_the_end_is_heard() {
    for kept in [
        "local kept = thing",
        "kept = thing",
        "package.loaded.kept = thing",
        "string.kept = thing",
        "local exit = os.exit function os.exit(...) local _ = thing exit(...) end",
        "_G.print = setmetatable({ thing }, { __call = function() end })",
        "getmetatable('').__add = function() return thing end",
        "coroutine.wrap(function() local kept = thing coroutine.yield() end)()",
        "local kept = thing coroutine.wrap(function() os.exit(true) end)()",
    ] {
        let code = format!(
            "local function say() print(type(io.open), pcall(coroutine.wrap(function() return 'the end' end))) end \
             local thing = setmetatable({{}}, {{ __gc = say }}) {kept}"
        );
        says(&code, "function\ttrue\tthe end\n").await;
    }
    says(
        "kept = setmetatable({}, { __gc = function() again = setmetatable({}, { __gc = function() print('again') end }) end })",
        "again\n",
    )
    .await;
}

#[tokio::test]
async fn what_a_finalizer_says_is_heard_without_memory_too() {
    let (exit, said) = run(
        "kept = setmetatable({}, { __gc = function() print('the end') end }) \
         require('stormhost._traceback').try(function() for i = 1, 1e9 do kept[i] = { i } end end)",
        |script| script.memory = 8 << 20,
    )
    .await;
    assert_eq!(
        (exit, said.as_str()),
        (Exit::OutOfMemory(8 << 20), "the end\n")
    );
}

#[tokio::test]
async fn os_exit_in_a_finalizer_is_an_end_like_any_other() {
    const THING: &str =
        "local thing = setmetatable({}, { __gc = function() os.exit(7) print('still here') end })";
    for (code, status) in [
        ("thing = nil collectgarbage() while true do end", 7),
        (
            "coroutine.wrap(function() pcall(function() thing = nil collectgarbage() while true do end end) end)()",
            7,
        ),
        ("os.exit(4)", 4),
    ] {
        let left = (Exit::Status(status), String::new());
        assert_eq!(
            run(&format!("{THING} {code}"), |_| {}).await,
            left,
            "{code}"
        );
    }
}

#[tokio::test]
async fn code_without_a_budget_stops_when_told_to() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("script.lua");
    for code in [
        "while true do end",
        "while true do pcall(coroutine.wrap(function() while true do end end)) end",
    ] {
        std::fs::write(&file, format!("{OPENED} {code}")).unwrap();
        let script = Script {
            words: vec![file.to_string_lossy().into_owned()],
            folder: None,
            environment: BTreeMap::new(),
            memory: 64 << 20,
            budget: None,
        };
        let link = Inside::start("test[1]", Manner::usual(SOON), move |ends| {
            script.run(&ends)
        })
        .unwrap();
        let mut said = Vec::new();
        timeout(SOON, async {
            while said.is_empty() {
                link.stdout.readable().await.unwrap();
                let _ = link.stdout.try_read_buf(&mut said);
            }
        })
        .await
        .expect("it should begin");
        link.life.terminate();
        assert_eq!(
            timeout(SOON, link.life.wait()).await.unwrap(),
            Exit::Interrupted,
            "{code}"
        );
    }
}

#[tokio::test]
async fn code_that_writes_for_ever_is_interrupted_too() {
    let code = "local channel = require('stormhost._stdio').take_over() channel:write('opened')\n\
         while true do channel:write('') channel:waiting(0) end";
    let (exit, said) = run(code, |_| {}).await;
    assert_eq!(exit, Exit::OverBudget(Duration::from_millis(200)), "{said}");
}

#[tokio::test]
async fn what_it_waits_for_the_host_does_not_count() {
    let code = format!(
        "{OPENED} local channel = require('stormhost._stdio').take_over() \
         for i = 1, 10 do channel:waiting(50) end for i = 1, 1e5 do end print('through') os.exit(4)"
    );
    let (exit, said) = run(&code, |_| {}).await;
    assert_eq!((exit, said.as_str()), (Exit::Status(4), "through\n"));
}

#[tokio::test]
async fn the_budget_counts_from_the_last_look_at_the_clock() {
    let (exit, said) = run(
        &format!(
            "{OPENED} local now = require('stormhost._clock').now local begun = now() \
             repeat for i = 1, 1e4 do end until now() - begun > 1 print('through') os.exit(4)"
        ),
        |_| {},
    )
    .await;
    assert_eq!((exit, said.as_str()), (Exit::Status(4), "through\n"));
}

#[tokio::test]
async fn before_the_handshake_only_the_host_ends_it() {
    let code = "local begun = os.clock() repeat until os.clock() - begun > 0.6 os.exit(4)";
    assert_eq!(run(code, |_| {}).await, (Exit::Status(4), String::new()));
}

#[tokio::test]
async fn too_much_memory_is_the_end() {
    for code in [
        "local kept = {} while true do kept[#kept + 1] = {} end",
        "local text = 'x' while true do text = text .. text end",
        "print(#('x'):rep(1e9))",
        "require('stormhost._traceback').try(coroutine.wrap(function() local kept = {} while true do kept[#kept + 1] = {} end end))",
        "require('stormhost._traceback').try(function() print(table.concat({ ('x'):rep(3e6), ('y'):rep(3e6) })) end)",
        "require('stormhost._traceback').try(function() local kept = {} while true do kept[#kept + 1] = {} end end)",
    ] {
        let (exit, _) = run(code, |script| script.memory = 8 << 20).await;
        assert_eq!(exit, Exit::OutOfMemory(8 << 20), "{code}");
    }
}

#[tokio::test]
async fn code_that_catches_its_want_of_memory_may_go_on() {
    says(
        "print(pcall(string.rep, 'x', 1e9)) print('well')",
        "false\tnot enough memory\nwell\n",
    )
    .await;
}

#[tokio::test]
async fn one_that_waits_is_ended_when_told_to_stop() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("script.lua");
    for code in [
        "take_over():read(8)",
        "take_over():line()",
        "take_over():waiting(1e6)",
    ] {
        std::fs::write(&file, format!("require('stormhost._stdio').{code}")).unwrap();
        let script = Script {
            words: vec![file.to_string_lossy().into_owned()],
            folder: None,
            environment: BTreeMap::new(),
            memory: 64 << 20,
            budget: Some(SOON),
        };
        let link = Inside::start("test[1]", Manner::usual(SOON), move |ends| {
            script.run(&ends)
        })
        .unwrap();
        link.life.terminate();
        assert_eq!(
            timeout(SOON, link.life.wait()).await.unwrap(),
            Exit::Interrupted,
            "{code}"
        );
    }
}
