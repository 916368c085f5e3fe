import java.util.Map;
import java.util.Set;
import org.apache.kafka.common.TopicPartition;

/**
 * What there is to administer, however a version of the client does it. What it cannot do at all
 * is an {@link UnsupportedOperationException}.
 */
interface Cluster extends AutoCloseable {
    static Cluster of(Stage stage) {
        return new ThisCluster(stage);
    }

    void create(String topic, int partitions, Map<String, String> configs) throws Exception;

    void delete(String topic) throws Exception;

    Set<String> topics() throws Exception;

    int partitions(String topic) throws Exception;

    int brokers() throws Exception;

    boolean controllerIsBroker() throws Exception;

    default void addPartitions(String topic, int total) throws Exception {
        throw new UnsupportedOperationException();
    }

    default Map<String, String> configs(String topic) throws Exception {
        throw new UnsupportedOperationException();
    }

    default void configure(String topic, String key, String value) throws Exception {
        throw new UnsupportedOperationException();
    }

    default void deleteRecords(TopicPartition partition, long before) throws Exception {
        throw new UnsupportedOperationException();
    }

    default Set<String> groups() throws Exception {
        throw new UnsupportedOperationException();
    }

    default String stateOf(String group) throws Exception {
        throw new UnsupportedOperationException();
    }

    default void deleteGroup(String group) throws Exception {
        throw new UnsupportedOperationException();
    }

    long earliest(TopicPartition partition) throws Exception;

    long latest(TopicPartition partition) throws Exception;

    /** The first offset whose timestamp is not before that; -1 when there is none. */
    long at(TopicPartition partition, long timestampMs) throws Exception;

    void commit(String group, TopicPartition partition, long offset) throws Exception;

    @Override
    void close();
}
