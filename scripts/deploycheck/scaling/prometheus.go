package scaling

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"sync"
	"time"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/model/textparse"
	"github.com/prometheus/prometheus/promql"
	"github.com/prometheus/prometheus/promql/parser"
	"github.com/prometheus/prometheus/storage"
	"github.com/prometheus/prometheus/util/annotations"
)

// maxSamples bounds a query: a worker tells some 600 series.
const maxSamples = 100_000

// A Prometheus answers queries of what it scraped last, as if that were of the moment that is asked about. It is an [http.Handler] of
// GET /api/v1/query. It is to be made with [NewPrometheus].
type Prometheus struct {
	engine *promql.Engine

	mu      sync.Mutex
	targets map[string][]sample // By pod.
}

type sample struct {
	of labels.Labels
	is float64
}

// NewPrometheus makes one that has scraped nothing.
func NewPrometheus() *Prometheus {
	options := promql.EngineOpts{MaxSamples: maxSamples, Timeout: timeout, Parser: parser.NewParser(parser.Options{})}
	return &Prometheus{engine: promql.NewEngine(options), targets: map[string][]sample{}}
}

// Scrape reads the metrics of a pod at an address, and has its series bear its name and its namespace, as a PodMonitor does.
func (p *Prometheus) Scrape(ctx context.Context, namespace, pod, address string) error {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, address, http.NoBody)
	if err != nil {
		return fmt.Errorf("scraping: %w", err)
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return fmt.Errorf("scraping: %w", err)
	}
	defer response.Body.Close()
	text, err := io.ReadAll(io.LimitReader(response.Body, maxAnswer))
	if err != nil {
		return fmt.Errorf("scraping: %w", err)
	}
	samples, err := parse(text, response.Header.Get("Content-Type"), namespace, pod)
	if err != nil {
		return fmt.Errorf("reading metrics: %w", err)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.targets[pod] = samples
	return nil
}

// Forget drops what was scraped of a pod, as five minutes without it do.
func (p *Prometheus) Forget(pod string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.targets, pod)
}

func parse(text []byte, contentType, namespace, pod string) ([]sample, error) {
	from, err := textparse.New(text, contentType, nil, textparse.ParserOptions{})
	if err != nil {
		return nil, err
	}
	var all []sample
	for {
		entry, err := from.Next()
		if errors.Is(err, io.EOF) {
			return all, nil
		}
		if err != nil {
			return nil, err
		}
		if entry != textparse.EntrySeries {
			continue
		}
		var of labels.Labels
		from.Labels(&of)
		_, _, is := from.Series()
		all = append(all, sample{labels.NewBuilder(of).Set("namespace", namespace).Set("pod", pod).Labels(), is})
	}
}

// Query evaluates an instant query at a time, which has to give a vector.
func (p *Prometheus) Query(ctx context.Context, query string, at time.Time) (promql.Vector, error) {
	q, err := p.engine.NewInstantQuery(ctx, snapshot{p.samples(), at}, nil, query, at)
	if err != nil {
		return nil, fmt.Errorf("reading the query: %w", err)
	}
	defer q.Close()
	result, err := q.Exec(ctx).Vector()
	if err != nil {
		return nil, fmt.Errorf("running the query: %w", err)
	}
	return result, nil
}

func (p *Prometheus) samples() []sample {
	p.mu.Lock()
	defer p.mu.Unlock()
	var all []sample
	for _, of := range p.targets {
		all = append(all, of...)
	}
	return all
}

// ServeHTTP implements http.Handler.
func (p *Prometheus) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	at, err := time.Parse(time.RFC3339, r.FormValue("time"))
	if err != nil || r.URL.Path != "/api/v1/query" {
		http.Error(w, "want /api/v1/query with a time", http.StatusBadRequest)
		return
	}
	result, err := p.Query(r.Context(), r.FormValue("query"), at)
	if err != nil {
		http.Error(w, err.Error(), http.StatusUnprocessableEntity)
		return
	}
	type one struct {
		Metric labels.Labels `json:"metric"`
		Value  [2]any        `json:"value"`
	}
	all := []one{}
	for _, s := range result {
		all = append(all, one{s.Metric, [2]any{at.Unix(), strconv.FormatFloat(s.F, 'f', -1, 64)}})
	}
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(map[string]any{"status": "success", "data": map[string]any{"resultType": "vector", "result": all}})
}

// A snapshot gives samples to the engine, each as of one moment.
type snapshot struct {
	samples []sample
	at      time.Time
}

func (s snapshot) Querier(int64, int64) (storage.Querier, error) {
	return &storage.MockQuerier{SelectMockFunction: s.choose}, nil
}

func (s snapshot) choose(_ bool, _ *storage.SelectHints, matchers ...*labels.Matcher) storage.SeriesSet {
	found := &series{at: -1}
	for _, one := range s.samples {
		if matches(one.of, matchers) {
			points := []promql.FPoint{{T: s.at.UnixMilli(), F: one.is}}
			found.all = append(found.all, promql.NewStorageSeries(promql.Series{Metric: one.of, Floats: points}))
		}
	}
	return found
}

func matches(of labels.Labels, matchers []*labels.Matcher) bool {
	for _, m := range matchers {
		if !m.Matches(of.Get(m.Name)) {
			return false
		}
	}
	return true
}

// A series is a list of series, as the engine reads them.
type series struct {
	all []storage.Series
	at  int
}

func (s *series) Next() bool                      { s.at++; return s.at < len(s.all) }
func (s *series) At() storage.Series              { return s.all[s.at] }
func (*series) Err() error                        { return nil }
func (*series) Warnings() annotations.Annotations { return nil }
