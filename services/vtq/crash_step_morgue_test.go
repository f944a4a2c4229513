package vtq_test

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"path"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/nats-io/nats.go/jetstream"

	"vtq.internal/shared/indicator"
	"vtq.internal/shared/provider"
	"vtq.internal/shared/simulator/dataset"
	tqsim "vtq.internal/shared/simulator/threatq"
	vtsim "vtq.internal/shared/simulator/virustotal"
	"vtq.internal/shared/stream"
	"vtq.internal/shared/verdict"
	"vtq.internal/shared/wire"
)

// handful is what a series of deaths works on: objects of every kind, one whose answer makes aliases, some that the provider does not
// know, and what it is never asked about.
func handful() []dataset.Item {
	known := func(typ, value string, r dataset.Recipe) dataset.Item {
		return dataset.Item{Type: typ, Value: value, Object: r.Object, Class: r.Class, Report: dataset.Report(r)}
	}
	of := func(kind indicator.Kind, object string, class verdict.Class) dataset.Recipe {
		return dataset.Recipe{Kind: kind, Object: object, Class: class}
	}
	var all []dataset.Item
	for _, item := range dataset.Demo() {
		if item.Type == "MD5" && item.Class == verdict.ClassUndetected {
			all = append(all, item)
			break
		}
	}
	unknown := hash("unknown")
	return append(all,
		known("SHA-256", hash("file"), of(indicator.File, hash("file"), verdict.ClassMalicious)),
		known("URL", "quiet-harbor-metrics.com/login/", of(indicator.URL, "http://quiet-harbor-metrics.com/login/", verdict.ClassSuspicious)),
		known("FQDN", "quiet-harbor-archive.com", of(indicator.Domain, "quiet-harbor-archive.com", verdict.ClassHarmless)),
		known("IP Address", "45.91.7.21", of(indicator.IP, "45.91.7.21", verdict.ClassMalicious)),
		dataset.Item{Type: "SHA-256", Value: unknown, Object: unknown, Class: verdict.ClassNotFound},
		dataset.Item{Type: "Mutex", Value: `Global\quillmoth-7`},
		dataset.Item{Type: "IP Address", Value: "10.20.30.40"},
	)
}

// perMinute is a limit that the handful cannot be asked about within.
const perMinute = 4

// A morgue is a world in which processes die, with a record of what each had in flight.
type morgue struct {
	*world
	ids []int64

	mu       sync.Mutex
	process  *mortal
	left     int // Times that the process comes to the step until it dies; 0 for never.
	demise   demise
	reached  chan struct{}
	inFlight map[string]bool // Objects that are asked about, until their verdict is on its way to the stream.
	asked    map[string]int  // Requests that reached the provider.
	repeats  map[string]int  // Requests that were in flight at a death.
	deaths   int
}

func inMorgue(t *testing.T, f func(*morgue), settings []string) {
	t.Helper()
	limit := []string{"VT_REQUESTS_PER_MINUTE=4", "VT_REQUESTS_PER_DAY=500", "VT_REQUESTS_PER_MONTH=15500", "THREATQ_PAGE_SIZE=3"}
	inWorld(t, func(w *world) {
		m := &morgue{
			world: w, reached: make(chan struct{}, 1),
			inFlight: map[string]bool{}, asked: map[string]int{}, repeats: map[string]int{},
		}
		w.tq.Fail = m.atThreatQ
		w.vt.Fail = m.atProvider
		f(m)
	}, append(limit, settings...)...)
}

// fill puts the handful into both services.
func (m *morgue) fill() { m.ids = m.add(handful()...) }

// undisturbed is how everything ends when nobody dies.
func undisturbed(t *testing.T, settings []string) (rows map[int64]map[string]int) {
	t.Helper()
	inMorgue(t, func(m *morgue) {
		m.fill()
		m.once()
		rows = m.rows()
	}, settings)
	for id, values := range rows {
		if len(values) > 0 {
			continue
		}
		if item := handful()[id-1]; item.Class != "" {
			t.Fatalf("indicator %d (%s) bears nothing in a run without a death", id, item.Type)
		}
	}
	return rows
}

func (m *morgue) rows() map[int64]map[string]int {
	m.t.Helper()
	all := map[int64]map[string]int{}
	for _, id := range m.ids {
		all[id] = m.values(id)
		m.attributes(id) // Which complains of what bears no source or stands there twice.
	}
	return all
}

// dies has a pipeline work until it dies, and tells whether it did: else it came to its end before.
func (m *morgue) dies(d demise) bool {
	m.t.Helper()
	m.arm(d)
	r := m.startIn(m.process)
	for {
		select {
		case <-m.reached:
			m.pass(time.Millisecond) // What is on its way arrives.
			r.die()
			m.bury()
			return true
		case <-time.After(time.Second):
		}
		if p, err := r.Progress(context.Background()); err == nil && p.Idle() {
			m.arm(demise{})
			r.stop()
			return false
		}
	}
}

