// Package kafkago plays the scenarios with kafka-go: its Writer and its Reader, and its Client for
// what those do not do.
package kafkago

import (
	"context"
	"errors"
	"time"

	"github.com/segmentio/kafka-go"

	"kafkapy/compat/play"
)

type client struct {
	*kafka.Client
	ctx       context.Context
	bootstrap string
}

// New gives the client.
func New(ctx context.Context, bootstrap, _ string) play.Client {
	transport := &kafka.Transport{MetadataTTL: 200 * time.Millisecond}
	requests := &kafka.Client{Addr: kafka.TCP(bootstrap), Transport: transport}
	return client{requests, ctx, bootstrap}
}

func (c client) Means() play.Means { return play.Means{Headers: true} }

func (c client) Code(err error) int {
	var all kafka.WriteErrors
	if errors.As(err, &all) {
		err = all[0]
	}
	var known kafka.Error
	if errors.As(err, &known) {
		return int(known)
	}
	return -1
}
