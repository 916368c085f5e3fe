import java.lang.management.ManagementFactory;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.protocol.Errors;

/** Members that come, leave, die and come back. */
final class Groups {
    private Groups() {}

    static Map<String, Compat.Scenario> scenarios() {
        return Map.of(
            "groups", Groups::groups,
            "killed_member", Groups::killedMember,
            "member", Groups::member,
            "more_members", Groups::moreMembers,
            "static_members", Groups::staticMembers,
            "cooperative", Groups::cooperative);
    }

    private static List<Integer> shares(Member... members) {
        return Stream.of(members).map(Member::share).sorted().collect(Collectors.toList());
    }

    /** Waits until the members share the partitions so; gives how they do. */
    private static List<Integer> settle(List<Integer> wanted, Member... members) throws Exception {
        Stage.until(() -> shares(members).equals(wanted), "shares of " + wanted);
        return shares(members);
    }

    private static Map<String, Object> groups(Stage stage) throws Exception {
        stage.create(6);
        try (Member first = new Member(stage); Member second = new Member(stage)) {
            List<Integer> three;
            try (Member third = new Member(stage)) {
                three = settle(List.of(2, 2, 2), first, second, third);
            }
            return Map.of("three", three, "two", settle(List.of(3, 3), first, second));
        }
    }

    private static Map<String, Object> moreMembers(Stage stage) throws Exception {
        stage.create(2);
        try (Member first = new Member(stage); Member second = new Member(stage);
                Member third = new Member(stage)) {
            Stage.until(() -> Stream.of(first, second, third)
                .allMatch(member -> member.rebalances.get() > 0), "three members");
            return Map.of("shares", settle(List.of(0, 1, 1), first, second, third));
        }
    }

    private static Map<String, Object> killedMember(Stage stage) throws Exception {
        stage.create(4);
        List<String> command = new ArrayList<>();
        command.add(ProcessHandle.current().info().command().orElse("java"));
        command.addAll(ManagementFactory.getRuntimeMXBean().getInputArguments());
        command.addAll(List.of("-cp", System.getProperty("java.class.path"), "Compat",
            stage.bootstrap, "member", stage.topic));
        Process other = new ProcessBuilder(command)
            .redirectOutput(ProcessBuilder.Redirect.DISCARD)
            .redirectError(ProcessBuilder.Redirect.INHERIT)
            .start();
        try (Member survivor = new Member(stage)) {
            Stage.until(() -> survivor.share() == 2, "two partitions each");
            int together = survivor.share();
            other.destroyForcibly();
            return Map.of("together", List.of(together, 4 - together),
                "alone", settle(List.of(4), survivor));
        } finally {
            other.destroyForcibly();
        }
    }

    /** The member that is killed; it ends by itself when the program that started it has ended. */
    private static Map<String, Object> member(Stage stage) throws Exception {
        try (Member self = new Member(stage)) {
            System.in.read();
            return Map.of("partitions", self.share());
        }
    }

    private static Map<String, Object> staticMembers(Stage stage) throws Exception {
        stage.create(4);
        try (Member other = new Member(stage, "group.instance.id", "other")) {
            Set<TopicPartition> before;
            try (Member first = new Member(stage, "group.instance.id", "first")) {
                settle(List.of(2, 2), first, other);
                before = first.assigned();
            }
            int rebalances = other.rebalances.get();
            try (Member again = new Member(stage, "group.instance.id", "first")) {
                settle(List.of(2, 2), again, other);
                boolean same = again.assigned().equals(before);
                int more = other.rebalances.get() - rebalances;
                try (Member usurper = new Member(stage, "group.instance.id", "first")) {
                    Stage.until(() -> again.failure() != null, "the first of two is fenced");
                    Errors error = Errors.forException(again.failure());
                    return Map.of("same partitions", same, "rebalances of the other", more,
                        "fenced", error.name().equals("FENCED_INSTANCE_ID"));
                }
            }
        }
    }

    private static Map<String, Object> cooperative(Stage stage) throws Exception {
        stage.create(4);
        String[] options = {"partition.assignment.strategy",
            "org.apache.kafka.clients.consumer.CooperativeStickyAssignor"};
        try (Member first = new Member(stage, options)) {
            settle(List.of(4), first);
            try (Member second = new Member(stage, options)) {
                List<Integer> together = settle(List.of(2, 2), first, second);
                return Map.of("revoked", first.revoked.get(), "together", together);
            }
        }
    }
}
