package sarama

import (
	"sync"
	"time"

	"github.com/IBM/sarama"

	"kafkapy/compat/play"
)

func (p producer) Begin() error { return p.BeginTxn() }

func (p producer) Abort() error { return p.AbortTxn() }

func (p producer) Commit(group string, offset int64) error {
	if group != "" {
		offsets := []*sarama.PartitionOffsetMetadata{{Partition: 0, Offset: offset}}
		taken := map[string][]*sarama.PartitionOffsetMetadata{p.topic: offsets}
		if err := p.AddOffsetsToTxn(taken, group); err != nil {
			return err
		}
	}
	return p.CommitTxn()
}

// Copy joins the group anew whenever there was a rebalance.
func (c client) Copy(copies play.Copies) {
	config := c.groupConfig()
	config.Consumer.IsolationLevel = sarama.ReadCommitted
	config.Consumer.Offsets.AutoCommit.Enable = false // the transactions commit
	group := play.Must(sarama.NewConsumerGroup(c.bootstrap, copies.Group, config))
	how := play.Producing{
		Topic: copies.To, Transactional: copies.Transactional, Timeout: copies.Timeout,
	}
	copier := &copier{copies: copies, producer: c.Producer(how).(producer)}
	for {
		play.Check(group.Consume(c.ctx, []string{copies.From}, copier))
	}
}

type copier struct {
	copies   play.Copies
	producer producer
	mutex    sync.Mutex // there is one transaction at a time, of whichever partition
}

func (*copier) Setup(sarama.ConsumerGroupSession) error   { return nil }
func (*copier) Cleanup(sarama.ConsumerGroupSession) error { return nil }

func (c *copier) ConsumeClaim(
	session sarama.ConsumerGroupSession, claim sarama.ConsumerGroupClaim,
) error {
	for {
		messages := take(session, claim, 10)
		if len(messages) == 0 {
			return nil
		}
		if err := c.copy(session, messages); err != nil {
			return err
		}
	}
}

// take waits for a message, and gives those that have come with it.
func take(
	session sarama.ConsumerGroupSession, claim sarama.ConsumerGroupClaim, most int,
) (messages []*sarama.ConsumerMessage) {
	patience := time.Hour
	for len(messages) < most {
		select {
		case message := <-claim.Messages():
			if message == nil {
				return nil
			}
			messages, patience = append(messages, message), 10*time.Millisecond
		case <-session.Context().Done():
			return nil
		case <-time.After(patience):
			return messages
		}
	}
	return messages
}

// copy makes a transaction of some messages, and takes their offset along. If that fails, as after
// a rebalance, it is aborted; the session ends, and the next one begins with what was committed.
func (c *copier) copy(
	session sarama.ConsumerGroupSession, messages []*sarama.ConsumerMessage,
) error {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	play.Check(c.producer.Begin())
	for _, message := range messages {
		play.Check(c.producer.Send(play.Record{Value: message.Value}))
	}
	member := &sarama.ConsumerGroupMetadata{
		GroupID: c.copies.Group, MemberID: session.MemberID(), GenerationID: session.GenerationID(),
	}
	last := messages[len(messages)-1]
	play.Check(c.producer.AddMessageToTxnWithGroupMetadata(last, member, nil))
	c.copies.InTransaction()
	err := c.producer.CommitTxn()
	if err != nil {
		play.Check(c.producer.Abort())
	}
	return err
}
