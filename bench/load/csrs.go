package main

import (
	"bufio"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"flag"
	"os"
	"runtime"
	"sync"
)

// writeCsrs makes keys and signs requests ahead of any measurement: one CSR a line, DER as base64.
func writeCsrs(args []string) error {
	flags := flag.NewFlagSet("csrs", flag.ExitOnError)
	count := flags.Int("count", 1000, "")
	out := flags.String("out", "csrs.txt", "")
	name := flags.String("name", "", "common name; empty: none")
	dns := flags.String("dns", "", "a DNS name to ask for")
	if err := flags.Parse(args); err != nil {
		return err
	}
	template := x509.CertificateRequest{}
	if *name != "" {
		template.Subject = pkix.Name{CommonName: *name}
	}
	if *dns != "" {
		template.DNSNames = []string{*dns}
	}
	lines := make([]string, *count)
	errs := make(chan error, runtime.NumCPU())
	var group sync.WaitGroup
	for worker := range runtime.NumCPU() {
		group.Add(1)
		go func() {
			defer group.Done()
			for i := worker; i < *count; i += runtime.NumCPU() {
				key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
				if err != nil {
					errs <- err
					return
				}
				der, err := x509.CreateCertificateRequest(rand.Reader, &template, key)
				if err != nil {
					errs <- err
					return
				}
				lines[i] = base64.StdEncoding.EncodeToString(der)
			}
		}()
	}
	group.Wait()
	close(errs)
	if err := <-errs; err != nil {
		return err
	}
	file, err := os.Create(*out)
	if err != nil {
		return err
	}
	writer := bufio.NewWriter(file)
	for _, line := range lines {
		if _, err := writer.WriteString(line + "\n"); err != nil {
			return err
		}
	}
	if err := writer.Flush(); err != nil {
		return err
	}
	return file.Close()
}
