import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AlterConfigOp;
import org.apache.kafka.clients.admin.AlterConfigOp.OpType;
import org.apache.kafka.clients.admin.AlterConfigsOptions;
import org.apache.kafka.clients.admin.ConfigEntry;
import org.apache.kafka.clients.admin.DescribeConfigsOptions;
import org.apache.kafka.clients.admin.ListConfigResourcesOptions;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.config.ConfigResource.Type;

/** Configs of topics, brokers, groups and loggers. */
final class ConfigMethods {
    private final AdminMethods run;
    private final Admin admin;
    private final ConfigResource topic;
    private final ConfigResource group;
    private final ConfigResource broker;
    private final ConfigResource loggers;

    ConfigMethods(AdminMethods run) {
        this.run = run;
        this.admin = run.admin;
        this.topic = new ConfigResource(Type.TOPIC, run.name("configured"));
        this.group = new ConfigResource(Type.GROUP, run.name("configured-group"));
        this.broker = new ConfigResource(Type.BROKER, "" + run.broker);
        this.loggers = new ConfigResource(Type.BROKER_LOGGER, "" + run.broker);
    }

    void play() throws Exception {
        admin.createTopics(List.of(new NewTopic(topic.name(), 1, (short) 1)
            .configs(Map.of("retention.ms", "60000")))).all().get();
        AdminMethods.until(() -> admin.listTopics().names().get().contains(topic.name()),
            "the new topic");
        describe();
        alterTopic();
        alterOthers();
        list();
    }

    private Collection<ConfigEntry> entries(ConfigResource of, DescribeConfigsOptions options)
            throws Exception {
        return admin.describeConfigs(List.of(of), options).all().get().get(of).entries();
    }

    /** The entries by their names; all but one, which Kafka sets when it formats its directory. */
    private Map<String, ConfigEntry> found(ConfigResource of, DescribeConfigsOptions options)
            throws Exception {
        return new TreeMap<>(entries(of, options).stream()
            .filter(entry -> !entry.name().equals("min.insync.replicas"))
            .collect(Collectors.toMap(ConfigEntry::name, entry -> entry)));
    }

    private Map<String, ConfigEntry> found(ConfigResource of) throws Exception {
        return found(of, new DescribeConfigsOptions());
    }

    private void describe() throws Exception {
        DescribeConfigsOptions all =
            new DescribeConfigsOptions().includeSynonyms(true).includeDocumentation(true);
        run.see("describeConfigs: a topic's", () -> found(topic).get("retention.ms"));
        run.see("describeConfigs: a topic's with synonyms and documentation",
            () -> found(topic, all));
        run.see("describeConfigs: a group's with synonyms and documentation",
            () -> found(group, all));
        run.see("describeConfigs: a broker's with synonyms and documentation", () -> {
            Map<String, ConfigEntry> found = found(broker, all);
            found.keySet().retainAll(Set.of("log.retention.ms", "log.retention.hours",
                "message.max.bytes", "num.io.threads", "auto.create.topics.enable",
                "log.cleaner.threads", "ssl.keystore.password", "log.segment.bytes"));
            return found;
        });
        run.see("describeConfigs: of all brokers",
            () -> found(new ConfigResource(Type.BROKER, "")));
        run.see("describeConfigs: the root logger",
            () -> found(loggers, all).get("root").source());
        run.see("describeConfigs: an unknown topic's", () -> admin.describeConfigs(
            List.of(new ConfigResource(Type.TOPIC, run.name("no")))).values());
        run.see("describeConfigs: an unknown broker's", () -> admin.describeConfigs(
            List.of(new ConfigResource(Type.BROKER, "99")), new DescribeConfigsOptions()
                .timeoutMs(3000)).values());
        run.see("describeConfigs: of metrics", () -> found(
            new ConfigResource(Type.CLIENT_METRICS, run.name("metrics"))));
    }

    private static AlterConfigOp op(OpType type, String key, String value) {
        return new AlterConfigOp(new ConfigEntry(key, value), type);
    }

    private void alter(String what, ConfigResource resource, AlterConfigOp... ops)
            throws Exception {
        run.see("incrementalAlterConfigs: " + what,
            () -> admin.incrementalAlterConfigs(Map.of(resource, List.of(ops))));
    }

    private void see(String what, ConfigResource resource, String... keys) throws Exception {
        run.see("incrementalAlterConfigs: " + what, () -> {
            Map<String, ConfigEntry> found = found(resource);
            found.keySet().retainAll(Set.of(keys));
            return found;
        });
    }

