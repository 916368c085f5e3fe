package play

import (
	"context"
	"fmt"
	"strconv"
	"time"
)

func consumeFrom(r Run) Seen {
	r.create(1, nil).Close()
	r.send(numbered(10)...)
	latest := r.Reader(Reading{Topic: r.Topic, From: Latest})
	defer latest.Close()
	r.send(Record{Value: []byte("one more")})
	first := func(from Position) int64 {
		reader := r.Reader(Reading{Topic: r.Topic, From: from})
		defer reader.Close()
		return r.next(reader, 1)[0].Offset
	}
	return Seen{
		"earliest": first(Earliest), "latest": r.next(latest, 1)[0].Offset,
		"offset": first(Position{Offset: 7}), "time": first(Position{UnixMilli: 4500}),
	}
}

func pauseAndSeek(r Run) Seen {
	r.create(1, nil).Close()
	r.send(numbered(10)...)
	reader := r.Reader(Reading{Topic: r.Topic, From: Earliest, Paused: true})
	defer reader.Close()
	halfASecond, cancel := context.WithTimeout(r, 500*time.Millisecond)
	defer cancel()
	paused := 0
	if _, err := reader.Next(halfASecond); err == nil {
		paused++
	}
	reader.Resume()
	resumed := r.next(reader, 1)[0].Offset
	reader.MoveTo(3)
	return Seen{"paused": paused, "resumed": resumed, "sought": r.next(reader, 1)[0].Offset}
}

func commits(r Run) Seen {
	admin := r.create(1, nil)
	defer admin.Close()
	r.send(numbered(20)...)
	member := r.member()
	r.next(member, 8)
	member.Commit(true)
	synchronous := admin.Committed(r.Group, r.Topic, 0)
	r.next(member, 4)
	member.Commit(false)
	committed := func() int64 { return admin.Committed(r.Group, r.Topic, 0) }
	asynchronous := Await(r, 12, committed)
	member.Close()
	next := r.member()
	defer next.Close()
	return Seen{"sync": synchronous, "async": asynchronous, "next": r.next(next, 1)[0].Offset}
}

// restart sends a record every few milliseconds, so that there is one on its way when the broker
// is killed.
func restart(r Run) Seen {
	r.create(1, nil).Close()
	go func() {
		producer := r.Producer(Producing{Topic: r.Topic, Patient: true})
		for i := range 300 {
			Check(producer.Send(Record{Value: []byte(strconv.Itoa(i))}))
			time.Sleep(5 * time.Millisecond)
		}
		Check(producer.Send(Record{Value: []byte("end")}))
	}()
	reader := r.Reader(Reading{Topic: r.Topic, From: Earliest})
	times := map[string]int{}
	for {
		value := string(r.next(reader, 1)[0].Value)
		if value == "end" {
			break
		}
		times[value]++
		if len(times) == 100 && times[value] == 1 {
			fmt.Println("halfway")
		}
	}
	return r.counted(times)
}

// counted gives how many of 300 records were lost, and how many came twice; a producer that is not
// idempotent may send a record twice when an answer is lost.
func (r Run) counted(times map[string]int) Seen {
	seen, twice := Seen{"lost": 300 - len(times)}, 0
	for _, count := range times {
		if count > 1 {
			twice++
		}
	}
	if r.Means().Idempotence {
		seen["twice"] = twice
	}
	return seen
}

// times asks for offsets by time, of records whose times are not in order.
func times(r Run) Seen {
	admin := r.create(1, nil)
	defer admin.Close()
	for _, milli := range []int64{1000, 3000, 2000} {
		r.send(Record{Value: []byte("v"), Time: time.UnixMilli(milli)})
	}
	ask := func(milli int64) int64 { return admin.Offset(r.Topic, Position{UnixMilli: milli}) }
	return Seen{"early": ask(1), "between": ask(1500), "late": ask(9000)}
}
