import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.DeleteRecordsOptions;
import org.apache.kafka.clients.admin.DescribeLogDirsOptions;
import org.apache.kafka.clients.admin.ListOffsetsOptions;
import org.apache.kafka.clients.admin.LogDirDescription;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.admin.RecordsToDelete;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.IsolationLevel;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.TopicPartitionReplica;
import org.apache.kafka.common.serialization.StringSerializer;

/** Records, their offsets, and where they lie. */
final class OffsetMethods {
    private final AdminMethods run;
    private final Admin admin;
    private final String topic;
    private final TopicPartition partition;
    private final TopicPartition empty;
    private final TopicPartition none;

    OffsetMethods(AdminMethods run) {
        this.run = run;
        this.admin = run.admin;
        this.topic = run.name("records");
        this.partition = new TopicPartition(topic, 0);
        this.empty = new TopicPartition(topic, 1);
        this.none = new TopicPartition(topic, 7);
    }

    void play() throws Exception {
        NewTopic wanted = new NewTopic(topic, 2, (short) 1)
            .configs(Map.of("retention.ms", "-1")); // the records seem to be old
        admin.createTopics(List.of(wanted)).all().get();
        AdminMethods.until(() -> admin.listTopics().names().get().contains(topic), "the topic");
        Properties options = run.options();
        StringSerializer text = new StringSerializer();
        try (KafkaProducer<String, String> producer = new KafkaProducer<>(options, text, text)) {
            for (long timestamp : new long[] {1000, 2000, 9000, 3000, 4000, 5000}) {
                producer.send(new ProducerRecord<>(topic, 0, timestamp, "k", "v")).get();
            }
        }
        list();
        delete();
        directories();
    }

    private void list() throws Exception {
        Map<String, OffsetSpec> specs = new TreeMap<>(Map.of(
            "earliest", OffsetSpec.earliest(), "latest", OffsetSpec.latest(),
            "the largest timestamp", OffsetSpec.maxTimestamp(),
            "a time", OffsetSpec.forTimestamp(2500), "a late time", OffsetSpec.forTimestamp(99999),
            "earliest local", OffsetSpec.earliestLocal(),
            "latest tiered", OffsetSpec.latestTiered(),
            "earliest pending upload", OffsetSpec.earliestPendingUpload()));
        for (Map.Entry<String, OffsetSpec> spec : specs.entrySet()) {
            run.see("listOffsets: " + spec.getKey(), () -> admin.listOffsets(
                Map.of(partition, spec.getValue(), empty, spec.getValue())), partition, empty);
        }
        run.see("listOffsets: committed", () -> admin.listOffsets(
            Map.of(partition, OffsetSpec.latest()),
            new ListOffsetsOptions(IsolationLevel.READ_COMMITTED)), partition);
        run.see("listOffsets: unknown", () -> admin.listOffsets(
            Map.of(partition, OffsetSpec.latest(), none, OffsetSpec.latest()),
            new ListOffsetsOptions().timeoutMs(3000)), partition, none);
    }

    private void delete() throws Exception {
        DeleteRecordsOptions options = new DeleteRecordsOptions().timeoutMs(5000);
        run.see("deleteRecords", () -> admin.deleteRecords(
            Map.of(partition, RecordsToDelete.beforeOffset(2)), options));
        run.see("deleteRecords: below the first",
            () -> admin.deleteRecords(Map.of(partition, RecordsToDelete.beforeOffset(1)), options));
        run.see("deleteRecords: behind the end", () -> admin.deleteRecords(
            Map.of(partition, RecordsToDelete.beforeOffset(99)), options));
        run.see("deleteRecords: unknown",
            () -> admin.deleteRecords(Map.of(none, RecordsToDelete.beforeOffset(1)), options));
        run.see("deleteRecords: all",
            () -> admin.deleteRecords(Map.of(partition, RecordsToDelete.beforeOffset(-1))));
    }

    private void directories() throws Exception {
        run.see("describeLogDirs", () -> {
            Map<String, LogDirDescription> found = admin.describeLogDirs(
                List.of(run.broker), new DescribeLogDirsOptions()).allDescriptions().get()
                .get(run.broker);
            return found.values().stream().map(it -> new LogDirDescription(it.error(),
                it.replicaInfos().entrySet().stream()
                    .filter(replica -> replica.getKey().topic().equals(topic))
                    .collect(Collectors.toMap(Map.Entry::getKey, Map.Entry::getValue)),
                it.totalBytes().getAsLong(), it.usableBytes().getAsLong(), it.isCordoned()))
                .collect(Collectors.toList());
        });
        TopicPartitionReplica here = new TopicPartitionReplica(topic, 0, run.broker);
        TopicPartitionReplica nowhere = new TopicPartitionReplica(run.name("no"), 0, run.broker);
        run.see("describeReplicaLogDirs", () -> admin.describeReplicaLogDirs(
            List.of(here, nowhere)).all().get().entrySet().stream().collect(Collectors.toMap(
                it -> it.getKey().topic(),
                it -> List.of(it.getValue().getCurrentReplicaLogDir() != null,
                    it.getValue().getCurrentReplicaOffsetLag(),
                    it.getValue().getFutureReplicaLogDir() != null,
                    it.getValue().getFutureReplicaOffsetLag()))));
    }
}
