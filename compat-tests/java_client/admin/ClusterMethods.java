import java.util.List;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.DescribeClusterOptions;
import org.apache.kafka.clients.admin.FeatureMetadata;
import org.apache.kafka.common.metrics.KafkaMetric;

/** The cluster as a whole, and what the client does by itself. */
final class ClusterMethods {
    private final AdminMethods run;
    private final Admin admin;

    ClusterMethods(AdminMethods run) {
        this.run = run;
        this.admin = run.admin;
    }

    void play() throws Exception {
        run.see("describeCluster", () -> admin.describeCluster());
        run.see("describeCluster: with operations", () -> admin.describeCluster(
            new DescribeClusterOptions().includeAuthorizedOperations(true)));
        run.see("describeCluster: with fenced brokers",
            () -> admin.describeCluster(new DescribeClusterOptions().includeFencedBrokers(true)));
        run.see("describeFeatures", () -> {
            FeatureMetadata found = admin.describeFeatures().featureMetadata().get();
            String metadata = "metadata.version"; // others are a matter of what a broker can do
            return List.of(found.finalizedFeatures().get(metadata).maxVersionLevel(),
                found.supportedFeatures().get(metadata).maxVersion(),
                found.finalizedFeaturesEpoch().isPresent());
        });
        KafkaMetric metric = (KafkaMetric) admin.metrics().values().iterator().next();
        admin.registerMetricForSubscription(metric);
        admin.unregisterMetricFromSubscription(metric);
        run.see("metrics", () -> admin.metrics().isEmpty());
    }
}
