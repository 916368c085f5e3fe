import java.util.Collections;
import org.apache.kafka.clients.admin.NewPartitions;

/** Partitions can be added. */
final class ThisCluster extends AdminClients {
    ThisCluster(Stage stage) {
        super(stage);
    }

    @Override
    public void addPartitions(String topic, int total) throws Exception {
        admin.createPartitions(Collections.singletonMap(topic, NewPartitions.increaseTo(total)))
            .all().get();
    }
}
