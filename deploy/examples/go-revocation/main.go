// A workload that uses go-spiffe and refuses revoked clients, by the CRLs that the Workload API streams and go-spiffe
// does not look at. It answers at the address that it is given: SPIFFE_ENDPOINT_SOCKET=unix:///… go-revocation 127.0.0.1:8443
package main

import (
	"context"
	"crypto/tls"
	"fmt"
	"log"
	"net/http"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/spiffe/go-spiffe/v2/proto/spiffe/workload"
	"github.com/spiffe/go-spiffe/v2/spiffetls/tlsconfig"
	"github.com/spiffe/go-spiffe/v2/workloadapi"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/metadata"
)

const pause = time.Second

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, os.Args[1], os.Getenv("SPIFFE_ENDPOINT_SOCKET")); err != nil {
		log.Fatal(err)
	}
}

func run(ctx context.Context, address, socket string) error {
	source, err := workloadapi.NewX509Source(ctx)
	if err != nil {
		return err
	}
	defer source.Close()
	revoked := &Revoked{Bundles: source}
	go follow(ctx, socket, revoked)

	// Every identity of the trust domain may come: say here who may.
	config := tlsconfig.MTLSServerConfig(source, source, tlsconfig.AuthorizeAny())
	config.VerifyConnection = revoked.VerifyConnection
	config.SessionTicketsDisabled = true
	listener, err := tls.Listen("tcp", address, config)
	if err != nil {
		return err
	}
	answer := func(w http.ResponseWriter, _ *http.Request) { fmt.Fprintln(w, "hello") }
	server := &http.Server{Handler: http.HandlerFunc(answer), ReadHeaderTimeout: 5 * time.Second}
	go func() {
		<-ctx.Done()
		server.Close()
	}()
	if err := server.Serve(listener); err != http.ErrServerClosed {
		return err
	}
	return nil
}

// Streams the CRLs. While the agent is away the last ones stay in use, until they end.
func follow(ctx context.Context, socket string, revoked *Revoked) {
	for ctx.Err() == nil {
		err := stream(ctx, socket, revoked)
		log.Printf("CRLs: %v", err)
		select {
		case <-ctx.Done():
		case <-time.After(pause):
		}
	}
}

func stream(ctx context.Context, socket string, revoked *Revoked) error {
	conn, err := grpc.NewClient(socket, grpc.WithTransportCredentials(insecure.NewCredentials()),
		grpc.WithDefaultCallOptions(grpc.MaxCallRecvMsgSize(64<<20)))
	if err != nil {
		return err
	}
	defer conn.Close()
	ctx = metadata.AppendToOutgoingContext(ctx, "workload.spiffe.io", "true")
	answers, err := workload.NewSpiffeWorkloadAPIClient(conn).FetchX509SVID(ctx, &workload.X509SVIDRequest{})
	if err != nil {
		return err
	}
	for {
		answer, err := answers.Recv()
		if err != nil {
			return err
		}
		if err := revoked.Take(answer.Crl); err != nil {
			log.Printf("a CRL can't be read: %v", err)
		}
	}
}
