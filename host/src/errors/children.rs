//! Errors of children: while they are started, and while they live.

super::area! {
STARTING "Starting a component"

EMPTY_COMMAND "SH0301"
    ["the command is empty: it must name at least a program"]
    cause "There is nothing to start."
    remedy "Name a program."
PROGRAM_NOT_FOUND "SH0302"
    ["`{program}` was not found"]
    cause "No executable file of that name stands at its path or, where it has no slash, in the folders of the `PATH`, which are listed."
    remedy "Check its spelling, install it, or give a path; what may have been meant is suggested. Often it is an interpreter that is not installed."
NOT_EXECUTABLE "SH0303"
    ["{file} is there, but may not be executed; "]
    cause "The file lacks the permission to be executed, or it is a folder, or lies on a disk from which nothing may be executed."
    remedy "Make it executable (`chmod +x`), or start it by its interpreter."
INTERPRETER_MISSING "SH0304"
    ["{file} is there, but the interpreter named in its first line{name} is not"]
    cause "A script's first line (`#!…`) names an interpreter that is not there; a carriage return at its end has this effect too."
    remedy "Install the interpreter, put the first line right (`#!/usr/bin/env python3`), or remove carriage returns (`dos2unix`)."
NO_PROGRAM "SH0305"
    ["{file} is no program this machine can run; "]
    cause "The file is executable, but neither a program for this machine nor a script with a first line that names its interpreter."
    remedy "Begin a script with a line such as `#!/usr/bin/env python3`; build a program for this machine."
BAD_FOLDER "SH0306"
    ["the working folder {folder} {reason}"]
    cause "The folder that the component is to run in is not there, is a file, or may not be entered."
    remedy "Create it, or put the component's `cwd` or `stormhost.cwd` right. Old components run in the `resources/` beside their topology."
TOO_MANY_FILES "SH0307"
    ["too many open files: the host may have {number} and each child takes 5; "]
    cause "The limit on open files of this process, or of the whole machine, is used up."
    remedy "Raise it with `ulimit -n` before stormhost is started, or lower the parallelism. It is tried again while the run goes on."
NO_PROCESS "SH0308"
    ["the machine refuses another process ({reason})"]
    cause "The limit on processes of this user (`ulimit -u`), that of a container (`pids.max`), or memory is used up."
    remedy "Raise the limit, or lower the parallelism. It is tried again while the run goes on."
COMMAND_TOO_LONG "SH0309"
    ["the command and its environment are too long for the kernel"]
    cause "A command and its variables together may not be longer than a quarter of the stack's limit, nor a single word longer than 128 KiB."
    remedy "Pass large data in the component's conf, which goes through its standard input, or in a file."
UNSPEAKABLE "SH0310"
    ["the command, its folder or its environment holds {what}"]
    cause "A NUL character ends a text for the kernel, so nothing that holds one can be handed to a process."
    remedy "Take it out of the command, the folder's name or the variable."
LIMIT_NOT_SET "SH0311"
    ["its limit of {what} cannot be set: {reason}"]
    cause "The component asks for more than this process may have itself, such as more open files or a better priority."
    remedy "Ask for less, or start stormhost with the rights that it takes."
BAD_ACCOUNT "SH0312"
    ["there is no {kind} `{name}` (stormhost.{kind})"]
    ["the host may not start processes as the {kind} `{name}` ({reason}); stormhost.user and stormhost.group need root"]
    ["the {kind} `{name}` may not enter the working folder {folder}, or not execute {file}"]
    cause "The user or the group that the component is to run as is not known on this machine, or the host may not become it."
    remedy "Check `stormhost.user` and `stormhost.group`. Only root may start components as other users."
NO_THREAD "SH0313"
    ["no thread could be had for {task}: {reason}"]
    cause "A component inside the host needs a thread and three pipes, and the system refuses one of them."
    remedy "Raise the limit on open files (`ulimit -n`) or on processes (`ulimit -u`), or lower the parallelism."
NOT_BUILT_IN "SH0314"
    ["this stormhost was built without {language} inside"]
    cause "Running components of this language inside the host is an option when stormhost is built."
    remedy "Say `where='outside'`, or build stormhost with `--features lua` or `--features python`."
CANNOT_START "SH0315"
    ["`{program}` could not be started: {reason}"]
    cause "The kernel refuses to start the program for a reason that is told in its own words."
    remedy "Start the command by hand, which the message shows. It is tried again while the run goes on."
}

