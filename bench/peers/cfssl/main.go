// Command cfssl-pooled is cfssl 1.6.5's own sign handler, signer and database accessor with a database pool that keeps
// its connections: `cfssl serve` has no setting for that, keeps two and opens the others anew for each request.
package main

import (
	"crypto/tls"
	"crypto/x509"
	"flag"
	"log"
	"net/http"
	"os"

	"github.com/cloudflare/cfssl/api/signhandler"
	certsql "github.com/cloudflare/cfssl/certdb/sql"
	"github.com/cloudflare/cfssl/config"
	cflog "github.com/cloudflare/cfssl/log"
	"github.com/cloudflare/cfssl/signer/local"
	"github.com/jmoiron/sqlx"
	_ "github.com/lib/pq"
)

func main() {
	address := flag.String("address", "127.0.0.1:0", "")
	ca := flag.String("ca", "", "")
	caKey := flag.String("ca-key", "", "")
	configFile := flag.String("config", "", "")
	database := flag.String("database", "", "URL of Postgres")
	tlsCert := flag.String("tls-cert", "", "")
	tlsKey := flag.String("tls-key", "", "")
	pool := flag.Int("pool", 64, "connections, open and kept")
	flag.Parse()
	cflog.Level = cflog.LevelError

	policy, err := config.LoadFile(*configFile)
	check(err)
	signer, err := local.NewSignerFromFile(*ca, *caKey, policy.Signing)
	check(err)
	db, err := sqlx.Open("postgres", *database)
	check(err)
	db.SetMaxOpenConns(*pool)
	db.SetMaxIdleConns(*pool)
	signer.SetDBAccessor(certsql.NewAccessor(db))
	handler, err := signhandler.NewHandlerFromSigner(signer)
	check(err)
	http.Handle("/api/v1/cfssl/sign", handler)

	pem, err := os.ReadFile(*ca)
	check(err)
	callers := x509.NewCertPool()
	callers.AppendCertsFromPEM(pem)
	server := http.Server{
		Addr:      *address,
		TLSConfig: &tls.Config{ClientCAs: callers, ClientAuth: tls.RequireAndVerifyClientCert},
	}
	check(server.ListenAndServeTLS(*tlsCert, *tlsKey))
}

func check(err error) {
	if err != nil {
		log.Fatal(err)
	}
}
