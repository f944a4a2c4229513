package cli

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"golang.org/x/term"

	"vtq.internal/shared/indicator"
)

// maxValues bounds the values of one lookup: two days of a public key. A longer list is the pipeline's own work.
const maxValues = 1000

// fromStdin as the only argument stands for standard input.
const fromStdin = "-"

// byteOrderMark stands at the start of files from Windows.
const byteOrderMark = "\uFEFF"

// valuesOf takes the values from the arguments or, without any, from lines of a standard input that somebody has filled.
func valuesOf(args []string, stdin io.Reader) (values []string, err error) {
	switch {
	case len(args) == 0 && isTerminal(stdin):
		return nil, errors.New("no values; want hashes, URLs, domains or addresses, or - to read lines from standard input")
	case len(args) == 0, len(args) == 1 && args[0] == fromStdin:
		values, err = linesOf(stdin)
	default:
		values = args
	}
	switch {
	case err != nil:
		return nil, err
	case len(values) == 0:
		return nil, errors.New("no values on standard input; want one a line")
	case len(values) > maxValues:
		return nil, fmt.Errorf("more than %d values; put them into ThreatQ, or look them up in parts", maxValues)
	}
	return values, nil
}

func isTerminal(r io.Reader) bool {
	file, ok := r.(*os.File)
	return ok && term.IsTerminal(int(file.Fd()))
}

// linesOf reads one value more than may be asked for, and leaves the rest alone.
func linesOf(r io.Reader) ([]string, error) {
	var lines []string
	scanner := bufio.NewScanner(r)
	scanner.Buffer(nil, indicator.MaxValueBytes+len("\r\n")+1) // A line as long as this is too long for the scanner.
	for len(lines) <= maxValues && scanner.Scan() {
		line := strings.TrimSpace(strings.TrimPrefix(scanner.Text(), byteOrderMark))
		if line != "" && !strings.HasPrefix(line, "#") {
			lines = append(lines, line)
		}
	}
	if err := scanner.Err(); errors.Is(err, bufio.ErrTooLong) {
		return nil, fmt.Errorf("standard input: line behind value %d is too long; want at most %d bytes", len(lines), indicator.MaxValueBytes)
	} else if err != nil {
		return nil, fmt.Errorf("reading standard input: %w", err)
	}
	return lines, nil
}
