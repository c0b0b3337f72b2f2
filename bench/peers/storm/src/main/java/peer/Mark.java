package peer;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;

/** What had been used at a moment: time, and the CPU seconds of this process and of all its children. */
record Mark(long at, long words, Map<String, Double> cpu, Map<String, Double> peakMb) {
    static Mark now(long words) {
        long at = System.nanoTime();
        Map<String, Double> cpu = new TreeMap<>(Map.of("storm", 0.0, "count", 0.0));
        Map<String, Double> peakMb = new TreeMap<>(cpu);
        add(ProcessHandle.current(), "storm", cpu, peakMb);
        ProcessHandle.current().descendants().forEach(child -> add(child, "count", cpu, peakMb));
        return new Mark(at, words, cpu, peakMb);
    }

    private static void add(ProcessHandle process, String name, Map<String, Double> cpu, Map<String, Double> peakMb) {
        try {
            cpu.merge(name, cpuSeconds(process), Double::sum);
            peakMb.merge(name, peakMb(process), Double::sum);
        } catch (IOException error) {
            throw new UncheckedIOException(error);
        }
    }

    /** The kernel's sum over all threads, those that are gone too; in hundredths of a second. */
    private static double cpuSeconds(ProcessHandle process) throws IOException {
        String stat = Files.readString(Path.of("/proc/" + process.pid() + "/stat"));
        // The name in brackets may hold anything, so what follows is found from the end.
        String[] fields = stat.substring(stat.lastIndexOf(')') + 2).split(" ");
        return (Long.parseLong(fields[11]) + Long.parseLong(fields[12])) / 100.0;
    }

    private static double peakMb(ProcessHandle process) throws IOException {
        List<String> lines = Files.readAllLines(Path.of("/proc/" + process.pid() + "/status"));
        try (Stream<String> peak = lines.stream().filter(line -> line.startsWith("VmHWM:"))) {
            return peak.mapToLong(line -> Long.parseLong(line.replaceAll("\\D", ""))).sum() / 1024.0;
        }
    }

    /** What was used between this and a later mark, as JSON. */
    String until(Mark later) {
        return String.format(
                "{\"seconds\": %.6f, \"words\": %d, \"cpu\": {\"storm\": %.3f, \"count\": %.3f}, \"peak_mb\": {\"storm\": %.1f, \"count\": %.1f}}",
                (later.at - at) / 1e9,
                later.words - words,
                later.cpu.get("storm") - cpu.get("storm"),
                later.cpu.get("count") - cpu.get("count"),
                later.peakMb.get("storm"),
                later.peakMb.get("count"));
    }
}
