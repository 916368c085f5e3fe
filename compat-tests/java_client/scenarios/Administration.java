import java.util.LinkedHashMap;
import java.util.Map;
import org.apache.kafka.clients.consumer.KafkaConsumer;

/** Topics, configs, records, groups and offsets in an administrator's hands. */
final class Administration {
    private Administration() {}

    static Map<String, Compat.Scenario> scenarios() {
        return Map.of(
            "admin_topics", Administration::topics,
            "admin_partitions", Administration::partitions,
            "admin_configs", Administration::configs,
            "admin_records", Administration::records,
            "admin_groups", Administration::groups,
            "admin_offsets", Administration::offsets,
            "admin_cluster", Administration::cluster);
    }

    private static Map<String, Object> topics(Stage stage) throws Exception {
        stage.create(3, "retention.ms", "60000");
        Map<String, Object> seen = new LinkedHashMap<>();
        try (Cluster cluster = Cluster.of(stage)) {
            seen.put("listed", cluster.topics().contains(stage.topic));
            seen.put("partitions", cluster.partitions(stage.topic));
            cluster.delete(stage.topic);
            Stage.until(() -> !cluster.topics().contains(stage.topic), "the topic is gone");
            seen.put("gone", !cluster.topics().contains(stage.topic));
        }
        return seen;
    }

    private static Map<String, Object> partitions(Stage stage) throws Exception {
        stage.create(2);
        try (Cluster cluster = Cluster.of(stage)) {
            int before = cluster.partitions(stage.topic);
            cluster.addPartitions(stage.topic, 4);
            Stage.until(() -> cluster.partitions(stage.topic) == 4, "four partitions");
            return Map.of("before", before, "after", cluster.partitions(stage.topic));
        }
    }

    private static Map<String, Object> configs(Stage stage) throws Exception {
        stage.create(1, "retention.ms", "60000", "max.message.bytes", "2000");
        try (Cluster cluster = Cluster.of(stage)) {
            String before = cluster.configs(stage.topic).get("retention.ms");
            cluster.configure(stage.topic, "retention.ms", "120000");
            Stage.until(() -> !cluster.configs(stage.topic).get("retention.ms").equals(before),
                "the new retention");
            Map<String, String> after = cluster.configs(stage.topic);
            return Map.of("before", before, "after", after.get("retention.ms"),
                "max.message.bytes", after.get("max.message.bytes"));
        }
    }

    private static Map<String, Object> records(Stage stage) throws Exception {
        stage.create(1);
        stage.send(10);
        try (Cluster cluster = Cluster.of(stage);
                KafkaConsumer<String, String> reader = stage.reader()) {
            cluster.deleteRecords(stage.partition, 4);
            return Map.of("first", Stage.read(reader, 1).get(0).offset(),
                "end", cluster.latest(stage.partition));
        }
    }

    private static Map<String, Object> groups(Stage stage) throws Exception {
        stage.create(1);
        Map<String, Object> seen = new LinkedHashMap<>();
        try (Cluster cluster = Cluster.of(stage)) {
            try (Member member = new Member(stage)) {
                Stage.until(() -> member.share() == 1, "a member");
                seen.put("with a member", cluster.stateOf(stage.group));
            }
            Stage.until(() -> cluster.stateOf(stage.group).equals("Empty"), "an empty group");
            seen.put("without", cluster.stateOf(stage.group));
            seen.put("listed", cluster.groups().contains(stage.group));
            cluster.deleteGroup(stage.group);
            seen.put("gone", !cluster.groups().contains(stage.group));
        }
        return seen;
    }

    private static Map<String, Object> offsets(Stage stage) throws Exception {
        stage.create(1);
        stage.send(10);
        try (Cluster cluster = Cluster.of(stage);
                KafkaConsumer<String, String> reader = stage.reader()) {
            cluster.commit(stage.group, stage.partition, 6);
            return Map.of("earliest", cluster.earliest(stage.partition),
                "latest", cluster.latest(stage.partition),
                "time", cluster.at(stage.partition, 4500),
                "committed", Dialect.committed(reader, stage.partition).offset());
        }
    }

    private static Map<String, Object> cluster(Stage stage) throws Exception {
        try (Cluster cluster = Cluster.of(stage)) {
            return Map.of("brokers", cluster.brokers(),
                "controller", cluster.controllerIsBroker());
        }
    }
}
