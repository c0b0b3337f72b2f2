//! Errors met while a topology's file is read.

super::area! {
AREA "Reading a topology"

NO_SUCH_FILE "SH0101"
    ["{file}: no such file"]
    cause "The file that was named is not there; a name is taken from the folder where the command is typed."
    remedy "Check the name and the folder. A file with nearly that name is suggested where there is one."
IS_FOLDER "SH0102"
    ["{folder} is a folder, not a topology nor a streamparse project"]
    ["no topology was named, and this folder is no streamparse project"]
    cause "A topology is a file; only a streamparse project, with its `config.json`, is a folder."
    remedy "Name the file; what in the folder may be a topology is listed."
UNREADABLE_FILE "SH0103"
    ["{file} cannot be read: {reason}"]
    cause "The system refuses to let the file be read."
    remedy "Check the file's permissions, and that it is a file."
UNKNOWN_FORM "SH0104"
    ["{file} is no topology that stormhost knows"]
    cause "The file is in none of the languages or formats that a topology may have, or does not look like it."
    remedy "The message lists what was looked for. A Python file must load `stormhost`, `streamparse` or Petrel; YAML must be Storm's Flux or a topology of pyleus."
ONE_TOPOLOGY "SH0105"
    ["{file} is a topology description, which holds one topology"]
    cause "A name after a colon chooses one of several topologies in a file, and a description in JSON has one only."
    remedy "Leave out the colon and the name."
BAD_DESCRIPTION "SH0106"
    ["{file} is no topology description: {reason}"]
    cause "The JSON is malformed, of a version that this stormhost does not read, or not as `docs/ir.md` says."
    remedy "Look at the place that the message names; `stormhost check --print=ir` shows what a description looks like."
STRAY_OPTION "SH0107"
    ["{option} belongs to {kind}, and {file} is none"]
    cause "The option is for another kind of topology file."
    remedy "Leave it out, or check that the right file was named."
BAD_PROJECT "SH0108"
    ["{file} is no configuration of a streamparse project: {reason}"]
    ["{project} is a streamparse project, but no topology is in {folder}"]
    ["{project} is a streamparse project whose topologies are in Clojure ({files}), as before streamparse 3"]
    cause "The project's `config.json` cannot be used, or the folder that it names for topologies holds none in Python."
    remedy "Compare `config.json` with streamparse's own; topologies stand in its `topology_specs` folder. Those in Clojure are written again in Python: `docs/porting.md`."
WHICH_TOPOLOGY "SH0109"
    ["{project} is a streamparse project with several topologies: {names}"]
    ["{project} is a streamparse project without a topology {name}"]
    cause "A project may hold several topologies, and it is not clear which of them is meant."
    remedy "Say which with `--name`, as in `-n words`."
WHICH_ENVIRONMENT "SH0110"
    ["{file} has several environments: {names}"]
    ["{file} has no environment {name}"]
    cause "The project's configuration holds several environments, and it is not clear which of them is meant."
    remedy "Say which with `--environment`, as in `-e prod`."
NO_INTERPRETER "SH0111"
    ["no {language} was found; looked at:"]
    cause "The topology needs an interpreter, and none stands in the places that are looked at."
    remedy "Install the language, or say where it is with `--python`, `--ruby` or `--lua`."
OLD_INTERPRETER "SH0112"
    ["{interpreter} is {language} {version}, but topologies need {version} or newer"]
    cause "The interpreter that was found first is too old for the library that stormhost brings along."
    remedy "Choose another with `--python`, `--ruby` or `--lua`, or activate a newer virtual environment."
DEAD_INTERPRETER "SH0113"
    ["{interpreter} cannot be started: {reason}"]
    cause "The interpreter that was found or named is no program that can run here."
    remedy "Choose another with `--python`, `--ruby` or `--lua`."
DESCRIBER_FAILED "SH0114"
    ["{file} could not be described: {interpreter} {end}"]
    cause "The process that loads the file and describes its topology died, so the file's code ended it, or crashed the interpreter."
    remedy "Look at the last lines that it wrote, which the message shows; load the file by hand with the same interpreter."
DESCRIBER_RUBBISH "SH0115"
    ["{file} could not be described: what {interpreter} answered is no description"]
    cause "What came from the process that describes the topology is not what the library of this stormhost says."
    remedy "Look for a `stormhost` package of another version in the interpreter's path, and remove it."
NO_CACHE "SH0116"
    ["the {language} package inside stormhost cannot be unpacked; tried:"]
    cause "The library that stormhost carries is unpacked to a cache folder, and none of the possible ones can be written."
    remedy "Set `XDG_CACHE_HOME` to a folder that can be written, or free some space."
BAD_USER_FILE "SH0117"
    ["{file} cannot be read: {reason}"]
    ["{file} is no map of settings: {reason}"]
    cause "The user's own file of settings is there, but it cannot be read, or is not a map of settings."
    remedy "Put it right, or move it away; `docs/settings.md` says what it looks like."
CODE_RAISED "SH0118"
    ["{place}: error: {message}"]
    cause "The topology's file ran code that raised an error while it was loaded; the traceback is cut to the user's own lines."
    remedy "Put right what the traceback shows. What needs the running topology, such as a connection, belongs into a component's `initialize`."
MISDECLARED "SH0119"
    ["{severity}: {message}"]
    cause "A declaration in the topology's file makes no sense to the library of its language, or to the reader of its format."
    remedy "The message names the file and line, what was declared, and what would be right."
}
