package sarama

import (
	"errors"
	"maps"
	"slices"

	"github.com/IBM/sarama"

	"kafkapy/compat/play"
)

type admin struct {
	client
	sarama.ClusterAdmin
	kafka sarama.Client
}

func (c client) Admin() play.Admin {
	kafka := play.Must(sarama.NewClient(c.bootstrap, c.config()))
	return admin{c, play.Must(sarama.NewClusterAdminFromClient(kafka)), kafka}
}

func (a admin) Close() { a.ClusterAdmin.Close() }

func (a admin) CreateTopic(name string, partitions int, configs map[string]string) error {
	detail := sarama.TopicDetail{
		NumPartitions: int32(partitions), ReplicationFactor: 1,
		ConfigEntries: map[string]*string{},
	}
	for key, value := range configs {
		detail.ConfigEntries[key] = &value
	}
	return a.ClusterAdmin.CreateTopic(name, &detail, false)
}

func (a admin) DeleteTopic(name string) { play.Check(a.ClusterAdmin.DeleteTopic(name)) }

func (a admin) Topics() []string {
	play.Check(a.kafka.RefreshMetadata())
	return play.Must(a.kafka.Topics())
}

func (a admin) Partitions(topic string) int {
	return len(play.Must(a.DescribeTopics([]string{topic}))[0].Partitions)
}

func (a admin) AddPartitions(topic string, total int) {
	play.Check(a.CreatePartitions(topic, int32(total), nil, false))
}

func (a admin) Config(topic, key string) string {
	resource := sarama.ConfigResource{
		Type: sarama.TopicResource, Name: topic, ConfigNames: []string{key},
	}
	return play.Must(a.DescribeConfig(resource))[0].Value
}

// SetConfig does so the way that a broker of the client's version knows; the older one resets the
// settings that it does not name.
func (a admin) SetConfig(topic, key, value string) error {
	if a.version.IsAtLeast(sarama.V2_3_0_0) {
		set := sarama.IncrementalAlterConfigsEntry{
			Operation: sarama.IncrementalAlterConfigsOperationSet, Value: &value,
		}
		changes := map[string]sarama.IncrementalAlterConfigsEntry{key: set}
		return a.IncrementalAlterConfig(sarama.TopicResource, topic, changes, false)
	}
	return a.AlterConfig(sarama.TopicResource, topic, map[string]*string{key: &value}, false)
}

func (a admin) DeleteRecords(topic string, before int64) {
	play.Check(a.ClusterAdmin.DeleteRecords(topic, map[int32]int64{0: before}))
}

func (a admin) Offset(topic string, at play.Position) int64 {
	asked := at.Offset // the ends have the same numbers here
	if at.UnixMilli != 0 {
		asked = at.UnixMilli
	}
	listed := play.Must(a.ListOffsets(map[string]map[int32]int64{topic: {0: asked}}, nil))
	found := listed[topic][0]
	if !errors.Is(found.Err, sarama.ErrNoError) {
		play.Check(found.Err)
	}
	return found.Offset
}

func (a admin) Groups() []string {
	return slices.Collect(maps.Keys(play.Must(a.ListConsumerGroups())))
}

func (a admin) Describe(group string) (state string, shares []int) {
	described := play.Must(a.DescribeConsumerGroups([]string{group}))[0]
	for _, member := range described.Members {
		share := 0
		if assigned, err := member.GetMemberAssignment(); err == nil && assigned != nil {
			for _, partitions := range assigned.Topics {
				share += len(partitions)
			}
		}
		shares = append(shares, share)
	}
	return described.State, shares
}

func (a admin) DeleteGroup(group string) { play.Check(a.DeleteConsumerGroup(group)) }

func (a admin) Committed(group, topic string, partition int) int64 {
	asked := map[string][]int32{topic: {int32(partition)}}
	listed := play.Must(a.ListConsumerGroupOffsets(group, asked))
	return listed.GetBlock(topic, int32(partition)).Offset
}

func (a admin) SetCommitted(group, topic string, offset int64) {
	set := sarama.OffsetAndMetadata{Offset: offset, LeaderEpoch: -1}
	offsets := map[string]map[int32]sarama.OffsetAndMetadata{topic: {0: set}}
	play.Must(a.AlterConsumerGroupOffsets(group, offsets, nil))
}

func (a admin) Cluster() (brokers []int, controller int) {
	found, id, err := a.DescribeCluster()
	play.Check(err)
	for _, broker := range found {
		brokers = append(brokers, int(broker.ID()))
	}
	return brokers, int(id)
}
