package peer;

import org.apache.storm.topology.BasicOutputCollector;
import org.apache.storm.topology.OutputFieldsDeclarer;
import org.apache.storm.topology.base.BaseBasicBolt;
import org.apache.storm.tuple.Fields;
import org.apache.storm.tuple.Tuple;
import org.apache.storm.tuple.Values;

/** Splits a sentence; a basic bolt, so it anchors and acks of itself. */
final class Split extends BaseBasicBolt {
    @Override
    public void execute(Tuple input, BasicOutputCollector out) {
        for (String word : input.getString(0).split(" ")) {
            out.emit(new Values(word));
        }
    }

    @Override
    public void declareOutputFields(OutputFieldsDeclarer declarer) {
        declarer.declare(new Fields("word"));
    }
}
