package franz

import (
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"

	"time"

	"kafkapy/compat/play"
)

func (p producer) Begin() error { return p.kafka.BeginTransaction() }

func (p producer) Abort() error { return p.kafka.EndTransaction(p.ctx, kgo.TryAbort) }

func (p producer) Commit(group string, offset int64) error {
	if group != "" {
		if err := p.takeAlong(group, offset); err != nil {
			return err
		}
	}
	return p.kafka.EndTransaction(p.ctx, kgo.TryCommit)
}

// takeAlong adds a group's offset to the transaction with requests made by hand; a
// GroupTransactSession does so by itself, for what it has consumed.
func (p producer) takeAlong(group string, offset int64) error {
	id, epoch, err := p.kafka.ProducerID(p.ctx)
	play.Check(err)
	add := kmsg.NewAddOffsetsToTxnRequest()
	add.TransactionalID, add.ProducerID, add.ProducerEpoch, add.Group = p.id, id, epoch, group
	added := play.Must(add.RequestWith(p.ctx, p.kafka))
	if added.ErrorCode != 0 {
		return kerr.ErrorForCode(added.ErrorCode)
	}
	partition := kmsg.NewTxnOffsetCommitRequestTopicPartition()
	partition.Offset = offset
	topic := kmsg.NewTxnOffsetCommitRequestTopic()
	topic.Topic = p.kafka.OptValue(kgo.DefaultProduceTopic).(string)
	topic.Partitions = append(topic.Partitions, partition)
	commit := kmsg.NewTxnOffsetCommitRequest()
	commit.TransactionalID, commit.ProducerID, commit.ProducerEpoch = p.id, id, epoch
	commit.Group, commit.Topics = group, append(commit.Topics, topic)
	committed := play.Must(commit.RequestWith(p.ctx, p.kafka))
	return kerr.ErrorForCode(committed.Topics[0].Partitions[0].ErrorCode)
}

// Copy consumes, transforms and produces in a session, which aborts a transaction when the group
// is rebalanced within it.
func (c client) Copy(copies play.Copies) {
	session := play.Must(kgo.NewGroupTransactSession(c.options(
		kgo.TransactionalID(copies.Transactional), kgo.TransactionTimeout(copies.Timeout),
		kgo.ConsumerGroup(copies.Group), kgo.ConsumeTopics(copies.From),
		kgo.FetchIsolationLevel(kgo.ReadCommitted()), kgo.SessionTimeout(play.SessionTimeout),
		kgo.ConsumeResetOffset(kgo.NewOffset().AtStart()),
		kgo.HeartbeatInterval(200*time.Millisecond), kgo.DefaultProduceTopic(copies.To),
	)...))
	for {
		fetches := session.PollRecords(c.ctx, 10)
		play.Check(fetches.Err())
		play.Check(session.Begin())
		for _, record := range fetches.Records() {
			play.Check(session.ProduceSync(c.ctx, kgo.SliceRecord(record.Value)).FirstErr())
		}
		copies.InTransaction()
		play.Must(session.End(c.ctx, kgo.TryCommit))
	}
}
