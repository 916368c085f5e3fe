import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.lang.management.ManagementFactory;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.protocol.Errors;

/**
 * Transactions with the Java client, whichever version is on the class path:
 * {@code Transactions BOOTSTRAP SCENARIO NAME}. What was seen is one line of JSON.
 */
public final class Transactions {
    private static final int SOURCE = 8;

    private final Stage stage;
    private final String sink;
    private final String id;

    private Transactions(String bootstrap, String name) {
        this.stage = new Stage(bootstrap, name, "");
        this.sink = name + "-sink";
        this.id = name + "-id";
    }

    public static void main(String[] words) throws Exception {
        Transactions run = new Transactions(words[0], words[2]);
        System.out.println(Json.of(run.play(words[1])));
        System.exit(0);
    }

    private Object play(String scenario) throws Exception {
        switch (scenario) {
            case "outcomes": return outcomes();
            case "zombie": return zombie();
            case "copy": return copy();
            case "crash_and_timeout": return crashAndTimeout();
            case "crash_and_return": return crashAndReturn();
            case "die_in_a_transaction": return die();
            case "die_while_copying": return dieWhileCopying();
            default: throw new IllegalArgumentException(scenario);
        }
    }

    private KafkaProducer<String, String> producer(String... more) {
        List<String> options = new ArrayList<>(List.of("transactional.id", id));
        Collections.addAll(options, more);
        KafkaProducer<String, String> made = stage.producer(options.toArray(String[]::new));
        made.initTransactions();
        return made;
    }

    private void send(KafkaProducer<String, String> producer, String... values) {
        for (String value : values) {
            producer.send(new ProducerRecord<>(stage.topic, 0, "k", value));
        }
    }

    /** What counts, once so many records of it are there. */
    private List<String> committed(TopicPartition partition, int count) {
        List<String> values = new ArrayList<>();
        try (KafkaConsumer<String, String> reader =
                stage.consumer("isolation.level", "read_committed", "group.id", id)) {
            reader.assign(List.of(partition));
            Stage.read(reader, count).forEach(record -> values.add(record.value()));
        }
        return values;
    }

    /** Commits and aborts in turn; one transaction is empty. */
    private Object outcomes() throws Exception {
        stage.create(1);
        try (KafkaProducer<String, String> producer = producer()) {
            for (int turn = 0; turn < 6; turn++) {
                producer.beginTransaction();
                send(producer, "" + turn);
                if (turn % 2 == 1) {
                    producer.flush();
                    producer.abortTransaction();
                } else {
                    producer.commitTransaction();
                }
            }
            producer.beginTransaction();
            producer.commitTransaction();
        }
        return Map.of("committed", committed(stage.partition, 3));
    }

    /** A producer whose place was taken: it can neither commit nor write nor begin again. */
    private Object zombie() throws Exception {
        stage.create(1);
        KafkaProducer<String, String> zombie = producer();
        zombie.beginTransaction();
        send(zombie, "old");
        zombie.flush();
        Map<String, Object> seen = new LinkedHashMap<>();
        try (KafkaProducer<String, String> successor = producer()) {
            successor.beginTransaction();
            send(successor, "new");
            successor.commitTransaction();
            seen.put("commit", refused(zombie::commitTransaction));
            seen.put("begin", refused(zombie::beginTransaction));
            successor.beginTransaction();
            send(successor, "newer");
            successor.commitTransaction();
        }
        seen.put("committed", committed(stage.partition, 2));
        return seen;
    }

    /** Tells whether a call fails as the producer is fenced, or has been before. */
    private static boolean refused(Runnable call) {
        try {
            call.run();
            return false;
        } catch (KafkaException error) {
            return isFenced(error) || isFenced(error.getCause());
        }
    }

    /** PRODUCER_FENCED, 90, came with Kafka 2.7; before, the epoch was out of date. */
    private static boolean isFenced(Throwable error) {
        Errors code = Errors.forException(error);
        return code.code() == 90 || code == Errors.INVALID_PRODUCER_EPOCH;
    }

    private void prepareCopy() throws Exception {
        stage.create(1);
        stage.send(SOURCE);
        try (Cluster cluster = Cluster.of(stage)) {
            cluster.create(sink, 1, Map.of());
            Stage.until(() -> cluster.topics().contains(sink), "the sink");
        }
    }

