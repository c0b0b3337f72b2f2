//! Errors of tuples on their way, dead letters, commands of the shell, and Redis.

super::area! {
AREA "Tuples on their way"

TIMED_OUT "SH0701"
    ["{number} tuple trees timed out (topology.message.timeout.secs); tuples in hand have {tasks}"]
    cause "A tuple was not acked in time, with all that came of it. Its spout hears a fail."
    remedy "The tasks that hold tuples are named: a bolt that forgets to ack, or is too slow. Give it more tasks, ack every input, or raise `topology.message.timeout.secs`."
STANDSTILL "SH0702"
    ["no tuple tree was answered for {seconds} s, and the spouts wait ({why}); they are held by {tasks}"]
    cause "So many trees are open that the spouts are asked for no more, and none is completed."
    remedy "Look at the tasks that are named. A bolt that waits for more tuples than may be pending needs a larger `topology.max.spout.pending`."
NOT_FINISHED "SH0703"
    ["not finished in time: {tasks}; what they hold fails"]
    cause "The run was told to stop, and what was on its way was not through within `stormhost.shutdown.timeout.secs`."
    remedy "Raise that setting. What failed is emitted again by the next run where its spout remembers it."
AT_ONCE "SH0704"
    ["stopping at once: children are killed, and what they hold fails"]
    cause "A second signal came while the run was stopping."
    remedy "Send one signal, and wait, for an orderly end."
}

super::area! {
LETTERS "Dead letters and replay"

SET_ASIDE "SH0801"
    ["a tuple was set aside into {file}: {reason}"]
    cause "A tuple killed its children again and again, alone in hand, or its spout has given it up."
    remedy "Look at its story in the file. `stormhost replay FILE` feeds it to the topology again when the cause is removed."
LETTER_LOST "SH0802"
    ["a dead letter could not be written to {file}: {reason}; {number} are lost so far, and the run goes on."]
    ["{number} dead letters could not be written to {file} and are lost"]
    cause "The disk is full, the folder is gone, or the file has reached its limit (`stormhost.dead.letters.bytes`)."
    remedy "Free some space, point `XDG_STATE_HOME` elsewhere, or raise the limit. The beginning of the letter is in the message."
LETTERS_KEPT "SH0803"
    ["{number} dead letters are in {file}; `stormhost replay {file}` feeds them to the topology again"]
    cause "Tuples were set aside in this run."
    remedy "Remove what made them fail, and replay them."
NO_LETTERS "SH0804"
    ["the dead letters cannot be read: {file}: {reason}"]
    cause "The file that was named is not there, or cannot be read."
    remedy "Name a file `dead_letters.jsonl`; the end of a run says where it is."
NO_LETTER "SH0805"
    ["{file}:{line}: this is no dead letter: {reason}"]
    cause "A line of the file is not what stormhost wrote there."
    remedy "Remove the line, or put it right; `docs/dead-letters.md` lists a letter's members."
WHOSE_LETTERS "SH0806"
    ["beside {file} there is no topology.json that says which topology these letters are of"]
    cause "The file was moved from its run's folder, where a second file says what was run."
    remedy "Name the topology: `stormhost replay FILE topology.py`."
MISFIT_LETTER "SH0807"
    ["{file}: line {number}: {reason}"]
    cause "The topology has changed: a component or stream of the letter is not there any more, or has other fields."
    remedy "Put the letter right by hand, or replay it to the topology that it came from."
}

super::area! {
SHELL "Commands of the shell"

BAD_LINE "SH0901"
    ["it wrote {what}; such lines are dropped ({number} now)"]
    cause "A line of a command does not fit the fields of its component's stream, or is no JSON, no UTF-8, or too long."
    remedy "Compare the command's output with the fields and the separator that were declared; see `docs/shell.md`."
COMMAND_LOSES "SH0902"
    ["{task} ({place}) {end} after {seconds} s"]
    cause "A command failed, and lines that it held, or had still to write, are lost."
    remedy "Look at its exit status and the last lines of its standard error. Where nothing may be lost, use `Exec`."
EXEC_FAILED "SH0903"
    ["{command} {problem}"]
    cause "A command that is run for each tuple, or batch of them, failed, took too long or wrote what does not fit; its tuples fail."
    remedy "Look at its exit status and the last lines of its standard error, and try the command in a shell."
LINE_FAILED "SH0904"
    ["{number} of its lines failed for good, the last of them so: {reason}"]
    cause "A line of a shell spout failed again in each of its replays."
    remedy "Look at why the tuple fails. `stormhost.replay.tries` says how often it is tried."
BAD_STAGE "SH0905"
    ["stage {number}: {reason}"]
    cause "What was typed to `stormhost pipe` is no pipeline."
    remedy "Stages are separated by a colon between blanks, as in `stormhost pipe 'grep x' : 'wc -l'`; see `docs/shell.md`."
}

super::area! {
REDIS "Redis"

REDIS_REFUSES "SH1001"
    ["{task} cannot work with Redis at {server}: {reason}; {advice}"]
    cause "The server is there and refuses what it is asked: a wrong password, a command or key that is not allowed, a key that holds something else, a version that is too old, or a Redis Cluster."
    remedy "Follow the advice in the message; all options stand in `docs/redis.md`."
REDIS_AWAY "SH1002"
    ["Redis at {server}: {reason} ({tries}); next try in {seconds} s"]
    cause "The server cannot be reached, the connection broke, or it can do nothing for anybody, as a replica that is read-only. What is in hand waits, and nothing is lost but what is published on channels meanwhile."
    remedy "Start the server, or check `redis.url`, `redis.host` and `redis.port`. It is tried again for ever."
REDIS_ASIDE "SH1003"
    ["puts aside, into {key}: {item} ({reason})"]
    ["leaves a message out: {reason}"]
    cause "An item is not what the spout's fields need, or failed as often as it may."
    remedy "Look at the item where it was put. `redis.tries` says how often it may fail, and `redis.format` how it is read."
REDIS_OVERRUN "SH1004"
    ["{number} messages are lost so far: more is published than the topology takes"]
    cause "A channel keeps nothing, so what is published while the topology is busy is lost."
    remedy "Use a list or a stream in place of the channel, or make the topology faster."
REDIS_NOT_TOLD "SH1005"
    ["leaves with {number} items of which Redis could not be told; they lie there, and the next run takes them up"]
    cause "The run ended while the connection was lost, or while Redis refused to take back what was in hand."
    remedy "Nothing has to be done, but they may be processed once more."
REDIS_UNWRITTEN "SH1006"
    ["{number} tuples of {number} failed, the first because: {reason}"]
    cause "The sink could not write tuples: a value is no text for Redis, or the server answered with an error."
    remedy "See the reason; spouts that replay will send them again."
REDIS_REFUSES_TO_BE_TOLD "SH1007"
    ["Redis refuses to be told of {number} items: {reason}; they stay where they are, next try in {seconds} s"]
    cause "What became of items could not be written: Redis has no memory left, the key for what is put aside holds something else, or its user may not write there."
    remedy "See the reason. Nothing is lost and nothing more is taken meanwhile; it is tried again for ever."
}
