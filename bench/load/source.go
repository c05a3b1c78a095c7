package main

import (
	"encoding/base64"
	"fmt"
	"os"
	"strconv"
	"strings"
)

// source makes the n-th request's line and body. What it repeats it says in the result.
type source struct {
	options
	csrFile  []string
	lineFile []string
	decoded  [][]byte
}

func newSource(o options) (*source, error) {
	s := &source{options: o}
	var err error
	if o.csrs != "" {
		if s.csrFile, err = readLines(o.csrs); err != nil {
			return nil, err
		}
	}
	if o.lines != "" {
		if s.lineFile, err = readLines(o.lines); err != nil {
			return nil, err
		}
	}
	if o.body == "@line" {
		for _, line := range s.lineFile {
			bytes, err := base64.StdEncoding.DecodeString(line)
			if err != nil {
				return nil, err
			}
			s.decoded = append(s.decoded, bytes)
		}
	}
	return s, nil
}

func readLines(name string) ([]string, error) {
	content, err := os.ReadFile(name)
	if err != nil {
		return nil, err
	}
	lines := strings.Split(strings.TrimSpace(string(content)), "\n")
	if len(lines) == 0 || lines[0] == "" {
		return nil, fmt.Errorf("%s is empty", name)
	}
	return lines, nil
}

func (s *source) path(template string, n int) string {
	if len(s.lineFile) == 0 || !strings.Contains(template, "{line}") {
		return template
	}
	return strings.ReplaceAll(template, "{line}", s.lineFile[(s.skip+n)%len(s.lineFile)])
}

func (s *source) bodyOf(n int) []byte {
	switch {
	case s.body == "":
		return nil
	case s.decoded != nil:
		return s.decoded[(s.skip+n)%len(s.decoded)]
	case s.item == "":
		return []byte(s.fill(s.body, n))
	}
	items := make([]string, s.items)
	for i := range items {
		items[i] = s.fill(s.item, n*s.items+i)
	}
	return []byte(strings.ReplaceAll(s.body, "{items}", strings.Join(items, ",")))
}

func (s *source) fill(template string, n int) string {
	filled := template
	if len(s.csrFile) > 0 {
		filled = strings.ReplaceAll(filled, "{csr}", pemInJSON(s.csrFile[(s.skip+n)%len(s.csrFile)]))
	}
	if len(s.lineFile) > 0 {
		filled = strings.ReplaceAll(filled, "{line}", s.lineFile[(s.skip+n)%len(s.lineFile)])
	}
	filled = strings.ReplaceAll(filled, "{k}", strconv.Itoa((s.skip+n)%100))
	return strings.ReplaceAll(filled, "{n}", strconv.Itoa(s.skip+n))
}

// pemInJSON is the inside of a JSON string: lines of 64 as RFC 7468 has them, their ends escaped.
func pemInJSON(base64 string) string {
	var pem strings.Builder
	pem.WriteString(`-----BEGIN CERTIFICATE REQUEST-----\n`)
	for len(base64) > 64 {
		pem.WriteString(base64[:64])
		pem.WriteString(`\n`)
		base64 = base64[64:]
	}
	pem.WriteString(base64)
	pem.WriteString(`\n-----END CERTIFICATE REQUEST-----\n`)
	return pem.String()
}

// repeats says how often every request was used again.
func (s *source) repeats(requests int) float64 {
	each := requests * max(1, s.items)
	have := max(len(s.csrFile), len(s.lineFile))
	if have == 0 || each <= have {
		return 0
	}
	return float64(each)/float64(have) - 1
}
