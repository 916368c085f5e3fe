package franz

import (
	"github.com/twmb/franz-go/pkg/kgo"

	"kafkapy/compat/play"
)

var codecs = map[string]kgo.CompressionCodec{
	"":       kgo.NoCompression(),
	"none":   kgo.NoCompression(),
	"gzip":   kgo.GzipCompression(),
	"snappy": kgo.SnappyCompression(),
	"lz4":    kgo.Lz4Compression(),
	"zstd":   kgo.ZstdCompression(),
}

type producer struct {
	client
	kafka *kgo.Client
	id    string
}

func (c client) Producer(how play.Producing) play.Producer {
	options := []kgo.Opt{
		kgo.DefaultProduceTopic(how.Topic), kgo.ProducerBatchCompression(codecs[how.Codec]),
		kgo.ProducerBatchMaxBytes(6 << 20), kgo.UnknownTopicRetries(1),
	}
	switch how.Acks {
	case play.AcksNone: // what is not acknowledged by all cannot be idempotent
		options = append(options, kgo.RequiredAcks(kgo.NoAck()), kgo.DisableIdempotentWrite())
	case play.AcksLeader:
		options = append(options, kgo.RequiredAcks(kgo.LeaderAck()), kgo.DisableIdempotentWrite())
	}
	if how.ByHand {
		options = append(options, kgo.RecordPartitioner(kgo.ManualPartitioner()))
	}
	if how.Batched != 0 {
		const bytesPerRecord = 100
		options = append(options, kgo.ProducerBatchMaxBytes(int32(bytesPerRecord*how.Batched)))
	}
	if how.Transactional != "" {
		options = append(options, kgo.TransactionalID(how.Transactional))
	}
	return producer{c, c.open(options...), how.Transactional}
}

func (p producer) Send(records ...play.Record) error {
	batch := make([]*kgo.Record, len(records))
	for i, record := range records {
		batch[i] = &kgo.Record{
			Partition: int32(record.Partition), Key: record.Key, Value: record.Value,
			Timestamp: record.Time,
		}
		for _, header := range record.Headers {
			batch[i].Headers = append(batch[i].Headers,
				kgo.RecordHeader{Key: header.Name, Value: header.Value})
		}
	}
	return p.kafka.ProduceSync(p.ctx, batch...).FirstErr()
}

func (p producer) Close() { p.kafka.Close() }
