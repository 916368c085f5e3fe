import java.util.Collections;

/** What is called differently in the client of Kafka 2. */
final class ThisCluster extends Admins {
    ThisCluster(Stage stage) {
        super(stage);
    }

    @Override
    public int partitions(String topic) throws Exception {
        return admin.describeTopics(Collections.singleton(topic)).all().get().get(topic)
            .partitions().size();
    }

    @Override
    public String stateOf(String group) throws Exception {
        return admin.describeConsumerGroups(Collections.singleton(group)).all().get().get(group)
            .state().toString();
    }
}
