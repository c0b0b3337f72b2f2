package peer;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.apache.storm.Config;
import org.apache.storm.LocalCluster;
import org.apache.storm.task.ShellBolt;
import org.apache.storm.topology.IRichBolt;
import org.apache.storm.topology.OutputFieldsDeclarer;
import org.apache.storm.topology.TopologyBuilder;
import org.apache.storm.tuple.Fields;

/**
 * The word count on Apache Storm in local mode: one worker, one task a component, one acker, everything anchored and acked.
 *
 * <p>Arguments: {@code java TEXT BATCH PENDING} for bolts in Java, where BATCH is how many tuples go from one to the
 * next at once, or {@code json|msgpack PYTHON SCRIPT WORDS PENDING} for a counter in a child, which gets its words from a
 * spout in Java. Tells what it took as one JSON object, as all peers do.
 */
public final class Main {
    public static void main(String[] args) throws Exception {
        TopologyBuilder topology = new TopologyBuilder();
        Config conf = new Config();
        conf.setNumWorkers(1);
        conf.setNumAckers(1);
        conf.setDebug(false);
        conf.setMaxSpoutPending(Integer.parseInt(args[args.length - 1]));
        if (args[0].equals("java")) {
            conf.put(Config.TOPOLOGY_PRODUCER_BATCH_SIZE, Integer.parseInt(args[2]));
            List<String> lines = Files.readAllLines(Path.of(args[1]));
            topology.setSpout("lines", new Source(lines.size(), "sentence"));
            topology.setBolt("split", new Split()).shuffleGrouping("lines");
            topology.setBolt("count", new Count()).fieldsGrouping("split", new Fields("word"));
            Source.rows = lines;
        } else {
            if (args[0].equals("msgpack")) {
                conf.put(Config.TOPOLOGY_MULTILANG_SERIALIZER, MessagePackSerializer.class.getName());
            }
            topology.setSpout("lines", new Source(Integer.parseInt(args[3]), "word"));
            topology.setBolt("count", new Child(args[1], args[2], args[0])).shuffleGrouping("lines");
            Source.rows = List.of("the", "quick", "brown", "fox", "jumps", "over", "a", "lazy", "dog");
        }
        LocalCluster cluster = new LocalCluster();
        cluster.submitTopology("peer", conf, topology.createTopology());
        Source.done.await();
        System.out.println(Source.told(Count.counts));
        System.out.flush();
        // An orderly end of a local cluster takes seconds, and nothing is left to lose. Children see the end of their input.
        Runtime.getRuntime().halt(0);
    }

    /** A bolt in a child process, which declares what the counter emits. */
    private static final class Child extends ShellBolt implements IRichBolt {
        Child(String... command) {
            super(command);
            changeChildCWD(false);
        }

        @Override
        public void declareOutputFields(OutputFieldsDeclarer declarer) {
            declarer.declare(new Fields("word", "n"));
        }

        @Override
        public java.util.Map<String, Object> getComponentConfiguration() {
            return null;
        }
    }
}
