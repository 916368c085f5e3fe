import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.InvalidProducerEpochException;
import org.apache.kafka.common.errors.ProducerFencedException;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.common.serialization.StringSerializer;

/**
 * Transactions with the Java client, whichever version is on the class path:
 * {@code Transactions BOOTSTRAP NAME}. What was seen is one line of words.
 */
public final class Transactions {
    private final String bootstrap;
    private final String name;

    private Transactions(String bootstrap, String name) {
        this.bootstrap = bootstrap;
        this.name = name;
    }

    public static void main(String[] words) throws Exception {
        Transactions run = new Transactions(words[0], words[1]);
        run.createTopics();
        System.out.println("outcomes " + run.outcomes());
        System.out.println("zombie " + run.zombie());
        System.out.println("copied " + run.copy());
        System.exit(0);
    }

    private Properties properties() {
        Properties properties = new Properties();
        properties.put("bootstrap.servers", bootstrap);
        return properties;
    }

    private void createTopics() throws Exception {
        try (Admin admin = Admin.create(properties())) {
            List<NewTopic> topics = new ArrayList<>();
            for (String suffix : Arrays.asList("-outcomes", "-zombie", "-source", "-sink")) {
                topics.add(new NewTopic(name + suffix, 1, (short) 1));
            }
            admin.createTopics(topics).all().get();
        }
    }

    private KafkaProducer<String, String> producer(String id) {
        Properties properties = properties();
        properties.put("transactional.id", name + id);
        StringSerializer text = new StringSerializer();
        KafkaProducer<String, String> producer = new KafkaProducer<>(properties, text, text);
        producer.initTransactions();
        return producer;
    }

    private KafkaConsumer<String, String> consumer(String topic, String group) {
        Properties properties = properties();
        properties.put("isolation.level", "read_committed");
        properties.put("enable.auto.commit", "false");
        properties.put("auto.offset.reset", "earliest");
        properties.put("group.id", name + group);
        StringDeserializer text = new StringDeserializer();
        KafkaConsumer<String, String> consumer = new KafkaConsumer<>(properties, text, text);
        consumer.assign(Collections.singleton(new TopicPartition(name + topic, 0)));
        return consumer;
    }

    private String read(String topic, int count) {
        List<String> values = new ArrayList<>();
        try (KafkaConsumer<String, String> consumer = consumer(topic, "-view")) {
            while (values.size() < count) {
                for (ConsumerRecord<String, String> record : consumer.poll(Duration.ofMillis(200))) {
                    values.add(record.value());
                }
            }
        }
        return String.join(",", values);
    }

    /** Commits and aborts in turn, many at once per transaction. */
    private String outcomes() throws Exception {
        try (KafkaProducer<String, String> producer = producer("-outcomes")) {
            for (int turn = 0; turn < 6; turn++) {
                producer.beginTransaction();
                producer.send(new ProducerRecord<>(name + "-outcomes", "" + turn));
                if (turn % 2 == 1) {
                    producer.flush();
                    producer.abortTransaction();
                } else {
                    producer.commitTransaction();
                }
            }
        }
        return read("-outcomes", 3);
    }

    /** A producer whose place was taken. */
    private String zombie() {
        KafkaProducer<String, String> zombie = producer("-zombie");
        zombie.beginTransaction();
        zombie.send(new ProducerRecord<>(name + "-zombie", "old"));
        zombie.flush();
        String error = "none";
        try (KafkaProducer<String, String> successor = producer("-zombie")) {
            successor.beginTransaction();
            successor.send(new ProducerRecord<>(name + "-zombie", "new"));
            successor.commitTransaction();
            zombie.commitTransaction();
        } catch (ProducerFencedException | InvalidProducerEpochException fenced) {
            error = "fenced";
        }
        zombie.close(Duration.ZERO);
        return read("-zombie", 1) + " " + error;
    }

    /** Reads, writes and commits positions, all in one transaction; the first one is aborted. */
    private String copy() throws Exception {
        try (KafkaProducer<String, String> feeder = producer("-feeder")) {
            feeder.beginTransaction();
            for (int index = 0; index < 4; index++) {
                feeder.send(new ProducerRecord<>(name + "-source", "" + index));
            }
            feeder.commitTransaction();
        }
        TopicPartition source = new TopicPartition(name + "-source", 0);
        OffsetAndMetadata committed;
        try (KafkaProducer<String, String> producer = producer("-copier");
                KafkaConsumer<String, String> consumer = consumer("-source", "-copier")) {
            for (int attempt = 0; attempt < 2; attempt++) {
                consumer.seek(source, 0);
                producer.beginTransaction();
                int copied = 0;
                while (copied < 4) {
                    for (ConsumerRecord<String, String> record :
                            consumer.poll(Duration.ofMillis(200))) {
                        String value = record.value() + "!";
                        producer.send(new ProducerRecord<>(name + "-sink", value));
                        copied++;
                    }
                }
                Map<TopicPartition, OffsetAndMetadata> offsets = new HashMap<>();
                offsets.put(source, new OffsetAndMetadata(4 + attempt));
                producer.sendOffsetsToTransaction(offsets, consumer.groupMetadata());
                if (attempt == 0) {
                    producer.abortTransaction();
                } else {
                    producer.commitTransaction();
                }
            }
            committed = consumer.committed(Collections.singleton(source)).get(source);
        }
        return read("-sink", 4) + " " + committed.offset();
    }
}
