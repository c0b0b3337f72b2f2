//! Mistakes in what was described: what `stormhost check` finds.

super::area! {
AREA "Checking a topology"

BAD_NAME "SH0201"
    ["the topology's name {name} {reason}"]
    ["the component name {name} {reason}"]
    ["the stream name {name} of \"{component}\" {reason}"]
    cause "Names become names of folders, and parts of options as in `--set component:key=value`, so not every character can be in them."
    remedy "Choose a name without what the message tells; two underscores at the beginning are Storm's own."
SAME_NAME "SH0202"
    ["a second component is called \"{component}\""]
    cause "Components are known by their names, and two have the same."
    remedy "Call one of them otherwise."
BAD_FIELDS "SH0203"
    ["field {number} of the stream \"{stream}\" of \"{component}\" has an empty name"]
    ["the stream \"{stream}\" of \"{component}\" has two fields called \"{field}\""]
    cause "The fields of a stream are told apart by their names."
    remedy "Give each field of the stream a name of its own."
BAD_PARALLELISM "SH0204"
    ["the parallelism of \"{component}\" is {number}; it must be from 1 to {most}"]
    ["-p {component}={number}: a parallelism must be from 1 to {most}"]
    ["the topology has {number} tasks, each a process of its own; at most {most} are possible"]
    cause "Each task is a process, so there must be one at least, and the system cannot have more than so many."
    remedy "Say a parallelism that this machine can bear: about as many tasks as there are processor cores is a good beginning."
NO_COMMAND "SH0205"
    ["\"{component}\" has no command, so its children cannot be started"]
    ["the command of \"{component}\" has a NUL character in {argument}"]
    cause "A component that is a process needs a command that the system can start."
    remedy "Name at least a program, as in `Process('ruby', 'split.rb')`."
PROGRAM_MISSING "SH0206"
    ["the program of \"{component}\" is not there, or may not be executed: {program}"]
    cause "The first word of the command is no executable file: neither at its path nor, where it has no slash, in the `PATH`."
    remedy "Check its spelling, install it, or make it executable (`chmod +x`). A relative path is taken from the component's working folder."
BAD_VARIABLE "SH0207"
    ["the environment of \"{component}\" has a variable {name}, which the system cannot hold"]
    cause "A variable's name may not be empty nor hold an equals sign, and neither name nor value may hold a NUL character."
    remedy "Put the variable right where it is declared, or in `--env`."
NOT_INSIDE "SH0208"
    ["\"{component}\" is to run {place}, which is no place"]
    ["\"{component}\" is to run inside the host, but its command begins with {program}"]
    ["\"{component}\" is to run inside the host, but its command names no script"]
    ["\"{component}\" is to run inside the host"]
    cause "Only Lua and Python run inside the host, from a script, and only in a stormhost that was built with them."
    remedy "Leave out `where='inside'`, so that it has a process of its own; or begin its command with `lua` or `python` and a script."
BAD_UMASK "SH0209"
    ["the umask of \"{component}\" is {value}"]
    cause "The setting `stormhost.umask` is not a mask for the permissions of new files."
    remedy "Write it as text of octal digits from 000 to 777, such as `\"027\"`."
BAD_LETTER_STREAM "SH0210"
    ["\"{component}\" is to emit its dead letters on a stream \"{stream}\", which it does not declare"]
    ["the stream \"{stream}\" of \"{component}\" is for dead letters, which have no \"{field}\""]
    cause "The stream in `stormhost.dead.letters.stream` must be one of the component's own, with members of a letter as its fields."
    remedy "Declare the stream; what a letter has is listed with the message, and in `docs/dead-letters.md`."
BAD_REPLAY "SH0211"
    ["\"{component}\" is a bolt, and has nothing to replay"]
    ["\"{component}\" is to be replayed by {word}, which nobody is called"]
    ["\"{component}\": what a Redis spout emitted lies in Redis, and comes again from there"]
    cause "The host can replay what a spout has emitted: a spout that is a process or a command, and by `replay='host'` only."
    remedy "Leave `replay` out, or say it for the spout that the tuples come from."
BAD_BUILTIN "SH0212"
    ["\"{component}\" is said to be built in as \"{name}\", which there is not"]
    ["\"{component}\" is built in as a sink, so it cannot be a spout"]
    ["\"{component}\" has options, but it is not built in"]
    ["\"{component}\" declares the stream \"{stream}\", and a Redis spout emits on one only"]
    ["\"{component}\" declares the stream \"{stream}\", but a Redis sink emits nothing"]
    cause "A component that is part of stormhost is declared as something that it is not, or with streams that it cannot have."
    remedy "What is built in is `print`, a sink, and `redis`, a spout or a sink; see `docs/ir.md` and `docs/redis.md`."
JAVA_CLASS "SH0213"
    ["\"{component}\" is the Java class {class}, which nothing here does the work of"]
    cause "Stormhost runs no JVM; only a few well-known Java classes have a counterpart in it."
    remedy "Replace it by a component in another language, or by a program of its own with `Process(…)`; `docs/porting.md` has more."
BAD_REDIS_OPTION "SH0214"
    ["\"{component}\": {problem}"]
    ["\"{component}\" writes as {mode}, where its tuples have a key and a value, and the stream \"{stream}\" of \"{source}\" has {number} fields"]
    cause "An option of a Redis spout or sink is unknown, has a value that it cannot have, has no effect, or contradicts another one or the fields of a stream."
    remedy "The message says what is expected; all options stand in `docs/redis.md`."
BAD_SHELL "SH0215"
    ["\"{component}\" is a shell component, and something else at once"]
    ["\"{component}\" is an Exec, which {reason}"]
    ["\"{component}\" is a shell component as {mode}, which there is not"]
    ["\"{component}\" declares the stream \"{stream}\", but a line has nothing that says where it goes"]
    ["the stream of \"{component}\" has no fields, so its lines would say nothing"]
    ["the command of \"{component}\" cannot be run: {reason}"]
    ["\"{component}\" has JSON lines and a separator"]
    ["\"{component}\" has JSON lines that end with a NUL"]
    ["the separator of \"{component}\" is {separator}"]
    ["\"{component}\" is kept running, so it has no batch, linger or timeout"]
    ["\"{component}\" is to read the standard input of stormhost, which only one spout task can"]
    ["the {option} of \"{component}\" is {value}"]
    cause "What is said about a command of the shell makes no sense for `Lines` or for `Exec`."
    remedy "The hint below the message says what is possible; `docs/shell.md` tells the two apart."
NO_SPOUT "SH0216"
    ["the topology has no spout, so nothing would ever flow"]
    cause "Tuples come from spouts, and none is declared."
    remedy "Declare one; in a Python topology it must be an attribute of the `Topology` class."
NO_INPUTS "SH0217"
    ["the bolt \"{component}\" has no inputs, so it would never be given a tuple"]
    cause "Nothing subscribes the bolt to any stream."
    remedy "Append a grouping to its `inputs`, or leave the bolt out."
UNKNOWN_COMPONENT "SH0218"
    ["\"{component}\" listens to \"{name}\", but no component is called that"]
    ["the subscription to \"{component}\" is for \"{name}\", but no component is called that"]
    ["{option}: no component is called \"{name}\""]
    cause "A subscription or an option names a component that the topology does not have."
    remedy "Check its spelling: the nearest name, or all there are, stand below the message."
SPOUT_LISTENS "SH0219"
    ["the spout \"{component}\" listens to \"{source}\", but spouts have no inputs"]
    cause "Spouts are where tuples come from; only bolts are given any."
    remedy "Make it a bolt, or leave the subscription out."
TWICE "SH0220"
    ["\"{component}\" listens to the stream \"{stream}\" of \"{source}\" twice"]
    cause "A component can subscribe to a stream once, as in Storm; each tuple would come twice otherwise."
    remedy "Leave one of the two subscriptions out."
UNKNOWN_STREAM "SH0221"
    ["\"{component}\" listens to the stream \"{stream}\" of \"{source}\", which has none of that name"]
    cause "The source declares no such stream."
    remedy "Declare it there, or choose one of its streams, which are listed with the message."
UNKNOWN_GROUPING "SH0222"
    ["\"{component}\" listens to \"{source}\" by \"{grouping}\", which is no grouping"]
    ["\"{component}\" listens to \"{source}\" by {grouping} grouping with {arguments}"]
    cause "The grouping is none that stormhost knows, or its arguments make no sense."
    remedy "There are shuffle, fields, all, global, direct, none, local_or_shuffle and partial_key; for lines also column and member."
USELESS_FIELDS "SH0223"
    ["\"{component}\" listens to \"{source}\" by {grouping} grouping, which does not look at fields ({fields})"]
    cause "Fields were named for a grouping that does not go by fields. It is a warning only."
    remedy "Leave them out, or use fields grouping."
DIRECT_STREAM "SH0224"
    ["the stream \"{stream}\" of \"{source}\" is direct, but \"{component}\" listens to it by {grouping} grouping"]
    ["\"{component}\" listens by direct grouping to the stream \"{stream}\" of \"{source}\", which is not direct"]
    cause "The tuples of a direct stream go to tasks that their emitter names, so the stream and the grouping must both be direct, or neither."
    remedy "Use direct grouping for direct streams only; `direct = True` declares one."
NO_FIELDS "SH0225"
    ["\"{component}\" listens to \"{source}\" by {grouping} grouping, but without any field"]
    ["\"{component}\" groups \"{source}\" by the field \"{field}\" twice"]
    cause "Fields grouping needs at least one field to go by, and each once."
    remedy "Name the fields that make the key, each once."
UNKNOWN_FIELD "SH0226"
    ["\"{component}\" groups by the field \"{field}\", which the stream \"{stream}\" of \"{source}\" does not have"]
    cause "The stream that is listened to has no field of that name."
    remedy "Check its spelling, or whether another stream was meant; the fields that there are stand below the message."
SPOUT_TICKS "SH0227"
    ["the spout \"{component}\" asks for ticks, but only bolts are sent any"]
    cause "Ticks are tuples, and spouts are sent none. It is a warning only."
    remedy "Leave `topology.tick.tuple.freq.secs` out; a spout can look at the clock in `next_tuple`."
UNREACHED "SH0228"
    ["no tuple of any spout can reach \"{component}\""]
    cause "Going upstream from its inputs, no spout is found. It is a warning only."
    remedy "Subscribe it, or one of those before it, to what comes from a spout."
UNHEARD "SH0229"
    ["nobody listens to the stream \"{stream}\" of \"{component}\""]
    cause "No component subscribes to the stream, so what is emitted there goes nowhere. It is a remark only."
    remedy "Nothing has to be done; the components of our libraries do not even send such tuples."
CYCLE "SH0230"
    ["\"{component}\" listens to itself"]
    ["a cycle: {components} listen to one another"]
    cause "Tuples can go round in a circle, and a circle in which everybody waits would stand still, so one subscription of it does not wait. It is a warning only."
    remedy "Make sure that tuples leave the circle. `stormhost.cycle.bytes` says how much may wait there before tuples fail."
BAD_SETTING "SH0231"
    ["{setting} should be {kind}, not {value}"]
    cause "The value of a setting is not of the kind that the setting needs."
    remedy "Put it right where it was set, which the message tells; `docs/settings.md` lists all settings."
UNKNOWN_SETTING "SH0232"
    ["{setting} is no setting that stormhost knows"]
    ["the variable {variable} means no setting that stormhost knows"]
    cause "A name that begins as settings of Storm or stormhost do is none of them, and has no effect. It is a warning only."
    remedy "Check its spelling; the nearest setting is suggested. Settings of one's own need another beginning."
SETTING_OF_ALL "SH0233"
    ["{setting} has no effect: it concerns the topology as a whole"]
    cause "The setting was made for one component, and means something for the whole topology only. It is a warning only."
    remedy "Set it for the topology."
AT_MOST_ONCE "SH0234"
    ["\"{component}\" is at most once: {reason}"]
    cause "A command that is kept running as a filter cannot say which line came of which. It is a remark only."
    remedy "Where every tuple counts, use `Exec`, or a component in a language with acks."
SETTING_OF_PROCESSES "SH0235"
    ["{setting} has no effect: the component is inside the host, and no process"]
    cause "The setting is a limit or a property of a process, which the kernel or the host keeps for processes only. It is a warning only."
    remedy "Run the component outside (`where='outside'`); Lua inside has `stormhost.inside.memory.bytes` and `stormhost.inside.budget.secs`."
SETTING_OF_TUPLES "SH0236"
    ["{setting} has no effect: a command that is kept running does not say when it is through with a tuple"]
    cause "The setting is about single tuples, and the host cannot see how far a filter of lines has come with one. It is a warning only."
    remedy "Leave it out, or use `Exec`, whose process runs for one tuple or batch and no longer. `topology.subprocess.timeout.secs` ends a child that is silent."
}
