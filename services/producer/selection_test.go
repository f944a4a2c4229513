package producer_test

import (
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	simulator "vtq.internal/shared/simulator/threatq"
	"vtq.internal/shared/wire"
)

// addFile puts a hash into ThreatQ.
func (l *lab) addFile(n int) int64 {
	l.Helper()
	return l.tq.AddIndicator(simulator.Indicator{Type: "MD5", Value: fmt.Sprintf("%032x", n)})
}

// addCollection saves a collection of all MD5 hashes.
func (l *lab) addCollection(name string) (hash string) {
	l.Helper()
	hash, err := l.tq.AddCollection(name, `{"criteria":{},"filters":{"type_name":"MD5"}}`)
	if err != nil {
		l.Fatalf("adding a collection: %v", err)
	}
	return hash
}

func TestACollectionByNameOrHash(t *testing.T) {
	cases := map[string]func(name, hash string) string{
		"its name":              func(name, _ string) string { return name },
		"its name, in capitals": func(name, _ string) string { return strings.ToUpper(name) },
		"its hash":              func(_, hash string) string { return hash },
	}
	for name, by := range cases {
		t.Run(name, func(t *testing.T) {
			inLab(t, func(l *lab) {
				l.add(3)
				files := []int64{l.addFile(1), l.addFile(2)}
				l.config.Collection = by("Hot hashes", l.addCollection("Hot hashes"))
				r := l.start()
				r.walked(1)
				l.add(1)
				files = append(files, l.addFile(3))
				r.walked(r.Walks() + 2)
				r.stop()
				l.publishedOnce(files)
			})
		})
	}
}

func TestAnUnknownCollectionHeals(t *testing.T) {
	inLab(t, func(l *lab) {
		file := l.addFile(1)
		l.addCollection("Hot hashes of old")
		l.config.Collection = "Hot hashes"
		r := l.start()
		l.sleep(time.Hour)
		if l.logs.count(`"level":"error"`, `Hot hashes of old`) == 0 {
			l.Errorf("the log does not say loudly which collections there are:\n%s", l.logs.text())
		}
		l.addCollection("Hot hashes")
		l.until(6*time.Minute, func() bool { return r.Walks() > 0 })
		r.stop()
		l.publishedOnce([]int64{file})
	})
}

func TestADeletedCollectionHeals(t *testing.T) {
	inLab(t, func(l *lab) {
		l.config.Collection = "Hot hashes"
		l.addCollection("Hot hashes")
		files := []int64{l.addFile(1)}
		gone, back := time.Now().Add(time.Minute/2), time.Now().Add(time.Hour)
		l.tq.Fail = func(r *http.Request) *simulator.Fault {
			if now := time.Now(); r.Pattern == simulator.EndpointCollections && now.After(gone) && now.Before(back) {
				return &simulator.Fault{Status: http.StatusOK, Body: `{"total":0,"data":[]}`}
			}
			return nil
		}
		r := l.start()
		l.sleep(time.Minute)
		files = append(files, l.addFile(2))
		l.sleep(50 * time.Minute)
		if got := len(l.jobs(wire.Fresh)); got != 1 {
			l.Errorf("%d jobs while the collection is gone, want the one of before", got)
		}
		l.until(20*time.Minute, func() bool { return len(l.jobs(wire.Fresh)) == 2 })
		r.stop()
		l.publishedOnce(files)
	})
}

func TestAnotherSelectionStartsAfresh(t *testing.T) {
	inLab(t, func(l *lab) {
		names := l.add(2)
		l.config.Collection = "Hot hashes"
		l.addCollection("Hot hashes")
		file := l.addFile(1)
		l.sweepOnce()
		l.publishedOnce([]int64{file})
		l.sleep(time.Hour)
		l.config.Collection = ""
		l.sweepOnce()
		l.publishedOnce(append(names, file))
	})
}

// selectionFile writes lines into a file.
func (l *lab) selectionFile(lines ...string) string {
	l.Helper()
	path := filepath.Join(l.TempDir(), "selection.txt")
	if err := os.WriteFile(path, []byte(strings.Join(lines, "\n")), 0o600); err != nil {
		l.Fatalf("writing a selection: %v", err)
	}
	return path
}

func TestAFileOfIDsAndValues(t *testing.T) {
	inLab(t, func(l *lab) {
		ids := l.add(2)
		byHash := l.addFile(0x7777) // Its hash has digits alone, as an id does.
		url := l.tq.AddIndicator(simulator.Indicator{Type: "URL", Value: "https://quiet-harbor.com/a"})
		l.add(3)
		l.config.SelectionFile = l.selectionFile(
			"\ufeff"+strconv.FormatInt(ids[0], 10), "# a comment", "", "  "+l.value(ids[1])+"\t\r", strings.Repeat("0", 28)+"7777",
			"https://quiet-harbor.com/a", "nobody-has-this.com", "4711", strconv.FormatInt(ids[0], 10),
		)
		r := l.start()
		r.walked(1)
		l.sleep(10 * time.Minute)
		if r.Walks() != 1 {
			l.Errorf("%d walks over a file, want none but the sweep", r.Walks())
		}
		r.stop()
		l.publishedOnce([]int64{ids[0], ids[1], byHash, url})
		for _, said := range []string{`"indicator_id":4711`, `"missing":1,"named":4`} {
			if l.logs.count(`"level":"warn"`, said) != 1 {
				l.Errorf("the log does not say %s:\n%s", said, l.logs.text())
			}
		}
	})
}

func (l *lab) value(id int64) string {
	l.Helper()
	in, ok := l.tq.Indicator(id)
	if !ok {
		l.Fatalf("no indicator %d", id)
	}
	return in.Value
}

func TestALongFileIsSweptInChunks(t *testing.T) {
	inLab(t, func(l *lab) {
		ids := l.add(1200)
		lines := make([]string, len(ids))
		for i, id := range ids {
			lines[i] = l.value(id)
		}
		l.config.SelectionFile = l.selectionFile(lines...)
		l.config.Sweep = time.Hour
		r := l.start()
		r.walked(2)
		r.stop()
		l.publishedOnce(ids)
	})
}

func TestAFileThatIsGoneHeals(t *testing.T) {
	inLab(t, func(l *lab) {
		ids := l.add(1)
		path := l.selectionFile(l.value(ids[0]))
		l.config.SelectionFile = path + ".new"
		r := l.start()
		l.sleep(10 * time.Minute)
		if l.logs.count(`"level":"error"`, "THREATQ_SELECTION_FILE") == 0 {
			l.Errorf("the log does not say which file is missing:\n%s", l.logs.text())
		}
		if err := os.Rename(path, path+".new"); err != nil {
			l.Fatalf("bringing the file: %v", err)
		}
		l.until(6*time.Minute, func() bool { return r.Walks() > 0 })
		r.stop()
		l.publishedOnce(ids)
	})
}

func TestAFileThatIsTooLarge(t *testing.T) {
	inLab(t, func(l *lab) {
		path := l.selectionFile("4711")
		if err := os.Truncate(path, 64<<20+1); err != nil {
			l.Fatalf("growing the file: %v", err)
		}
		l.config.SelectionFile = path
		r := l.start()
		l.sleep(time.Minute)
		r.stop()
		if l.logs.count("67108865 bytes, at most 67108864") == 0 {
			l.Errorf("the log does not say what is wrong:\n%s", l.logs.text())
		}
	})
}
