import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;

/** Writes and reads while the broker is killed and comes back. */
final class Restart {
    private static final int HALFWAY = 100;
    private static final int RECORDS = 300;

    private final Stage stage;
    private final Set<String> acknowledged = ConcurrentHashMap.newKeySet();
    private final Map<String, Integer> read = new HashMap<>();

    private Restart(Stage stage) {
        this.stage = stage;
    }

    static Map<String, Object> restart(Stage stage) throws Exception {
        stage.create(1);
        return new Restart(stage).run();
    }

    private Map<String, Object> run() throws Exception {
        Thread writer = new Thread(this::write);
        writer.setDaemon(true);
        writer.start();
        try (KafkaConsumer<String, String> reader = stage.reader()) {
            Stage.until(() -> poll(reader) >= HALFWAY, "100 records");
            System.out.println("halfway");
            Stage.until(() -> {
                poll(reader);
                return !writer.isAlive() && read.keySet().containsAll(acknowledged);
            }, "what was acknowledged");
        }
        long lost = acknowledged.stream().filter(value -> !read.containsKey(value)).count();
        long twice = read.values().stream().filter(times -> times > 1).count();
        Stage.require(acknowledged.size() >= RECORDS, "acknowledged: " + acknowledged.size());
        return Map.of("lost", lost, "twice", twice);
    }

    private int poll(KafkaConsumer<String, String> reader) {
        for (ConsumerRecord<String, String> record : Dialect.poll(reader, 50)) {
            read.merge(record.value(), 1, Integer::sum);
        }
        return read.size();
    }

    /** A record that failed is never sent again: another takes its place. */
    private void write() {
        try (KafkaProducer<String, String> producer = stage.producer(Later.NEVER_TWICE)) {
            for (int number = 0; acknowledged.size() < RECORDS; number++) {
                String value = "v" + number;
                try {
                    producer.send(new ProducerRecord<>(stage.topic, 0, null, value)).get();
                    acknowledged.add(value);
                } catch (ExecutionException error) {
                    System.err.println(error.getMessage());
                }
            }
        } catch (InterruptedException error) {
            Thread.currentThread().interrupt();
        }
    }
}
