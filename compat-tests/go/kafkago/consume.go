package kafkago

import (
	"context"
	"time"

	"github.com/segmentio/kafka-go"

	"kafkapy/compat/play"
)

// reader gives nothing but what it is asked for, so to pause it is not to ask.
type reader struct {
	*kafka.Reader
	client
	paused bool
}

func (c client) Reader(how play.Reading) play.Reader {
	r := &reader{kafka.NewReader(kafka.ReaderConfig{
		Brokers: []string{c.bootstrap}, Topic: how.Topic, MaxBytes: 6 << 20,
		MaxWait: 200 * time.Millisecond, OffsetOutOfRangeError: true,
	}), c, how.Paused}
	switch {
	case how.From.UnixMilli != 0:
		play.Check(r.SetOffsetAt(c.ctx, time.UnixMilli(how.From.UnixMilli)))
	case how.From == play.Latest: // which is to be known before anything is read
		r.MoveTo(c.Admin().Offset(how.Topic, how.From))
	default:
		r.MoveTo(how.From.Offset)
	}
	return r
}

func (r *reader) Next(ctx context.Context) (play.Record, error) {
	if r.paused {
		<-ctx.Done()
		return play.Record{}, ctx.Err()
	}
	message, err := r.FetchMessage(ctx)
	if err == nil && message.Value == nil && !r.isNull(message) {
		message.Value = []byte{}
	}
	return record(message), err
}

// isNull looks at a record's value itself: a Reader's messages have nil for an empty one, too.
func (r *reader) isNull(message kafka.Message) bool {
	fetched := play.Must(r.Fetch(r.ctx, &kafka.FetchRequest{
		Topic: message.Topic, Partition: message.Partition, Offset: message.Offset,
		MinBytes: 1, MaxBytes: 6 << 20,
	}))
	play.Check(fetched.Error)
	for {
		record := play.Must(fetched.Records.ReadRecord())
		if record.Offset == message.Offset {
			return record.Value == nil
		}
	}
}

func record(message kafka.Message) play.Record {
	out := play.Record{
		Partition: message.Partition, Offset: message.Offset,
		Key: message.Key, Value: message.Value, Time: message.Time,
	}
	for _, header := range message.Headers {
		out.Headers = append(out.Headers, play.Header{Name: header.Key, Value: header.Value})
	}
	return out
}

func (r *reader) Resume() { r.paused = false }

func (r *reader) MoveTo(offset int64) { play.Check(r.SetOffset(offset)) }

func (r *reader) Close() { r.Reader.Close() }
