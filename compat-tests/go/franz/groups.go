package franz

import (
	"context"
	"slices"
	"sync"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"kafkapy/compat/play"
)

type member struct {
	client
	kafka *kgo.Client

	mutex    sync.Mutex
	assigned []int
	revoked  int
}

func (c client) Member(how play.Membership) play.Member {
	m := &member{client: c}
	options := []kgo.Opt{
		kgo.ConsumerGroup(how.Group), kgo.ConsumeTopics(how.Topic), kgo.DisableAutoCommit(),
		kgo.ConsumeResetOffset(kgo.NewOffset().AtStart()), kgo.SessionTimeout(play.SessionTimeout),
		kgo.HeartbeatInterval(200 * time.Millisecond), kgo.Balancers(kgo.RangeBalancer()),
		kgo.OnPartitionsAssigned(m.add(how.Topic)), kgo.OnPartitionsRevoked(m.remove(how.Topic)),
	}
	if how.Cooperative {
		options = append(options, kgo.Balancers(kgo.CooperativeStickyBalancer()))
	}
	if how.ServerSide {
		options = append(options, kgo.ServerSideBalancer())
	}
	if how.Instance != "" {
		options = append(options, kgo.InstanceID(how.Instance))
	}
	m.kafka = c.open(options...)
	return m
}

type callback = func(context.Context, *kgo.Client, map[string][]int32)

func (m *member) add(topic string) callback {
	return func(_ context.Context, _ *kgo.Client, added map[string][]int32) {
		m.mutex.Lock()
		defer m.mutex.Unlock()
		for _, partition := range added[topic] {
			m.assigned = append(m.assigned, int(partition))
		}
		slices.Sort(m.assigned)
	}
}

func (m *member) remove(topic string) callback {
	return func(_ context.Context, _ *kgo.Client, removed map[string][]int32) {
		m.mutex.Lock()
		defer m.mutex.Unlock()
		m.revoked += len(removed[topic])
		m.assigned = slices.DeleteFunc(m.assigned, func(partition int) bool {
			return slices.Contains(removed[topic], int32(partition))
		})
	}
}

func (m *member) Assigned() []int {
	m.mutex.Lock()
	defer m.mutex.Unlock()
	return slices.Clone(m.assigned)
}

func (m *member) Revoked() int {
	m.mutex.Lock()
	defer m.mutex.Unlock()
	return m.revoked
}

func (m *member) Generation() int {
	_, generation := m.kafka.GroupMetadata()
	return int(generation)
}

func (m *member) Next(ctx context.Context) (play.Record, error) { return next(ctx, m.kafka) }

func (m *member) Commit(synchronously bool) {
	if synchronously {
		play.Check(m.kafka.CommitUncommittedOffsets(m.ctx))
	} else {
		m.kafka.CommitOffsets(m.ctx, m.kafka.UncommittedOffsets(), nil)
	}
}

func (m *member) Close() { m.kafka.Close() }
