package kafkago

import (
	"context"
	"time"

	"github.com/segmentio/kafka-go"

	"kafkapy/compat/play"
)

type member struct {
	client
	reader *kafka.Reader
	read   []kafka.Message
}

func (c client) Member(how play.Membership) play.Member {
	return &member{client: c, reader: kafka.NewReader(kafka.ReaderConfig{
		Brokers: []string{c.bootstrap}, GroupID: how.Group, Topic: how.Topic,
		StartOffset: kafka.FirstOffset, MaxWait: 200 * time.Millisecond,
		SessionTimeout: play.SessionTimeout, HeartbeatInterval: 200 * time.Millisecond,
		JoinGroupBackoff: 200 * time.Millisecond,
	})}
}

func (m *member) Next(ctx context.Context) (play.Record, error) {
	message, err := m.reader.FetchMessage(ctx)
	m.read = append(m.read, message)
	return record(message), err
}

func (m *member) Commit(synchronously bool) {
	messages := m.read
	commit := func() { play.Check(m.reader.CommitMessages(m.ctx, messages...)) }
	if synchronously {
		commit()
	} else {
		go commit()
	}
}

func (m *member) Close() { play.Check(m.reader.Close()) }
