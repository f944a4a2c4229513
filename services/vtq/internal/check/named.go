package check

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"strings"

	"vtq.internal/shared/threatq"
)

// named reads the file of ids or values, and whether the account may read indicators at all. Which of them ThreatQ has shows when
// vtq up looks them up: asking for all of them here could take longer than the rest together.
func named(ctx context.Context, path string, client *threatq.Client) Result {
	tried := "reading the file " + path
	n, err := countNames(path)
	if err != nil {
		return failed(nameSelection, tried, err, "check THREATQ_SELECTION_FILE: it wants ids or values, one a line")
	}
	if n == 0 {
		return Result{
			Check: nameSelection, State: Note, Tried: tried, Found: "it names no indicator",
			Mend: "write ids or values into it, one a line",
		}
	}
	everything, err := client.Resolve(ctx, "")
	if err == nil {
		_, err = client.Page(ctx, everything, "", 1)
	}
	if err != nil {
		return failed(nameSelection, tried+", and one indicator of ThreatQ", err, mendRole)
	}
	return Result{Check: nameSelection, State: OK, Tried: tried, Found: fmt.Sprintf("it names %d", n) + onlyAWriteTells}
}

// countNames counts the lines that the producer heeds: blank ones and comments are none.
func countNames(path string) (n int, err error) {
	file, err := os.Open(path)
	if err != nil {
		return 0, err
	}
	defer func() { _ = file.Close() }() // Only read.
	scanner := bufio.NewScanner(file)
	for scanner.Scan() {
		// Some editors put a byte order mark before the first line.
		line := strings.TrimSpace(strings.TrimPrefix(scanner.Text(), "\ufeff"))
		if line != "" && !strings.HasPrefix(line, "#") {
			n++
		}
	}
	return n, scanner.Err()
}
