package embedded

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"vtq.internal/shared/config"
)

const addressFile = "server.json"

// An address is what other commands need to reach the server.
type address struct {
	URL      string `json:"url"`
	User     string `json:"user"`
	Password string `json:"password"`
}

// publish tells other commands where the server is. They find the whole file or none, and nobody else may read it, whatever the
// rights of one that was there before.
func publish(dir string, a address) error {
	body, err := json.Marshal(a) //nolint:gosec // The password is what the file is for.
	if err != nil {
		return err
	}
	file, err := os.CreateTemp(dir, addressFile+".*") // 0600.
	if err != nil {
		return err
	}
	_, err = file.Write(body)
	if err = errors.Join(err, file.Close()); err == nil {
		err = os.Rename(file.Name(), filepath.Join(dir, addressFile))
	}
	if err != nil {
		_ = os.Remove(file.Name()) // Of no use to anybody.
	}
	return err
}

// retract takes back what publish told, or what a killed process left.
func retract(dir string) error {
	err := os.Remove(filepath.Join(dir, addressFile))
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}

// Find tells how to reach the server that runs on a data directory. The error is ErrNotRunning when none does. It is another one
// when the server cannot be reached yet, or no more: it starts or stops.
func Find(dir string) (config.NATS, error) {
	locked, err := running(dir)
	if err != nil {
		return config.NATS{}, err
	}
	if !locked {
		return config.NATS{}, fmt.Errorf("%w: %s", ErrNotRunning, dir)
	}
	body, err := os.ReadFile(filepath.Join(dir, addressFile))
	if errors.Is(err, fs.ErrNotExist) {
		return config.NATS{}, fmt.Errorf("the vtq on %s (VTQ_DATA_DIR) is starting or stopping: %w", dir, err)
	}
	if err != nil {
		return config.NATS{}, fmt.Errorf("reading where the embedded NATS server is (VTQ_DATA_DIR): %w", err)
	}
	var a address
	if err := json.Unmarshal(body, &a); err != nil {
		return config.NATS{}, fmt.Errorf("reading where the embedded NATS server is (VTQ_DATA_DIR): %s is no JSON", addressFile)
	}
	return config.NATS{URL: []string{a.URL}, User: a.User, Password: config.NewSecret(a.Password), Replicas: 1}, nil
}
