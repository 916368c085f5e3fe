package sarama

import (
	"context"
	"errors"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/IBM/sarama"

	"kafkapy/compat/play"
)

// member gives the messages of its claims one at a time.
type member struct {
	topic    string
	group    sarama.ConsumerGroup
	messages chan claimed
	failed   chan error
	last     claimed
	revoked  atomic.Int32

	mutex   sync.Mutex
	session sarama.ConsumerGroupSession
}

type claimed struct {
	session sarama.ConsumerGroupSession
	message *sarama.ConsumerMessage
}

func (c client) groupConfig() *sarama.Config {
	config := c.config()
	config.Consumer.Offsets.Initial = sarama.OffsetOldest
	config.Consumer.Offsets.AutoCommit.Interval = 100 * time.Millisecond
	config.Consumer.Group.Session.Timeout = play.SessionTimeout
	config.Consumer.Group.Heartbeat.Interval = 200 * time.Millisecond
	config.Consumer.Group.Rebalance.Retry.Backoff = 200 * time.Millisecond
	return config
}

func (c client) Member(how play.Membership) play.Member {
	config := c.groupConfig()
	config.Consumer.Group.InstanceId = how.Instance
	if how.Cooperative {
		strategy := sarama.NewBalanceStrategyCooperativeSticky()
		config.Consumer.Group.Rebalance.GroupStrategies = []sarama.BalanceStrategy{strategy}
	}
	m := &member{
		topic: how.Topic, messages: make(chan claimed), failed: make(chan error, 1),
		group: play.Must(sarama.NewConsumerGroup(c.bootstrap, how.Group, config)),
	}
	go func() {
		for {
			if err := m.group.Consume(c.ctx, []string{how.Topic}, m); err != nil {
				m.failed <- err
				return
			}
		}
	}()
	return m
}

// Setup is called when the member has got its partitions.
func (m *member) Setup(session sarama.ConsumerGroupSession) error {
	m.mutex.Lock()
	defer m.mutex.Unlock()
	m.session = session
	return nil
}

// Cleanup is called when it has lost all of them.
func (m *member) Cleanup(sarama.ConsumerGroupSession) error { return m.Setup(nil) }

// ConsumeClaim runs for a partition, until that is taken.
func (m *member) ConsumeClaim(
	session sarama.ConsumerGroupSession, claim sarama.ConsumerGroupClaim,
) error {
	defer m.revoked.Add(1)
	for message := range claim.Messages() {
		select {
		case m.messages <- claimed{session, message}:
		case <-session.Context().Done():
			return nil
		}
	}
	return nil
}

func (m *member) current() sarama.ConsumerGroupSession {
	m.mutex.Lock()
	defer m.mutex.Unlock()
	return m.session
}

func (m *member) Assigned() (partitions []int) {
	if session := m.current(); session != nil {
		for _, partition := range session.Claims()[m.topic] {
			partitions = append(partitions, int(partition))
		}
	}
	slices.Sort(partitions)
	return partitions
}

func (m *member) Generation() int {
	if session := m.current(); session != nil {
		return int(session.GenerationID())
	}
	return -1
}

func (m *member) Revoked() int { return int(m.revoked.Load()) }

func (m *member) Next(ctx context.Context) (play.Record, error) {
	select {
	case m.last = <-m.messages:
		return record(m.last.message), nil
	case err := <-m.failed:
		return play.Record{}, err
	case <-ctx.Done():
		return play.Record{}, ctx.Err()
	}
}

// Commit marks the last message of the one partition that this is used with. What is marked is
// committed by itself soon, or at once.
func (m *member) Commit(synchronously bool) {
	m.last.session.MarkMessage(m.last.message, "")
	if synchronously {
		m.last.session.Commit()
	}
}

func (m *member) Close() {
	if err := m.group.Close(); !errors.Is(err, sarama.ErrFencedInstancedId) {
		play.Check(err)
	}
}
