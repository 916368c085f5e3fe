package play

import (
	"bytes"
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"
)

// roundTrip sends records to three partitions, and a group reads them.
func roundTrip(codec string) func(Run) Seen {
	return func(r Run) Seen {
		r.create(3, nil).Close()
		sent := make([]Record, 200)
		for i := range sent {
			n := strconv.Itoa(i)
			sent[i].Key = []byte("key-" + n)
			sent[i].Value = []byte(strings.Repeat("value-"+n+" ", 20))
			if r.Means().Headers {
				sent[i].Headers = []Header{{"n", []byte(n)}}
			}
		}
		producer := r.Producer(Producing{Topic: r.Topic, Codec: codec})
		defer producer.Close()
		Check(producer.Send(sent...))
		member := r.member()
		defer member.Close()
		received := r.next(member, len(sent))
		compare(sent, received)
		return Seen{"records": len(received)}
	}
}

// compare fails unless what came back is what was sent, whatever the order of the partitions.
func compare(sent, received []Record) {
	byKey := func(a, b Record) int { return bytes.Compare(a.Key, b.Key) }
	slices.SortFunc(sent, byKey)
	slices.SortFunc(received, byKey)
	for i, record := range received {
		same := bytes.Equal(record.Key, sent[i].Key) && bytes.Equal(record.Value, sent[i].Value)
		if !same || !reflect.DeepEqual(record.Headers, sent[i].Headers) {
			Check(fmt.Errorf("sent: %v, received: %v", sent[i], record))
		}
	}
}

func acks(r Run) Seen {
	r.create(1, nil).Close()
	for _, acks := range []Acks{AcksNone, AcksLeader, AcksAll} {
		producer := r.Producer(Producing{Topic: r.Topic, Acks: acks})
		Check(producer.Send(numbered(10)...))
		producer.Close()
	}
	return Seen{"records": len(r.read(30))}
}

func idempotence(r Run) Seen {
	admin := r.create(1, nil)
	defer admin.Close()
	producer := r.Producer(Producing{Topic: r.Topic, Batched: 10})
	defer producer.Close()
	sent := numbered(200)
	Check(producer.Send(sent...))
	received := r.read(len(sent))
	inOrder := slices.EqualFunc(sent, received, func(a, b Record) bool {
		return bytes.Equal(a.Value, b.Value)
	})
	return Seen{
		"records": len(received), "in order": inOrder, "end": admin.Offset(r.Topic, Latest),
	}
}

// text gives a string, or null.
func text(value []byte) any {
	if value == nil {
		return nil
	}
	return string(value)
}

func headers(r Run) Seen {
	r.create(1, nil).Close()
	r.send(Record{
		Key: []byte("k"), Value: []byte("v"), Time: time.UnixMilli(1500000000000),
		Headers: []Header{{"a", []byte("1")}, {"a", []byte("2")}, {"b", nil}},
	})
	record := r.read(1)[0]
	pairs := [][2]any{}
	for _, header := range record.Headers {
		pairs = append(pairs, [2]any{header.Name, text(header.Value)})
	}
	return Seen{
		"key": text(record.Key), "value": text(record.Value), "headers": pairs,
		"timestamp": record.Time.UnixMilli(),
	}
}

func tombstones(r Run) Seen {
	r.create(1, nil).Close()
	key := []byte("k")
	r.send(Record{Key: key, Value: []byte("v")}, Record{Key: key, Value: []byte{}}, Record{Key: key})
	values := []any{}
	for _, record := range r.read(3) {
		values = append(values, text(record.Value))
	}
	return Seen{"values": values}
}

func fiveMegabytes(r Run) Seen {
	r.create(1, map[string]string{"max.message.bytes": strconv.Itoa(6 << 20)}).Close()
	value := bytes.Repeat([]byte("0123456789abcdef"), 5<<16)
	r.send(Record{Value: value})
	received := r.read(1)[0].Value
	return Seen{"bytes": len(received), "same": bytes.Equal(received, value)}
}

func partitioning(r Run) Seen {
	r.create(4, nil).Close()
	byHand := make([]Record, 4)
	for i := range byHand {
		byHand[i] = Record{Partition: i, Value: []byte("by hand")}
	}
	producer := r.Producer(Producing{Topic: r.Topic, ByHand: true})
	defer producer.Close()
	Check(producer.Send(byHand...))
	keyed := slices.Repeat([]Record{{Key: []byte("k"), Value: []byte("keyed")}}, 20)
	r.send(keyed...)

	member := r.member()
	defer member.Close()
	explicit, chosen := []int{}, map[int]bool{}
	for _, record := range r.next(member, len(byHand)+len(keyed)) {
		if record.Key == nil {
			explicit = append(explicit, record.Partition)
		} else {
			chosen[record.Partition] = true
		}
	}
	slices.Sort(explicit)
	return Seen{"explicit": explicit, "keyed": len(chosen)}
}
