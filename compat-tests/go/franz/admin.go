package franz

import (
	"github.com/twmb/franz-go/pkg/kadm"

	"kafkapy/compat/play"
)

type admin struct {
	client
	kadm *kadm.Client
}

func (c client) Admin() play.Admin { return admin{c, kadm.NewClient(c.open())} }

func (a admin) Close() { a.kadm.Close() }

func (a admin) CreateTopic(name string, partitions int, configs map[string]string) error {
	values := map[string]*string{}
	for key, value := range configs {
		values[key] = &value
	}
	_, err := a.kadm.CreateTopic(a.ctx, int32(partitions), 1, values, name)
	return err
}

func (a admin) DeleteTopic(name string) { play.Must(a.kadm.DeleteTopic(a.ctx, name)) }

func (a admin) Topics() []string { return play.Must(a.kadm.ListTopics(a.ctx)).Names() }

func (a admin) Partitions(topic string) int {
	return len(play.Must(a.kadm.ListTopics(a.ctx, topic))[topic].Partitions)
}

func (a admin) AddPartitions(topic string, total int) {
	play.Check(play.Must(a.kadm.UpdatePartitions(a.ctx, total, topic)).Error())
}

func (a admin) Config(topic, key string) string {
	configs := play.Must(play.Must(a.kadm.DescribeTopicConfigs(a.ctx, topic)).On(topic, nil))
	for _, config := range configs.Configs {
		if config.Key == key {
			return config.MaybeValue()
		}
	}
	return ""
}

func (a admin) SetConfig(topic, key, value string) error {
	change := kadm.AlterConfig{Op: kadm.SetConfig, Name: key, Value: &value}
	changed := play.Must(a.kadm.AlterTopicConfigs(a.ctx, []kadm.AlterConfig{change}, topic))
	return changed[0].Err
}

func (a admin) DeleteRecords(topic string, before int64) {
	offsets := kadm.Offsets{}
	offsets.AddOffset(topic, 0, before, -1)
	play.Check(play.Must(a.kadm.DeleteRecords(a.ctx, offsets)).Error())
}

// Offset gives the end where there is no record of a time or later: kadm says so instead of -1.
func (a admin) Offset(topic string, at play.Position) int64 {
	var listed kadm.ListedOffsets
	var err error
	switch at {
	case play.Earliest:
		listed, err = a.kadm.ListStartOffsets(a.ctx, topic)
	case play.Latest:
		listed, err = a.kadm.ListEndOffsets(a.ctx, topic)
	default:
		listed, err = a.kadm.ListOffsetsAfterMilli(a.ctx, at.UnixMilli, topic)
	}
	play.Check(err)
	play.Check(listed.Error())
	return listed[topic][0].Offset
}

func (a admin) Groups() []string { return play.Must(a.kadm.ListGroups(a.ctx)).Groups() }

func (a admin) Describe(group string) (state string, shares []int) {
	described := play.Must(a.kadm.DescribeGroups(a.ctx, group))[group]
	for _, member := range described.Members {
		share := 0
		if assigned, ok := member.Assigned.AsConsumer(); ok {
			for _, topic := range assigned.Topics {
				share += len(topic.Partitions)
			}
		}
		shares = append(shares, share)
	}
	return described.State, shares
}

func (a admin) DeleteGroup(group string) { play.Must(a.kadm.DeleteGroup(a.ctx, group)) }

func (a admin) Committed(group, topic string, partition int) int64 {
	offsets := play.Must(a.kadm.FetchOffsets(a.ctx, group))
	if committed, ok := offsets.Lookup(topic, int32(partition)); ok {
		return committed.At
	}
	return -1
}

func (a admin) SetCommitted(group, topic string, offset int64) {
	offsets := kadm.Offsets{}
	offsets.AddOffset(topic, 0, offset, -1)
	play.Check(a.kadm.CommitAllOffsets(a.ctx, group, offsets))
}

func (a admin) Cluster() (brokers []int, controller int) {
	metadata := play.Must(a.kadm.BrokerMetadata(a.ctx))
	for _, id := range metadata.Brokers.NodeIDs() {
		brokers = append(brokers, int(id))
	}
	return brokers, int(metadata.Controller)
}
