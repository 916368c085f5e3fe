package sarama

import (
	"context"

	"github.com/IBM/sarama"

	"kafkapy/compat/play"
)

type reader struct {
	consumer  sarama.Consumer
	partition sarama.PartitionConsumer
	topic     string
	err       error // of the position to begin with
}

func (c client) Reader(how play.Reading) play.Reader {
	config := c.config()
	config.Consumer.Retry.Backoff /= 10
	if how.Committed {
		config.Consumer.IsolationLevel = sarama.ReadCommitted
	}
	kafka := play.Must(sarama.NewClient(c.bootstrap, config))
	at := how.From.Offset // the ends have the same numbers here
	if how.From.UnixMilli != 0 {
		at = play.Must(kafka.GetOffset(how.Topic, 0, how.From.UnixMilli))
	}
	r := &reader{consumer: play.Must(sarama.NewConsumerFromClient(kafka)), topic: how.Topic}
	r.begin(at)
	if how.Paused {
		r.partition.Pause()
	}
	return r
}

func (r *reader) begin(at int64) {
	r.partition, r.err = r.consumer.ConsumePartition(r.topic, 0, at)
}

func (r *reader) Next(ctx context.Context) (play.Record, error) {
	if r.err != nil {
		return play.Record{}, r.err
	}
	select {
	case message := <-r.partition.Messages():
		return record(message), nil
	case <-ctx.Done():
		return play.Record{}, ctx.Err()
	}
}

func record(message *sarama.ConsumerMessage) play.Record {
	out := play.Record{
		Partition: int(message.Partition), Offset: message.Offset,
		Key: message.Key, Value: message.Value, Time: message.Timestamp,
	}
	for _, header := range message.Headers {
		out.Headers = append(out.Headers, play.Header{Name: string(header.Key), Value: header.Value})
	}
	return out
}

func (r *reader) Resume() { r.partition.Resume() }

// MoveTo begins anew at an offset; a PartitionConsumer does not move.
func (r *reader) MoveTo(offset int64) {
	play.Check(r.partition.Close())
	r.begin(offset)
}

func (r *reader) Close() {
	if r.partition != nil {
		r.partition.AsyncClose()
	}
}
