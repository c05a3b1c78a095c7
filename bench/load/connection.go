package main

import (
	"bufio"
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/url"
	"os"
	"strconv"
	"strings"
	"time"
)

// target is where a connection goes, and the part of its requests that never changes.
type target struct {
	address string
	path    string
	headers string
	tls     *tls.Config
}

func newTargets(o options) ([]target, error) {
	config := &tls.Config{MinVersion: tls.VersionTLS12}
	if o.ca != "" {
		pem, err := os.ReadFile(o.ca)
		if err != nil {
			return nil, err
		}
		config.RootCAs = x509.NewCertPool()
		config.RootCAs.AppendCertsFromPEM(pem)
	}
	if o.cert != "" {
		pair, err := tls.LoadX509KeyPair(o.cert, o.key)
		if err != nil {
			return nil, err
		}
		config.Certificates = []tls.Certificate{pair}
	}
	var targets []target
	for _, text := range o.urls {
		at, err := url.Parse(text)
		if err != nil {
			return nil, err
		}
		path := text[strings.Index(text, at.Host)+len(at.Host):]
		if path == "" {
			path = "/"
		}
		headers := "Host: " + at.Host + "\r\n"
		for _, header := range o.headers {
			headers += header + "\r\n"
		}
		one := target{address: at.Host, path: path, headers: headers}
		if at.Scheme == "https" {
			one.tls = config
		}
		targets = append(targets, one)
	}
	if len(targets) == 0 {
		return nil, errors.New("no -url")
	}
	return targets, nil
}

type answer struct {
	status     int
	body       []byte
	retryAfter string
}

// connection speaks HTTP/1.1 by itself: net/http costs as much CPU again as the server may.
type connection struct {
	target
	socket net.Conn
	reader *bufio.Reader
	out    []byte
	body   []byte
}

func (c *connection) dial(timeout time.Duration) error {
	socket, err := net.DialTimeout("tcp", c.address, timeout)
	if err != nil {
		return err
	}
	if c.tls != nil {
		config := c.tls.Clone()
		config.ServerName, _, _ = net.SplitHostPort(c.address)
		secure := tls.Client(socket, config)
		_ = socket.SetDeadline(time.Now().Add(timeout))
		if err := secure.Handshake(); err != nil {
			socket.Close()
			return err
		}
		socket = secure
	}
	c.socket = socket
	c.reader = bufio.NewReaderSize(socket, 32*1024)
	return nil
}

func (c *connection) close() {
	if c.socket != nil {
		c.socket.Close()
		c.socket = nil
	}
}

// ask sends one request and reads its answer; the body is valid until the next call.
func (c *connection) ask(method, path string, body []byte, timeout time.Duration) (answer, error) {
	_ = c.socket.SetDeadline(time.Now().Add(timeout))
	c.out = append(c.out[:0], method...)
	c.out = append(c.out, ' ')
	c.out = append(c.out, path...)
	c.out = append(c.out, " HTTP/1.1\r\n"...)
	c.out = append(c.out, c.headers...)
	if body != nil {
		c.out = append(c.out, "Content-Length: "...)
		c.out = strconv.AppendInt(c.out, int64(len(body)), 10)
		c.out = append(c.out, "\r\n"...)
	}
	c.out = append(c.out, "\r\n"...)
	c.out = append(c.out, body...)
	if _, err := c.socket.Write(c.out); err != nil {
		return answer{}, err
	}
	return c.read()
}

func (c *connection) read() (answer, error) {
	line, err := c.reader.ReadSlice('\n')
	if err != nil {
		return answer{}, err
	}
	if len(line) < 12 || !bytes.HasPrefix(line, []byte("HTTP/1.")) {
		return answer{}, fmt.Errorf("not an HTTP/1 answer: %q", line)
	}
	status, err := strconv.Atoi(string(line[9:12]))
	if err != nil {
		return answer{}, err
	}
	result := answer{status: status}
	// HTTP/1.0 closes unless it says otherwise.
	length, chunked, last := 0, false, line[7] == '0'
	for {
		line, err := c.reader.ReadSlice('\n')
		if err != nil {
			return answer{}, err
		}
		line = bytes.TrimRight(line, "\r\n")
		if len(line) == 0 {
			break
		}
		name, value, _ := bytes.Cut(line, []byte(":"))
		value = bytes.TrimSpace(value)
		switch {
		case bytes.EqualFold(name, []byte("content-length")):
			if length, err = strconv.Atoi(string(value)); err != nil {
				return answer{}, err
			}
		case bytes.EqualFold(name, []byte("transfer-encoding")):
			chunked = bytes.EqualFold(value, []byte("chunked"))
		case bytes.EqualFold(name, []byte("connection")):
			last = bytes.EqualFold(value, []byte("close")) || (last && !bytes.EqualFold(value, []byte("keep-alive")))
		case bytes.EqualFold(name, []byte("retry-after")):
			result.retryAfter = string(value)
		}
	}
	if chunked {
		err = c.readChunks()
	} else {
		err = c.readExactly(length)
	}
	if err != nil {
		return answer{}, err
	}
	result.body = c.body
	if last {
		c.close()
	}
	return result, nil
}

func (c *connection) readExactly(length int) error {
	if cap(c.body) < length {
		c.body = make([]byte, length)
	}
	c.body = c.body[:length]
	_, err := io.ReadFull(c.reader, c.body)
	return err
}

func (c *connection) readChunks() error {
	c.body = c.body[:0]
	for {
		line, err := c.reader.ReadSlice('\n')
		if err != nil {
			return err
		}
		size, err := strconv.ParseInt(string(bytes.TrimRight(line, "\r\n")), 16, 32)
		if err != nil {
			return err
		}
		at := len(c.body)
		c.body = append(c.body, make([]byte, size)...)
		if _, err := io.ReadFull(c.reader, c.body[at:]); err != nil {
			return err
		}
		if _, err := c.reader.ReadSlice('\n'); err != nil {
			return err
		}
		if size == 0 {
			return nil
		}
	}
}
