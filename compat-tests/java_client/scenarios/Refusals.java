import java.util.Collections;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.OffsetOutOfRangeException;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.protocol.Errors;

/** What a broker refuses, and the code of the error. */
final class Refusals {
    private Refusals() {}

    static Map<String, Compat.Scenario> scenarios() {
        return Map.of(
            "too_large", Refusals::tooLarge,
            "unknown_topic", Refusals::unknownTopic,
            "invalid_name", Refusals::invalidName,
            "bad_config", Refusals::badConfig,
            "out_of_range", Refusals::outOfRange);
    }

    /** Gives the code of the error that a call ends with, 0 when it does not. */
    private static Map<String, Object> code(Callable<?> call) throws Exception {
        try {
            call.call();
            return Map.of("code", 0);
        } catch (ExecutionException error) {
            return Map.of("code", Errors.forException(error.getCause()).code());
        } catch (OffsetOutOfRangeException error) { // a consumer has a class of its own for it
            return Map.of("code", Errors.OFFSET_OUT_OF_RANGE.code());
        }
    }

    private static Map<String, Object> tooLarge(Stage stage) throws Exception {
        stage.create(1, "max.message.bytes", "1000");
        String value = String.join("", Collections.nCopies(5000, "v"));
        try (KafkaProducer<String, String> producer = stage.producer()) {
            return code(() -> producer.send(new ProducerRecord<>(stage.topic, value)).get());
        }
    }

    private static Map<String, Object> unknownTopic(Stage stage) throws Exception {
        try (Cluster cluster = Cluster.of(stage)) {
            return code(() -> {
                cluster.delete(stage.topic);
                return null;
            });
        }
    }

    private static Map<String, Object> creating(Stage stage, String name, String... configs)
            throws Exception {
        try (Cluster cluster = Cluster.of(stage)) {
            return code(() -> {
                cluster.create(name, 1, Stage.pairs(configs));
                return null;
            });
        }
    }

    private static Map<String, Object> invalidName(Stage stage) throws Exception {
        return creating(stage, stage.topic + "/no such name!");
    }

    private static Map<String, Object> badConfig(Stage stage) throws Exception {
        return creating(stage, stage.topic, "retention.ms", "a while");
    }

    private static Map<String, Object> outOfRange(Stage stage) throws Exception {
        stage.create(1);
        stage.send(1);
        try (KafkaConsumer<String, String> reader = stage.reader("auto.offset.reset", "none")) {
            reader.seek(stage.partition, 100);
            return code(() -> Stage.read(reader, 1));
        }
    }
}
