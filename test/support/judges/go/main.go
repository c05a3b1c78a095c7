// Command judge says of each certificate on standard input what Go's crypto/x509 and x/crypto/ocsp make of it.
//
// One JSON object a line in, one verdict a line out. Go checks no revocation by itself; this is what its documentation
// leaves to the caller, done strictly: a CRL or answer that is absent, unsigned, of another time, is a refusal.
package main

import (
	"bufio"
	"bytes"
	"crypto"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"time"

	"golang.org/x/crypto/ocsp"
)

type question struct {
	Method string // crl or ocsp
	Leaf   string // PEM
	Chain  string
	Root   string
	Crls   string
	Shift  int64 // milliseconds between our clock and the judge's
}

type verdict struct {
	Accepted bool   `json:"accepted"`
	Said     string `json:"said"`
}

func main() {
	lines := bufio.NewScanner(os.Stdin)
	lines.Buffer(nil, 1<<26)
	for lines.Scan() {
		var asked question
		err := json.Unmarshal(lines.Bytes(), &asked)
		if err == nil {
			err = judge(asked)
		}
		given := verdict{Accepted: err == nil, Said: "good"}
		if err != nil {
			given.Said = err.Error()
		}
		text, _ := json.Marshal(given)
		fmt.Println(string(text))
	}
}

func judge(asked question) error {
	now := time.Now().Add(time.Duration(asked.Shift) * time.Millisecond)
	leaf, err := certificates(asked.Leaf)
	if err != nil {
		return err
	}
	chain, err := certificates(asked.Chain)
	if err != nil {
		return err
	}
	roots, intermediates := x509.NewCertPool(), x509.NewCertPool()
	roots.AppendCertsFromPEM([]byte(asked.Root))
	for _, certificate := range chain {
		intermediates.AddCert(certificate)
	}
	paths, err := leaf[0].Verify(x509.VerifyOptions{
		Roots: roots, Intermediates: intermediates, CurrentTime: now,
		KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth},
	})
	if err != nil {
		return err
	}
	for i := 0; i+1 < len(paths[0]); i++ {
		certificate, issuer := paths[0][i], paths[0][i+1]
		if asked.Method == "ocsp" {
			err = askResponder(certificate, issuer, now)
		} else {
			err = lookUp(certificate, issuer, asked.Crls, now)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func lookUp(certificate, issuer *x509.Certificate, crls string, now time.Time) error {
	reason := errors.New("no CRL of " + issuer.Subject.String())
	for rest := []byte(crls); ; {
		var block *pem.Block
		if block, rest = pem.Decode(rest); block == nil {
			return reason
		}
		list, err := x509.ParseRevocationList(block.Bytes)
		if err != nil {
			return err
		}
		if !bytes.Equal(list.RawIssuer, issuer.RawSubject) || list.CheckSignatureFrom(issuer) != nil {
			continue
		}
		if now.Before(list.ThisUpdate) || now.After(list.NextUpdate) {
			reason = errors.New("the CRL is of another time")
			continue
		}
		for _, entry := range list.RevokedCertificateEntries {
			if entry.SerialNumber.Cmp(certificate.SerialNumber) == 0 {
				return fmt.Errorf("revoked, reason %d, of %q", entry.ReasonCode, certificate.Subject)
			}
		}
		return nil
	}
}

func askResponder(certificate, issuer *x509.Certificate, now time.Time) error {
	if len(certificate.OCSPServer) == 0 {
		return errors.New("no OCSP responder named in " + certificate.Subject.String())
	}
	asked, err := ocsp.CreateRequest(certificate, issuer, &ocsp.RequestOptions{Hash: crypto.SHA256})
	if err != nil {
		return err
	}
	answer, err := http.Post(certificate.OCSPServer[0], "application/ocsp-request", bytes.NewReader(asked))
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(io.LimitReader(answer.Body, 1<<20))
	if err != nil {
		return err
	}
	said, err := ocsp.ParseResponseForCert(body, certificate, issuer)
	if err != nil {
		return err
	}
	if now.Before(said.ThisUpdate) || now.After(said.NextUpdate) {
		return errors.New("the answer is of another time")
	}
	switch said.Status {
	case ocsp.Good:
		return nil
	case ocsp.Revoked:
		return fmt.Errorf("revoked, reason %d, of %q", said.RevocationReason, certificate.Subject)
	default:
		return errors.New("the responder does not know it")
	}
}

func certificates(text string) (all []*x509.Certificate, err error) {
	for rest := []byte(text); ; {
		var block *pem.Block
		if block, rest = pem.Decode(rest); block == nil {
			break
		}
		certificate, err := x509.ParseCertificate(block.Bytes)
		if err != nil {
			return nil, err
		}
		all = append(all, certificate)
	}
	if len(all) == 0 {
		return nil, errors.New("no certificate")
	}
	return all, nil
}
