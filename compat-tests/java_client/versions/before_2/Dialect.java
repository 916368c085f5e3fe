import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.TopicPartition;

/** What a consumer's methods were called before Kafka 2. */
final class Dialect {
    private Dialect() {}

    static <K, V> ConsumerRecords<K, V> poll(KafkaConsumer<K, V> consumer, long timeoutMs) {
        return consumer.poll(timeoutMs);
    }

    static OffsetAndMetadata committed(KafkaConsumer<?, ?> consumer, TopicPartition partition) {
        return consumer.committed(partition);
    }
}
