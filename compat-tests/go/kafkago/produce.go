package kafkago

import (
	"time"

	"github.com/segmentio/kafka-go"

	"kafkapy/compat/play"
)

var codecs = map[string]kafka.Compression{
	"gzip": kafka.Gzip, "snappy": kafka.Snappy, "lz4": kafka.Lz4, "zstd": kafka.Zstd,
}

var requiredAcks = map[play.Acks]kafka.RequiredAcks{
	play.AcksAll: kafka.RequireAll, play.AcksLeader: kafka.RequireOne, play.AcksNone: kafka.RequireNone,
}

type producer struct {
	client
	writer *kafka.Writer
}

func (c client) Producer(how play.Producing) play.Producer {
	writer := &kafka.Writer{
		Addr: kafka.TCP(c.bootstrap), Topic: how.Topic, Compression: codecs[how.Codec],
		RequiredAcks: requiredAcks[how.Acks], Balancer: &kafka.Hash{}, BatchBytes: 6 << 20,
		BatchTimeout: 10 * time.Millisecond, MaxAttempts: 2, WriteBackoffMax: 100 * time.Millisecond,
	}
	if how.ByHand {
		writer.Balancer = kafka.BalancerFunc(func(message kafka.Message, _ ...int) int {
			return message.Partition
		})
	}
	if how.Patient {
		writer.MaxAttempts = 300
	}
	return producer{c, writer}
}

func (p producer) Send(records ...play.Record) error {
	messages := make([]kafka.Message, len(records))
	for i, record := range records {
		messages[i] = kafka.Message{
			Partition: record.Partition, Key: record.Key, Value: record.Value, Time: record.Time,
		}
		for _, header := range record.Headers {
			messages[i].Headers = append(messages[i].Headers,
				kafka.Header{Key: header.Name, Value: header.Value})
		}
	}
	return p.writer.WriteMessages(p.ctx, messages...)
}

func (p producer) Close() { play.Check(p.writer.Close()) }
