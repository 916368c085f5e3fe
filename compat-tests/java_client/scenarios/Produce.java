import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;

/** What is written comes back: with each codec, each setting of acks, of each size. */
final class Produce {
    private static final int RECORDS = 200;
    private static final int MEBIBYTE = 1 << 20;

    private Produce() {}

    static Map<String, Compat.Scenario> scenarios() {
        return Map.of(
            "round_trip", Produce::roundTrip,
            "acks", Produce::acks,
            "tombstones", Produce::tombstones,
            "five_megabytes", Produce::fiveMegabytes,
            "partitioning", Produce::partitioning);
    }

    private static Map<String, Object> roundTrip(Stage stage) throws Exception {
        stage.create(3);
        try (KafkaProducer<String, String> producer =
                stage.producer("compression.type", stage.variant, "linger.ms", "20")) {
            for (int i = 0; i < RECORDS; i++) {
                ProducerRecord<String, String> record =
                    new ProducerRecord<>(stage.topic, "key-" + i, value(i));
                Later.number(record, i);
                producer.send(record);
            }
        }
        Set<Integer> seen = new HashSet<>();
        try (KafkaConsumer<String, String> member = stage.member()) {
            for (ConsumerRecord<String, String> record : Stage.read(member, RECORDS)) {
                int number = Integer.parseInt(record.key().substring("key-".length()));
                Stage.require(record.value().equals(value(number)), "another value: " + record);
                Stage.require(Later.isNumber(record, number), "another header: " + record);
                Stage.require(seen.add(number), "twice: " + record);
            }
        }
        return Map.of("records", seen.size());
    }

    private static String value(int number) {
        return String.join(" ", Collections.nCopies(20, "value-" + number));
    }

    private static Map<String, Object> acks(Stage stage) throws Exception {
        stage.create(1);
        for (String acks : List.of("0", "1", "all")) {
            // A newer client is idempotent by itself, which goes with acks=all alone.
            try (KafkaProducer<String, String> producer =
                    stage.producer("acks", acks, "enable.idempotence", "false")) {
                for (int i = 0; i < 10; i++) {
                    producer.send(new ProducerRecord<>(stage.topic, acks + i));
                }
            }
        }
        Set<String> values = new HashSet<>();
        try (KafkaConsumer<String, String> reader = stage.reader()) {
            Stage.read(reader, 30).forEach(record -> values.add(record.value()));
        }
        return Map.of("records", values.size());
    }

    private static Map<String, Object> tombstones(Stage stage) throws Exception {
        stage.create(1, "cleanup.policy", "compact");
        List<ProducerRecord<String, String>> records = new ArrayList<>();
        for (String value : new String[] {"v", "", null}) {
            records.add(new ProducerRecord<>(stage.topic, "k", value));
        }
        stage.send(records);
        List<String> values = new ArrayList<>();
        try (KafkaConsumer<String, String> reader = stage.reader()) {
            Stage.read(reader, 3).forEach(record -> values.add(record.value()));
        }
        return Map.of("values", values);
    }

    private static Map<String, Object> fiveMegabytes(Stage stage) throws Exception {
        String limit = Integer.toString(6 * MEBIBYTE);
        stage.create(1, "max.message.bytes", limit);
        String value = String.join("", Collections.nCopies(5 * MEBIBYTE / 8, "01234567"));
        try (KafkaProducer<String, String> producer = stage.producer("max.request.size", limit)) {
            producer.send(new ProducerRecord<>(stage.topic, value)).get();
        }
        try (KafkaConsumer<String, String> reader =
                stage.reader("max.partition.fetch.bytes", limit)) {
            String read = Stage.read(reader, 1).get(0).value();
            return Map.of("bytes", read.length(), "same", read.equals(value));
        }
    }

    private static Map<String, Object> partitioning(Stage stage) throws Exception {
        stage.create(4);
        List<ProducerRecord<String, String>> records = new ArrayList<>();
        for (int i = 0; i < 4; i++) {
            records.add(new ProducerRecord<>(stage.topic, i, null, "explicit"));
        }
        for (int i = 0; i < 20; i++) {
            records.add(new ProducerRecord<>(stage.topic, "one", "keyed"));
        }
        stage.send(records);
        List<TopicPartition> all = new ArrayList<>();
        for (int i = 0; i < 4; i++) {
            all.add(new TopicPartition(stage.topic, i));
        }
        List<Integer> explicit = new ArrayList<>();
        Set<Integer> keyed = new HashSet<>();
        try (KafkaConsumer<String, String> reader = stage.consumer()) {
            reader.assign(all);
            for (ConsumerRecord<String, String> record : Stage.read(reader, records.size())) {
                (record.key() == null ? explicit : keyed).add(record.partition());
            }
        }
        Collections.sort(explicit);
        return Map.of("explicit", explicit, "keyed", keyed.size());
    }
}
