package config

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strings"
)

// maxSecretBytes bounds the file of a secret. API keys have 64 characters and
// signed tokens a few thousand; 64 KiB is out of reach of both, and stops a
// path to something endless.
const maxSecretBytes = 64 << 10

// readSecret returns what the file holds, without the line break that echo and
// editors leave at its end. Its errors name neither path nor content.
func readSecret(path string) (string, error) {
	content, err := readBeginning(path, maxSecretBytes+1)
	if err != nil {
		return "", err
	}
	if len(content) > maxSecretBytes {
		return "", fmt.Errorf("wants a file of at most %d KiB", maxSecretBytes>>10)
	}
	secret := strings.TrimRight(string(content), "\r\n")
	if secret == "" {
		return "", errors.New("wants a file with the secret in it (it is empty)")
	}
	return secret, nil
}

// Readable complains if path does not name a file that can be read. An empty
// path is fine: the variable is unset.
func Readable(name, path string) error {
	if path == "" {
		return nil
	}
	// One byte tells a directory from a file: it opens, but cannot be read.
	if _, err := readBeginning(path, 1); err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	return nil
}

// readBeginning reads at most so many bytes of a file. Of what the system says
// about a failure it keeps why, and drops the path.
func readBeginning(path string, most int64) (content []byte, err error) {
	file, err := os.Open(path)
	if err == nil {
		defer func() { _ = file.Close() }()
		content, err = io.ReadAll(io.LimitReader(file, most))
	}
	if wrapped, ok := errors.AsType[*fs.PathError](err); ok {
		err = wrapped.Err
	}
	if err != nil {
		return nil, fmt.Errorf("wants the path of a readable file (%w)", err)
	}
	return content, nil
}
