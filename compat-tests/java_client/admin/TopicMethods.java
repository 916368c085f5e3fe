import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.CreatePartitionsOptions;
import org.apache.kafka.clients.admin.CreateTopicsOptions;
import org.apache.kafka.clients.admin.CreateTopicsResult;
import org.apache.kafka.clients.admin.DeleteTopicsOptions;
import org.apache.kafka.clients.admin.DescribeTopicsOptions;
import org.apache.kafka.clients.admin.ListTopicsOptions;
import org.apache.kafka.clients.admin.NewPartitions;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.common.TopicCollection;
import org.apache.kafka.common.Uuid;

/** Topics and their partitions. */
final class TopicMethods {
    private final AdminMethods run;
    private final Admin admin;
    private final String first;
    private final String second;
    private final String third;

    TopicMethods(AdminMethods run) {
        this.run = run;
        this.admin = run.admin;
        this.first = run.name("first");
        this.second = run.name("second");
        this.third = run.name("third");
    }

    void play() throws Exception {
        create();
        list();
        describe();
        addPartitions();
        delete();
    }

    private void create() throws Exception {
        NewTopic configured = new NewTopic(first, 3, (short) 1)
            .configs(Map.of("retention.ms", "60000", "cleanup.policy", "compact"));
        NewTopic assigned = new NewTopic(second, Map.of(0, List.of(run.broker)));
        NewTopic byDefault = new NewTopic(third, Optional.of(1), Optional.empty());
        // Of each topic the defaults of the broker's settings are a matter of its own.
        run.see("createTopics", () -> without("config", admin.createTopics(
            List.of(configured, assigned, byDefault), new CreateTopicsOptions().timeoutMs(30000))),
            first, second, third);
        seeRefused("there already", configured);
        seeRefused("no partitions", new NewTopic(run.name("a"), 0, (short) 1));
        seeRefused("two replicas", new NewTopic(run.name("a"), 1, (short) 2));
        seeRefused("an unknown broker", new NewTopic(run.name("a"), Map.of(0, List.of(99))));
        seeRefused("partitions that are not counted from 0",
            new NewTopic(run.name("a"), Map.of(1, List.of(run.broker))));
        seeRefused("not a name", new NewTopic(run.name("a b"), 1, (short) 1));
        seeRefused("no name", new NewTopic("", 1, (short) 1));
        seeRefused("an unknown config",
            new NewTopic(run.name("a"), 1, (short) 1).configs(Map.of("no.such", "config")));
        NewTopic tried = new NewTopic(run.name("tried"), 2, (short) 1);
        run.see("createTopics: only validated", () -> admin.createTopics(
            List.of(tried), new CreateTopicsOptions().validateOnly(true)).numPartitions(
                tried.name()));
        AdminMethods.until(
            () -> admin.listTopics().names().get().containsAll(Set.of(first, second, third)),
            "the new topics");
    }

    private void seeRefused(String why, NewTopic topic) throws Exception {
        run.see("createTopics: " + why, () -> admin.createTopics(List.of(topic)), topic.name());
    }

    /** All that a result says but for one of its accessors. */
    private Object without(String accessor, CreateTopicsResult result) throws Exception {
        Map<String, Object> seen = new TreeMap<>();
        for (String topic : List.of(first, second, third)) {
            seen.put(topic, List.of(result.values().get(topic), result.topicId(topic),
                result.numPartitions(topic), result.replicationFactor(topic),
                result.config(topic).get().get("retention.ms"),
                result.config(topic).get().get("cleanup.policy")));
        }
        seen.put("all", result.all());
        return seen;
    }

