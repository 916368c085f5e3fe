import java.util.Collection;
import java.util.Collections;
import java.util.Set;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.kafka.clients.consumer.ConsumerRebalanceListener;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.TopicPartition;

/** A member that polls in a thread of its own, as old clients wait in a poll for the others. */
final class Member implements AutoCloseable, ConsumerRebalanceListener {
    final AtomicInteger revoked = new AtomicInteger();
    final AtomicInteger rebalances = new AtomicInteger();
    private final Stage stage;
    private final String[] options;
    private final AtomicBoolean leaving = new AtomicBoolean();
    private final Thread thread = new Thread(this::run);
    private volatile Set<TopicPartition> assigned = Set.of();
    private volatile RuntimeException failure;

    Member(Stage stage, String... options) {
        this.stage = stage;
        this.options = options;
        thread.setDaemon(true);
        thread.start();
    }

    Set<TopicPartition> assigned() {
        return assigned;
    }

    int share() {
        return assigned.size();
    }

    /** What ended its polls; null as long as it lives. */
    RuntimeException failure() {
        return failure;
    }

    private void run() {
        try (KafkaConsumer<String, String> consumer = stage.consumer(options)) {
            consumer.subscribe(Collections.singletonList(stage.topic), this);
            while (!leaving.get()) {
                Dialect.poll(consumer, 100);
                assigned = Set.copyOf(consumer.assignment());
            }
        } catch (RuntimeException error) {
            failure = error;
        }
    }

    @Override
    public void onPartitionsRevoked(Collection<TopicPartition> partitions) {
        if (!leaving.get()) {
            revoked.addAndGet(partitions.size());
        }
    }

    @Override
    public void onPartitionsAssigned(Collection<TopicPartition> partitions) {
        rebalances.incrementAndGet();
    }

    @Override
    public void close() {
        leaving.set(true);
        try {
            thread.join();
        } catch (InterruptedException error) {
            throw new IllegalStateException(error);
        }
    }
}
