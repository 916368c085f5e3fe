import java.util.Collections;
import java.util.Map;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.protocol.Errors;

/** Transactions that commit, abort, take offsets along, and are fenced. */
final class Transactional {
    private Transactional() {}

    private static KafkaProducer<String, String> producer(Stage stage) {
        KafkaProducer<String, String> made =
            stage.producer("transactional.id", stage.topic, "enable.idempotence", "true");
        made.initTransactions();
        return made;
    }

    /** Begins a transaction, and writes five records in it. */
    private static void begin(KafkaProducer<String, String> producer, Stage stage) {
        producer.beginTransaction();
        for (int i = 0; i < 5; i++) {
            producer.send(new ProducerRecord<>(stage.topic, 0, "k", "v"));
        }
        producer.flush();
    }

    private static int count(Stage stage, String isolation) throws Exception {
        try (KafkaConsumer<String, String> reader = stage.reader("isolation.level", isolation);
                Cluster cluster = Cluster.of(stage)) {
            reader.seekToBeginning(Collections.singleton(stage.partition)); // whatever is committed
            long end = cluster.latest(stage.partition);
            int[] count = {0};
            Stage.until(() -> {
                count[0] += Dialect.poll(reader, 100).count();
                return reader.position(stage.partition) >= end;
            }, "the end");
            return count[0];
        }
    }

    static Map<String, Object> transactions(Stage stage) throws Exception {
        stage.create(1);
        try (KafkaProducer<String, String> producer = producer(stage);
                KafkaConsumer<String, String> reader = stage.reader()) {
            begin(producer, stage);
            producer.commitTransaction();
            begin(producer, stage);
            producer.abortTransaction();
            begin(producer, stage);
            TransactionOffsets.send(producer, reader,
                Collections.singletonMap(stage.partition, new OffsetAndMetadata(5)), stage.group);
            producer.commitTransaction();
            return Map.of("committed", count(stage, "read_committed"),
                "uncommitted", count(stage, "read_uncommitted"),
                "offset", Dialect.committed(reader, stage.partition).offset());
        }
    }

    static Map<String, Object> fenced(Stage stage) throws Exception {
        stage.create(1);
        KafkaProducer<String, String> first = producer(stage);
        begin(first, stage);
        boolean fenced = false;
        try (KafkaProducer<String, String> second = producer(stage)) {
            begin(second, stage);
            second.commitTransaction();
            first.commitTransaction();
        } catch (KafkaException error) {
            Errors code = Errors.forException(error);
            // Since Kafka 2.7 a coordinator says so itself; before, the epoch was out of date.
            fenced = code.code() == 90 || code == Errors.INVALID_PRODUCER_EPOCH;
            Stage.require(fenced, "" + error);
        }
        return Map.of("fenced", fenced, "committed", count(stage, "read_committed"));
    }
}