    private void list() throws Exception {
        for (boolean internal : List.of(false, true)) {
            run.see("listTopics: " + (internal ? "with internal ones" : "without internal ones"),
                () -> admin.listTopics(new ListTopicsOptions().listInternal(internal))
                    .namesToListings().get().values().stream()
                    .filter(topic -> topic.name().startsWith(run.name))
                    .collect(Collectors.toSet()));
        }
        run.see("listTopics: names", () -> admin.listTopics().names().get().stream()
            .filter(name -> name.startsWith(run.name)).collect(Collectors.toSet()));
        run.see("listTopics: listings", () -> admin.listTopics().listings().get().stream()
            .filter(topic -> topic.name().equals(third)).collect(Collectors.toList()));
    }

    private void describe() throws Exception {
        List<String> names = List.of(first, second, third);
        run.see("describeTopics", () -> admin.describeTopics(names).allTopicNames());
        run.see("describeTopics: a page of two partitions", () -> admin.describeTopics(
            names, new DescribeTopicsOptions().partitionSizeLimitPerResponse(2)).allTopicNames());
        run.see("describeTopics: with operations", () -> admin.describeTopics(List.of(third),
            new DescribeTopicsOptions().includeAuthorizedOperations(true)).topicNameValues());
        run.see("describeTopics: unknown",
            () -> admin.describeTopics(List.of(run.name("no"), third)).topicNameValues());
        run.see("describeTopics: not a name",
            () -> admin.describeTopics(List.of("a b")).topicNameValues());
        run.see("describeTopics: by id", () -> admin.describeTopics(
            TopicCollection.ofTopicIds(List.of(idOf(first)))).allTopicIds());
        run.see("describeTopics: by an unknown id", () -> admin.describeTopics(
            TopicCollection.ofTopicIds(List.of(Uuid.randomUuid()))).topicIdValues());
    }

    private Uuid idOf(String topic) throws Exception {
        return admin.describeTopics(List.of(topic)).allTopicNames().get().get(topic).topicId();
    }

    private void addPartitions() throws Exception {
        CreatePartitionsOptions only = new CreatePartitionsOptions().validateOnly(true);
        run.see("createPartitions: only validated", () -> admin.createPartitions(
            Map.of(first, NewPartitions.increaseTo(9)), only));
        run.see("createPartitions", () -> admin.createPartitions(Map.of(
            first, NewPartitions.increaseTo(5),
            second, NewPartitions.increaseTo(
                3, List.of(List.of(run.broker), List.of(run.broker))))));
        AdminMethods.until(() -> partitionsOf(first) == 5 && partitionsOf(second) == 3,
            "the new partitions");
        run.see("createPartitions: how many then",
            () -> List.of(partitionsOf(first), partitionsOf(second)));
        seeRefused("fewer", first, NewPartitions.increaseTo(2));
        seeRefused("as many", first, NewPartitions.increaseTo(5));
        seeRefused("unknown topic", run.name("no"), NewPartitions.increaseTo(2));
        seeRefused("too few assignments", first,
            NewPartitions.increaseTo(8, List.of(List.of(run.broker))));
        seeRefused("an unknown broker", first, NewPartitions.increaseTo(6, List.of(List.of(99))));
    }

    private void seeRefused(String why, String topic, NewPartitions wanted) throws Exception {
        run.see("createPartitions: " + why,
            () -> admin.createPartitions(Map.of(topic, wanted)));
    }

    private int partitionsOf(String topic) throws Exception {
        return admin.describeTopics(List.of(topic)).allTopicNames().get().get(topic)
            .partitions().size();
    }

    private void delete() throws Exception {
        Uuid id = idOf(second);
        run.see("deleteTopics", () -> admin.deleteTopics(
            List.of(third, run.name("no")), new DeleteTopicsOptions().timeoutMs(30000)));
        run.see("deleteTopics: by id", () -> admin.deleteTopics(
            TopicCollection.ofTopicIds(List.of(id))));
        run.see("deleteTopics: by an unknown id", () -> admin.deleteTopics(
            TopicCollection.ofTopicIds(List.of(Uuid.randomUuid()))).topicIdValues().values());
        AdminMethods.until(() -> admin.listTopics().names().get().stream()
            .noneMatch(Set.of(second, third)::contains), "the topics are gone");
    }
}
