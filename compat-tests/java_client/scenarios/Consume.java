import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.OffsetAndTimestamp;
import org.apache.kafka.clients.producer.ProducerRecord;

/** Where a consumer begins, how it moves, and what it commits. */
final class Consume {
    private Consume() {}

    static Map<String, Compat.Scenario> scenarios() {
        return Map.of(
            "consume_from", Consume::consumeFrom,
            "pause_and_seek", Consume::pauseAndSeek,
            "times", Consume::times,
            "commits", Consume::commits,
            "restart", Restart::restart);
    }

    private static long next(KafkaConsumer<String, String> consumer) {
        return Stage.read(consumer, 1).get(0).offset();
    }

    private static Map<String, Object> consumeFrom(Stage stage) throws Exception {
        stage.create(1);
        stage.send(10);
        try (KafkaConsumer<String, String> earliest = stage.reader();
                KafkaConsumer<String, String> latest =
                    stage.reader("auto.offset.reset", "latest");
                KafkaConsumer<String, String> sought = stage.reader();
                KafkaConsumer<String, String> timed = stage.reader()) {
            latest.position(stage.partition); // where the end is now
            stage.send(1);
            sought.seek(stage.partition, 7);
            timed.seek(stage.partition, at(timed, stage, 4500));
            return Map.of("earliest", next(earliest), "latest", next(latest),
                "offset", next(sought), "time", next(timed));
        }
    }

    /** The offset for a time, as a consumer finds it; -1 when nothing is as late. */
    static long at(KafkaConsumer<?, ?> consumer, Stage stage, long timestampMs) {
        OffsetAndTimestamp found = consumer
            .offsetsForTimes(Collections.singletonMap(stage.partition, timestampMs))
            .get(stage.partition);
        return found == null ? -1 : found.offset();
    }

    private static Map<String, Object> pauseAndSeek(Stage stage) throws Exception {
        stage.create(1);
        stage.send(10);
        try (KafkaConsumer<String, String> reader = stage.reader()) {
            reader.pause(Collections.singleton(stage.partition));
            int paused = 0;
            long end = System.nanoTime() + Duration.ofMillis(500).toNanos();
            while (System.nanoTime() < end) {
                paused += Dialect.poll(reader, 100).count();
            }
            reader.resume(Collections.singleton(stage.partition));
            long resumed = next(reader);
            reader.seek(stage.partition, 3);
            return Map.of("paused", paused, "resumed", resumed, "sought", next(reader));
        }
    }

    private static Map<String, Object> times(Stage stage) throws Exception {
        stage.create(1);
        List<ProducerRecord<String, String>> records = new ArrayList<>();
        for (long timestamp : new long[] {1000, 3000, 2000}) {
            records.add(new ProducerRecord<>(stage.topic, 0, timestamp, "k", "v"));
        }
        stage.send(records);
        try (KafkaConsumer<String, String> reader = stage.reader()) {
            return Map.of("early", at(reader, stage, 1), "between", at(reader, stage, 1500),
                "late", at(reader, stage, 9000));
        }
    }

    private static Map<String, Object> commits(Stage stage) throws Exception {
        stage.create(1);
        stage.send(20);
        long sync;
        long async;
        try (KafkaConsumer<String, String> first = stage.member("max.poll.records", "4")) {
            Stage.read(first, 8);
            first.commitSync();
            sync = Dialect.committed(first, stage.partition).offset();
            Stage.read(first, 4);
            CompletableFuture<Exception> done = new CompletableFuture<>();
            first.commitAsync((offsets, error) -> done.complete(error));
            Stage.until(() -> {
                first.pause(first.assignment());
                Dialect.poll(first, 20);
                return done.isDone();
            }, "the commit");
            Stage.require(done.get(0, TimeUnit.SECONDS) == null, "" + done.join());
            async = Dialect.committed(first, stage.partition).offset();
        }
        try (KafkaConsumer<String, String> second = stage.member()) {
            return Map.of("sync", sync, "async", async, "next", next(second));
        }
    }
}
