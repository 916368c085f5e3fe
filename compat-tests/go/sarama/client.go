// Package sarama plays the scenarios with Sarama, as a client of the version that it is told.
package sarama

import (
	"context"
	"errors"

	"github.com/IBM/sarama"

	"kafkapy/compat/play"
)

type client struct {
	ctx       context.Context
	bootstrap []string
	version   sarama.KafkaVersion
}

// New gives the client; without a version it is of the newest that it knows.
func New(ctx context.Context, bootstrap, version string) play.Client {
	c := client{ctx, []string{bootstrap}, sarama.MaxVersion}
	if version != "" {
		c.version = play.Must(sarama.ParseKafkaVersion(version))
	}
	return c
}

func (c client) Means() play.Means {
	batches := c.version.IsAtLeast(sarama.V0_11_0_0)
	return play.Means{Headers: batches, Idempotence: batches}
}

func (c client) Code(err error) int {
	var all sarama.ProducerErrors
	if errors.As(err, &all) {
		err = all[0].Err
	}
	var topic *sarama.TopicError
	if errors.As(err, &topic) {
		err = topic.Err
	}
	var known sarama.KError
	if errors.As(err, &known) {
		return int(known)
	}
	return -1
}

// config has what every client needs.
func (c client) config() *sarama.Config {
	config := sarama.NewConfig()
	config.Version = c.version
	config.Metadata.AllowAutoTopicCreation = false
	config.Metadata.Retry.Max = 1
	return config
}