    private KafkaConsumer<String, String> source() {
        return stage.member("isolation.level", "read_committed", "max.poll.records", "2");
    }

    /**
     * Begins a transaction that copies the next two records and takes the offset behind them
     * along; gives that.
     */
    private long copyTwo(KafkaProducer<String, String> producer,
            KafkaConsumer<String, String> source) {
        producer.beginTransaction();
        long next = 0;
        for (ConsumerRecord<String, String> record : Stage.read(source, 2)) {
            producer.send(new ProducerRecord<>(sink, 0, "k", record.value() + "!"));
            next = record.offset() + 1;
        }
        TransactionOffsets.send(producer, source,
            Map.of(stage.partition, new OffsetAndMetadata(next)), stage.group);
        return next;
    }

    /** Copies what is left of the source, each transaction once it is certain. */
    private Object copied(KafkaProducer<String, String> producer,
            KafkaConsumer<String, String> source) throws Exception {
        long next = 0;
        while (next < SOURCE) {
            next = copyTwo(producer, source);
            producer.commitTransaction();
        }
        // A consumer before Kafka 2.5 does not wait until what was committed has arrived.
        Stage.until(() -> committedOf(source) == SOURCE, "the offset");
        return Map.of("offset", committedOf(source),
            "sink", committed(new TopicPartition(sink, 0), SOURCE));
    }

    private long committedOf(KafkaConsumer<String, String> source) {
        OffsetAndMetadata found = Dialect.committed(source, stage.partition);
        return found == null ? 0 : found.offset();
    }

    /** Reads, writes and commits offsets, all in one; the first transaction is aborted. */
    private Object copy() throws Exception {
        prepareCopy();
        try (KafkaProducer<String, String> producer = producer();
                KafkaConsumer<String, String> source = source()) {
            copyTwo(producer, source);
            producer.flush();
            producer.abortTransaction();
            Stage.require(committedOf(source) == 0, "an offset");
            source.seek(stage.partition, 0);
            return copied(producer, source);
        }
    }

    /** Starts this program once more, waits until it is within a transaction, and kills it. */
    private void kill(String scenario) throws Exception {
        List<String> command = new ArrayList<>();
        command.add(ProcessHandle.current().info().command().orElse("java"));
        command.addAll(ManagementFactory.getRuntimeMXBean().getInputArguments());
        command.addAll(List.of("-cp", System.getProperty("java.class.path"), "Transactions",
            stage.bootstrap, scenario, stage.topic));
        Process other = new ProcessBuilder(command)
            .redirectError(ProcessBuilder.Redirect.INHERIT)
            .start();
        try (BufferedReader said =
                new BufferedReader(new InputStreamReader(other.getInputStream()))) {
            Stage.require("within".equals(said.readLine()), "it did not get so far");
        } finally {
            other.destroyForcibly();
        }
    }

    /** Waits to be killed; ends by itself when the program that started it has ended. */
    private static Object within() throws Exception {
        System.out.println("within");
        System.in.read();
        return Map.of();
    }

    private Object die() throws Exception {
        KafkaProducer<String, String> producer = producer("transaction.timeout.ms", "1000");
        producer.beginTransaction();
        send(producer, "open", "open");
        producer.flush();
        return within();
    }

    /** Nobody comes back: the broker aborts, and readers go on to what came later. */
    private Object crashAndTimeout() throws Exception {
        stage.create(1);
        kill("die_in_a_transaction");
        stage.send(1);
        return Map.of("committed", committed(stage.partition, 1));
    }

    private Object dieWhileCopying() throws Exception {
        KafkaProducer<String, String> producer = producer();
        KafkaConsumer<String, String> source = source();
        copyTwo(producer, source);
        producer.commitTransaction();
        copyTwo(producer, source);
        producer.flush();
        return within();
    }

    /** The next of its name aborts what was open, and goes on where it was last certain. */
    private Object crashAndReturn() throws Exception {
        prepareCopy();
        kill("die_while_copying");
        try (KafkaProducer<String, String> producer = producer();
                KafkaConsumer<String, String> source = source()) {
            return copied(producer, source);
        }
    }
}
