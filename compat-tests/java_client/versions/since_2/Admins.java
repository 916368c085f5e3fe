import java.util.Collections;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AlterConfigOp;
import org.apache.kafka.clients.admin.ConfigEntry;
import org.apache.kafka.clients.admin.DescribeClusterResult;
import org.apache.kafka.clients.admin.NewPartitions;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.admin.RecordsToDelete;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.config.ConfigResource;

/** The client for administration, but for what differs between Kafka 2 and 4. */
abstract class Admins implements Cluster {
    protected final Admin admin;

    Admins(Stage stage) {
        this.admin = Admin.create(stage.options());
    }

    @Override
    public void create(String topic, int partitions, Map<String, String> configs)
            throws Exception {
        NewTopic wanted = new NewTopic(topic, partitions, (short) 1).configs(configs);
        admin.createTopics(Collections.singleton(wanted)).all().get();
    }

    @Override
    public void delete(String topic) throws Exception {
        admin.deleteTopics(Collections.singleton(topic)).all().get();
    }

    @Override
    public Set<String> topics() throws Exception {
        return admin.listTopics().names().get();
    }

    @Override
    public int brokers() throws Exception {
        return admin.describeCluster().nodes().get().size();
    }

    @Override
    public boolean controllerIsBroker() throws Exception {
        DescribeClusterResult found = admin.describeCluster();
        return found.nodes().get().contains(found.controller().get());
    }

    @Override
    public void addPartitions(String topic, int total) throws Exception {
        admin.createPartitions(Collections.singletonMap(topic, NewPartitions.increaseTo(total)))
            .all().get();
    }

    @Override
    public Map<String, String> configs(String topic) throws Exception {
        ConfigResource asked = new ConfigResource(ConfigResource.Type.TOPIC, topic);
        Map<String, String> configs = new HashMap<>();
        admin.describeConfigs(Collections.singleton(asked)).all().get().get(asked).entries()
            .forEach(it -> configs.put(it.name(), it.value()));
        return configs;
    }

    @Override
    public void configure(String topic, String key, String value) throws Exception {
        AlterConfigOp set =
            new AlterConfigOp(new ConfigEntry(key, value), AlterConfigOp.OpType.SET);
        admin.incrementalAlterConfigs(Collections.singletonMap(
            new ConfigResource(ConfigResource.Type.TOPIC, topic), Collections.singleton(set)))
            .all().get();
    }

    @Override
    public void deleteRecords(TopicPartition partition, long before) throws Exception {
        admin.deleteRecords(
            Collections.singletonMap(partition, RecordsToDelete.beforeOffset(before))).all().get();
    }

    @Override
    public Set<String> groups() throws Exception {
        return admin.listConsumerGroups().all().get().stream()
            .map(group -> group.groupId()).collect(Collectors.toSet());
    }

    @Override
    public void deleteGroup(String group) throws Exception {
        admin.deleteConsumerGroups(Collections.singleton(group)).all().get();
    }

    private long offset(TopicPartition partition, OffsetSpec spec) throws Exception {
        return admin.listOffsets(Collections.singletonMap(partition, spec))
            .partitionResult(partition).get().offset();
    }

    @Override
    public long earliest(TopicPartition partition) throws Exception {
        return offset(partition, OffsetSpec.earliest());
    }

    @Override
    public long latest(TopicPartition partition) throws Exception {
        return offset(partition, OffsetSpec.latest());
    }

    @Override
    public long at(TopicPartition partition, long timestampMs) throws Exception {
        return offset(partition, OffsetSpec.forTimestamp(timestampMs));
    }

    @Override
    public void commit(String group, TopicPartition partition, long offset) throws Exception {
        admin.alterConsumerGroupOffsets(group,
            Collections.singletonMap(partition, new OffsetAndMetadata(offset))).all().get();
    }

    @Override
    public void close() {
        admin.close();
    }
}
