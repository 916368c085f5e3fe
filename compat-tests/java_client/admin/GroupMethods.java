import java.time.Duration;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.Set;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.Collectors;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.DeleteConsumerGroupOffsetsOptions;
import org.apache.kafka.clients.admin.DescribeClassicGroupsOptions;
import org.apache.kafka.clients.admin.DescribeConsumerGroupsOptions;
import org.apache.kafka.clients.admin.GroupListing;
import org.apache.kafka.clients.admin.ListConsumerGroupOffsetsOptions;
import org.apache.kafka.clients.admin.ListConsumerGroupOffsetsSpec;
import org.apache.kafka.clients.admin.ListConsumerGroupsOptions;
import org.apache.kafka.clients.admin.ListGroupsOptions;
import org.apache.kafka.clients.admin.MemberToRemove;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.admin.RemoveMembersFromConsumerGroupOptions;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.GroupState;
import org.apache.kafka.common.GroupType;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.StringDeserializer;

/** Groups with a member and without, and their offsets. */
final class GroupMethods {
    private final AdminMethods run;
    private final Admin admin;
    private final String topic;
    private final String active;
    private final String idle;
    private final String unknown;
    private final TopicPartition partition;
    private final TopicPartition other;

    GroupMethods(AdminMethods run) {
        this.run = run;
        this.admin = run.admin;
        this.topic = run.name("grouped");
        this.active = run.name("active");
        this.idle = run.name("idle");
        this.unknown = run.name("unknown");
        this.partition = new TopicPartition(topic, 0);
        this.other = new TopicPartition(topic, 1);
    }

    void play() throws Exception {
        admin.createTopics(List.of(new NewTopic(topic, 2, (short) 1))).all().get();
        AdminMethods.until(() -> admin.listTopics().names().get().contains(topic), "the topic");
        AtomicBoolean leaving = new AtomicBoolean();
        Thread member = new Thread(() -> poll(leaving));
        member.setDaemon(true);
        member.start();
        AdminMethods.until(() -> stateOf(active) == GroupState.STABLE, "a member");
        admin.alterConsumerGroupOffsets(idle, Map.of(partition, new OffsetAndMetadata(3, "note")))
            .all().get();
        list();
        describe();
        offsets();
        leaving.set(true);
        member.join();
        removeMembers();
        deleteOffsets();
        delete();
    }

    private GroupState stateOf(String group) throws Exception {
        return admin.listGroups().all().get().stream().filter(it -> it.groupId().equals(group))
            .findFirst().flatMap(GroupListing::groupState).orElse(null);
    }

    private void poll(AtomicBoolean leaving) {
        Properties options = run.options();
        options.putAll(Map.of("group.id", active, "group.instance.id", "static", "client.id",
            "client", "session.timeout.ms", "45000", "enable.auto.commit", "false"));
        StringDeserializer text = new StringDeserializer();
        try (KafkaConsumer<String, String> consumer = new KafkaConsumer<>(options, text, text)) {
            consumer.subscribe(List.of(topic));
            while (!leaving.get()) {
                consumer.poll(Duration.ofMillis(100));
            }
        }
    }

    private void seeGroups(String what, ListGroupsOptions options) throws Exception {
        run.see("listGroups: " + what, () -> admin.listGroups(options).all().get().stream()
            .filter(it -> it.groupId().startsWith(run.name)).collect(Collectors.toSet()));
    }

    private void list() throws Exception {
        seeGroups("all", new ListGroupsOptions());
        seeGroups("of consumers", ListGroupsOptions.forConsumerGroups());
        seeGroups("shared", ListGroupsOptions.forShareGroups());
        seeGroups("of streams", ListGroupsOptions.forStreamsGroups());
        seeGroups("empty", new ListGroupsOptions().inGroupStates(Set.of(GroupState.EMPTY)));
        seeGroups("stable", new ListGroupsOptions().inGroupStates(Set.of(GroupState.STABLE)));
        seeGroups("classic", new ListGroupsOptions().withTypes(Set.of(GroupType.CLASSIC)));
        seeGroups("of the newer protocol",
            new ListGroupsOptions().withTypes(Set.of(GroupType.CONSUMER)));
        seeGroups("with the protocol of consumers",
            new ListGroupsOptions().withProtocolTypes(Set.of("consumer")));
        seeGroups("without a protocol", new ListGroupsOptions().withProtocolTypes(Set.of("")));
        run.see("listGroups: valid", () -> admin.listGroups().valid().get().stream()
            .anyMatch(it -> it.groupId().equals(active)));
        run.see("listGroups: errors", () -> admin.listGroups().errors());
        seeConsumers("all", new ListConsumerGroupsOptions());
        seeConsumers("stable",
            new ListConsumerGroupsOptions().inGroupStates(Set.of(GroupState.STABLE)));
        seeConsumers("classic",
            new ListConsumerGroupsOptions().withTypes(Set.of(GroupType.CLASSIC)));
    }

