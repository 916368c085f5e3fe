import java.util.Map;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.common.TopicPartition;

/** Offsets that a transaction takes along, for a group as its consumer sees it. */
final class TransactionOffsets {
    private TransactionOffsets() {}

    static void send(KafkaProducer<?, ?> producer, KafkaConsumer<?, ?> consumer,
            Map<TopicPartition, OffsetAndMetadata> offsets, String group) {
        producer.sendOffsetsToTransaction(offsets, consumer.groupMetadata());
    }
}
