package kafkago

import (
	"errors"
	"time"

	"github.com/segmentio/kafka-go"

	"kafkapy/compat/play"
)

// session is a transactional producer that has no records: a Writer cannot mark them as its own.
type session struct {
	client
	*kafka.ProducerSession
	id string
}

// Session gives a transactional id its producer's id and epoch.
func (c client) Session(id string) play.Session {
	var begun *kafka.InitProducerIDResponse
	play.Check(untilEnded(func() error {
		begun = play.Must(c.InitProducerID(c.ctx, &kafka.InitProducerIDRequest{
			TransactionalID: id, TransactionTimeoutMs: 10000, ProducerID: -1, ProducerEpoch: -1,
		}))
		return begun.Error
	}))
	return session{c, begun.Producer, id}
}

// untilEnded asks again as long as the transaction before has not quite ended.
func untilEnded(ask func() error) error {
	for {
		err := ask()
		if !errors.Is(err, kafka.ConcurrentTransactions) {
			return err
		}
		time.Sleep(20 * time.Millisecond)
	}
}

func (s session) TakeAlong(group, topic string, offset int64) error {
	err := untilEnded(func() error {
		return play.Must(s.AddOffsetsToTxn(s.ctx, &kafka.AddOffsetsToTxnRequest{
			TransactionalID: s.id, ProducerID: s.ProducerID, ProducerEpoch: s.ProducerEpoch,
			GroupID: group,
		})).Error
	})
	if err != nil {
		return err
	}
	commit := kafka.TxnOffsetCommit{Partition: 0, Offset: offset}
	return play.Must(s.TxnOffsetCommit(s.ctx, &kafka.TxnOffsetCommitRequest{
		TransactionalID: s.id, ProducerID: s.ProducerID, ProducerEpoch: s.ProducerEpoch,
		GroupID: group, GenerationID: -1, Topics: map[string][]kafka.TxnOffsetCommit{topic: {commit}},
	})).Topics[topic][0].Error
}

func (s session) End(commit bool) error {
	return play.Must(s.EndTxn(s.ctx, &kafka.EndTxnRequest{
		TransactionalID: s.id, ProducerID: s.ProducerID, ProducerEpoch: s.ProducerEpoch,
		Committed: commit,
	})).Error
}