    @SuppressWarnings("removal")
    private void seeConsumers(String what, ListConsumerGroupsOptions options) throws Exception {
        run.see("listConsumerGroups: " + what, () -> admin.listConsumerGroups(options).all().get()
            .stream().filter(it -> it.groupId().startsWith(run.name)).collect(Collectors.toSet()));
    }

    private void describe() throws Exception {
        Collection<String> groups = List.of(active, idle, unknown);
        run.see("describeConsumerGroups", () -> admin.describeConsumerGroups(groups));
        run.see("describeConsumerGroups: with operations", () -> admin.describeConsumerGroups(
            List.of(active), new DescribeConsumerGroupsOptions().includeAuthorizedOperations(true))
            .all().get().get(active).authorizedOperations());
        run.see("describeClassicGroups", () -> admin.describeClassicGroups(groups,
            new DescribeClassicGroupsOptions().includeAuthorizedOperations(true)));
    }

    private void offsets() throws Exception {
        run.see("alterConsumerGroupOffsets: of a group with members",
            () -> admin.alterConsumerGroupOffsets(
                active, Map.of(partition, new OffsetAndMetadata(1))), partition);
        run.see("alterConsumerGroupOffsets", () -> admin.alterConsumerGroupOffsets(idle,
            Map.of(other, new OffsetAndMetadata(7), new TopicPartition(topic, 9),
                new OffsetAndMetadata(1))), other, new TopicPartition(topic, 9));
        Map<String, ListConsumerGroupOffsetsSpec> asked = new HashMap<>();
        asked.put(active, new ListConsumerGroupOffsetsSpec());
        asked.put(idle, new ListConsumerGroupOffsetsSpec());
        asked.put(unknown, new ListConsumerGroupOffsetsSpec()
            .topicPartitions(List.of(partition)));
        run.see("listConsumerGroupOffsets", () -> admin.listConsumerGroupOffsets(asked,
            new ListConsumerGroupOffsetsOptions().requireStable(true)), active, idle, unknown);
        run.see("listConsumerGroupOffsets: of one partition", () -> admin.listConsumerGroupOffsets(
            Map.of(idle, new ListConsumerGroupOffsetsSpec().topicPartitions(
                List.of(partition, new TopicPartition(topic, 5))))).all());
        run.see("listConsumerGroupOffsets: of one group",
            () -> admin.listConsumerGroupOffsets(idle).partitionsToOffsetAndMetadata());
        run.see("deleteConsumerGroupOffsets: of a topic that is read", () ->
            admin.deleteConsumerGroupOffsets(active, Set.of(partition)), partition);
        run.see("deleteConsumerGroups: with members",
            () -> admin.deleteConsumerGroups(List.of(active)));
    }

    private void removeMembers() throws Exception {
        MemberToRemove known = new MemberToRemove("static");
        MemberToRemove stranger = new MemberToRemove("stranger");
        run.see("removeMembersFromConsumerGroup: unknown",
            () -> result(Set.of(stranger)).memberResult(stranger));
        run.see("removeMembersFromConsumerGroup", () -> result(Set.of(known)).all());
        run.see("removeMembersFromConsumerGroup: none is left",
            () -> admin.removeMembersFromConsumerGroup(
                active, new RemoveMembersFromConsumerGroupOptions()).all());
        AdminMethods.until(() -> stateOf(active) == GroupState.EMPTY, "an empty group");
    }

    private org.apache.kafka.clients.admin.RemoveMembersFromConsumerGroupResult result(
            Set<MemberToRemove> members) {
        RemoveMembersFromConsumerGroupOptions options =
            new RemoveMembersFromConsumerGroupOptions(members);
        options.reason("no longer wanted");
        return admin.removeMembersFromConsumerGroup(active, options);
    }

    private void deleteOffsets() throws Exception {
        run.see("deleteConsumerGroupOffsets", () -> admin.deleteConsumerGroupOffsets(idle,
            Set.of(partition), new DeleteConsumerGroupOffsetsOptions()), partition);
        run.see("deleteConsumerGroupOffsets: of an unknown group",
            () -> admin.deleteConsumerGroupOffsets(unknown, Set.of(partition)), partition);
        run.see("deleteConsumerGroupOffsets: what is left",
            () -> admin.listConsumerGroupOffsets(idle).partitionsToOffsetAndMetadata());
    }

    private void delete() throws Exception {
        run.see("deleteConsumerGroups",
            () -> admin.deleteConsumerGroups(List.of(active, idle, unknown)));
        run.see("deleteConsumerGroups: what is left", () -> admin.listGroups().all().get().stream()
            .filter(it -> it.groupId().startsWith(run.name)).collect(Collectors.toSet()));
    }
}
