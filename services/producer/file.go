package producer

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"

	"vtq.internal/shared/fault"
	"vtq.internal/shared/threatq"
)

const (
	// maxSelectionFile bounds a file of ids or values, in bytes: a million hashes.
	maxSelectionFile = 64 << 20
	// fileChunk is how many lines are looked up before their jobs are published: one page.
	fileChunk = 1000
	// byteOrderMark is what some editors put before the first line.
	byteOrderMark = "\ufeff"
)

// errSelectionFile means that the file which names the indicators cannot be read: a person must act, and it is not ThreatQ that refuses.
var errSelectionFile = errors.New("reading THREATQ_SELECTION_FILE")

// walkFile looks up what the file names. A line of digits alone is an id, any other a value; blank lines and lines that begin
// with # are passed over. It begins again after an interruption: nothing is asked twice for that.
func (p *Producer) walkFile(ctx context.Context, w *walker) error {
	lines, err := readSelection(p.config.SelectionFile)
	if err != nil {
		return fault.New(fault.Denied, err)
	}
	w.seen = nil
	for len(lines) > 0 {
		n := min(len(lines), fileChunk)
		records, err := p.lookUp(ctx, lines[:n])
		if err != nil {
			return err
		}
		p.metrics.answered()
		if err := p.enqueue(ctx, w, records, 0); err != nil {
			return err
		}
		lines = lines[n:]
	}
	return p.finish(ctx, w)
}

func readSelection(path string) ([]string, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", errSelectionFile, err)
	}
	defer func() { _ = file.Close() }() // Only read.
	if info, err := file.Stat(); err == nil && info.Size() > maxSelectionFile {
		return nil, fmt.Errorf("%w: %d bytes, at most %d", errSelectionFile, info.Size(), maxSelectionFile)
	}
	var lines []string
	scanner := bufio.NewScanner(file)
	for scanner.Scan() {
		text := strings.TrimPrefix(scanner.Text(), byteOrderMark)
		if line := strings.TrimSpace(text); line != "" && !strings.HasPrefix(line, "#") {
			lines = append(lines, line)
		}
	}
	if err := scanner.Err(); err != nil {
		return nil, fmt.Errorf("%w: %w", errSelectionFile, err)
	}
	return lines, nil
}

// idOf tells an id from a value, which may be a hash of digits alone: an id is as short as it can be written.
func idOf(line string) (id int64, ok bool) {
	id, err := strconv.ParseInt(line, 10, 64)
	return id, err == nil && id > 0 && strconv.FormatInt(id, 10) == line
}

func (p *Producer) lookUp(ctx context.Context, lines []string) ([]threatq.Record, error) {
	var records []threatq.Record
	var values []string
	for _, line := range lines {
		id, ok := idOf(line)
		if !ok {
			values = append(values, line)
			continue
		}
		record, err := p.library.Indicator(ctx, id)
		if fault.KindOf(err) == fault.Gone {
			p.log.Warn().Int64("indicator_id", id).Msg("no such indicator")
			continue
		}
		if err != nil {
			return nil, err
		}
		records = append(records, record)
	}
	found, err := p.library.Values(ctx, values)
	if err != nil {
		return nil, err
	}
	if missing := len(values) - len(found); missing > 0 {
		p.log.Warn().Int("missing", missing).Int("named", len(values)).Msg("values that ThreatQ does not have")
	}
	return append(records, found...), nil
}
