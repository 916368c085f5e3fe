package sarama

import (
	"github.com/IBM/sarama"

	"kafkapy/compat/play"
)

var codecs = map[string]sarama.CompressionCodec{
	"":       sarama.CompressionNone,
	"none":   sarama.CompressionNone,
	"gzip":   sarama.CompressionGZIP,
	"snappy": sarama.CompressionSnappy,
	"lz4":    sarama.CompressionLZ4,
	"zstd":   sarama.CompressionZSTD,
}

var requiredAcks = map[play.Acks]sarama.RequiredAcks{
	play.AcksAll:    sarama.WaitForAll,
	play.AcksLeader: sarama.WaitForLocal,
	play.AcksNone:   sarama.NoResponse,
}

type producer struct {
	client
	sarama.SyncProducer
	topic string
}

func (c client) Producer(how play.Producing) play.Producer {
	config := c.config()
	config.Producer.RequiredAcks = requiredAcks[how.Acks]
	config.Producer.Return.Successes = true
	config.Producer.Compression = codecs[how.Codec]
	config.Producer.MaxMessageBytes = 6 << 20
	config.Producer.Flush.MaxMessages = how.Batched
	if how.Acks == play.AcksAll && c.Means().Idempotence {
		config.Producer.Idempotent = true
		config.Net.MaxOpenRequests = 1
	}
	if how.ByHand {
		config.Producer.Partitioner = sarama.NewManualPartitioner
	}
	if how.Patient {
		config.Producer.Retry.Max = 300
		config.Metadata.Retry.Max = 300
	}
	if how.Transactional != "" {
		config.Producer.Transaction.ID = how.Transactional
	}
	if how.Timeout != 0 {
		config.Producer.Transaction.Timeout = how.Timeout
	}
	return producer{c, play.Must(sarama.NewSyncProducer(c.bootstrap, config)), how.Topic}
}

func (p producer) Send(records ...play.Record) error {
	messages := make([]*sarama.ProducerMessage, len(records))
	for i, record := range records {
		messages[i] = &sarama.ProducerMessage{
			Topic: p.topic, Partition: int32(record.Partition), Timestamp: record.Time,
			Key: encoder(record.Key), Value: encoder(record.Value),
		}
		for _, header := range record.Headers {
			messages[i].Headers = append(messages[i].Headers,
				sarama.RecordHeader{Key: []byte(header.Name), Value: header.Value})
		}
	}
	return p.SendMessages(messages)
}

// encoder gives null for nil.
func encoder(bytes []byte) sarama.Encoder {
	if bytes == nil {
		return nil
	}
	return sarama.ByteEncoder(bytes)
}

func (p producer) Close() { p.SyncProducer.Close() }
