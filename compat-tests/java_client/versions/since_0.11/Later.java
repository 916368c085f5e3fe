import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.header.Header;

/** What came with Kafka 0.11: headers, idempotence, transactions. */
final class Later {
    static final String[] NEVER_TWICE = {"enable.idempotence", "true"};

    private Later() {}

    static Map<String, Compat.Scenario> scenarios() {
        return Map.of(
            "headers", Later::headers,
            "idempotence", Later::idempotence,
            "transactions", Transactional::transactions,
            "fenced", Transactional::fenced);
    }

    static void number(ProducerRecord<?, ?> record, int number) {
        record.headers().add("n", bytes("" + number));
    }

    static boolean isNumber(ConsumerRecord<?, ?> record, int number) {
        return Arrays.equals(record.headers().lastHeader("n").value(), bytes("" + number));
    }

    private static byte[] bytes(String text) {
        return text == null ? null : text.getBytes(StandardCharsets.UTF_8);
    }

    private static Map<String, Object> headers(Stage stage) throws Exception {
        stage.create(1);
        ProducerRecord<String, String> sent =
            new ProducerRecord<>(stage.topic, 0, 1500000000000L, "k", "v");
        sent.headers().add("a", bytes("1")).add("a", bytes("2")).add("b", null);
        stage.send(List.of(sent));
        try (KafkaConsumer<String, String> reader = stage.reader()) {
            ConsumerRecord<String, String> record = Stage.read(reader, 1).get(0);
            List<List<String>> headers = new ArrayList<>();
            for (Header header : record.headers()) {
                byte[] value = header.value();
                headers.add(Arrays.asList(header.key(), value == null ? null : new String(value)));
            }
            Map<String, Object> seen = new LinkedHashMap<>();
            seen.put("key", record.key());
            seen.put("value", record.value());
            seen.put("headers", headers);
            seen.put("timestamp", record.timestamp());
            return seen;
        }
    }

    private static Map<String, Object> idempotence(Stage stage) throws Exception {
        stage.create(1);
        // Small batches, so that several requests are on their way at once.
        try (KafkaProducer<String, String> producer =
                stage.producer("enable.idempotence", "true", "batch.size", "200")) {
            for (int i = 0; i < 200; i++) {
                producer.send(new ProducerRecord<>(stage.topic, "" + i));
            }
        }
        try (KafkaConsumer<String, String> reader = stage.reader();
                Cluster cluster = Cluster.of(stage)) {
            List<ConsumerRecord<String, String>> records = Stage.read(reader, 200);
            boolean inOrder = true;
            for (int i = 0; i < records.size(); i++) {
                inOrder &= records.get(i).value().equals("" + i);
            }
            return Map.of("records", records.size(), "in order", inOrder,
                "end", cluster.latest(stage.partition));
        }
    }
}
