package histogram_test

import (
	"math"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/client_golang/prometheus"
	dto "github.com/prometheus/client_model/go"

	"vtq.internal/shared/histogram"
)

// measured is what a histogram says after some observations.
func measured(t *testing.T, values ...float64) *dto.Histogram {
	t.Helper()
	h := prometheus.NewHistogram(histogram.Options("vtq_test_seconds", "A test.", []float64{1, 60}))
	for _, v := range values {
		h.Observe(v)
	}
	var m dto.Metric
	if err := h.Write(&m); err != nil {
		t.Fatal(err)
	}
	return m.GetHistogram()
}

func TestBothSortsOfBuckets(t *testing.T) {
	h := measured(t, 0.5, 30, 31, 3600)
	classic := map[float64]uint64{}
	for _, b := range h.GetBucket() {
		classic[b.GetUpperBound()] = b.GetCumulativeCount()
	}
	if diff := cmp.Diff(map[float64]uint64{1: 1, 60: 3}, classic); diff != "" || h.GetSampleCount() != 4 {
		t.Errorf("%d observations in buckets (-want +got):\n%s", h.GetSampleCount(), diff)
	}
	if h.GetSchema() != 3 || len(h.GetPositiveDelta()) < 3 {
		t.Errorf("native buckets of schema %d, deltas %v, want 3, which is a factor of 2^(1/8), and some", h.GetSchema(), h.GetPositiveDelta())
	}
}

// TestNativeBucketsAreBounded has more different observations than there may be buckets.
func TestNativeBucketsAreBounded(t *testing.T) {
	var values []float64
	for i := range 2 * histogram.MaxBuckets {
		values = append(values, math.Pow(histogram.Factor, float64(i)))
	}
	for n, merged := range map[int]bool{histogram.MaxBuckets / 2: false, len(values): true} {
		h := measured(t, values[:n]...)
		buckets := 0
		for _, span := range h.GetPositiveSpan() {
			buckets += int(span.GetLength())
		}
		if buckets > histogram.MaxBuckets+1 || (h.GetSchema() < 3) != merged {
			t.Errorf("%d observations are in %d buckets of schema %d, want %d at most, merged: %t",
				n, buckets, h.GetSchema(), histogram.MaxBuckets, merged)
		}
	}
}
