// Package play tells the scenarios, once for all clients.
package play

import (
	"context"
	"time"
)

// Record is what the clients' own records have in common. A nil key or value is Kafka's null.
type Record struct {
	Partition  int
	Offset     int64
	Key, Value []byte
	Headers    []Header
	Time       time.Time // zero: the client's choice
}

// Header is one of a record's headers; there may be several of a name.
type Header struct {
	Name  string
	Value []byte
}

// Position is where reading begins: an offset, or the first record from a time on.
type Position struct {
	Offset    int64
	UnixMilli int64 // counts when it is not 0
}

// The ends of a partition.
var (
	Earliest = Position{Offset: -2}
	Latest   = Position{Offset: -1}
)

// Client is what a client does in the scenarios. A failure that no scenario is about ends the
// program; see Check.
type Client interface {
	Means() Means
	Admin() Admin
	Producer(Producing) Producer
	Reader(Reading) Reader
	Member(Membership) Member
	// Code gives Kafka's code of an error; -1 when it is none of Kafka's.
	Code(error) int
}

// Means tells what came with later versions of Kafka, or not at all to a client.
type Means struct{ Headers, Idempotence bool }

// Acks says how many replicas have a record when it counts as sent.
type Acks int

// The settings of Acks, the zero value being what is usual.
const (
	AcksAll Acks = iota
	AcksLeader
	AcksNone
)

// Producing is how records are sent.
type Producing struct {
	Topic string
	Codec string // none when it is empty
	Acks  Acks
	// ByHand takes the partition from the record, not from its key.
	ByHand bool
	// Transactional is the transactional id; when it is set, a Producer is a Transaction too.
	Transactional string
	// Timeout is when the broker aborts a transaction; 0 is the client's choice.
	Timeout time.Duration
	// Batched is how many records a batch has at the most, about; 0 is the client's choice.
	Batched int
	// Patient tries again for as long as the broker is away.
	Patient bool
}

// Producer sends records, and waits until they are acknowledged.
type Producer interface {
	Send(...Record) error
	Close()
}

// Transaction is a producer with a transactional id.
type Transaction interface {
	Producer
	Begin() error
	// Commit takes along a group's offset in partition 0; "" is no group.
	Commit(group string, offset int64) error
	Abort() error
}

// Reading is how partition 0 of a topic is read.
type Reading struct {
	Topic     string
	From      Position
	Committed bool
	Paused    bool
}

// Reader reads a partition, without a group.
type Reader interface {
	Next(context.Context) (Record, error)
	Resume()
	MoveTo(offset int64)
	Close()
}

// Membership is how a member joins its group.
type Membership struct {
	Topic, Group string
	Instance     string // of a static member
	Cooperative  bool
	ServerSide   bool // the broker shares the partitions (KIP-848)
}

// SessionTimeout is that of all members.
const SessionTimeout = 6 * time.Second

// Member is one of a group, and reads what is its share.
type Member interface {
	Next(context.Context) (Record, error)
	// Commit the offsets behind all that Next gave; if not synchronously, soon.
	Commit(synchronously bool)
	// Close leaves the group, but as a static member.
	Close()
}

// Static is a member that tells where it stands.
type Static interface {
	Member
	// Assigned gives the partitions of now, in order.
	Assigned() []int
	// Generation rises by one with each rebalance.
	Generation() int
}

// Cooperative is one that tells what was taken from it.
type Cooperative interface {
	Static
	// Revoked gives how many partitions were taken so far, those that came back included.
	Revoked() int
}

// Admin is a client's administrative side.
type Admin interface {
	CreateTopic(name string, partitions int, configs map[string]string) error
	DeleteTopic(name string)
	Topics() []string
	Partitions(topic string) int
	AddPartitions(topic string, total int)
	Config(topic, key string) string
	SetConfig(topic, key, value string) error
	DeleteRecords(topic string, before int64)
	// Offset of partition 0.
	Offset(topic string, at Position) int64
	Groups() []string
	// Describe gives a group's state and the number of partitions of each member.
	Describe(group string) (state string, shares []int)
	DeleteGroup(group string)
	// Committed is a group's offset; -1 when there is none.
	Committed(group, topic string, partition int) int64
	// SetCommitted sets the one in partition 0.
	SetCommitted(group, topic string, offset int64)
	Cluster() (brokers []int, controller int)
	Close()
}
