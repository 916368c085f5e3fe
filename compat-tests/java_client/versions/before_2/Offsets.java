import java.util.Collections;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.TopicPartition;

/** Offsets, which are a consumer's business where no client for administration knows them. */
abstract class Offsets implements Cluster {
    protected final Stage stage;
    protected final KafkaConsumer<String, String> consumer;

    Offsets(Stage stage) {
        this.stage = stage;
        this.consumer = stage.consumer();
    }

    @Override
    public long earliest(TopicPartition partition) {
        return consumer.beginningOffsets(Collections.singleton(partition)).get(partition);
    }

    @Override
    public long latest(TopicPartition partition) {
        return consumer.endOffsets(Collections.singleton(partition)).get(partition);
    }

    @Override
    public long at(TopicPartition partition, long timestampMs) {
        return Consume.at(consumer, stage, timestampMs);
    }

    /** A consumer that is no member may set the offsets of a group that has none. */
    @Override
    public void commit(String group, TopicPartition partition, long offset) {
        try (KafkaConsumer<String, String> other = stage.consumer("group.id", group)) {
            other.commitSync(Collections.singletonMap(partition, new OffsetAndMetadata(offset)));
        }
    }

    @Override
    public void close() {
        consumer.close();
    }
}
