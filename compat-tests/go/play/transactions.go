package play

// end is sent, without a transaction, behind all that is to be read.
var end = Record{Key: []byte("end")}

// values reads a topic's records up to the end, and gives how often each value came.
func (r Run) values(topic string, committed bool) (records int, times map[string]int) {
	reader := r.Reader(Reading{Topic: topic, From: Earliest, Committed: committed})
	defer reader.Close()
	times = map[string]int{}
	for ; ; records++ {
		record := r.next(reader, 1)[0]
		if string(record.Key) == "end" {
			return records, times
		}
		times[string(record.Value)]++
	}
}

func (r Run) transaction() Transaction {
	return r.Producer(Producing{Topic: r.Topic, Transactional: r.Topic}).(Transaction)
}

func transactions(r Run) Seen {
	admin := r.create(1, nil)
	defer admin.Close()
	producer := r.transaction()
	defer producer.Close()
	write := func() {
		Check(producer.Begin())
		Check(producer.Send(numbered(5)...))
	}
	write()
	Check(producer.Commit("", 0))
	write()
	Check(producer.Abort())
	write()
	Check(producer.Commit(r.Group, 5))
	r.send(end)
	committed, _ := r.values(r.Topic, true)
	uncommitted, _ := r.values(r.Topic, false)
	// The answer to a commit may come before the offsets count.
	offset := Await(r, 5, func() int64 { return admin.Committed(r.Group, r.Topic, 0) })
	return Seen{"committed": committed, "uncommitted": uncommitted, "offset": offset}
}

func fenced(r Run) Seen {
	r.create(1, nil).Close()
	begun := func() Transaction {
		producer := r.transaction()
		Check(producer.Begin())
		Check(producer.Send(numbered(5)...))
		return producer
	}
	first := begun()
	defer first.Close()
	second := begun()
	defer second.Close()
	Check(second.Commit("", 0))
	isFenced := r.isFenced(first.Commit("", 0))
	r.send(end)
	committed, _ := r.values(r.Topic, true)
	return Seen{"fenced": isFenced, "committed": committed}
}

// isFenced tells whether an error says that another has taken the producer's place.
func (r Run) isFenced(err error) bool {
	const invalidProducerEpoch, producerFenced = 47, 90
	code := r.Code(err)
	return code == invalidProducerEpoch || code == producerFenced
}

// Session is a transactional producer of a client that cannot send records as one.
type Session interface {
	TakeAlong(group, topic string, offset int64) error
	End(commit bool) error
}

// offsetsAlone makes transactions that consist of a group's offset only: 5 is committed, 7 is not,
// and 9 is of a producer that is fenced.
func offsetsAlone(r Run) Seen {
	admin := r.create(1, nil)
	defer admin.Close()
	begin := r.Client.(interface{ Session(id string) Session }).Session
	first := begin(r.Topic)
	committed := func() int64 { return admin.Committed(r.Group, r.Topic, 0) }
	Check(first.TakeAlong(r.Group, r.Topic, 5))
	Check(first.End(true))
	Await(r, 5, committed)
	Check(first.TakeAlong(r.Group, r.Topic, 7))
	Check(first.End(false))
	Check(first.TakeAlong(r.Group, r.Topic, 9))
	begin(r.Topic)
	return Seen{"fenced": r.isFenced(first.End(true)), "offset": committed()}
}
