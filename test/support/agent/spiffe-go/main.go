// A workload that uses go-spiffe as it comes: one JSON line for its certificate, and one for each that follows.
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"github.com/spiffe/go-spiffe/v2/workloadapi"
)

type line struct {
	SpiffeId  string
	Serial    string
	Chain     int
	Anchors   int
	Exception string `json:",omitempty"`
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	out := json.NewEncoder(os.Stdout)
	fail := func(err error) {
		_ = out.Encode(line{Exception: fmt.Sprint(err)})
		os.Exit(1)
	}
	// The address comes from SPIFFE_ENDPOINT_SOCKET. A source asks on for ever where it is refused; this asks once.
	if _, err := workloadapi.FetchX509SVID(ctx); err != nil {
		fail(err)
	}
	source, err := workloadapi.NewX509Source(ctx)
	if err != nil {
		fail(err)
	}
	defer source.Close()
	for {
		svid, err := source.GetX509SVID()
		if err != nil {
			fail(err)
		}
		bundle, err := source.GetX509BundleForTrustDomain(svid.ID.TrustDomain())
		if err != nil {
			fail(err)
		}
		serial := svid.Certificates[0].SerialNumber.Text(16)
		_ = out.Encode(line{svid.ID.String(), serial, len(svid.Certificates), len(bundle.X509Authorities()), ""})
		select {
		case <-ctx.Done():
			return
		case <-source.Updated():
		}
	}
}
