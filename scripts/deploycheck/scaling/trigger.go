package scaling

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"vtq.internal/scripts/deploycheck/chart"
)

// maxAnswer bounds an answer, in bytes: /jsz tells about all streams of an account, some 2 KiB for each consumer.
const maxAnswer = 4 << 20

// timeout bounds a question, as KEDA_HTTP_DEFAULT_TIMEOUT does by default.
const timeout = 3 * time.Second

// A reading is what a trigger finds, and how much of it is for each replica.
type reading struct{ is, each float64 }

// each is what a trigger wants for each replica: KEDA reads a lag as a whole number, so that 1e+06 is none.
func each(trigger chart.Trigger) (float64, error) {
	switch trigger.Type {
	case "nats-jetstream":
		n, err := strconv.ParseInt(trigger.Metadata["lagThreshold"], 10, 64)
		if err != nil {
			return 0, fmt.Errorf("reading lagThreshold: %w", err)
		}
		return float64(n), nil
	case "prometheus":
		n, err := strconv.ParseFloat(trigger.Metadata["threshold"], 64)
		if err != nil {
			return 0, fmt.Errorf("reading threshold: %w", err)
		}
		return n, nil
	}
	return 0, fmt.Errorf("type %q: no such trigger is expected", trigger.Type)
}

func read(ctx context.Context, trigger chart.Trigger) (reading, error) {
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	share, err := each(trigger)
	if err != nil {
		return reading{}, err
	}
	ask := readLag
	if trigger.Type == "prometheus" {
		ask = readQuery
	}
	is, err := ask(ctx, trigger.Metadata)
	return reading{is, share}, err
}

// jsz is what of NATS's answer counts.
type jsz struct {
	Accounts []struct {
		ID      string `json:"id"`
		Name    string `json:"name"`
		Streams []struct {
			Name      string `json:"name"`
			Consumers []struct {
				Name       string `json:"name"`
				AckPending int    `json:"num_ack_pending"`
				Pending    int    `json:"num_pending"`
			} `json:"consumer_detail"`
		} `json:"stream_detail"`
	} `json:"account_details"`
}

// lag is what waits for a consumer and what it has in hand; false where there is no such consumer.
func (j jsz) lag(account, stream, consumer string) (int, bool) {
	for _, a := range j.Accounts {
		if a.ID != account && a.Name != account {
			continue
		}
		for _, s := range a.Streams {
			for _, c := range s.Consumers {
				if s.Name == stream && c.Name == consumer {
					return c.Pending + c.AckPending, true
				}
			}
		}
	}
	return 0, false
}

func readLag(ctx context.Context, m map[string]string) (float64, error) {
	if m["account"] == "" {
		return 0, errors.New("no account")
	}
	var answer jsz
	query := url.Values{"acc": {m["account"]}, "consumers": {"true"}, "config": {"true"}}
	at := url.URL{Scheme: "http", Host: m["natsServerMonitoringEndpoint"], Path: "/jsz", RawQuery: query.Encode()}
	if err := get(ctx, at.String(), &answer); err != nil {
		return 0, err
	}
	lag, ok := answer.lag(m["account"], m["stream"], m["consumer"])
	if !ok {
		return 0, fmt.Errorf("consumer %q not found in stream %q", m["consumer"], m["stream"])
	}
	return float64(lag), nil
}

// vector is what of Prometheus's answer counts: values are a time and a text.
type vector struct {
	Data struct {
		Result []struct {
			Value [2]any `json:"value"`
		} `json:"result"`
	} `json:"data"`
}

func readQuery(ctx context.Context, m map[string]string) (float64, error) {
	query := url.Values{"query": {m["query"]}, "time": {time.Now().UTC().Format(time.RFC3339)}}
	var answer vector
	if err := get(ctx, m["serverAddress"]+"/api/v1/query?"+query.Encode(), &answer); err != nil {
		return 0, err
	}
	switch n := len(answer.Data.Result); n {
	case 0:
		return 0, nil
	case 1:
	default:
		return 0, fmt.Errorf("the query gives %d series, of which one is wanted", n)
	}
	text, _ := answer.Data.Result[0].Value[1].(string)
	is, err := strconv.ParseFloat(text, 64)
	if err != nil {
		return 0, fmt.Errorf("reading what the query gives: %w", err)
	}
	if math.IsInf(is, 0) || math.IsNaN(is) {
		return 0, nil
	}
	return is, nil
}

// get reads JSON.
func get(ctx context.Context, address string, into any) error {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, address, http.NoBody)
	if err != nil {
		return fmt.Errorf("asking: %w", err)
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return fmt.Errorf("asking: %w", err)
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return fmt.Errorf("asking: %s", response.Status)
	}
	if err := json.NewDecoder(io.LimitReader(response.Body, maxAnswer)).Decode(into); err != nil {
		return fmt.Errorf("reading the answer: %w", err)
	}
	return nil
}
