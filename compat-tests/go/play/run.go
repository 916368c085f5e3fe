package play

import (
	"context"
	"fmt"
	"os"
	"reflect"
	"strconv"
	"time"
)

// Run is one run of a scenario: a client, and names that no other run has used.
type Run struct {
	context.Context
	Client
	Topic, Group string
	Args         []string // this program, the broker and the client
}

// Seen is what a scenario has seen.
type Seen map[string]any

// Scenarios by their names.
var Scenarios = map[string]func(Run) Seen{
	"round_trip:none":   roundTrip("none"),
	"round_trip:gzip":   roundTrip("gzip"),
	"round_trip:snappy": roundTrip("snappy"),
	"round_trip:lz4":    roundTrip("lz4"),
	"round_trip:zstd":   roundTrip("zstd"),
	"acks":              acks,
	"idempotence":       idempotence,
	"headers":           headers,
	"tombstones":        tombstones,
	"five_megabytes":    fiveMegabytes,
	"too_large":         tooLarge,
	"partitioning":      partitioning,
	"consume_from":      consumeFrom,
	"pause_and_seek":    pauseAndSeek,
	"commits":           commits,
	"restart":           restart,
	"groups":            groups,
	"killed_member":     killedMember,
	"more_members":      moreMembers,
	"static_members":    staticMembers,
	"cooperative":       cooperative,
	"server_side":       serverSide,
	"admin_topics":      adminTopics,
	"admin_partitions":  adminPartitions,
	"admin_configs":     adminConfigs,
	"admin_records":     adminRecords,
	"admin_groups":      adminGroups,
	"admin_offsets":     adminOffsets,
	"admin_cluster":     adminCluster,
	"times":             times,
	"unknown_topic":     unknownTopic,
	"invalid_name":      invalidName,
	"bad_config":        badConfig,
	"out_of_range":      outOfRange,
	"transactions":      transactions,
	"fenced":            fenced,
	"offsets_alone":     offsetsAlone,
	"killed_copier":     killedCopier,
	"restarted_copier":  restartedCopier,
	"restarted_broker":  copyOverRestart,
}

// Check ends the program when there is an error.
func Check(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		panic(err)
	}
}

// Must gives the value, if there is no error.
func Must[T any](value T, err error) T {
	Check(err)
	return value
}

// Await asks until the answer is the one that is wanted: what was changed is seen soon, not at
// once, where metadata travels by itself.
func Await[T any](ctx context.Context, wanted T, ask func() T) T {
	for {
		last := ask()
		if reflect.DeepEqual(last, wanted) {
			return last
		}
		select {
		case <-ctx.Done():
			Check(fmt.Errorf("last seen: %v, wanted: %v", last, wanted))
		case <-time.After(50 * time.Millisecond):
		}
	}
}

// forever keeps records whose timestamps are of long ago, which is from when retention counts.
var forever = map[string]string{"retention.ms": "-1"}

// create makes the run's topic, and waits until it is seen.
func (r Run) create(partitions int, configs map[string]string) Admin {
	admin := r.Admin()
	Check(r.createAs(admin, r.Topic, partitions, configs))
	return admin
}

func (r Run) createAs(admin Admin, topic string, partitions int, configs map[string]string) error {
	if configs == nil {
		configs = forever
	}
	if err := admin.CreateTopic(topic, partitions, configs); err != nil {
		return err
	}
	Await(r, partitions, func() int { return admin.Partitions(topic) })
	return nil
}

// send sends records in the usual way.
func (r Run) send(records ...Record) {
	producer := r.Producer(Producing{Topic: r.Topic})
	defer producer.Close()
	Check(producer.Send(records...))
}

// numbered gives records with the timestamps 1000, 2000, …
func numbered(count int) []Record {
	records := make([]Record, count)
	for i := range records {
		records[i].Value = []byte(strconv.Itoa(i))
		records[i].Time = time.UnixMilli(1000 * int64(i+1))
	}
	return records
}

// next gives the next records of a reader or a member.
func (r Run) next(from interface {
	Next(context.Context) (Record, error)
}, count int) []Record {
	records := make([]Record, count)
	for i := range records {
		records[i] = Must(from.Next(r))
	}
	return records
}

// read gives the first records of the run's topic.
func (r Run) read(count int) []Record {
	reader := r.Reader(Reading{Topic: r.Topic, From: Earliest})
	defer reader.Close()
	return r.next(reader, count)
}