super::area! {
LIVING "Children that die, hang or do not leave"

DIED "SH0401"
    ["{task} ({place}) {end} after {seconds} s"]
    cause "A child left, crashed or was killed. It is started again; what it held fails, and is replayed by a spout that can."
    remedy "Look at the exit status or signal, the last lines of its standard error and the tuple in hand, all of which the message has. SIGKILL often means that the machine ran out of memory."
DIED_AT_START "SH0402"
    ["{task} ({place}) {end} after {seconds} s, before it had answered the handshake"]
    cause "The child died before it had said that it is there: a missing module, an error while its code is loaded, or a program that speaks no protocol."
    remedy "Look at what it wrote to its standard error, and start the command by hand, which the message shows; `stormhost try` speaks with it."
NO_HANDSHAKE "SH0403"
    ["it did not answer the handshake within {seconds} s (stormhost.handshake.timeout.secs)"]
    ["it emitted before it said its pid, and did not say that within {seconds} s (stormhost.handshake.timeout.secs)"]
    cause "The child lives, but has not answered the setup message: it loads for too long, does not read its input, or does not speak Storm's multilang protocol."
    remedy "Give it more time with `stormhost.handshake.timeout.secs`, or try it with `stormhost try`. A command that speaks lines is declared with `Lines(…)`."
OTHER_VERSION "SH0404"
    ["it wants version {number} of the frames, and this host offers {number}: its library ({library}) and the host do not belong together"]
    cause "The child was started with a library of another version of stormhost than the host's."
    remedy "Remove the old library from the interpreter's path, or install the same version; the host brings the right one along."
CLOSED_STDOUT "SH0405"
    ["it closed its standard output, and lived on"]
    cause "The child can say nothing any more, so it is ended and replaced."
    remedy "Look for code that closes standard output or descriptor 1, as some daemons do when they start."
CLOSED_STDIN "SH0406"
    ["it closed its standard input, and lived on"]
    cause "The child can be told nothing any more, so it is ended and replaced."
    remedy "Look for code that closes standard input or descriptor 0."
HUNG "SH0407"
    ["it hung: it was silent for {seconds} s with work in hand (topology.subprocess.timeout.secs)"]
    ["it hung: it does not answer heartbeats, for {seconds} s (topology.subprocess.timeout.secs)"]
    ["it hung: it has not answered {command} (no `sync`) for {seconds} s (topology.subprocess.timeout.secs)"]
    ["it hung: it neither read nor wrote a line for {seconds} s (topology.subprocess.timeout.secs)"]
    cause "The child had something to do, and made no progress of any kind for so long: a deadlock, an endless loop, or a call that waits for ever. Or it was asked whether it lives, and said nothing."
    remedy "Look at the stack of a Python child, or at what `/proc` told, below the message. Give calls to others a timeout, or raise `topology.subprocess.timeout.secs`."
OVER_TUPLE_BUDGET "SH0408"
    ["it took more than {seconds} s for one tuple (stormhost.tuple.budget.secs)"]
    cause "One tuple took longer than the component's own budget for a tuple."
    remedy "Look at the stack and the tuple in hand below the message, or raise `stormhost.tuple.budget.secs`."
OVER_MEMORY "SH0409"
    ["it was over its limit: {who} {used} MiB of memory, and may use {most} (stormhost.limit.memory.bytes)"]
    cause "The child and its own children used more memory together than the component may."
    remedy "Raise `stormhost.limit.memory.bytes`, or look for what grows: a cache without a bound, or one very large tuple."
OVER_PROCESSES "SH0410"
    ["it was over its limit: it has {number} processes, and may have {most} (stormhost.limit.processes)"]
    cause "The child has started more processes than the component may have."
    remedy "Raise `stormhost.limit.processes`, or wait for the processes that it starts."
OVER_BUDGET_INSIDE "SH0411"
    ["{task} (inside the host) was interrupted: its code went on for more than {seconds} s without a result (stormhost.inside.budget.secs)"]
    cause "One call of a component inside the host took longer than it may, so its code was interrupted."
    remedy "See the traceback; raise `stormhost.inside.budget.secs`, or say `where='outside'`."
OVER_MEMORY_INSIDE "SH0412"
    ["{task} (inside the host) was ended: it needs more than its {number} MiB of memory (stormhost.inside.memory.bytes)"]
    cause "A component inside the host needed more memory than it may have."
    remedy "Raise `stormhost.inside.memory.bytes`, or look for what grows without end."
STAYS "SH0413"
    ["{task} does not leave at the end of its input; it is told to"]
    cause "The run ends, the child's input is closed, and it has not left in time."
    remedy "A component should leave when its input ends. `stormhost.kill.timeout.secs` is how long it may take."
IGNORES_SIGTERM "SH0414"
    ["{task} ignores SIGTERM; it is killed"]
    ["{task} goes on all the same; it is given up"]
    cause "The child was told to leave, and has not."
    remedy "Look for a handler of SIGTERM that does not end the process, or for a `close` that waits for ever."
WANTS_TERMINAL "SH0415"
    ["it wanted the terminal, which is not given to it, and was stopped for that by the kernel (SIGTTIN, SIGTTOU)"]
    cause "A command of the shell read `/dev/tty`, or set the terminal up, as `less`, `ssh` and `sudo` do to ask for something. It would have stood still for ever."
    remedy "Let somebody else read the terminal, and the command its standard input: `cat | stormhost pipe …`. Give what asks for a password one without that."
}
