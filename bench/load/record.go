package main

import (
	"slices"
	"strconv"
	"time"
)

// record is what one connection has seen after the warm-up.
type record struct {
	operations int
	bytes      int
	reconnects int
	statuses   map[string]int
	errors     map[string]int
	accepted   []time.Duration
	fromSend   []time.Duration
	rejected   []time.Duration
	retry      map[string]int
}

func (r *record) add(got answer, good int, fromDue, fromSend time.Duration) {
	count(&r.statuses, strconv.Itoa(got.status))
	if good > 0 {
		r.accepted = append(r.accepted, fromDue)
		r.fromSend = append(r.fromSend, fromSend)
		return
	}
	r.rejected = append(r.rejected, fromSend)
	if got.retryAfter == "" {
		count(&r.retry, "none")
	} else {
		count(&r.retry, got.retryAfter)
	}
}

func (r *record) fail(err error, begin time.Time) {
	if time.Now().After(begin) {
		count(&r.errors, err.Error())
	}
}

func count(counts *map[string]int, name string) {
	if *counts == nil {
		*counts = map[string]int{}
	}
	(*counts)[name]++
}

// latency is in milliseconds.
type latency struct {
	Count int     `json:"count"`
	P50   float64 `json:"p50"`
	P90   float64 `json:"p90"`
	P99   float64 `json:"p99"`
	Max   float64 `json:"max"`
}

type result struct {
	Operations  int            `json:"operations"`
	Seconds     float64        `json:"seconds"`
	Rate        float64        `json:"rate"`
	Latency     latency        `json:"latency"`
	FromSend    latency        `json:"fromSend"`
	Rejected    latency        `json:"rejected"`
	Statuses    map[string]int `json:"statuses"`
	Errors      map[string]int `json:"errors"`
	RetryAfter  map[string]int `json:"retryAfter"`
	NotSent     int            `json:"notSent"`
	Reconnects  int            `json:"reconnects"`
	Repeats     float64        `json:"repeats"`
	Requests    int            `json:"requests"`
	BytesIn     int            `json:"bytesIn"`
	ClientCPUMs float64        `json:"clientCpuMs"`
}

func summarise(records []record, p *pacer, s *source, seconds, cpu float64) result {
	all := result{Seconds: seconds, ClientCPUMs: cpu, NotSent: int(p.late.Load()), Requests: int(p.next.Load())}
	all.Statuses, all.Errors, all.RetryAfter = map[string]int{}, map[string]int{}, map[string]int{}
	var accepted, fromSend, rejected []time.Duration
	for _, one := range records {
		all.Operations += one.operations
		all.BytesIn += one.bytes
		all.Reconnects += one.reconnects
		merge(all.Statuses, one.statuses)
		merge(all.Errors, one.errors)
		merge(all.RetryAfter, one.retry)
		accepted = append(accepted, one.accepted...)
		fromSend = append(fromSend, one.fromSend...)
		rejected = append(rejected, one.rejected...)
	}
	all.Rate = float64(all.Operations) / seconds
	all.Repeats = s.repeats(all.Requests)
	all.Latency, all.FromSend, all.Rejected = latencyOf(accepted), latencyOf(fromSend), latencyOf(rejected)
	return all
}

func merge(into, from map[string]int) {
	for name, n := range from {
		into[name] += n
	}
}

// Nearest rank.
func latencyOf(samples []time.Duration) latency {
	if len(samples) == 0 {
		return latency{}
	}
	slices.Sort(samples)
	at := func(share float64) float64 {
		index := max(0, int(float64(len(samples))*share+0.999999)-1)
		return float64(samples[min(index, len(samples)-1)]) / 1e6
	}
	return latency{len(samples), at(0.5), at(0.9), at(0.99), at(1)}
}
