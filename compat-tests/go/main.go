// One scenario with one client: compat BOOTSTRAP CLIENT[-VERSION] SCENARIO NAME.
// What was seen is printed as one line of JSON; a failure is an exit status other than 0.
package main

import (
	"context"
	"encoding/json"
	"os"
	"strings"
	"time"

	"kafkapy/compat/franz"
	"kafkapy/compat/kafkago"
	"kafkapy/compat/play"
	"kafkapy/compat/sarama"
)

var clients = map[string]func(ctx context.Context, bootstrap, version string) play.Client{
	"franz": franz.New, "kafkago": kafkago.New, "sarama": sarama.New,
}

func main() {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	client, version, _ := strings.Cut(os.Args[2], "-")
	run := play.Run{
		Context: ctx, Client: clients[client](ctx, os.Args[1], version), Args: os.Args[:3],
		Topic: os.Args[4], Group: os.Args[4] + "-group",
	}
	play.Check(json.NewEncoder(os.Stdout).Encode(play.Scenarios[os.Args[3]](run)))
}
