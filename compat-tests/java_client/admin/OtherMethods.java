import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AlterUserScramCredentialsOptions;
import org.apache.kafka.clients.admin.FeatureUpdate;
import org.apache.kafka.clients.admin.FeatureUpdate.UpgradeType;
import org.apache.kafka.clients.admin.ListShareGroupOffsetsSpec;
import org.apache.kafka.clients.admin.ListStreamsGroupOffsetsSpec;
import org.apache.kafka.clients.admin.NewPartitionReassignment;
import org.apache.kafka.clients.admin.RaftVoterEndpoint;
import org.apache.kafka.clients.admin.UpdateFeaturesOptions;
import org.apache.kafka.clients.admin.UserScramCredentialDeletion;
import org.apache.kafka.clients.admin.ScramMechanism;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.ElectionType;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.TopicPartitionReplica;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.acl.AclBinding;
import org.apache.kafka.common.acl.AclBindingFilter;
import org.apache.kafka.common.acl.AccessControlEntry;
import org.apache.kafka.common.acl.AclOperation;
import org.apache.kafka.common.acl.AclPermissionType;
import org.apache.kafka.common.quota.ClientQuotaAlteration;
import org.apache.kafka.common.quota.ClientQuotaEntity;
import org.apache.kafka.common.quota.ClientQuotaFilter;
import org.apache.kafka.common.resource.PatternType;
import org.apache.kafka.common.resource.ResourcePattern;
import org.apache.kafka.common.resource.ResourceType;

/** Methods that need what a broker may not have: access control, quotas, more than one of it. */
final class OtherMethods {
    private final AdminMethods run;
    private final Admin admin;
    private final String unknown;
    private final TopicPartition partition;

    OtherMethods(AdminMethods run) {
        this.run = run;
        this.admin = run.admin;
        this.unknown = run.name("unknown");
        this.partition = new TopicPartition(run.name("records"), 0);
    }

    void play() throws Exception {
        access();
        quotas();
        replicas();
        quorum();
        shareGroups();
        streamsGroups();
    }

    private void access() throws Exception {
        AclBinding binding = new AclBinding(
            new ResourcePattern(ResourceType.TOPIC, unknown, PatternType.LITERAL),
            new AccessControlEntry("User:a", "*", AclOperation.READ, AclPermissionType.ALLOW));
        run.see("describeAcls", () -> admin.describeAcls(AclBindingFilter.ANY));
        run.see("createAcls", () -> admin.createAcls(List.of(binding)).all());
        run.see("deleteAcls", () -> admin.deleteAcls(List.of(binding.toFilter())).all());
        run.see("createDelegationToken", () -> admin.createDelegationToken());
        run.see("renewDelegationToken", () -> admin.renewDelegationToken(new byte[1]));
        run.see("expireDelegationToken", () -> admin.expireDelegationToken(new byte[1]));
        run.see("describeDelegationToken", () -> admin.describeDelegationToken());
        run.see("describeUserScramCredentials",
            () -> admin.describeUserScramCredentials(List.of(unknown)).all());
        run.see("alterUserScramCredentials", () -> admin.alterUserScramCredentials(
            List.of(new UserScramCredentialDeletion(unknown, ScramMechanism.SCRAM_SHA_256))).all());
    }

    private void quotas() throws Exception {
        ClientQuotaEntity client =
            new ClientQuotaEntity(Map.of(ClientQuotaEntity.CLIENT_ID, unknown));
        run.see("alterClientQuotas", () -> admin.alterClientQuotas(List.of(
            new ClientQuotaAlteration(client, List.of(
                new ClientQuotaAlteration.Op("producer_byte_rate", null))))).all());
        run.see("describeClientQuotas",
            () -> admin.describeClientQuotas(ClientQuotaFilter.contains(List.of())).entities());
    }

    private void replicas() throws Exception {
        run.see("alterReplicaLogDirs", () -> admin.alterReplicaLogDirs(Map.of(
            new TopicPartitionReplica(unknown, 0, run.broker), "/nowhere")).values());
        run.see("electLeaders",
            () -> admin.electLeaders(ElectionType.PREFERRED, Set.of(partition)).partitions());
        run.see("alterPartitionReassignments", () -> admin.alterPartitionReassignments(Map.of(
            partition, Optional.of(new NewPartitionReassignment(List.of(run.broker))))).all());
        run.see("listPartitionReassignments",
            () -> admin.listPartitionReassignments().reassignments());
    }

    private void quorum() throws Exception {
        run.see("updateFeatures", () -> admin.updateFeatures(
            Map.of("no.such.feature", new FeatureUpdate((short) 1, UpgradeType.UPGRADE)),
            new UpdateFeaturesOptions().validateOnly(true)));
        run.see("describeMetadataQuorum",
            () -> admin.describeMetadataQuorum().quorumInfo().get().leaderId() == run.broker);
        run.see("unregisterBroker", () -> admin.unregisterBroker(99).all());
        RaftVoterEndpoint endpoint = new RaftVoterEndpoint("CONTROLLER", "localhost", 1);
        run.see("addRaftVoter",
            () -> admin.addRaftVoter(99, Uuid.randomUuid(), Set.of(endpoint)).all());
        run.see("removeRaftVoter", () -> admin.removeRaftVoter(99, Uuid.randomUuid()).all());
        run.see("clientInstanceId", () -> admin.clientInstanceId(Duration.ofSeconds(10)));
    }

    private void shareGroups() throws Exception {
        String group = run.name("shared");
        run.see("describeShareGroups", () -> admin.describeShareGroups(List.of(group)));
        run.see("listShareGroupOffsets", () -> admin.listShareGroupOffsets(
            Map.of(group, new ListShareGroupOffsetsSpec())).all());
        run.see("alterShareGroupOffsets",
            () -> admin.alterShareGroupOffsets(group, Map.of(partition, 1L)).all());
        run.see("deleteShareGroupOffsets",
            () -> admin.deleteShareGroupOffsets(group, Set.of(partition.topic())).all());
        run.see("deleteShareGroups", () -> admin.deleteShareGroups(List.of(run.name("never"))));
    }

    private void streamsGroups() throws Exception {
        String group = run.name("streams");
        run.see("describeStreamsGroups", () -> admin.describeStreamsGroups(List.of(group)));
        run.see("alterStreamsGroupOffsets", () -> admin.alterStreamsGroupOffsets(
            group, Map.of(partition, new OffsetAndMetadata(1))).all());
        run.see("listStreamsGroupOffsets", () -> admin.listStreamsGroupOffsets(
            Map.of(group, new ListStreamsGroupOffsetsSpec())).all());
        run.see("deleteStreamsGroupOffsets",
            () -> admin.deleteStreamsGroupOffsets(group, Set.of(partition)).all());
        run.see("deleteStreamsGroups", () -> admin.deleteStreamsGroups(List.of(group)));
    }
}
