// Package histogram says how vtq measures: in buckets that are the same everywhere, which alerts and dashboards go by, and in native ones
// beside them, which a Prometheus that asks for those takes instead or as well. Native buckets grow with what is measured, and tell a
// quantile to a few per cent wherever it lies.
package histogram

import (
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

const (
	// Factor is by how much a native bucket is wider than the one before, at most: the library's documentation advises 1.1, and takes
	// 2^(1/8), the next below.
	Factor = 1.1
	// MaxBuckets bounds the native buckets of a series. From a hundredth of a second to a month there are 28 doublings, of eight buckets
	// each, where everything occurs: then they are reset or, within resetTime, merged in pairs.
	MaxBuckets = 160
	// resetTime is the least time between two resets of a series, as the library's documentation advises for bounded ones.
	resetTime = time.Hour
)

// Options are those of a histogram with these bounds of its buckets, in ascending order, and native ones.
func Options(name, help string, buckets []float64) prometheus.HistogramOpts {
	return prometheus.HistogramOpts{
		Name: name, Help: help, Buckets: buckets,
		NativeHistogramBucketFactor: Factor, NativeHistogramMaxBucketNumber: MaxBuckets, NativeHistogramMinResetDuration: resetTime,
	}
}
