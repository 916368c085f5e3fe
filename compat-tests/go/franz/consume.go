package franz

import (
	"context"
	"sync"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"kafkapy/compat/play"
)

type reader struct {
	kafka *kgo.Client
	topic string
}

// fetching is closed when the first fetch is sent: what to begin with is known then.
type fetching struct {
	sync.Once
	begun chan struct{}
}

func (f *fetching) OnBrokerWrite(
	_ kgo.BrokerMetadata, key int16, _ int, _, _ time.Duration, _ error,
) {
	const fetch = 1
	if key == fetch {
		f.Do(func() { close(f.begun) })
	}
}

func (c client) Reader(how play.Reading) play.Reader {
	isolation := kgo.ReadUncommitted()
	if how.Committed {
		isolation = kgo.ReadCommitted()
	}
	hook := &fetching{begun: make(chan struct{})}
	r := reader{c.open(kgo.FetchIsolationLevel(isolation), kgo.WithHooks(hook),
		kgo.ConsumeResetOffset(kgo.NoResetOffset())), how.Topic}
	if how.Paused {
		r.kafka.PauseFetchPartitions(map[string][]int32{how.Topic: {0}})
	}
	r.kafka.AddConsumePartitions(map[string]map[int32]kgo.Offset{how.Topic: {0: offset(how.From)}})
	if how.From == play.Latest {
		<-hook.begun
	}
	return r
}

func offset(from play.Position) kgo.Offset {
	switch {
	case from == play.Earliest:
		return kgo.NewOffset().AtStart()
	case from == play.Latest:
		return kgo.NewOffset().AtEnd()
	case from.UnixMilli != 0:
		return kgo.NewOffset().AfterMilli(from.UnixMilli)
	}
	return kgo.NewOffset().At(from.Offset)
}

func (r reader) Next(ctx context.Context) (play.Record, error) { return next(ctx, r.kafka) }

func next(ctx context.Context, kafka *kgo.Client) (play.Record, error) {
	fetches := kafka.PollRecords(ctx, 1)
	if err := fetches.Err(); err != nil {
		return play.Record{}, err
	}
	record := fetches.Records()[0]
	out := play.Record{
		Partition: int(record.Partition), Offset: record.Offset,
		Key: record.Key, Value: record.Value, Time: record.Timestamp,
	}
	for _, header := range record.Headers {
		out.Headers = append(out.Headers, play.Header{Name: header.Key, Value: header.Value})
	}
	return out, nil
}

func (r reader) Resume() { r.kafka.ResumeFetchPartitions(map[string][]int32{r.topic: {0}}) }

func (r reader) MoveTo(offset int64) {
	to := kgo.EpochOffset{Epoch: -1, Offset: offset}
	r.kafka.SetOffsets(map[string]map[int32]kgo.EpochOffset{r.topic: {0: to}})
}

func (r reader) Close() { r.kafka.Close() }
