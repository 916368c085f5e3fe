package kafkago

import (
	"errors"
	"time"

	"github.com/segmentio/kafka-go"

	"kafkapy/compat/play"
)

type admin struct{ client }

func (c client) Admin() play.Admin { return admin{c} }

func (a admin) Close() {}

func (a admin) CreateTopic(name string, partitions int, configs map[string]string) error {
	topic := kafka.TopicConfig{Topic: name, NumPartitions: partitions, ReplicationFactor: 1}
	for key, value := range configs {
		topic.ConfigEntries = append(topic.ConfigEntries,
			kafka.ConfigEntry{ConfigName: key, ConfigValue: value})
	}
	request := kafka.CreateTopicsRequest{Topics: []kafka.TopicConfig{topic}}
	return play.Must(a.CreateTopics(a.ctx, &request)).Errors[name]
}

func (a admin) DeleteTopic(name string) {
	request := kafka.DeleteTopicsRequest{Topics: []string{name}}
	play.Check(play.Must(a.DeleteTopics(a.ctx, &request)).Errors[name])
}

func (a admin) Topics() (names []string) {
	for _, topic := range play.Must(a.Metadata(a.ctx, &kafka.MetadataRequest{})).Topics {
		names = append(names, topic.Name)
	}
	return names
}

func (c client) metadata(topic string) kafka.Topic {
	request := kafka.MetadataRequest{Topics: []string{topic}}
	return play.Must(c.Metadata(c.ctx, &request)).Topics[0]
}

func (a admin) Partitions(topic string) int { return len(a.metadata(topic).Partitions) }

func (a admin) AddPartitions(topic string, total int) {
	wanted := kafka.TopicPartitionsConfig{Name: topic, Count: int32(total)}
	request := kafka.CreatePartitionsRequest{Topics: []kafka.TopicPartitionsConfig{wanted}}
	play.Check(play.Must(a.CreatePartitions(a.ctx, &request)).Errors[topic])
}

func (a admin) Config(topic, key string) string {
	resource := kafka.DescribeConfigRequestResource{
		ResourceType: kafka.ResourceTypeTopic, ResourceName: topic, ConfigNames: []string{key},
	}
	found := play.Must(a.DescribeConfigs(a.ctx, &kafka.DescribeConfigsRequest{
		Resources: []kafka.DescribeConfigRequestResource{resource},
	})).Resources[0]
	play.Check(found.Error)
	return found.ConfigEntries[0].ConfigValue
}

func (a admin) SetConfig(topic, key, value string) error {
	set := kafka.IncrementalAlterConfigsRequestConfig{
		Name: key, Value: value, ConfigOperation: kafka.ConfigOperationSet,
	}
	resource := kafka.IncrementalAlterConfigsRequestResource{
		ResourceType: kafka.ResourceTypeTopic, ResourceName: topic,
		Configs: []kafka.IncrementalAlterConfigsRequestConfig{set},
	}
	return play.Must(a.IncrementalAlterConfigs(a.ctx, &kafka.IncrementalAlterConfigsRequest{
		Resources: []kafka.IncrementalAlterConfigsRequestResource{resource},
	})).Resources[0].Error
}

func (a admin) DeleteRecords(string, int64) {
	play.Check(errors.New("kafka-go does not delete records"))
}

func (a admin) Offset(topic string, at play.Position) int64 {
	asked := kafka.FirstOffsetOf(0)
	switch {
	case at.UnixMilli != 0:
		asked = kafka.TimeOffsetOf(0, time.UnixMilli(at.UnixMilli))
	case at == play.Latest:
		asked = kafka.LastOffsetOf(0)
	}
	found := play.Must(a.ListOffsets(a.ctx, &kafka.ListOffsetsRequest{
		Topics: map[string][]kafka.OffsetRequest{topic: {asked}},
	})).Topics[topic][0]
	play.Check(found.Error)
	switch at {
	case play.Earliest:
		return found.FirstOffset
	case play.Latest:
		return found.LastOffset
	}
	for offset := range found.Offsets {
		return offset
	}
	return -1
}

func (a admin) Groups() (names []string) {
	for _, group := range play.Must(a.ListGroups(a.ctx, &kafka.ListGroupsRequest{})).Groups {
		names = append(names, group.GroupID)
	}
	return names
}

func (a admin) Describe(group string) (state string, shares []int) {
	request := kafka.DescribeGroupsRequest{GroupIDs: []string{group}}
	described := play.Must(a.DescribeGroups(a.ctx, &request)).Groups[0]
	for _, member := range described.Members {
		share := 0
		for _, topic := range member.MemberAssignments.Topics {
			share += len(topic.Partitions)
		}
		shares = append(shares, share)
	}
	return described.GroupState, shares
}

func (a admin) DeleteGroup(group string) {
	request := kafka.DeleteGroupsRequest{GroupIDs: []string{group}}
	play.Check(play.Must(a.DeleteGroups(a.ctx, &request)).Errors[group])
}

func (a admin) Committed(group, topic string, partition int) int64 {
	found := play.Must(a.OffsetFetch(a.ctx, &kafka.OffsetFetchRequest{
		GroupID: group, Topics: map[string][]int{topic: {partition}},
	})).Topics[topic][0]
	play.Check(found.Error)
	return found.CommittedOffset
}

func (a admin) SetCommitted(group, topic string, offset int64) {
	commit := kafka.OffsetCommit{Partition: 0, Offset: offset}
	play.Check(play.Must(a.OffsetCommit(a.ctx, &kafka.OffsetCommitRequest{
		GroupID: group, GenerationID: -1, Topics: map[string][]kafka.OffsetCommit{topic: {commit}},
	})).Topics[topic][0].Error)
}

func (a admin) Cluster() (brokers []int, controller int) {
	metadata := play.Must(a.Metadata(a.ctx, &kafka.MetadataRequest{}))
	for _, broker := range metadata.Brokers {
		brokers = append(brokers, broker.ID)
	}
	return brokers, metadata.Controller.ID
}