// arm has a new process die somewhere, or nowhere.
func (m *morgue) arm(d demise) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.process, m.demise, m.left = newMortal(m.server, m.atNATS), d, d.nth
	select {
	case <-m.reached:
	default:
	}
}

// bury notes what the process was about to be told.
func (m *morgue) bury() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.deaths++
	for object := range m.inFlight {
		m.repeats[object]++
	}
	clear(m.inFlight)
}

// come notes that the process has come to a step, and says what becomes of it there.
func (m *morgue) come(here bool) ending {
	if !here || m.left == 0 || m.process.frozen.Load() {
		return lives
	}
	if m.left--; m.left > 0 {
		return lives
	}
	m.reached <- struct{}{}
	return m.demise.ending
}

func (m *morgue) atNATS(p publication) ending {
	m.mu.Lock()
	defer m.mu.Unlock()
	here := waypoints()[m.demise.step].published
	what := m.come(here != nil && here(p))
	if what != diesBefore && under("vtq.verdict.")(p) {
		if v, err := wire.DecodeVerdict(p.body); err == nil {
			delete(m.inFlight, v.Object.Value)
		}
	}
	return what
}

// request is come for a request, on which a process dies that cannot know it.
func (m *morgue) request(r *http.Request) ending {
	here := waypoints()[m.demise.step].asked
	what := m.come(here != nil && here(r))
	if what != lives {
		m.process.freeze()
	}
	return what
}

func (m *morgue) atThreatQ(r *http.Request) *tqsim.Fault {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.request(r) == diesBefore {
		return tqsim.CutConnection()
	}
	return nil
}

func (m *morgue) atProvider(r *http.Request) *vtsim.Fault {
	if !lookedUp(r) {
		return nil
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.request(r) == diesBefore {
		return &vtsim.Fault{Uncounted: true, Reset: true}
	}
	object := path.Base(r.URL.Path)
	if url, err := base64.RawURLEncoding.DecodeString(object); err == nil && strings.Contains(r.URL.Path, "/urls/") {
		object = string(url)
	}
	m.asked[object]++
	m.inFlight[object] = true
	return nil
}

// goesOn has another process come to the end.
func (m *morgue) goesOn(want map[int64]map[string]int) {
	m.t.Helper()
	m.arm(demise{})
	r := m.startIn(m.process)
	r.settle(1)
	r.stop()
	m.endsAs(want)
}

// endsAs checks that what was left behind is what nobody's death leaves.
func (m *morgue) endsAs(want map[int64]map[string]int) {
	m.t.Helper()
	if diff := cmp.Diff(want, m.rows()); diff != "" {
		m.t.Errorf("rows after %d deaths (-undisturbed +got):\n%s", m.deaths, diff)
	}
	if dead := m.deadLetters(); len(dead) > 0 {
		m.t.Errorf("the deaths left dead letters: %q", dead)
	}
	for _, name := range []string{stream.Jobs, stream.Urgent} {
		if left := m.state(name).Msgs; left > 0 {
			m.t.Errorf("%d messages are left in %s", left, name)
		}
	}
	m.spentWell()
}

// spentWell checks what the provider was asked: once about each object, and once more for each death at which its answer was on its way.
func (m *morgue) spentWell() {
	m.t.Helper()
	total := 0
	for object, n := range m.asked {
		total += n
		if most := 1 + m.repeats[object]; n > most {
			m.t.Errorf("%s was asked about %d times, want at most %d", object, n, most)
		}
	}
	if got := m.vt.MaxInWindow(time.Minute); got > perMinute {
		m.t.Errorf("%d requests within a minute, want at most %d", got, perMinute)
	}
	wasted := m.deaths * m.settings.Lookup.Concurrency
	if got := m.charged(); got < total || got > total+wasted {
		m.t.Errorf("the day was charged with %d, for %d requests and %d deaths", got, total, m.deaths)
	}
}

// charged is the counter of the day.
func (m *morgue) charged() int {
	m.t.Helper()
	account := wire.Account{Provider: provider.VirusTotal, Name: m.settings.Providers.VirusTotal.Account}
	var counter struct {
		Val int `json:"val,string"`
	}
	m.jetStream(func(js jetstream.JetStream) {
		spend, err := js.Stream(context.Background(), stream.Spend)
		if err != nil {
			m.t.Fatalf("opening the counters: %v", err)
		}
		message, err := spend.GetLastMsgForSubject(context.Background(), account.SpendSubject(time.Now().UTC().Format("20060102")))
		if err != nil {
			m.t.Fatalf("reading the counter of the day: %v", err)
		}
		if err := json.Unmarshal(message.Data, &counter); err != nil {
			m.t.Fatalf("reading the counter of the day: %v", err)
		}
	})
	return counter.Val
}
