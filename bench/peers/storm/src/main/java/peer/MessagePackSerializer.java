package peer;

import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.storm.multilang.BoltMsg;
import org.apache.storm.multilang.ISerializer;
import org.apache.storm.multilang.NoOutputException;
import org.apache.storm.multilang.ShellMsg;
import org.apache.storm.multilang.SpoutMsg;
import org.apache.storm.task.TopologyContext;
import org.msgpack.core.MessageInsufficientBufferException;
import org.msgpack.core.MessagePack;
import org.msgpack.core.MessagePacker;
import org.msgpack.core.MessageUnpacker;
import org.msgpack.value.Value;

/** Storm's multilang messages as MessagePack, the way pystorm speaks it: the members of the JSON, one value after the other. */
public final class MessagePackSerializer implements ISerializer {
    private transient OutputStream out;
    private transient MessagePacker packer;
    private transient MessageUnpacker unpacker;

    @Override
    public void initialize(OutputStream processIn, InputStream processOut) {
        out = new BufferedOutputStream(processIn);
        packer = MessagePack.newDefaultPacker(out);
        unpacker = MessagePack.newDefaultUnpacker(processOut);
    }

    @Override
    public Number connect(Map<String, Object> conf, TopologyContext context) throws IOException, NoOutputException {
        Map<String, Object> components = new HashMap<>();
        context.getTaskToComponent().forEach((task, component) -> components.put(task.toString(), component));
        Map<String, Object> about = new HashMap<>();
        about.put("taskid", context.getThisTaskId());
        about.put("componentid", context.getThisComponentId());
        about.put("task->component", components);
        Map<String, Object> setup = new HashMap<>();
        setup.put("conf", conf);
        setup.put("pidDir", context.getPIDDir());
        setup.put("context", about);
        write(setup);
        return (Number) read().get("pid");
    }

    @Override
    public ShellMsg readShellMsg() throws IOException, NoOutputException {
        Map<String, Object> said = read();
        ShellMsg message = new ShellMsg();
        message.setCommand((String) said.get("command"));
        message.setId(said.get("id"));
        message.setMsg((String) said.get("msg"));
        message.setStream(said.get("stream") == null ? "default" : (String) said.get("stream"));
        message.setTask(said.get("task") == null ? 0 : ((Number) said.get("task")).longValue());
        Object wanted = said.get("need_task_ids");
        message.setNeedTaskIds(wanted == null || (Boolean) wanted);
        message.setTuple(list(said.get("tuple")));
        for (Object anchor : list(said.get("anchors"))) {
            message.addAnchor((String) anchor);
        }
        if (said.get("level") != null) {
            message.setLogLevel(((Number) said.get("level")).intValue());
        }
        return message;
    }

    @Override
    public void writeBoltMsg(BoltMsg message) throws IOException {
        packer.packMapHeader(5);
        member("id", message.getId());
        member("comp", message.getComp());
        member("stream", message.getStream());
        member("task", message.getTask());
        member("tuple", message.getTuple());
        packer.flush();
    }

    @Override
    public void writeSpoutMsg(SpoutMsg message) throws IOException {
        packer.packMapHeader(2);
        member("command", message.getCommand());
        member("id", message.getId());
        packer.flush();
    }

    @Override
    public void writeTaskIds(List<Integer> tasks) throws IOException {
        write(tasks);
    }

    private void member(String name, Object value) throws IOException {
        packer.packString(name);
        pack(value);
    }

    private void write(Object value) throws IOException {
        pack(value);
        packer.flush();
    }

    private void pack(Object value) throws IOException {
        if (value == null) {
            packer.packNil();
        } else if (value instanceof String text) {
            packer.packString(text);
        } else if (value instanceof Boolean truth) {
            packer.packBoolean(truth);
        } else if (value instanceof Double || value instanceof Float) {
            packer.packDouble(((Number) value).doubleValue());
        } else if (value instanceof Number number) {
            packer.packLong(number.longValue());
        } else if (value instanceof List<?> items) {
            packer.packArrayHeader(items.size());
            for (Object item : items) {
                pack(item);
            }
        } else if (value instanceof Map<?, ?> members) {
            packer.packMapHeader(members.size());
            for (Map.Entry<?, ?> entry : members.entrySet()) {
                pack(entry.getKey());
                pack(entry.getValue());
            }
        } else {
            throw new IOException("a " + value.getClass().getName() + " has no counterpart in MessagePack");
        }
    }

    private Map<String, Object> read() throws IOException, NoOutputException {
        try {
            Map<String, Object> message = new HashMap<>();
            for (Map.Entry<Value, Value> entry : unpacker.unpackValue().asMapValue().entrySet()) {
                message.put(entry.getKey().asStringValue().asString(), plain(entry.getValue()));
            }
            return message;
        } catch (MessageInsufficientBufferException error) {
            throw new NoOutputException("the child's output has ended");
        }
    }

    private static Object plain(Value value) {
        switch (value.getValueType()) {
            case NIL:
                return null;
            case BOOLEAN:
                return value.asBooleanValue().getBoolean();
            case INTEGER:
                return value.asIntegerValue().toLong();
            case FLOAT:
                return value.asFloatValue().toDouble();
            case ARRAY:
                List<Object> items = new ArrayList<>();
                value.asArrayValue().forEach(item -> items.add(plain(item)));
                return items;
            default:
                return value.asRawValue().asString();
        }
    }

    @SuppressWarnings("unchecked")
    private static List<Object> list(Object value) {
        return value == null ? List.of() : (List<Object>) value;
    }
}
