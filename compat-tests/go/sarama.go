package main

import (
	"errors"
	"sort"
	"strings"
	"time"

	"github.com/IBM/sarama"
)

var saramaScenarios = scenarios{
	"round_trip":    saramaRoundTrip,
	"resume":        saramaResume,
	"rebalance":     saramaRebalance,
	"admin":         saramaAdmin,
	"times":         saramaTimes,
	"unknown_topic": saramaUnknownTopic,
	"too_large":     saramaTooLarge,
}

var saramaCodecs = map[string]sarama.CompressionCodec{
	"none":   sarama.CompressionNone,
	"gzip":   sarama.CompressionGZIP,
	"snappy": sarama.CompressionSnappy,
	"lz4":    sarama.CompressionLZ4,
	"zstd":   sarama.CompressionZSTD,
}

// saramaConfig speaks the protocol of the version that the client's name ends with.
func saramaConfig(e env) *sarama.Config {
	config := sarama.NewConfig()
	if e.version != "" {
		config.Version = must(sarama.ParseKafkaVersion(e.version))
	}
	config.Producer.RequiredAcks = sarama.WaitForAll
	config.Producer.Return.Successes = true
	config.Producer.Compression = saramaCodecs[e.codec]
	if config.Version.IsAtLeast(sarama.V0_11_0_0) {
		config.Producer.Idempotent = true
		config.Net.MaxOpenRequests = 1
	}
	config.Metadata.AllowAutoTopicCreation = false
	config.Metadata.Retry.Max = 1
	config.Consumer.Offsets.Initial = sarama.OffsetOldest
	config.Consumer.Offsets.AutoCommit.Enable = false
	config.Consumer.Group.Heartbeat.Interval = 200 * time.Millisecond
	config.Consumer.Group.Rebalance.Retry.Backoff = 200 * time.Millisecond
	return config
}

func saramaTopic(e env, partitions int32, configs map[string]*string) sarama.ClusterAdmin {
	admin := must(sarama.NewClusterAdmin([]string{e.bootstrap}, saramaConfig(e)))
	detail := sarama.TopicDetail{
		NumPartitions: partitions, ReplicationFactor: 1, ConfigEntries: configs}
	check(admin.CreateTopic(e.topic, &detail, false))
	eventually(e, sarama.ErrNoError, func() sarama.KError {
		return must(admin.DescribeTopics([]string{e.topic}))[0].Err
	})
	return admin
}

func saramaSend(e env, messages ...*sarama.ProducerMessage) error {
	producer := must(sarama.NewSyncProducer([]string{e.bootstrap}, saramaConfig(e)))
	defer producer.Close()
	return producer.SendMessages(messages)
}

func saramaValues(e env, count int) {
	messages := []*sarama.ProducerMessage{}
	for i := 0; i < count; i++ {
		messages = append(messages,
			&sarama.ProducerMessage{Topic: e.topic, Value: sarama.StringEncoder("v")})
	}
	check(saramaSend(e, messages...))
}

func saramaRoundTrip(e env) any {
	saramaTopic(e, 3, nil).Close()
	headers := saramaConfig(e).Version.IsAtLeast(sarama.V0_11_0_0)
	sent := sample(headers)
	messages := []*sarama.ProducerMessage{}
	for _, r := range sent {
		message := &sarama.ProducerMessage{Topic: e.topic,
			Key: sarama.StringEncoder(r.key), Value: sarama.StringEncoder(r.value)}
		for key, value := range r.headers {
			message.Headers = append(message.Headers,
				sarama.RecordHeader{Key: []byte(key), Value: []byte(value)})
		}
		messages = append(messages, message)
	}
	check(saramaSend(e, messages...))
	consumer := must(sarama.NewConsumer([]string{e.bootstrap}, saramaConfig(e)))
	defer consumer.Close()
	received := make(chan *sarama.ConsumerMessage)
	for _, partition := range must(consumer.Partitions(e.topic)) {
		part := must(consumer.ConsumePartition(e.topic, partition, sarama.OffsetOldest))
		go func() {
			for message := range part.Messages() {
				received <- message
			}
		}()
	}
	out := []record{}
	for range sent {
		select {
		case message := <-received:
			headers := map[string]string{}
			for _, header := range message.Headers {
				headers[string(header.Key)] = string(header.Value)
			}
			out = append(out, record{string(message.Key), string(message.Value), headers})
		case <-e.Done():
			check(e.Err())
		}
	}
	return compare(sent, out)
}

// saramaReader takes some messages of a group's session, commits what it took, and ends.
type saramaReader struct {
	count   int
	offsets []int64
}

func (r *saramaReader) Setup(sarama.ConsumerGroupSession) error   { return nil }
func (r *saramaReader) Cleanup(sarama.ConsumerGroupSession) error { return nil }
func (r *saramaReader) ConsumeClaim(
	session sarama.ConsumerGroupSession, claim sarama.ConsumerGroupClaim) error {
	for len(r.offsets) < r.count {
		select {
		case message := <-claim.Messages():
			r.offsets = append(r.offsets, message.Offset)
			session.MarkMessage(message, "")
		case <-session.Context().Done():
			return nil
		}
	}
	session.Commit()
	return nil
}

