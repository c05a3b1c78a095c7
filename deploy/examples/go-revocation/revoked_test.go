package main

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"math/big"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/spiffe/go-spiffe/v2/bundle/x509bundle"
	"github.com/spiffe/go-spiffe/v2/spiffeid"
)

type authority struct {
	cert *x509.Certificate
	key  *ecdsa.PrivateKey
}

var domain = spiffeid.RequireTrustDomainFromString("cluster.local")

func must[T any](value T, err error) T {
	if err != nil {
		panic(err)
	}
	return value
}

func issue(serial int64, name string, ca *authority, path string) authority {
	key := must(ecdsa.GenerateKey(elliptic.P256(), rand.Reader))
	template := &x509.Certificate{
		SerialNumber: big.NewInt(serial), Subject: pkix.Name{CommonName: name},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		URIs: []*url.URL{must(url.Parse("spiffe://cluster.local" + path))}, BasicConstraintsValid: true,
	}
	if path == "" {
		template.IsCA, template.KeyUsage = true, x509.KeyUsageCertSign|x509.KeyUsageCRLSign
	} else {
		template.KeyUsage = x509.KeyUsageDigitalSignature
	}
	signer, parent := key, template
	if ca != nil {
		signer, parent = ca.key, ca.cert
	}
	der := must(x509.CreateCertificate(rand.Reader, template, parent, &key.PublicKey, signer))
	return authority{must(x509.ParseCertificate(der)), key}
}

func (a authority) crl(life time.Duration, extensions []pkix.Extension, serials ...int64) []byte {
	template := &x509.RevocationList{
		Number: big.NewInt(1), ThisUpdate: time.Now().Add(-time.Minute), NextUpdate: time.Now().Add(life),
		ExtraExtensions: extensions,
	}
	if life < 0 {
		template.ThisUpdate = template.NextUpdate.Add(-time.Hour)
	}
	for _, serial := range serials {
		entry := x509.RevocationListEntry{SerialNumber: big.NewInt(serial), RevocationTime: time.Now()}
		template.RevokedCertificateEntries = append(template.RevokedCertificateEntries, entry)
	}
	return must(x509.CreateRevocationList(rand.Reader, template, a.cert, a.key))
}

func TestVerifyConnection(t *testing.T) {
	root := issue(1, "root", nil, "")
	issuer := issue(2, "issuer", &root, "")
	leaf := issue(3, "leaf", &issuer, "/ns/shop/sa/cart")
	impostor := issue(4, "issuer", nil, "")
	delta := []pkix.Extension{{Id: []int{2, 5, 29, 27}, Critical: true, Value: []byte{2, 1, 1}}}
	early := issuer.cert.NotBefore

	cases := []struct {
		name    string
		crls    [][]byte
		refusal string
	}{
		{"accepts with a good CRL of every CA", [][]byte{root.crl(time.Hour, nil), issuer.crl(time.Hour, nil)}, ""},
		{"refuses a revoked leaf", [][]byte{root.crl(time.Hour, nil), issuer.crl(time.Hour, nil, 9, 3)}, "was revoked"},
		{"refuses below a revoked issuer", [][]byte{root.crl(time.Hour, nil, 2), issuer.crl(time.Hour, nil)}, "was revoked"},
		{"refuses without a CRL", nil, "no CRL of"},
		{"refuses without the root's CRL", [][]byte{issuer.crl(time.Hour, nil)}, "no CRL of CN=root"},
		{"refuses by a CRL that has ended", [][]byte{root.crl(time.Hour, nil), issuer.crl(-time.Second, nil)}, "no CRL of CN=issuer"},
		{"takes no CRL with another's signature", [][]byte{root.crl(time.Hour, nil), impostor.crl(time.Hour, nil)}, "no CRL of CN=issuer"},
		{"takes no delta CRL", [][]byte{root.crl(time.Hour, nil), issuer.crl(time.Hour, delta)}, "no CRL of CN=issuer"},
	}
	state := tls.ConnectionState{PeerCertificates: []*x509.Certificate{leaf.cert, issuer.cert}}
	for _, each := range cases {
		t.Run(each.name, func(t *testing.T) {
			revoked := &Revoked{Bundles: x509bundle.FromX509Authorities(domain, []*x509.Certificate{root.cert})}
			if err := revoked.Take(each.crls); err != nil {
				t.Fatal(err)
			}
			err := revoked.VerifyConnection(state)
			if each.refusal == "" && err != nil || each.refusal != "" && (err == nil || !strings.Contains(err.Error(), each.refusal)) {
				t.Fatalf("got %v", err)
			}
		})
	}

	t.Run("refuses before the first CRLs, and keeps the last where the next can't be read", func(t *testing.T) {
		revoked := &Revoked{Bundles: x509bundle.FromX509Authorities(domain, []*x509.Certificate{root.cert})}
		if revoked.VerifyConnection(state) == nil {
			t.Fatal("accepted")
		}
		if revoked.Take([][]byte{root.crl(time.Hour, nil), issuer.crl(time.Hour, nil, 3)}) != nil {
			t.Fatal("not taken")
		}
		if revoked.Take([][]byte{{1, 2, 3}}) == nil {
			t.Fatal("took garbage")
		}
		if err := revoked.VerifyConnection(state); err == nil || !strings.Contains(err.Error(), "was revoked") {
			t.Fatalf("got %v", err)
		}
	})

	t.Run("takes no CRL from the future, and no chain to another's root", func(t *testing.T) {
		revoked := &Revoked{Bundles: x509bundle.FromX509Authorities(domain, []*x509.Certificate{root.cert})}
		_ = revoked.Take([][]byte{root.crl(time.Hour, nil), issuer.crl(time.Hour, nil)})
		if revoked.check(leaf.cert, issuer.cert, early) == nil {
			t.Fatal("took a CRL before its time")
		}
		stranger := issue(5, "leaf", &impostor, "/ns/shop/sa/cart")
		if revoked.VerifyConnection(tls.ConnectionState{PeerCertificates: []*x509.Certificate{stranger.cert}}) == nil {
			t.Fatal("accepted a stranger")
		}
	})
}
