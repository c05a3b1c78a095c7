// Asks for a certificate as Istio's agents do: by Istio's own generated client, over TLS, with a bearer token or with a
// client certificate. Prints the chain as PEM, or the status and our code.
//
//	istio-client -address localhost:8444 -root root.crt -csr csr.pem [-token token.jwt] [-cert crt -key key] [-ttl 3600]
package main

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"flag"
	"fmt"
	"os"
	"time"

	security "istio.io/api/security/v1alpha1"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/structpb"
)

func main() {
	address := flag.String("address", "", "host:port")
	root := flag.String("root", "", "PEM file of the server's root")
	csr := flag.String("csr", "", "PEM file of the request")
	token := flag.String("token", "", "file of a bearer token")
	cert := flag.String("cert", "", "PEM file of a client certificate")
	key := flag.String("key", "", "PEM file of its key")
	ttl := flag.Int64("ttl", 0, "seconds")
	impersonate := flag.String("impersonate", "", "SPIFFE ID that a node's proxy asks for")
	flag.Parse()

	config := &tls.Config{RootCAs: pool(*root), MinVersion: tls.VersionTLS13}
	if *cert != "" {
		pair, err := tls.LoadX509KeyPair(*cert, *key)
		exit(err)
		config.Certificates = []tls.Certificate{pair}
	}
	connection, err := grpc.NewClient(*address, grpc.WithTransportCredentials(credentials.NewTLS(config)))
	exit(err)
	defer connection.Close()
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()

	health, err := grpc_health_v1.NewHealthClient(connection).Check(ctx, &grpc_health_v1.HealthCheckRequest{
		Service: "istio.v1.auth.IstioCertificateService",
	})
	exit(err)
	fmt.Fprintln(os.Stderr, "health:", health.Status)

	if *token != "" {
		ctx = metadata.NewOutgoingContext(ctx, metadata.Pairs("Authorization", "Bearer "+read(*token)))
	}
	request := &security.IstioCertificateRequest{Csr: read(*csr), ValidityDuration: *ttl}
	// Istio's agents always send some of these.
	fields := map[string]any{"ClusterID": "Kubernetes", "WorkloadName": "judge"}
	if *impersonate != "" {
		fields["ImpersonatedIdentity"] = *impersonate
	}
	request.Metadata, err = structpb.NewStruct(fields)
	exit(err)

	var trailer metadata.MD
	answer, err := security.NewIstioCertificateServiceClient(connection).CreateCertificate(ctx, request, grpc.Trailer(&trailer))
	if err != nil {
		fmt.Fprintln(os.Stderr, "refused:", status.Code(err), trailer.Get("cartulary-code"), status.Convert(err).Message())
		os.Exit(2)
	}
	for _, one := range answer.CertChain {
		fmt.Print(one)
	}
}

func pool(path string) *x509.CertPool {
	roots := x509.NewCertPool()
	if !roots.AppendCertsFromPEM([]byte(read(path))) {
		exit(fmt.Errorf("no certificate in %s", path))
	}
	return roots
}

func read(path string) string {
	content, err := os.ReadFile(path)
	exit(err)
	return string(content)
}

func exit(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
