package play

import (
	"bytes"
	"fmt"
)

// code is that of an error, as seen.
func (r Run) code(err error) Seen {
	code := r.Code(err)
	if code == -1 {
		Check(fmt.Errorf("not an error of Kafka's: %v", err))
	}
	return Seen{"code": code}
}

func tooLarge(r Run) Seen {
	r.create(1, map[string]string{"max.message.bytes": "1000"}).Close()
	producer := r.Producer(Producing{Topic: r.Topic})
	defer producer.Close()
	return r.code(producer.Send(Record{Value: bytes.Repeat([]byte("v"), 5000)}))
}

func unknownTopic(r Run) Seen {
	producer := r.Producer(Producing{Topic: r.Topic})
	defer producer.Close()
	return r.code(producer.Send(Record{Value: []byte("v")}))
}

func invalidName(r Run) Seen {
	admin := r.Admin()
	defer admin.Close()
	return r.code(admin.CreateTopic("not/a name", 1, nil))
}

func badConfig(r Run) Seen {
	admin := r.Admin()
	defer admin.Close()
	return r.code(admin.CreateTopic(r.Topic, 1, map[string]string{"retention.ms": "soon"}))
}

func outOfRange(r Run) Seen {
	r.create(1, nil).Close()
	r.send(numbered(10)...)
	reader := r.Reader(Reading{Topic: r.Topic, From: Position{Offset: 100}})
	defer reader.Close()
	_, err := reader.Next(r)
	return r.code(err)
}
