package main

import (
	"errors"
	"sort"
	"strings"
	"time"

	"github.com/segmentio/kafka-go"
)

var kafkaGo = scenarios{
	"round_trip":    kafkaGoRoundTrip,
	"resume":        kafkaGoResume,
	"rebalance":     kafkaGoRebalance,
	"admin":         kafkaGoAdmin,
	"times":         kafkaGoTimes,
	"unknown_topic": kafkaGoUnknownTopic,
	"too_large":     kafkaGoTooLarge,
}

var kafkaGoCodecs = map[string]kafka.Compression{
	"gzip": kafka.Gzip, "snappy": kafka.Snappy, "lz4": kafka.Lz4, "zstd": kafka.Zstd,
}

func kafkaGoClient(e env) *kafka.Client {
	return &kafka.Client{Addr: kafka.TCP(e.bootstrap),
		Transport: &kafka.Transport{MetadataTTL: 200 * time.Millisecond}}
}

func kafkaGoTopic(e env, partitions int, configs ...kafka.ConfigEntry) *kafka.Client {
	client := kafkaGoClient(e)
	config := kafka.TopicConfig{Topic: e.topic, NumPartitions: partitions,
		ReplicationFactor: 1, ConfigEntries: configs}
	created := must(client.CreateTopics(e,
		&kafka.CreateTopicsRequest{Topics: []kafka.TopicConfig{config}}))
	check(created.Errors[e.topic])
	eventually(e, nil, func() error { return kafkaGoMetadata(e, client).Error })
	return client
}

func kafkaGoMetadata(e env, client *kafka.Client) kafka.Topic {
	return must(client.Metadata(e, &kafka.MetadataRequest{Topics: []string{e.topic}})).Topics[0]
}

func kafkaGoSend(e env, messages ...kafka.Message) error {
	writer := &kafka.Writer{Addr: kafka.TCP(e.bootstrap), Topic: e.topic,
		RequiredAcks: kafka.RequireAll, Balancer: &kafka.Hash{}, MaxAttempts: 2,
		BatchTimeout: 10 * time.Millisecond, Compression: kafkaGoCodecs[e.codec]}
	defer writer.Close()
	return writer.WriteMessages(e, messages...)
}

func kafkaGoValues(e env, count int) {
	messages := make([]kafka.Message, count)
	for i := range messages {
		messages[i].Value = []byte("v")
	}
	check(kafkaGoSend(e, messages...))
}

func kafkaGoRoundTrip(e env) any {
	kafkaGoTopic(e, 3)
	sent := sample(true)
	messages := []kafka.Message{}
	for _, r := range sent {
		messages = append(messages, kafka.Message{Key: []byte(r.key), Value: []byte(r.value),
			Headers: []kafka.Header{{Key: "n", Value: []byte(r.headers["n"])}}})
	}
	check(kafkaGoSend(e, messages...))
	member := kafkaGoMember(e)
	defer member.Close()
	received := []record{}
	for range sent {
		message := must(member.FetchMessage(e))
		headers := map[string]string{}
		for _, header := range message.Headers {
			headers[header.Key] = string(header.Value)
		}
		received = append(received,
			record{string(message.Key), string(message.Value), headers})
	}
	return compare(sent, received)
}

func kafkaGoMember(e env) *kafka.Reader {
	return kafka.NewReader(kafka.ReaderConfig{Brokers: []string{e.bootstrap}, GroupID: e.group,
		Topic: e.topic, StartOffset: kafka.FirstOffset, MaxWait: 200 * time.Millisecond,
		HeartbeatInterval: 200 * time.Millisecond, JoinGroupBackoff: 200 * time.Millisecond})
}

func kafkaGoResume(e env) any {
	client := kafkaGoTopic(e, 1)
	kafkaGoValues(e, 20)
	first := kafkaGoMember(e)
	for i := 0; i < 8; i++ {
		check(first.CommitMessages(e, must(first.FetchMessage(e))))
	}
	check(first.Close())
	listed := must(client.OffsetFetch(e, &kafka.OffsetFetchRequest{
		GroupID: e.group, Topics: map[string][]int{e.topic: {0}}}))
	second := kafkaGoMember(e)
	defer second.Close()
	next := must(second.FetchMessage(e)).Offset
	return map[string]any{"committed": listed.Topics[e.topic][0].CommittedOffset, "next": next}
}

