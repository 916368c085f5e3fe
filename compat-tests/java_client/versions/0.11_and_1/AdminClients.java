import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import org.apache.kafka.clients.admin.AdminClient;
import org.apache.kafka.clients.admin.Config;
import org.apache.kafka.clients.admin.ConfigEntry;
import org.apache.kafka.clients.admin.DescribeClusterResult;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.requests.DeleteRecordsRequest;
import org.apache.kafka.common.requests.DeleteRecordsResponse;

/** The first clients for administration: topics and configs. */
abstract class AdminClients extends Offsets {
    protected final AdminClient admin;

    AdminClients(Stage stage) {
        super(stage);
        this.admin = AdminClient.create(stage.options());
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
    public int partitions(String topic) throws Exception {
        return admin.describeTopics(Collections.singleton(topic)).all().get().get(topic)
            .partitions().size();
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

    private Config found(ConfigResource topic) throws Exception {
        return admin.describeConfigs(Collections.singleton(topic)).all().get().get(topic);
    }

    private static ConfigResource resource(String topic) {
        return new ConfigResource(ConfigResource.Type.TOPIC, topic);
    }

    @Override
    public Map<String, String> configs(String topic) throws Exception {
        Map<String, String> configs = new HashMap<>();
        found(resource(topic)).entries().forEach(it -> configs.put(it.name(), it.value()));
        return configs;
    }

    /** All configs are set at once: those that are not named get their defaults. */
    @Override
    public void configure(String topic, String key, String value) throws Exception {
        List<ConfigEntry> entries = new ArrayList<>();
        entries.add(new ConfigEntry(key, value));
        for (ConfigEntry entry : found(resource(topic)).entries()) {
            if (!entry.isDefault() && !entry.name().equals(key)) {
                entries.add(entry);
            }
        }
        Map<ConfigResource, Config> wanted =
            Collections.singletonMap(resource(topic), new Config(entries));
        admin.alterConfigs(wanted).all().get();
    }

    /** The request is older than the method for it. */
    @Override
    public void deleteRecords(TopicPartition partition, long before) throws Exception {
        short version = 0;
        ByteBuffer answer = Wire.ask(stage.bootstrap,
            new DeleteRecordsRequest.Builder(30_000, Collections.singletonMap(partition, before))
                .build(version)
                .serialize(Wire.header(ApiKeys.DELETE_RECORDS.id, version)));
        Errors error =
            DeleteRecordsResponse.parse(answer, version).responses().get(partition).error;
        if (error != Errors.NONE) {
            throw new ExecutionException(error.exception());
        }
    }

    @Override
    public void close() {
        super.close();
        admin.close();
    }
}
