package play

import (
	"context"
	"io"
	"os"
	"os/exec"
	"time"
)

// What is played in processes of their own, which the others start and kill.
func init() {
	Scenarios["member"] = child(func(r Run) { r.member(); <-r.Done() })
	Scenarios["stall"] = child(copies("-first", time.Minute, stalling()))
	Scenarios["stall briefly"] = child(copies("-first", 5*time.Second, stalling()))
	Scenarios["copy"] = child(copies("-first", time.Minute, quickly))
	Scenarios["copy slowly"] = child(copies("-first", time.Minute, slowly))
	Scenarios["copy too"] = child(copies("-second", time.Minute, quickly))
}

// child ends with its parent, whose end of the standard input is closed then.
func child(play func(Run)) func(Run) Seen {
	return func(r Run) Seen {
		go func() {
			io.Copy(io.Discard, os.Stdin)
			os.Exit(1)
		}()
		play(r)
		return nil
	}
}

// command is this program with another scenario.
func (r Run) command(ctx context.Context, scenario string) *exec.Cmd {
	command := exec.CommandContext(ctx, r.Args[0], r.Args[1], r.Args[2], scenario, r.Topic)
	command.Stderr = os.Stderr
	Must(command.StdinPipe())
	return command
}

// start starts a child; it is killed by what is returned.
func (r Run) start(scenario string) (output io.Reader, kill func()) {
	command := r.command(r, scenario)
	output = Must(command.StdoutPipe())
	Check(command.Start())
	return output, func() {
		Check(command.Process.Kill())
		command.Wait()
	}
}

// supervise starts a child whenever there is none, until it is to stop.
func (r Run) supervise(scenario string) (stop func()) {
	ctx, cancel := context.WithCancel(r)
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		for ctx.Err() == nil {
			r.command(ctx, scenario).Run()
		}
	}()
	return func() {
		cancel()
		<-ended
	}
}
