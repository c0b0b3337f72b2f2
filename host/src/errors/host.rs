//! Errors of the command line, and of the host itself.

super::area! {
AREA "The command line, and the host itself"

USAGE "SH1101"
    ["error: {problem}"]
    cause "The command line makes no sense: an unknown option, or a value that the option cannot have."
    remedy "The message says what was expected; `stormhost help` and `stormhost COMMAND --help` list everything."
UNKNOWN_CODE "SH1102"
    ["{code} is no code of an error"]
    cause "`stormhost explain` was asked about something that is not in this list."
    remedy "A code is `SH` and four digits, as in `stormhost explain SH0401`; without a code it lists all."
BAD_LOG "SH1103"
    ["the log cannot be written: {reason}"]
    cause "The file in `--log-file` cannot be opened, or the thread that writes the log cannot be had."
    remedy "Check the path and its permissions."
NO_RUN_FOLDER "SH1104"
    ["the run cannot begin: the run's folder cannot be made: {folder} cannot be {what}: {reason}"]
    cause "Each run has a small folder of its own, and it cannot be written where these folders lie."
    remedy "Set `XDG_STATE_HOME` to a folder that can be written, or free some space."
NO_GUARD "SH1105"
    ["the guard process cannot be started: {reason}"]
    ["no guard can be started, so processes may be left behind if the host is killed now: {reason}"]
    cause "The second process, which cleans up when the host is killed, cannot be had; the first time that ends the run."
    remedy "Raise the limits on processes (`ulimit -u`) and open files (`ulimit -n`)."
GUARD_DIED "SH1106"
    ["the guard {end}; another one takes its place"]
    cause "Somebody killed the second process, which cleans up when the host is killed."
    remedy "Nothing has to be done."
NO_EVENT_LOOP "SH1107"
    ["the event loop cannot be set up: {reason}"]
    cause "The kernel gives the host no descriptor to wait with."
    remedy "Raise the limit on open files (`ulimit -n`)."
NO_WORKING_FOLDER "SH1108"
    ["the working folder cannot be read: {reason}"]
    cause "The folder where the command was typed is gone, or may not be read."
    remedy "Change to another folder."
NO_STDOUT "SH1109"
    ["standard output cannot be written: {reason}"]
    cause "What the command had to say could not be written: a full disk, or nobody reads it."
    remedy "Check where standard output goes."
DEFECT "SH1110"
    ["the run broke off: a defect in stormhost itself: {what}"]
    cause "A part of stormhost panicked; the run cannot go on. Everything in hand has failed, and children are ended."
    remedy "That is worth a report, with the message and, if possible, the topology."
NOT_NEW "SH1111"
    ["{folder} names no folder that could be made"]
    ["{folder} is there already, and not empty"]
    ["{folder} cannot be made: {reason}"]
    cause "`stormhost new` makes a folder, and never changes what is there."
    remedy "Choose another name, or a place where a folder can be made."
NOT_DEBUGGED "SH1112"
    ["--debug {component}: {reason}"]
    cause "The component is not there, has no code in Python on stormhost's library that a debugger could stop, or the debugger cannot be had."
    remedy "Follow the hint; `docs/tools.md` says what `--debug` can do."
NOTHING_TO_TRY "SH1113"
    ["{file} is a topology; which of its components?"]
    ["{topology} has no component \"{name}\""]
    ["\"{component}\" is a command of the shell, and speaks no protocol"]
    ["\"{component}\" is part of stormhost itself, and has no process to try"]
    ["\"{component}\" does not listen to \"{name}\""]
    ["{text} is no command: a quote is not closed, or nothing is there"]
    cause "`stormhost try` speaks with one component that is a process and speaks Storm's protocol."
    remedy "Name a command, or a component of a topology, as in `stormhost try topology.py:count`."
TRY_FAILED "SH1114"
    ["what it said cannot be understood: {reason}"]
    ["it left before it answered the handshake"]
    ["it did not answer the handshake within {seconds} s (stormhost.handshake.timeout.secs); does it speak"]
    cause "What is tried does not behave as a component does."
    remedy "Look at what it wrote; `protocol/PROTOCOL.md` says what is expected, with transcripts."
BAD_INPUT "SH1115"
    ["{line}: {reason}"]
    cause "A line that was typed to `stormhost try` cannot be made a tuple."
    remedy "Type the values as JSON, or separated by tabs, as many as the stream has fields; `docs/tools.md` has examples."
UNSUITED_HOST "SH1116"
    ["standard output cannot be kept for data: {reason}"]
    ["a temporary file cannot be written: {reason}"]
    ["the pipeline cannot be described: {reason}"]
    cause "The system refuses something that the host cannot do without."
    remedy "See the reason: a full disk, or a limit on open files."
NO_OUTPUT "SH1117"
    ["standard output cannot be written: {reason}; the run ends"]
    cause "What `Print` sinks write is the run's data, and the system takes no more of it: what was not written failed."
    remedy "See the reason: most often the disk is full. Tracked tuples that were not written were not acked, so their source has them still."
}