func saramaResume(e env) any {
	admin := saramaTopic(e, 1, nil)
	defer admin.Close()
	saramaValues(e, 20)
	read := func(count int) []int64 {
		member := must(sarama.NewConsumerGroup([]string{e.bootstrap}, e.group, saramaConfig(e)))
		defer member.Close()
		reader := &saramaReader{count: count}
		for len(reader.offsets) < count {
			check(member.Consume(e, []string{e.topic}, reader))
		}
		return reader.offsets
	}
	read(8)
	listed := must(admin.ListConsumerGroupOffsets(e.group, map[string][]int32{e.topic: {0}}))
	committed := listed.GetBlock(e.topic, 0).Offset
	return map[string]any{"committed": committed, "next": read(1)[0]}
}

// saramaIdler holds on to its partitions and takes nothing from them.
type saramaIdler struct{}

func (saramaIdler) Setup(sarama.ConsumerGroupSession) error   { return nil }
func (saramaIdler) Cleanup(sarama.ConsumerGroupSession) error { return nil }
func (saramaIdler) ConsumeClaim(
	session sarama.ConsumerGroupSession, _ sarama.ConsumerGroupClaim) error {
	<-session.Context().Done()
	return nil
}

func saramaRebalance(e env) any {
	admin := saramaTopic(e, 4, nil)
	defer admin.Close()
	join := func() sarama.ConsumerGroup {
		member := must(sarama.NewConsumerGroup([]string{e.bootstrap}, e.group, saramaConfig(e)))
		go func() {
			for {
				err := member.Consume(e, []string{e.topic}, saramaIdler{})
				if errors.Is(err, sarama.ErrClosedConsumerGroup) {
					return
				}
				check(err)
			}
		}()
		return member
	}
	shares := func() []int {
		out := []int{}
		for _, member := range must(admin.DescribeConsumerGroups([]string{e.group}))[0].Members {
			if assigned, err := member.GetMemberAssignment(); err == nil && assigned != nil {
				out = append(out, len(assigned.Topics[e.topic]))
			}
		}
		sort.Ints(out)
		return out
	}
	first, second := join(), join()
	defer first.Close()
	together := eventually(e, []int{2, 2}, shares)
	check(second.Close())
	return map[string]any{"together": together, "alone": eventually(e, []int{4}, shares)}
}

func saramaAdmin(e env) any {
	retention := "60000"
	admin := saramaTopic(e, 3, map[string]*string{"retention.ms": &retention})
	defer admin.Close()
	partitions := len(must(admin.DescribeTopics([]string{e.topic}))[0].Partitions)
	read := func() string {
		return must(admin.DescribeConfig(sarama.ConfigResource{Type: sarama.TopicResource,
			Name: e.topic, ConfigNames: []string{"retention.ms"}}))[0].Value
	}
	before := read()
	saramaAlter(e, admin, "120000")
	after := eventually(e, "120000", read)
	saramaValues(e, 5)
	client := must(sarama.NewClient([]string{e.bootstrap}, saramaConfig(e)))
	defer client.Close()
	end := int64(0)
	for partition := int32(0); partition < 3; partition++ {
		end += must(client.GetOffset(e.topic, partition, sarama.OffsetNewest))
	}
	check(admin.DeleteTopic(e.topic))
	eventually(e, false, func() bool {
		_, there := must(admin.ListTopics())[e.topic]
		return there
	})
	return map[string]any{"partitions": partitions, "end": end, "before": before, "after": after}
}

// saramaAlter sets the retention the way that a broker of the client's version knows.
func saramaAlter(e env, admin sarama.ClusterAdmin, value string) {
	if saramaConfig(e).Version.IsAtLeast(sarama.V2_3_0_0) {
		change := sarama.IncrementalAlterConfigsEntry{
			Operation: sarama.IncrementalAlterConfigsOperationSet, Value: &value}
		check(admin.IncrementalAlterConfig(sarama.TopicResource, e.topic,
			map[string]sarama.IncrementalAlterConfigsEntry{"retention.ms": change}, false))
	} else {
		check(admin.AlterConfig(sarama.TopicResource, e.topic,
			map[string]*string{"retention.ms": &value}, false))
	}
}

func saramaTimes(e env) any {
	saramaTopic(e, 1, nil).Close()
	for _, milli := range []int64{1000, 3000, 2000} {
		check(saramaSend(e, &sarama.ProducerMessage{Topic: e.topic,
			Value: sarama.StringEncoder("v"), Timestamp: time.UnixMilli(milli)}))
	}
	client := must(sarama.NewClient([]string{e.bootstrap}, saramaConfig(e)))
	defer client.Close()
	ask := func(milli int64) int64 { return must(client.GetOffset(e.topic, 0, milli)) }
	return map[string]any{"early": ask(0), "between": ask(1500), "late": ask(9000)}
}

func saramaCode(err error) any {
	var all sarama.ProducerErrors
	if errors.As(err, &all) {
		err = all[0].Err
	}
	var known sarama.KError
	if !errors.As(err, &known) {
		check(err)
	}
	return map[string]any{"code": int16(known)}
}

func saramaUnknownTopic(e env) any {
	message := &sarama.ProducerMessage{Topic: e.topic, Value: sarama.StringEncoder("v")}
	return saramaCode(saramaSend(e, message))
}

func saramaTooLarge(e env) any {
	limit := "1000"
	saramaTopic(e, 1, map[string]*string{"max.message.bytes": &limit}).Close()
	value := sarama.StringEncoder(strings.Repeat("v", 5000))
	return saramaCode(saramaSend(e, &sarama.ProducerMessage{Topic: e.topic, Value: value}))
}
