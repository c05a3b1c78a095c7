// Command load asks an HTTP/1.1 server over connections that stay open and says how it was answered.
//
// Closed loop: each connection sends its next request when it has its answer. Open loop (-rate): request i is due at
// start + i/rate whatever the server does, and its latency counts from then, so a server that stalls can't hide the
// requests that a waiting client did not send.
//
// It prints a line `begin` when the warm-up is over and a line `end` when the measured time is, so that whoever started
// it can read the server's CPU time in between; then one line of JSON.
package main

import (
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"strings"
	"time"
)

type repeated []string

func (r *repeated) String() string         { return strings.Join(*r, ", ") }
func (r *repeated) Set(value string) error { *r = append(*r, value); return nil }

type options struct {
	urls        repeated
	headers     repeated
	method      string
	ca          string
	cert        string
	key         string
	body        string
	item        string
	items       int
	csrs        string
	lines       string
	skip        int
	marker      string
	connections int
	rate        float64
	drop        bool
	seconds     float64
	warmUp      float64
	count       int
	timeout     time.Duration
}

func parse() options {
	var o options
	flag.Var(&o.urls, "url", "whole URL; {line} in it becomes a line of -lines; repeated: connections take turns")
	flag.Var(&o.headers, "header", "Name: value; repeated")
	flag.StringVar(&o.method, "method", "GET", "")
	flag.StringVar(&o.ca, "ca", "", "PEM of the authorities the server is checked against")
	flag.StringVar(&o.cert, "cert", "", "PEM of the client's certificate")
	flag.StringVar(&o.key, "key", "", "PEM of its key")
	flag.StringVar(&o.body, "body", "", "template of a body: {csr} {line} {n}, {k} (n modulo 100), {items}; @line: the bytes of a base64 line of -lines")
	flag.StringVar(&o.item, "item", "", "template of what {items} repeats, with commas between")
	flag.IntVar(&o.items, "items", 1, "how often it is repeated")
	flag.StringVar(&o.csrs, "csrs", "", "file that `load csrs` has written")
	flag.StringVar(&o.lines, "lines", "", "file of lines, taken in turn")
	flag.IntVar(&o.skip, "skip", 0, "CSRs and lines to pass over, so that rounds don't repeat one another")
	flag.StringVar(&o.marker, "marker", "", "what a good answer holds, once for each operation; else status 2xx is one")
	flag.IntVar(&o.connections, "connections", 8, "")
	flag.Float64Var(&o.rate, "rate", 0, "requests a second (open loop); 0: as many as are answered")
	flag.BoolVar(&o.drop, "drop", false, "open loop: what is due while no connection is free is counted and not sent")
	flag.Float64Var(&o.seconds, "seconds", 5, "measured, after the warm-up")
	flag.Float64Var(&o.warmUp, "warm-up", 1, "seconds")
	flag.IntVar(&o.count, "count", 0, "ends after so many requests")
	flag.DurationVar(&o.timeout, "timeout", 30*time.Second, "of one request")
	flag.Parse()
	return o
}

func main() {
	if len(os.Args) > 1 && os.Args[1] == "csrs" {
		exitOn(writeCsrs(os.Args[2:]))
		return
	}
	o := parse()
	source, err := newSource(o)
	exitOn(err)
	targets, err := newTargets(o)
	exitOn(err)
	result, err := run(o, source, targets)
	exitOn(err)
	exitOn(json.NewEncoder(os.Stdout).Encode(result))
}

func exitOn(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, "load:", err)
		os.Exit(1)
	}
}
