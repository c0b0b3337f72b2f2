//! Errors in what components say, and what our libraries raise.

super::area! {
AREA "What a component says"

UNREADABLE "SH0501"
    ["a message could not be read: {reason}. It begins: {text}."]
    cause "Between messages any text is a print and harms nothing; but this began as a message, and was none: broken JSON, or text in the middle of a message."
    remedy "Write each message in one call, under one lock, and do not print from another thread meanwhile."
NO_OBJECT "SH0502"
    ["a message must be an object with a `command`, but this came: {text}."]
    ["a message has no `command`: {text}."]
    cause "What came is a value, but no message of the protocol."
    remedy "See `protocol/PROTOCOL.md` for what a message looks like. In MessagePack nothing else may be written to standard output."
TOO_LONG "SH0503"
    ["a message is longer than {number} bytes. It begins: {text}."]
    ["a frame of {number} bytes is over the limit of {number} bytes (stormhost.max.message.bytes)"]
    cause "A message may not be larger than the limit, so that no component can fill the host's memory; perhaps the line `end` was forgotten."
    remedy "Emit less at once, or raise `stormhost.max.message.bytes`."
NOT_UTF8 "SH0504"
    ["what is no UTF-8 is read as U+FFFD: a JSON message is not UTF-8. It begins: {text}."]
    ["a JSON message is not UTF-8. It begins: {text}."]
    cause "JSON is UTF-8 by definition, and the component wrote in another character set. In Storm's dialect the message counts all the same, as on Storm, but what cannot be read is lost from its texts."
    remedy "Set the character set of its standard output, as with `PYTHONIOENCODING=utf-8`, or have its JSON library escape what is not ASCII."
WRONG_DIALECT "SH0505"
    ["the component speaks {dialect}, but its `serializer` setting says {dialect}."]
    cause "The component's library and its declaration do not agree on JSON or MessagePack."
    remedy "Set the component's `serializer` to what it speaks, or change the component."
BAD_MEMBER "SH0506"
    ["in a message `{command}`, `{member}` must be {kind}, but it is {value}"]
    cause "A message of the component lacks a member, or has one of the wrong type."
    remedy "See `protocol/PROTOCOL.md` for the message's members."
BAD_FRAME "SH0507"
    ["a results frame is cut short: {what} is missing"]
    ["a frame contradicts itself: {what}"]
    ["a column of a results frame cannot be read: {reason}"]
    cause "A component that speaks frames left the order that was agreed, so it is restarted: what it means cannot be guessed at."
    remedy "In a library of one's own: compare with the transcripts in `protocol/PROTOCOL.md`. In one of ours it is a defect, worth a report."
STREAM_NOT_DECLARED "SH0508"
    ["it emitted to stream '{stream}', which it does not declare; its streams are {streams}"]
    cause "A component can emit only to streams that it declares; its tuple's trees fail."
    remedy "Declare the stream with its fields, or check its spelling."
WRONG_NUMBER "SH0509"
    ["it emitted {number} values to stream '{stream}', which has {number} fields ({fields})"]
    cause "A tuple has a value for each field of its stream; its trees fail."
    remedy "Emit as many values as the stream has fields, or declare other fields."
NO_TASK_NAMED "SH0510"
    ["it emitted to stream '{stream}' without naming a task, and a subscriber takes it by direct grouping"]
    cause "Where a subscriber listens by direct grouping, the emitter must say which task is to have the tuple."
    remedy "Name a task in the emit (`direct_task`), or use another grouping."
WRONG_TASK "SH0511"
    ["it emitted directly to task {number} on stream '{stream}', which that task does not take by direct grouping"]
    cause "The task that the emit names does not exist, or does not listen to this stream by direct grouping."
    remedy "Take the task's number from the context (`task->component`), and use direct grouping at the receiver."
UNREADABLE_KEY "SH0512"
    ["a value that a grouping goes by cannot be read: {reason}"]
    cause "To choose the task that is to have a tuple the host must read the values of the fields in the grouping, and one of them is no value."
    remedy "Look at how the component encodes its values."
STRANGE_ANCHOR "SH0513"
    ["it anchored a tuple to id '{id}', which it does not have in hand"]
    cause "The component emits with an anchor that it has acked or failed before, or was never given. What it emits is passed on, but this anchor ties it to nothing."
    remedy "Ack a tuple after the last emit that is anchored to it."
NOT_A_BOLT "SH0514"
    ["it sent a bolt's ack or fail, and it is a spout"]
    cause "Spouts are told of acks and fails; they have nothing to ack."
    remedy "Emit with an id, and leave acks to the bolts."
NOT_PASSED_ON "SH0515"
    ["a tuple for it could not be passed on: field '{field}' of stream '{stream}' of {component}: {reason}"]
    ["a tuple for it could not be passed on: {reason}"]
    cause "The two components speak different encodings, and the value has no counterpart in the receiver's, such as bytes or NaN in JSON, or a line end in a filter's lines."
    remedy "Emit text in place of bytes (base64), `null` in place of NaN, or give both the same `serializer`."
READS_NOTHING "SH0516"
    ["the component goes on talking and does not read what it is told: where its tuples went, or what became of them"]
    cause "What a component is told waits in the host until it is read, and as much waits as one message may have."
    remedy "Read standard input as well, in a thread of its own if need be, or emit with `need_task_ids` false."
NO_HEARTBEATS "SH0517"
    ["it takes heartbeats for tuples, as libraries older than Storm 0.9.3 do; it is sent none from now on, so a hang of it is not seen"]
    ["it does not answer heartbeats; it is sent none from now on, so a hang of it is not seen"]
    cause "Bolts are asked by heartbeats whether they live, and answer `sync`. The component's library does not know that; all else goes on."
    remedy "Take a version of the library that knows heartbeats, or have the component answer a tuple on stream `__heartbeat` by `sync` and nothing else."
}

super::area! {
LIBRARIES "What our libraries raise in a component"

EMIT_UNDECLARED "SH0601"
    ["stream {name} is not declared by this component; declared: {streams}"]
    cause "The component emits to a stream that it does not declare."
    remedy "Declare it: in Python a nested class that derives from `Stream`."
EMIT_WRONG_NUMBER "SH0602"
    ["stream {name} has {number} field{s} ({fields}), got {values}"]
    cause "A row has a value for each field of its stream."
    remedy "Emit as many values as the stream has fields. A list or tuple is always the row; wrap a list that is the only value."
EMIT_DIRECT "SH0603"
    ["stream {name} is direct: say which task"]
    ["stream {name} is not direct; "]
    cause "A direct stream needs a task in each emit, and no other stream can have one."
    remedy "Give `direct_task` for direct streams only."
EMIT_VALUE "SH0604"
    ["field {field} of stream {name}: {problem}"]
    cause "The value cannot be sent to every language: its type has no counterpart, it is too large, not finite, or nested too deep."
    remedy "The message says what to send in its place: text, numbers, lists, maps with text as keys, true, false and nothing can be sent."
EMIT_TOO_LARGE "SH0605"
    ["a row of {number} bytes does not fit into a frame of at most {number} bytes"]
    cause "A row may not be larger than a message."
    remedy "Emit less at once, or raise `stormhost.max.message.bytes`."
}
