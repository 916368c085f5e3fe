// One scenario with one client: compat BOOTSTRAP CLIENT[-VERSION] SCENARIO NAME [CODEC].
// What was seen is printed as one line of JSON; a failure is an exit status other than 0.
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"reflect"
	"sort"
	"strconv"
	"strings"
	"time"
)

// env is what a scenario gets: a broker, and names that no other run has used.
type env struct {
	context.Context
	bootstrap, version, topic, group, codec string
}

type scenarios map[string]func(env) any

func main() {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	client, version, _ := strings.Cut(os.Args[2], "-")
	e := env{ctx, os.Args[1], version, os.Args[4], os.Args[4] + "-group", ""}
	if len(os.Args) > 5 {
		e.codec = os.Args[5]
	}
	clients := map[string]scenarios{"franz": franz, "sarama": saramaScenarios, "kafkago": kafkaGo}
	json.NewEncoder(os.Stdout).Encode(clients[client][os.Args[3]](e))
}

// check ends the program when there is an error.
func check(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		panic(err)
	}
}

func must[T any](value T, err error) T {
	check(err)
	return value
}

// record is what all clients have in common.
type record struct {
	key, value string
	headers    map[string]string
}

const records = 200

// sample gives the records that a round trip sends.
func sample(headers bool) []record {
	out := make([]record, records)
	for i := range out {
		n := strconv.Itoa(i)
		out[i] = record{"key-" + n, strings.Repeat("value-"+n+" ", 20), map[string]string{}}
		if headers {
			out[i].headers["n"] = n
		}
	}
	return out
}

// compare fails unless what came back is what was sent, whatever the order of the partitions.
func compare(sent, received []record) any {
	number := func(r record) int { return must(strconv.Atoi(strings.TrimPrefix(r.key, "key-"))) }
	sort.Slice(received, func(i, j int) bool { return number(received[i]) < number(received[j]) })
	if !reflect.DeepEqual(sent, received) {
		check(fmt.Errorf("%d records came back, and not as they were sent", len(received)))
	}
	return map[string]any{"records": len(received)}
}

// eventually asks until the answer is the one that is wanted: where metadata travels by itself,
// what was changed is seen soon, not at once.
func eventually[T any](e env, wanted T, ask func() T) T {
	for {
		last := ask()
		if reflect.DeepEqual(last, wanted) {
			return last
		}
		select {
		case <-e.Done():
			check(fmt.Errorf("last seen: %v, wanted: %v", last, wanted))
		case <-time.After(50 * time.Millisecond):
		}
	}
}
