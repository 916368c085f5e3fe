package play

import (
	"bufio"
	"fmt"
	"io"
	"strconv"
	"sync"
	"time"
)

// Copying is a client that copies one topic to another, exactly once.
type Copying interface {
	// Copy takes a few records per transaction, and does so until it is killed.
	Copy(Copies)
}

// Copies says what is copied.
type Copies struct {
	From, To, Group string
	Transactional   string
	Timeout         time.Duration // of a transaction
	// InTransaction is called before each commit.
	InTransaction func()
}

const copied = "-copies"

// copies copies the run's topic.
func copies(id string, timeout time.Duration, inTransaction func(Run)) func(Run) {
	return func(r Run) {
		r.Client.(Copying).Copy(Copies{
			From: r.Topic, To: r.Topic + copied, Group: r.Group, Transactional: r.Topic + id,
			Timeout: timeout, InTransaction: func() { inTransaction(r) },
		})
	}
}

// stalling stops in the third transaction, when records have been sent and nothing is committed.
func stalling() func(Run) {
	count := 0
	return func(r Run) {
		if count++; count == 3 {
			fmt.Println("in a transaction")
			<-r.Done()
		}
	}
}

func quickly(Run) {}

func slowly(Run) { time.Sleep(50 * time.Millisecond) }

// killedCopier copies 200 records while one of two copiers is killed in the middle of a transaction.
// The broker aborts that when its time is over, and the other one takes over.
func killedCopier(r Run) Seen {
	admin := r.createForCopies()
	defer admin.Close()
	output, kill := r.start("stall briefly")
	_, killOther := r.start("copy too")
	Await(r, []int{2, 2}, shares(admin, r.Group))
	r.sendToEach(4)
	killStalled(output, kill)
	Await(r, 200, r.consumed(admin))
	killOther()
	return r.countedCopies()
}

// restartedCopier has a single copier, whose successor aborts what it was killed in the middle of.
func restartedCopier(r Run) Seen {
	admin := r.createForCopies()
	defer admin.Close()
	r.sendToEach(4)
	killStalled(r.start("stall"))
	_, killSuccessor := r.start("copy")
	Await(r, 200, r.consumed(admin))
	killSuccessor()
	return r.countedCopies()
}

func (r Run) createForCopies() Admin {
	admin := r.create(4, nil)
	Check(r.createAs(admin, r.Topic+copied, 1, nil))
	return admin
}

// killStalled waits until a copier says that it is in its last transaction.
func killStalled(output io.Reader, kill func()) {
	Must(bufio.NewReader(output).ReadString('\n'))
	kill()
}

// consumed gives how many records of the run's topic were taken along by transactions.
func (r Run) consumed(admin Admin) func() int64 {
	return func() (sum int64) {
		for partition := range 4 {
			sum += max(0, admin.Committed(r.Group, r.Topic, partition))
		}
		return sum
	}
}

// copyOverRestart copies 200 records while the broker is killed and started again. A copier that
// ends with an error is started again, too.
func copyOverRestart(r Run) Seen {
	r.createForCopies().Close()
	r.sendToEach(4)
	stop := r.supervise("copy slowly")
	reader := r.Reader(Reading{Topic: r.Topic + copied, From: Earliest, Committed: true})
	defer reader.Close()
	halfway := sync.OnceFunc(func() { fmt.Println("halfway") })
	for seen := map[string]bool{}; len(seen) < 200; {
		seen[string(r.next(reader, 1)[0].Value)] = true
		if len(seen) == 50 {
			halfway()
		}
	}
	admin := r.Admin()
	defer admin.Close()
	Await(r, 200, r.consumed(admin))
	stop()
	return r.countedCopies()
}

// sendToEach sends 200 records, as many to each partition.
func (r Run) sendToEach(partitions int) {
	records := numbered(200)
	for i := range records {
		records[i].Partition = i % partitions
	}
	producer := r.Producer(Producing{Topic: r.Topic, ByHand: true})
	defer producer.Close()
	Check(producer.Send(records...))
}

func (r Run) countedCopies() Seen {
	producer := r.Producer(Producing{Topic: r.Topic + copied})
	defer producer.Close()
	Check(producer.Send(end))
	records, times := r.values(r.Topic+copied, true)
	all := true
	for i := range 200 {
		all = all && times[strconv.Itoa(i)] == 1
	}
	return Seen{"records": records, "each once": all}
}
