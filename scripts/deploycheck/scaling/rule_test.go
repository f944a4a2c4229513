package scaling_test

import (
	"math"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"vtq.internal/scripts/deploycheck/chart"
	"vtq.internal/services/lookup"
	"vtq.internal/shared/config"
)

// useful is how many replicas are of use: a request occupies one of the hands of a replica for as long as it takes.
func useful(perMinute, seconds, hands float64) int {
	return int(math.Ceil(perMinute / 60 * seconds / hands))
}

// TestTheRuleOfTheValues computes what the comments of the values, and the chart's README, say of the rule.
func TestTheRuleOfTheValues(t *testing.T) {
	dir, err := chart.Find()
	if err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(filepath.Join(dir, "values.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	figures := regexp.MustCompile(`# (\d+) for a public key \((\d+) a minute\), (\d+) for ([\d,]+) a minute at ([\d.]+) s and a concurrency of (\d+)\. ` +
		`One more stands in\.\n +maxReplicas: (\d+)\n`).FindStringSubmatch(string(text))
	if figures == nil {
		t.Fatal("values.yaml does not tell how many replicas are of use")
	}
	n := make([]float64, len(figures))
	for i, figure := range figures[1:] {
		if n[i+1], err = strconv.ParseFloat(strings.ReplaceAll(figure, ",", ""), 64); err != nil {
			t.Fatal(err)
		}
	}
	public, minute, private, seconds, hands := n[1], n[2], n[3], n[5], n[6]
	if got := useful(minute, seconds, hands); got != int(public) {
		t.Errorf("%d replicas are of use to a public key, want %v as the values say", got, public)
	}
	if got := useful(n[4], seconds, hands); got != int(private) {
		t.Errorf("%d replicas are of use to a key of %v a minute, want %v as the values say", got, n[4], private)
	}
	if preset := (config.VirusTotal{Quota: config.QuotaPublic}).Limits(); preset.Minute != int(minute) {
		t.Errorf("a public key has %d requests a minute, and %v in the values", preset.Minute, minute)
	}
	field, _ := reflect.TypeFor[lookup.Config]().FieldByName("Concurrency")
	if got := field.Tag.Get("envDefault"); got != figures[6] {
		t.Errorf("a replica has %s hands, and %s in the values", got, figures[6])
	}
	if most := n[7]; most < private {
		t.Errorf("at most %v replicas, of which %v are of use", most, private)
	}
}