    private String valueOf(ConfigResource resource, String key) throws Exception {
        ConfigEntry found = found(resource).get(key);
        return found == null ? "" : found.value();
    }

    private void alterTopic() throws Exception {
        alter("a topic's", topic, op(OpType.SET, "segment.bytes", "1048576"),
            op(OpType.DELETE, "retention.ms", null), op(OpType.APPEND, "cleanup.policy", "compact"),
            op(OpType.SET, "compression.type", "gzip"));
        AdminMethods.until(() -> valueOf(topic, "compression.type").equals("gzip"), "gzip");
        see("a topic's then", topic, "segment.bytes", "retention.ms", "cleanup.policy");
        alter("subtracted", topic, op(OpType.SUBTRACT, "cleanup.policy", "delete"));
        AdminMethods.until(() -> valueOf(topic, "cleanup.policy").equals("compact"), "compact");
        see("what is left then", topic, "cleanup.policy");
        AlterConfigsOptions only = new AlterConfigsOptions().validateOnly(true);
        run.see("incrementalAlterConfigs: only validated", () -> admin.incrementalAlterConfigs(
            Map.of(topic, List.of(op(OpType.SET, "retention.ms", "1"))), only));
        run.see("incrementalAlterConfigs: only validated, and wrong",
            () -> admin.incrementalAlterConfigs(
                Map.of(topic, List.of(op(OpType.SET, "retention.ms", "soon"))), only));
        see("only validated then", topic, "retention.ms");
        alter("an unknown key", topic, op(OpType.SET, "no.such", "1"));
        alter("a key twice", topic, op(OpType.SET, "retention.ms", "1"),
            op(OpType.SET, "retention.ms", "2"));
        alter("appended to what is no list", topic, op(OpType.APPEND, "retention.ms", "1"));
        alter("an unknown topic's", new ConfigResource(Type.TOPIC, run.name("no")),
            op(OpType.SET, "retention.ms", "1"));
        alter("an unknown broker's", new ConfigResource(Type.BROKER, "nine"),
            op(OpType.SET, "log.retention.ms", "1"));
    }

    private void alterOthers() throws Exception {
        alter("a group's", group, op(OpType.SET, "consumer.session.timeout.ms", "50000"));
        AdminMethods.until(
            () -> valueOf(group, "consumer.session.timeout.ms").equals("50000"), "50000");
        see("a group's then", group, "consumer.session.timeout.ms");
        alter("a group's back", group, op(OpType.DELETE, "consumer.session.timeout.ms", null));
        alter("a group's out of range", group, op(OpType.SET, "consumer.session.timeout.ms", "1"));
        alter("a broker's", broker, op(OpType.SET, "log.cleaner.threads", "2"));
        AdminMethods.until(() -> valueOf(broker, "log.cleaner.threads").equals("2"), "2 threads");
        see("a broker's then", broker, "log.cleaner.threads");
        alter("a broker's back", broker, op(OpType.DELETE, "log.cleaner.threads", null));
        AdminMethods.until(() -> valueOf(broker, "log.cleaner.threads").equals("1"), "1 thread");
        alter("of all brokers", new ConfigResource(Type.BROKER, ""),
            op(OpType.DELETE, "log.cleaner.threads", null));
        alter("a broker's that cannot be altered", broker, op(OpType.SET, "node.id", "5"));
        alter("a logger's", loggers, op(OpType.SET, "root", valueOf(loggers, "root")));
        alter("no level of a logger's", loggers, op(OpType.SET, "root", "LOUD"));
        alter("the root logger's back", loggers, op(OpType.DELETE, "root", null));
        alter("an unknown logger's", loggers, op(OpType.SET, "no.such.logger", "DEBUG"));
    }

    private void list() throws Exception {
        for (Type type : List.of(Type.TOPIC, Type.BROKER, Type.BROKER_LOGGER, Type.GROUP,
                Type.CLIENT_METRICS)) {
            run.see("listConfigResources: " + type, () -> admin.listConfigResources(
                Set.of(type), new ListConfigResourcesOptions()).all().get().stream()
                .filter(it -> it.name().startsWith(run.name) || it.name().equals("" + run.broker))
                .map(it -> it.type() + " " + it.name()).collect(Collectors.toSet()));
        }
        run.see("listConfigResources: all", () -> admin.listConfigResources().all().get().stream()
            .map(ConfigResource::type).collect(Collectors.toSet()).contains(Type.TOPIC));
        run.see("listClientMetricsResources", () -> admin.listClientMetricsResources().all());
    }
}
