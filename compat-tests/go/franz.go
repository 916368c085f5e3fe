package main

import (
	"errors"
	"sort"
	"strings"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"
)

var franz = scenarios{
	"round_trip":    franzRoundTrip,
	"resume":        franzResume,
	"rebalance":     franzRebalance,
	"admin":         franzAdmin,
	"times":         franzTimes,
	"unknown_topic": franzUnknownTopic,
	"too_large":     franzTooLarge,
}

var franzCodecs = map[string]kgo.CompressionCodec{
	"none":   kgo.NoCompression(),
	"gzip":   kgo.GzipCompression(),
	"snappy": kgo.SnappyCompression(),
	"lz4":    kgo.Lz4Compression(),
	"zstd":   kgo.ZstdCompression(),
}

func franzClient(e env, options ...kgo.Opt) *kgo.Client {
	options = append(options, kgo.SeedBrokers(e.bootstrap),
		kgo.MetadataMinAge(50*time.Millisecond))
	return must(kgo.NewClient(options...))
}

func franzTopic(e env, partitions int32, configs map[string]*string) *kadm.Client {
	admin := kadm.NewClient(franzClient(e))
	must(admin.CreateTopic(e, partitions, 1, configs, e.topic))
	eventually(e, true, func() bool { return must(admin.ListTopics(e)).Has(e.topic) })
	return admin
}

func franzRead(e env, client *kgo.Client, count int) (out []*kgo.Record) {
	for len(out) < count {
		fetches := client.PollRecords(e, count-len(out))
		check(fetches.Err0())
		fetches.EachError(func(_ string, _ int32, err error) { check(err) })
		out = append(out, fetches.Records()...)
	}
	return out
}

func franzValues(e env, count int) {
	producer := franzClient(e, kgo.DefaultProduceTopic(e.topic))
	defer producer.Close()
	for i := 0; i < count; i++ {
		check(producer.ProduceSync(e, kgo.StringRecord("v")).FirstErr())
	}
}

func franzRoundTrip(e env) any {
	franzTopic(e, 3, nil).Close()
	producer := franzClient(e, kgo.ProducerBatchCompression(franzCodecs[e.codec]))
	defer producer.Close()
	sent := sample(true)
	batch := make([]*kgo.Record, len(sent))
	for i, r := range sent {
		batch[i] = kgo.KeyStringRecord(r.key, r.value)
		batch[i].Topic = e.topic
		batch[i].Headers = []kgo.RecordHeader{{Key: "n", Value: []byte(r.headers["n"])}}
	}
	check(producer.ProduceSync(e, batch...).FirstErr())
	consumer := franzClient(e, kgo.ConsumeTopics(e.topic),
		kgo.ConsumeResetOffset(kgo.NewOffset().AtStart()))
	defer consumer.Close()
	received := []record{}
	for _, r := range franzRead(e, consumer, len(sent)) {
		headers := map[string]string{}
		for _, header := range r.Headers {
			headers[header.Key] = string(header.Value)
		}
		received = append(received, record{string(r.Key), string(r.Value), headers})
	}
	return compare(sent, received)
}

func franzMember(e env) *kgo.Client {
	return franzClient(e, kgo.ConsumerGroup(e.group), kgo.ConsumeTopics(e.topic),
		kgo.ConsumeResetOffset(kgo.NewOffset().AtStart()), kgo.DisableAutoCommit(),
		kgo.HeartbeatInterval(200*time.Millisecond))
}

func franzResume(e env) any {
	admin := franzTopic(e, 1, nil)
	defer admin.Close()
	franzValues(e, 20)
	first := franzMember(e)
	check(first.CommitRecords(e, franzRead(e, first, 8)...))
	first.Close()
	committed := must(admin.FetchOffsets(e, e.group))[e.topic][0].At
	second := franzMember(e)
	defer second.Close()
	return map[string]any{"committed": committed, "next": franzRead(e, second, 1)[0].Offset}
}

func franzRebalance(e env) any {
	admin := franzTopic(e, 4, nil)
	defer admin.Close()
	shares := func() []int {
		out := []int{}
		for _, member := range must(admin.DescribeGroups(e, e.group))[e.group].Members {
			assigned, ok := member.Assigned.AsConsumer()
			for i := 0; ok && i < len(assigned.Topics); i++ {
				out = append(out, len(assigned.Topics[i].Partitions))
			}
		}
		sort.Ints(out)
		return out
	}
	first, second := franzMember(e), franzMember(e)
	defer first.Close()
	together := eventually(e, []int{2, 2}, shares)
	second.Close()
	return map[string]any{"together": together, "alone": eventually(e, []int{4}, shares)}
}

func franzAdmin(e env) any {
	retention := "60000"
	admin := franzTopic(e, 3, map[string]*string{"retention.ms": &retention})
	defer admin.Close()
	read := func() string {
		configs := must(must(admin.DescribeTopicConfigs(e, e.topic)).On(e.topic, nil))
		for _, config := range configs.Configs {
			if config.Key == "retention.ms" {
				return config.MaybeValue()
			}
		}
		return ""
	}
	before := read()
	partitions := len(must(admin.ListTopics(e, e.topic))[e.topic].Partitions)
	retention = "120000"
	change := kadm.AlterConfig{Op: kadm.SetConfig, Name: "retention.ms", Value: &retention}
	for _, response := range must(admin.AlterTopicConfigs(e, []kadm.AlterConfig{change}, e.topic)) {
		check(response.Err)
	}
	after := eventually(e, retention, read)
	franzValues(e, 5)
	end := int64(0)
	must(admin.ListEndOffsets(e, e.topic)).Each(func(o kadm.ListedOffset) { end += o.Offset })
	must(admin.DeleteTopic(e, e.topic))
	eventually(e, false, func() bool { return must(admin.ListTopics(e)).Has(e.topic) })
	return map[string]any{"partitions": partitions, "end": end, "before": before, "after": after}
}

func franzTimes(e env) any {
	admin := franzTopic(e, 1, nil)
	defer admin.Close()
	producer := franzClient(e, kgo.DefaultProduceTopic(e.topic))
	defer producer.Close()
	for _, milli := range []int64{1000, 3000, 2000} {
		r := kgo.StringRecord("v")
		r.Timestamp = time.UnixMilli(milli)
		check(producer.ProduceSync(e, r).FirstErr())
	}
	ask := func(milli int64) int64 {
		return must(admin.ListOffsetsAfterMilli(e, milli, e.topic))[e.topic][0].Offset
	}
	// Where there is none, kadm gives the end.
	return map[string]any{"early": ask(0), "between": ask(1500), "late": ask(9000)}
}

func franzCode(err error) any {
	var known *kerr.Error
	if !errors.As(err, &known) {
		check(err)
	}
	return map[string]any{"code": known.Code}
}

func franzUnknownTopic(e env) any {
	producer := franzClient(e, kgo.DefaultProduceTopic(e.topic), kgo.UnknownTopicRetries(1))
	defer producer.Close()
	return franzCode(producer.ProduceSync(e, kgo.StringRecord("v")).FirstErr())
}

func franzTooLarge(e env) any {
	limit := "1000"
	franzTopic(e, 1, map[string]*string{"max.message.bytes": &limit}).Close()
	producer := franzClient(e, kgo.DefaultProduceTopic(e.topic),
		kgo.ProducerBatchCompression(kgo.NoCompression()))
	defer producer.Close()
	value := strings.Repeat("v", 5000)
	return franzCode(producer.ProduceSync(e, kgo.StringRecord(value)).FirstErr())
}
