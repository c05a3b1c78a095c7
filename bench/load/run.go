package main

import (
	"bytes"
	"fmt"
	"sync"
	"sync/atomic"
	"syscall"
	"time"
)

// pacer hands out the next request: its number and when it is due.
type pacer struct {
	options
	start time.Time
	end   time.Time
	next  atomic.Int64
	late  atomic.Int64
}

// Without a rate, what is asked for is due now.
func (p *pacer) take() (n int, due time.Time, ok bool) {
	for {
		n = int(p.next.Add(1)) - 1
		now := time.Now()
		if p.count > 0 && n >= p.count {
			return 0, now, false
		}
		if p.rate == 0 {
			return n, now, now.Before(p.end)
		}
		due = p.start.Add(time.Duration(float64(n) / p.rate * float64(time.Second)))
		if !due.Before(p.end) || !now.Before(p.end.Add(p.timeout)) {
			return 0, due, false
		}
		if wait := due.Sub(now); wait > 0 {
			time.Sleep(wait)
		} else if p.drop && -wait > 100*time.Millisecond {
			p.late.Add(1)
			continue
		}
		return n, due, true
	}
}

func run(o options, s *source, targets []target) (result, error) {
	connections := make([]*connection, o.connections)
	for i := range connections {
		connections[i] = &connection{target: targets[i%len(targets)]}
		if err := connections[i].dial(o.timeout); err != nil {
			return result{}, fmt.Errorf("connection %d: %w", i, err)
		}
	}
	pace := &pacer{options: o, start: time.Now()}
	begin := pace.start.Add(time.Duration(o.warmUp * float64(time.Second)))
	pace.end = begin.Add(time.Duration(o.seconds * float64(time.Second)))
	var before, after syscall.Rusage
	mark := func(name string, usage *syscall.Rusage) func() {
		return func() { _ = syscall.Getrusage(syscall.RUSAGE_SELF, usage); fmt.Println(name) }
	}
	beginning := time.AfterFunc(time.Until(begin), mark("begin", &before))
	ended := make(chan struct{})
	ending := time.AfterFunc(time.Until(pace.end), func() { mark("end", &after)(); close(ended) })

	records := make([]record, o.connections)
	var group sync.WaitGroup
	for i, connection := range connections {
		group.Add(1)
		go func() {
			defer group.Done()
			work(pace, s, connection, &records[i], begin)
		}()
	}
	group.Wait()
	measured := o.seconds
	if o.count > 0 && ending.Stop() {
		// All was asked before the time was over: what there was is measured.
		beginning.Stop()
		_ = syscall.Getrusage(syscall.RUSAGE_SELF, &after)
		measured = time.Since(begin).Seconds()
		fmt.Println("end")
	} else {
		// Whoever had nothing more to ask is back before the time is over.
		<-ended
	}
	return summarise(records, pace, s, measured, cpuMs(after)-cpuMs(before)), nil
}

func work(p *pacer, s *source, c *connection, r *record, begin time.Time) {
	defer c.close()
	for {
		n, due, ok := p.take()
		if !ok {
			return
		}
		path, body := s.path(c.path, n), s.bodyOf(n)
		sent := time.Now()
		if c.socket == nil {
			if err := c.dial(p.timeout); err != nil {
				r.fail(err, begin)
				time.Sleep(10 * time.Millisecond)
				continue
			}
			r.reconnects++
		}
		if p.rate == 0 {
			due = sent
		}
		got, err := c.ask(p.method, path, body, p.timeout)
		now := time.Now()
		if err != nil {
			c.close()
			r.fail(err, begin)
			continue
		}
		good := 0
		if p.marker != "" {
			good = bytes.Count(got.body, []byte(p.marker))
		} else if got.status >= 200 && got.status < 300 {
			good = 1
		}
		// What ended in the measured time counts for the rate, what was due in it for the latency.
		if now.After(begin) && now.Before(p.end) {
			r.operations += good
			r.bytes += len(got.body)
		}
		if !due.Before(begin) {
			r.add(got, good, now.Sub(due), now.Sub(sent))
		}
	}
}

func cpuMs(usage syscall.Rusage) float64 {
	return float64(usage.Utime.Nano()+usage.Stime.Nano()) / 1e6
}
