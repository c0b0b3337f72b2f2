package peer;

import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.StringJoiner;
import java.util.concurrent.CountDownLatch;
import org.apache.storm.spout.SpoutOutputCollector;
import org.apache.storm.task.TopologyContext;
import org.apache.storm.topology.OutputFieldsDeclarer;
import org.apache.storm.topology.base.BaseRichSpout;
import org.apache.storm.tuple.Fields;
import org.apache.storm.tuple.Values;

/**
 * Emits rows, each of them tracked, and marks what was used until the first ack, until a tenth was acked, and until all was.
 *
 * <p>What it comes to is static: a local cluster runs in this very process, and has one task of this.
 */
final class Source extends BaseRichSpout {
    static List<String> rows;
    static final CountDownLatch done = new CountDownLatch(1);
    private static Mark first;
    private static Mark warm;
    private static Mark last;
    private static int acked;
    private static int failed;
    private static long[] took;

    private final int total;
    private final String field;
    private transient SpoutOutputCollector out;
    private transient int next;
    private transient long words;

    /** What is under way: when it was emitted, and how many words it has. */
    private record Sent(long at, int words) {}

    Source(int total, String field) {
        this.total = total;
        this.field = field;
    }

    @Override
    public void open(Map<String, Object> conf, TopologyContext context, SpoutOutputCollector out) {
        this.out = out;
        took = new long[total];
    }

    @Override
    public void nextTuple() {
        if (next == total) {
            return;
        }
        String row = rows.get(next++ % rows.size());
        out.emit(new Values(row), new Sent(System.nanoTime(), wordsIn(row)));
    }

    private static int wordsIn(String row) {
        return (int) row.chars().filter(letter -> letter == ' ').count() + 1;
    }

    @Override
    public void ack(Object id) {
        Sent sent = (Sent) id;
        words += sent.words();
        took[acked++] = System.nanoTime() - sent.at();
        if (acked == 1) {
            first = Mark.now(words);
        }
        if (acked == Math.max(1, total / 10)) {
            warm = Mark.now(words);
        }
        finishIfAnswered();
    }

    @Override
    public void fail(Object id) {
        failed++;
        finishIfAnswered();
    }

    private void finishIfAnswered() {
        if (acked + failed == total) {
            last = Mark.now(words);
            done.countDown();
        }
    }

    @Override
    public void declareOutputFields(OutputFieldsDeclarer declarer) {
        declarer.declare(new Fields(field));
    }

    /** One JSON object: both spans, latencies of the second, outcomes, and counts. */
    static String told(Map<String, Integer> counts) {
        if (failed > 0) {
            return String.format("{\"acked\": %d, \"failed\": %d}", acked, failed);
        }
        long[] steady = Arrays.copyOfRange(took, acked / 10, acked);
        Arrays.sort(steady);
        StringJoiner counted = new StringJoiner(", ", "{", "}");
        counts.forEach((word, n) -> counted.add("\"" + word + "\": " + n));
        return String.format(
                "{\"acked\": %d, \"failed\": 0, \"whole\": %s, \"warm\": %s, \"p50\": %.6f, \"p99\": %.6f, \"counts\": %s}",
                acked,
                first.until(last),
                warm.until(last),
                steady[steady.length / 2] / 1e9,
                steady[(int) (steady.length * 99L / 100)] / 1e9,
                counted);
    }
}
