package rehearsal

import (
	"bufio"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
)

// A Violation is a line of a log about somebody who met the end of their rights.
type Violation struct {
	File, Line string
	// User and Subject are known from a server's log: the public key, and what was published or subscribed to.
	User, Subject string
}

func (v Violation) String() string { return v.File + ": " + v.Line }

// violation is how nats-server writes it (v2.15): the account and key of the connection come before, in quotes.
const violation = `"[^"]*nkey:([A-Z0-9]+)" - (?:Publish|Subscription) Violation - Subject "([^"]*)"`

// Violations reads all logs of a folder. Servers and clients have different words, and one in common,
// which begins with a capital or not.
func Violations(logs string) ([]Violation, error) {
	paths, err := filepath.Glob(filepath.Join(logs, "*.log"))
	if err != nil {
		return nil, fmt.Errorf("looking for logs: %w", err)
	}
	server := regexp.MustCompile(violation)
	var all []Violation
	for _, path := range paths {
		found, err := violationsOf(path, server)
		if err != nil {
			return nil, err
		}
		all = append(all, found...)
	}
	return all, nil
}

// maxLine bounds a line of a log: a status with everything in it has some kilobytes.
const maxLine = 1 << 20

func violationsOf(path string, server *regexp.Regexp) ([]Violation, error) {
	log, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("reading a log: %w", err)
	}
	defer func() { _ = log.Close() }() // It is only read.
	var all []Violation
	lines := bufio.NewScanner(log)
	lines.Buffer(nil, maxLine)
	for lines.Scan() {
		line := lines.Text()
		if !strings.Contains(line, "iolation") {
			continue
		}
		v := Violation{File: filepath.Base(path), Line: line}
		if found := server.FindStringSubmatch(line); found != nil {
			v.User, v.Subject = found[1], found[2]
		}
		all = append(all, v)
	}
	if err := lines.Err(); err != nil {
		return nil, fmt.Errorf("reading %s: %w", filepath.Base(path), err)
	}
	return all, nil
}

// Users reads the public keys of the roles from keys.conf, by role.
func Users(keysFile string) (map[string]string, error) {
	text, err := os.ReadFile(keysFile)
	if err != nil {
		return nil, fmt.Errorf("reading the public keys: %w", err)
	}
	users := map[string]string{}
	for line := range strings.Lines(string(text)) {
		if name, key, ok := strings.Cut(line, ": "); ok && strings.HasPrefix(name, "VTQ_") {
			users[strings.ToLower(strings.TrimPrefix(name, "VTQ_"))] = strings.TrimSpace(key)
		}
	}
	return users, nil
}