func kafkaGoRebalance(e env) any {
	client := kafkaGoTopic(e, 4)
	shares := func() []int {
		described := must(client.DescribeGroups(e,
			&kafka.DescribeGroupsRequest{GroupIDs: []string{e.group}}))
		out := []int{}
		for _, member := range described.Groups[0].Members {
			for _, topic := range member.MemberAssignments.Topics {
				out = append(out, len(topic.Partitions))
			}
		}
		sort.Ints(out)
		return out
	}
	first, second := kafkaGoMember(e), kafkaGoMember(e)
	defer first.Close()
	together := eventually(e, []int{2, 2}, shares)
	check(second.Close())
	return map[string]any{"together": together, "alone": eventually(e, []int{4}, shares)}
}

func kafkaGoAdmin(e env) any {
	client := kafkaGoTopic(e, 3, kafka.ConfigEntry{ConfigName: "retention.ms", ConfigValue: "60000"})
	read := func() string {
		resource := kafka.DescribeConfigRequestResource{ResourceType: kafka.ResourceTypeTopic,
			ResourceName: e.topic, ConfigNames: []string{"retention.ms"}}
		found := must(client.DescribeConfigs(e, &kafka.DescribeConfigsRequest{
			Resources: []kafka.DescribeConfigRequestResource{resource}}))
		check(found.Resources[0].Error)
		return found.Resources[0].ConfigEntries[0].ConfigValue
	}
	partitions, before := len(kafkaGoMetadata(e, client).Partitions), read()
	changed := must(client.IncrementalAlterConfigs(e, &kafka.IncrementalAlterConfigsRequest{
		Resources: []kafka.IncrementalAlterConfigsRequestResource{{
			ResourceType: kafka.ResourceTypeTopic, ResourceName: e.topic,
			Configs: []kafka.IncrementalAlterConfigsRequestConfig{{Name: "retention.ms",
				Value: "120000", ConfigOperation: kafka.ConfigOperationSet}}}}}))
	check(changed.Resources[0].Error)
	after := eventually(e, "120000", read)
	kafkaGoValues(e, 5)
	asked := []kafka.OffsetRequest{
		kafka.LastOffsetOf(0), kafka.LastOffsetOf(1), kafka.LastOffsetOf(2)}
	end := int64(0)
	for _, offsets := range kafkaGoOffsets(e, asked...) {
		check(offsets.Error)
		end += offsets.LastOffset
	}
	deleted := must(client.DeleteTopics(e, &kafka.DeleteTopicsRequest{Topics: []string{e.topic}}))
	check(deleted.Errors[e.topic])
	eventually(e, true, func() bool {
		return errors.Is(kafkaGoMetadata(e, client).Error, kafka.UnknownTopicOrPartition)
	})
	return map[string]any{"partitions": partitions, "end": end, "before": before, "after": after}
}

func kafkaGoOffsets(e env, asked ...kafka.OffsetRequest) []kafka.PartitionOffsets {
	return must(kafkaGoClient(e).ListOffsets(e, &kafka.ListOffsetsRequest{
		Topics: map[string][]kafka.OffsetRequest{e.topic: asked}})).Topics[e.topic]
}

func kafkaGoTimes(e env) any {
	kafkaGoTopic(e, 1)
	for _, milli := range []int64{1000, 3000, 2000} {
		check(kafkaGoSend(e, kafka.Message{Value: []byte("v"), Time: time.UnixMilli(milli)}))
	}
	ask := func(milli int64) int64 {
		found := kafkaGoOffsets(e, kafka.TimeOffsetOf(0, time.UnixMilli(milli)))
		check(found[0].Error)
		for offset := range found[0].Offsets {
			return offset
		}
		return -2
	}
	return map[string]any{"early": ask(1), "between": ask(1500), "late": ask(9000)}
}

func kafkaGoCode(err error) any {
	var all kafka.WriteErrors
	if errors.As(err, &all) {
		err = all[0]
	}
	var known kafka.Error
	if !errors.As(err, &known) {
		check(err)
	}
	return map[string]any{"code": int(known)}
}

func kafkaGoUnknownTopic(e env) any {
	return kafkaGoCode(kafkaGoSend(e, kafka.Message{Value: []byte("v")}))
}

func kafkaGoTooLarge(e env) any {
	kafkaGoTopic(e, 1, kafka.ConfigEntry{ConfigName: "max.message.bytes", ConfigValue: "1000"})
	return kafkaGoCode(kafkaGoSend(e, kafka.Message{Value: []byte(strings.Repeat("v", 5000))}))
}
