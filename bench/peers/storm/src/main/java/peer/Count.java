package peer;

import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.apache.storm.topology.BasicOutputCollector;
import org.apache.storm.topology.OutputFieldsDeclarer;
import org.apache.storm.topology.base.BaseBasicBolt;
import org.apache.storm.tuple.Fields;
import org.apache.storm.tuple.Tuple;
import org.apache.storm.tuple.Values;

/** Counts words, and emits each with its count. */
final class Count extends BaseBasicBolt {
    /** Read by `Main` once all is acked, which is why it may be seen from another thread. */
    static final Map<String, Integer> counts = new ConcurrentHashMap<>();

    @Override
    public void execute(Tuple input, BasicOutputCollector out) {
        String word = input.getString(0);
        out.emit(new Values(word, counts.merge(word, 1, Integer::sum)));
    }

    @Override
    public void declareOutputFields(OutputFieldsDeclarer declarer) {
        declarer.declare(new Fields("word", "n"));
    }
}
