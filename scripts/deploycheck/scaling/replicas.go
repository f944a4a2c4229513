package scaling

import (
	"context"
	"errors"
	"fmt"
	"math"

	"github.com/expr-lang/expr"
)

// Replicas tells how many replicas there are to be. An error means that a trigger failed, though not yet often enough for the fallback:
// the autoscaler leaves things as they are.
func (k *KEDA) Replicas(ctx context.Context) (int, error) {
	values := map[string]any{}
	most := 0.0
	var failed error
	fallen := false
	for i, trigger := range k.object.Spec.Triggers {
		value, err := read(ctx, trigger)
		if err != nil {
			failed = errors.Join(failed, fmt.Errorf("trigger %d (%s): %w", i, trigger.Name, err))
			k.failures[i]++
			fallen = fallen || k.failures[i] > k.object.Spec.Fallback.FailureThreshold
			continue
		}
		k.failures[i] = 0
		values[trigger.Name] = value.is
		most = max(most, value.is/value.each)
	}
	switch {
	case failed != nil && fallen && k.falls():
		return k.within(float64(k.object.Spec.Fallback.Replicas)), nil
	case failed != nil:
		return 0, failed
	case k.formula == nil:
		return k.within(most), nil
	}
	return k.byFormula(values)
}

func (k *KEDA) byFormula(values map[string]any) (int, error) {
	result, err := expr.Run(k.formula, values)
	if err != nil {
		return 0, fmt.Errorf("running the formula: %w", err)
	}
	value, ok := result.(float64)
	if !ok {
		return 0, fmt.Errorf("running the formula: %T is no number", result)
	}
	return k.within(value / k.target), nil
}

// within rounds up, and keeps to the bounds.
func (k *KEDA) within(replicas float64) int {
	return min(max(int(math.Ceil(replicas)), k.object.Spec.MinReplicaCount), k.object.Spec.MaxReplicaCount)
}
