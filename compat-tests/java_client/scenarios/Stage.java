import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.concurrent.Callable;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.common.serialization.StringSerializer;

/** Where a scenario is played: a broker, a topic and a group of its own, and clients for them. */
final class Stage {
    private static final Duration PATIENCE = Duration.ofSeconds(40);

    final String bootstrap;
    final String topic;
    final String group;
    final String variant;
    final TopicPartition partition;

    /** What comes behind the colon of a scenario, as in {@code round_trip:gzip}, is its variant. */
    Stage(String bootstrap, String name, String variant) {
        this.bootstrap = bootstrap;
        this.topic = name;
        this.group = name + "-group";
        this.variant = variant;
        this.partition = new TopicPartition(name, 0);
    }

    static Map<String, String> pairs(String... words) {
        Map<String, String> pairs = new HashMap<>();
        for (int i = 0; i < words.length; i += 2) {
            pairs.put(words[i], words[i + 1]);
        }
        return pairs;
    }

    Properties options(String... more) {
        Properties options = new Properties();
        options.put("bootstrap.servers", bootstrap);
        options.putAll(pairs(more));
        return options;
    }

    /** A producer that tries again, which old ones do not by themselves. */
    KafkaProducer<String, String> producer(String... more) {
        Properties options = options("acks", "all", "retries", "1000");
        options.putAll(pairs(more));
        return new KafkaProducer<>(options, new StringSerializer(), new StringSerializer());
    }

    /** A consumer of the scenario's group, which commits when it is told to. */
    KafkaConsumer<String, String> consumer(String... more) {
        Properties options = options("group.id", group, "auto.offset.reset", "earliest",
            "enable.auto.commit", "false", "fetch.max.wait.ms", "100",
            "heartbeat.interval.ms", "200", "session.timeout.ms", "6000");
        options.putAll(pairs(more));
        return new KafkaConsumer<>(options, new StringDeserializer(), new StringDeserializer());
    }

    /** A consumer that reads partition 0, whatever its group does. */
    KafkaConsumer<String, String> reader(String... more) {
        KafkaConsumer<String, String> made = consumer(more);
        made.assign(Collections.singletonList(partition));
        return made;
    }

    /** A member of the group. */
    KafkaConsumer<String, String> member(String... more) {
        KafkaConsumer<String, String> made = consumer(more);
        made.subscribe(Collections.singletonList(topic));
        return made;
    }

    /** Makes the scenario's topic, which keeps old records too, and waits until it is known. */
    void create(int partitions, String... configs) throws Exception {
        Map<String, String> wanted = pairs("retention.ms", "-1");
        wanted.putAll(pairs(configs));
        try (Cluster cluster = Cluster.of(this)) {
            cluster.create(topic, partitions, wanted);
            until(() -> cluster.topics().contains(topic), "the new topic");
        }
    }

    /** Sends records one after the other, each when the one before is acknowledged. */
    void send(List<ProducerRecord<String, String>> records) throws Exception {
        try (KafkaProducer<String, String> producer = producer()) {
            for (ProducerRecord<String, String> record : records) {
                producer.send(record).get();
            }
        }
    }

    /** Sends so many records to partition 0, with timestamps 1000, 2000, 3000, … */
    void send(int count) throws Exception {
        List<ProducerRecord<String, String>> records = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            records.add(new ProducerRecord<>(topic, 0, 1000L * (i + 1), "k", "v" + i));
        }
        send(records);
    }

    /** Reads so many records; those that come along with them are given too. */
    static List<ConsumerRecord<String, String>> read(
            KafkaConsumer<String, String> from, int count) {
        List<ConsumerRecord<String, String>> records = new ArrayList<>();
        long end = System.nanoTime() + PATIENCE.toNanos();
        while (records.size() < count) {
            Dialect.poll(from, 100).forEach(records::add);
            require(System.nanoTime() < end, "only " + records.size() + " records came");
        }
        return records;
    }

    static void require(boolean condition, String otherwise) {
        if (!condition) {
            throw new IllegalStateException(otherwise);
        }
    }

    /** Where metadata travels by itself, what was changed is seen soon, not at once. */
    static void until(Callable<Boolean> condition, String what) throws Exception {
        long end = System.nanoTime() + PATIENCE.toNanos();
        while (!condition.call()) {
            require(System.nanoTime() < end, "not in time: " + what);
            Thread.sleep(20);
        }
    }
}
