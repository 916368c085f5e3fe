package play

import (
	"bufio"
	"context"
	"fmt"
	"os/exec"
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
	// InTransaction is called before each commit.
	InTransaction func()
}

const copied = "-copies"

// copies copies the run's topic.
func copies(id string, inTransaction func(Run)) func(Run) Seen {
	return func(r Run) Seen {
		r.Client.(Copying).Copy(Copies{
			From: r.Topic, To: r.Topic + copied, Group: r.Group, Transactional: r.Topic + id,
			InTransaction: func() { inTransaction(r) },
		})
		return nil
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

// exactlyOnce copies 200 records while a copier is killed in the middle of a transaction: another
// takes over, which either is there already or is started then, with the same transactional id.
func exactlyOnce(successor string, atOnce bool) func(Run) Seen {
	return func(r Run) Seen {
		admin := r.create(4, nil)
		defer admin.Close()
		Check(r.createAs(admin, r.Topic+copied, 1, nil))
		output, kill := r.child("stall")
		killSuccessor := func() {}
		if atOnce {
			_, killSuccessor = r.child(successor)
			Await(r, []int{2, 2}, shares(admin, r.Group))
		}
		r.sendToEach(4)
		Must(bufio.NewReader(output).ReadString('\n'))
		kill()
		if !atOnce {
			_, killSuccessor = r.child(successor)
		}
		Await(r, 200, r.consumed(admin))
		killSuccessor()
		return r.countedCopies()
	}
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
	admin := r.create(4, nil)
	Check(r.createAs(admin, r.Topic+copied, 1, nil))
	admin.Close()
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
	admin = r.Admin()
	defer admin.Close()
	Await(r, 200, r.consumed(admin))
	stop()
	return r.countedCopies()
}

// supervise starts a child process whenever it is not there, until it is to stop.
func (r Run) supervise(scenario string) (stop func()) {
	ctx, cancel := context.WithCancel(r)
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		for ctx.Err() == nil {
			exec.CommandContext(ctx, r.Args[0], r.Args[1], r.Args[2], scenario, r.Topic).Run()
		}
	}()
	return func() {
		cancel()
		<-ended
	}
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
