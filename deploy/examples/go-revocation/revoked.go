package main

import (
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"fmt"
	"slices"
	"sync/atomic"
	"time"

	"github.com/spiffe/go-spiffe/v2/bundle/x509bundle"
	"github.com/spiffe/go-spiffe/v2/svid/x509svid"
)

// Revoked refuses peers by the CRLs of the Workload API, and everybody until it has some.
type Revoked struct {
	Bundles x509bundle.Source
	crls    atomic.Value
}

// Take replaces the CRLs by the field crl of an X509SVIDResponse; one that can't be read changes nothing.
func (r *Revoked) Take(raw [][]byte) (err error) {
	crls := make([]*x509.RevocationList, len(raw))
	for i := range raw {
		if crls[i], err = x509.ParseRevocationList(raw[i]); err != nil {
			return err
		}
	}
	r.crls.Store(crls)
	return nil
}

// VerifyConnection is for tls.Config; unlike VerifyPeerCertificate it is also called for resumed sessions.
func (r *Revoked) VerifyConnection(state tls.ConnectionState) error {
	_, chains, err := x509svid.Verify(state.PeerCertificates, r.Bundles)
	for i := 0; err == nil && i+1 < len(chains[0]); i++ {
		err = r.check(chains[0][i], chains[0][i+1], time.Now())
	}
	return err
}

func (r *Revoked) check(cert, issuer *x509.Certificate, now time.Time) error {
	crls, _ := r.crls.Load().([]*x509.RevocationList)
	err := fmt.Errorf("no CRL of %s that is good now", issuer.Subject)
	for _, crl := range crls {
		partial := slices.ContainsFunc(crl.Extensions, func(e pkix.Extension) bool { return e.Critical }) // A delta or a part.
		if partial || !bytes.Equal(crl.RawIssuer, issuer.RawSubject) || crl.CheckSignatureFrom(issuer) != nil ||
			now.Before(crl.ThisUpdate) || !now.Before(crl.NextUpdate) {
			continue
		}
		err = nil
		named := func(e x509.RevocationListEntry) bool { return e.SerialNumber.Cmp(cert.SerialNumber) == 0 }
		if slices.ContainsFunc(crl.RevokedCertificateEntries, named) {
			return fmt.Errorf("certificate %x of %s was revoked", cert.SerialNumber, issuer.Subject)
		}
	}
	return err
}
