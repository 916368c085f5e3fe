// Package franz plays the scenarios with franz-go, and with its admin package kadm.
package franz

import (
	"context"
	"errors"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"

	"kafkapy/compat/play"
)

type client struct {
	ctx       context.Context
	bootstrap string
}

// New gives the client.
func New(ctx context.Context, bootstrap, _ string) play.Client {
	return client{ctx, bootstrap}
}

func (c client) Means() play.Means { return play.Means{Headers: true, Idempotence: true} }

func (c client) Code(err error) int {
	var known *kerr.Error
	if errors.As(err, &known) {
		return int(known.Code)
	}
	return -1
}

// options are those of every client.
func (c client) options(more ...kgo.Opt) []kgo.Opt {
	return append(more, kgo.SeedBrokers(c.bootstrap), kgo.MetadataMinAge(50*time.Millisecond))
}

func (c client) open(options ...kgo.Opt) *kgo.Client {
	return play.Must(kgo.NewClient(c.options(options...)...))
}
