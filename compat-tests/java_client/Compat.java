import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.kafka.clients.admin.AdminClient;
import org.apache.kafka.clients.admin.Config;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.consumer.OffsetAndTimestamp;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.common.serialization.StringSerializer;

/**
 * Scenarios with the Java client, whichever version is on the class path:
 * {@code Compat BOOTSTRAP NAME SCENARIO[:CODEC]...}. What each saw is one line of JSON, under its
 * name; of one that fails there is a stack trace instead, and an exit status other than 0.
 */
public final class Compat {
    private static final int RECORDS = 200;

    private final String bootstrap;
    private final String topic;
    private final String group;

    private Compat(String bootstrap, String topic) {
        this.bootstrap = bootstrap;
        this.topic = topic;
        this.group = topic + "-group";
    }

    public static void main(String[] words) throws Exception {
        int failed = 0;
        for (String scenario : Arrays.asList(words).subList(2, words.length)) {
            String name = words[1] + "-" + scenario.replace(':', '-');
            try {
                String seen = new Compat(words[0], name).run(scenario);
                System.out.format("{\"%s\": %s}%n", scenario, seen);
            } catch (Exception error) {
                System.err.println(scenario);
                error.printStackTrace();
                failed++;
            }
        }
        System.exit(failed); // not waiting for what a failed scenario left open
    }

    private String run(String scenario) throws Exception {
        if (scenario.startsWith("round_trip:")) {
            return roundTrip(scenario.substring("round_trip:".length()));
        }
        switch (scenario) {
            case "resume": return resume();
            case "rebalance": return rebalance();
            case "admin": return administer();
            case "times": return times();
            case "unknown_topic": return unknownTopic();
            case "too_large": return tooLarge();
            default: throw new IllegalArgumentException(scenario);
        }
    }

    private Properties options(String... pairs) {
        Properties options = new Properties();
        options.put("bootstrap.servers", bootstrap);
        for (int i = 0; i < pairs.length; i += 2) {
            options.put(pairs[i], pairs[i + 1]);
        }
        return options;
    }

    private KafkaProducer<String, String> producer(String... pairs) {
        Properties options = options("acks", "all", "enable.idempotence", "true");
        options.putAll(options(pairs));
        return new KafkaProducer<>(options, new StringSerializer(), new StringSerializer());
    }

    private KafkaConsumer<String, String> member() {
        Properties options = options("group.id", group, "auto.offset.reset", "earliest",
            "enable.auto.commit", "false", "max.poll.records", "8", "fetch.max.wait.ms", "100",
            "heartbeat.interval.ms", "200", "session.timeout.ms", "10000");
        KafkaConsumer<String, String> made =
            new KafkaConsumer<>(options, new StringDeserializer(), new StringDeserializer());
        made.subscribe(Collections.singletonList(topic));
        return made;
    }

    private AdminClient create(int partitions, String... configs) throws Exception {
        AdminClient admin = AdminClient.create(options());
        Map<String, String> asked = new HashMap<>();
        for (int i = 0; i < configs.length; i += 2) {
            asked.put(configs[i], configs[i + 1]);
        }
        NewTopic wanted = new NewTopic(topic, partitions, (short) 1).configs(asked);
        admin.createTopics(Collections.singleton(wanted)).all().get();
        eventually(() -> admin.listTopics().names().get().contains(topic), "the new topic");
        return admin;
    }

    private void send(int count) throws Exception {
        try (KafkaProducer<String, String> producer = producer()) {
            for (int i = 0; i < count; i++) {
                producer.send(new ProducerRecord<>(topic, "v")).get();
            }
        }
    }

    private static List<ConsumerRecord<String, String>> read(
            KafkaConsumer<String, String> from, int count) {
        List<ConsumerRecord<String, String>> records = new ArrayList<>();
        long end = System.nanoTime() + Duration.ofSeconds(30).toNanos();
        while (records.size() < count) {
            Versions.poll(from, 100).forEach(records::add);
            require(System.nanoTime() < end, "only " + records.size() + " records came");
        }
        return records;
    }

    private static void require(boolean condition, String otherwise) {
        if (!condition) {
            throw new IllegalStateException(otherwise);
        }
    }

    /** Where metadata travels by itself, what was changed is seen soon, not at once. */
    private static void eventually(Callable<Boolean> condition, String what) throws Exception {
        long end = System.nanoTime() + Duration.ofSeconds(30).toNanos();
        while (!condition.call()) {
            require(System.nanoTime() < end, "not in time: " + what);
            Thread.sleep(20);
        }
    }

    private String roundTrip(String codec) throws Exception {
        create(3).close();
        try (KafkaProducer<String, String> producer =
                producer("compression.type", codec, "linger.ms", "20")) {
            for (int i = 0; i < RECORDS; i++) {
                ProducerRecord<String, String> record =
                    new ProducerRecord<>(topic, "key-" + i, value(i));
                record.headers().add("n", Integer.toString(i).getBytes());
                producer.send(record);
            }
        }
        Set<String> seen = new HashSet<>();
        try (KafkaConsumer<String, String> member = member()) {
            for (ConsumerRecord<String, String> record : read(member, RECORDS)) {
                String n = new String(record.headers().lastHeader("n").value());
                require(record.key().equals("key-" + n), "another key: " + record);
                require(record.value().equals(value(Integer.parseInt(n))), "value: " + record);
                require(seen.add(n), "twice: " + record);
            }
        }
        return String.format("{\"records\": %d}", seen.size());
    }

    private static String value(int n) {
        return String.join(" ", Collections.nCopies(20, "value-" + n));
    }

    private String resume() throws Exception {
        create(1).close();
        send(20);
        TopicPartition partition = new TopicPartition(topic, 0);
        try (KafkaConsumer<String, String> first = member()) {
            read(first, 8);
            first.commitSync();
        }
        try (KafkaConsumer<String, String> second = member()) {
            long next = read(second, 1).get(0).offset();
            OffsetAndMetadata committed = Versions.committed(second, partition);
            return String.format("{\"committed\": %d, \"next\": %d}", committed.offset(), next);
        }
    }

    /** A member that polls in a thread of its own, as old clients wait in a poll for the others. */
    private final class Member implements AutoCloseable {
        private final AtomicInteger partitions = new AtomicInteger();
        private final AtomicBoolean closed = new AtomicBoolean();
        private final Thread thread = new Thread(this::run);

        Member() {
            thread.setDaemon(true);
            thread.start();
        }

        private void run() {
            try (KafkaConsumer<String, String> member = member()) {
                while (!closed.get()) {
                    Versions.poll(member, 100);
                    partitions.set(member.assignment().size());
                }
            }
        }

        @Override
        public void close() {
            closed.set(true);
            try {
                thread.join();
            } catch (InterruptedException error) {
                throw new IllegalStateException(error);
            }
        }
    }

    private String rebalance() throws Exception {
        create(4).close();
        try (Member first = new Member()) {
            try (Member second = new Member()) {
                eventually(() -> first.partitions.get() == 2 && second.partitions.get() == 2,
                    "two partitions each");
            }
            eventually(() -> first.partitions.get() == 4, "all partitions for one");
        }
        return "{\"together\": [2, 2], \"alone\": [4]}";
    }

    private String administer() throws Exception {
        Collection<String> name = Collections.singleton(topic);
        try (AdminClient admin = create(3, "retention.ms", "60000")) {
            int partitions = Versions.describe(admin, topic).partitions().size();
            String before = retention(admin);
            Versions.alter(admin, new ConfigResource(ConfigResource.Type.TOPIC, topic),
                "retention.ms", "120000");
            eventually(() -> retention(admin).equals("120000"), "the altered config");
            String after = retention(admin);
            send(5);
            long end = 0;
            try (KafkaConsumer<String, String> member = member()) {
                List<TopicPartition> all = new ArrayList<>();
                member.partitionsFor(topic)
                    .forEach(info -> all.add(new TopicPartition(topic, info.partition())));
                for (long offset : member.endOffsets(all).values()) {
                    end += offset;
                }
            }
            admin.deleteTopics(name).all().get();
            eventually(() -> !admin.listTopics().names().get().contains(topic), "no such topic");
            return String.format(
                "{\"partitions\": %d, \"end\": %d, \"before\": \"%s\", \"after\": \"%s\"}",
                partitions, end, before, after);
        }
    }

    private String retention(AdminClient admin) throws Exception {
        ConfigResource asked = new ConfigResource(ConfigResource.Type.TOPIC, topic);
        Config found =
            admin.describeConfigs(Collections.singleton(asked)).all().get().get(asked);
        return found.get("retention.ms").value();
    }

    private String times() throws Exception {
        create(1).close();
        try (KafkaProducer<String, String> producer = producer()) {
            for (long timestamp : new long[] {1000, 3000, 2000}) {
                producer.send(new ProducerRecord<>(topic, 0, timestamp, "k", "v")).get();
            }
        }
        TopicPartition partition = new TopicPartition(topic, 0);
        List<Long> found = new ArrayList<>();
        try (KafkaConsumer<String, String> member = member()) {
            for (long timestamp : new long[] {1, 1500, 9000}) {
                OffsetAndTimestamp at = member.offsetsForTimes(
                    Collections.singletonMap(partition, timestamp)).get(partition);
                found.add(at == null ? null : at.offset());
            }
        }
        return String.format(
            "{\"early\": %s, \"between\": %s, \"late\": %s}", found.toArray());
    }

    private String unknownTopic() throws Exception {
        try (AdminClient admin = AdminClient.create(options())) {
            return nameOf(() -> Versions.describe(admin, topic));
        }
    }

    private String tooLarge() throws Exception {
        create(1, "max.message.bytes", "1000").close();
        String value = String.join("", Collections.nCopies(5000, "v"));
        try (KafkaProducer<String, String> producer = producer()) {
            return nameOf(() -> producer.send(new ProducerRecord<>(topic, value)).get());
        }
    }

    private static String nameOf(Callable<?> call) throws Exception {
        try {
            return String.format("{\"no error but\": \"%s\"}", call.call());
        } catch (ExecutionException error) {
            String name = error.getCause().getClass().getSimpleName();
            return String.format("{\"error\": \"%s\"}", name);
        }
    }
}
