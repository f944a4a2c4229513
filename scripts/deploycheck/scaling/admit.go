package scaling

import (
	"errors"
	"fmt"
	"strconv"

	"github.com/expr-lang/expr"
	"github.com/expr-lang/expr/vm"

	"vtq.internal/scripts/deploycheck/chart"
)

const (
	// maxName is what a label of Kubernetes may have, in which KEDA writes the names of a ScaledObject and of its HPA.
	maxName = 63
	// prefix is what KEDA calls an HPA by that has no name.
	prefix = "keda-hpa-"
	// dummy is what each trigger gives while a formula is tried.
	dummy = -1.0
)

// A KEDA scales one ScaledObject. It is for one goroutine.
type KEDA struct {
	object   *chart.ScaledObject
	formula  *vm.Program // Nil where each trigger counts for itself.
	target   float64     // Of the formula.
	failures []int       // Of each trigger, one after the other.
}

// Admit takes over a ScaledObject, unless KEDA would refuse it, or could make no scalers of its triggers. The error says all that is wrong.
func Admit(o *chart.ScaledObject) (*KEDA, error) {
	k := &KEDA{object: o, failures: make([]int, len(o.Spec.Triggers))}
	if err := errors.Join(names(o), bounds(o), thresholds(o), k.compile()); err != nil {
		return nil, fmt.Errorf("admitting %s: %w", o.Name, err)
	}
	return k, nil
}

func names(o *chart.ScaledObject) error {
	var all []error
	hpa := o.Spec.Advanced.HorizontalPodAutoscalerConfig.Name
	if hpa == "" {
		hpa = prefix + o.Name
	}
	for _, name := range []string{o.Name, hpa} {
		if len(name) > maxName {
			all = append(all, fmt.Errorf("name %s has %d characters, of which %d are allowed", name, len(name), maxName))
		}
	}
	seen := map[string]bool{}
	for _, trigger := range o.Spec.Triggers {
		if trigger.Name != "" && seen[trigger.Name] {
			all = append(all, fmt.Errorf("trigger %s comes twice", trigger.Name))
		}
		seen[trigger.Name] = true
	}
	if len(o.Spec.Triggers) == 0 {
		all = append(all, errors.New("no triggers"))
	}
	return errors.Join(all...)
}

func bounds(o *chart.ScaledObject) error {
	if o.Spec.MinReplicaCount > o.Spec.MaxReplicaCount {
		return fmt.Errorf("at least %d replicas and at most %d", o.Spec.MinReplicaCount, o.Spec.MaxReplicaCount)
	}
	if o.Spec.Fallback.FailureThreshold < 0 || o.Spec.Fallback.Replicas < 0 {
		return fmt.Errorf("fallback %+v: below zero", o.Spec.Fallback)
	}
	return nil
}

func thresholds(o *chart.ScaledObject) error {
	var all []error
	for i, trigger := range o.Spec.Triggers {
		if _, err := each(trigger); err != nil {
			all = append(all, fmt.Errorf("trigger %d (%s): %w", i, trigger.Name, err))
		}
	}
	return errors.Join(all...)
}

// compile makes the formula ready, if there is one.
func (k *KEDA) compile() error {
	modifiers := k.object.Spec.Advanced.ScalingModifiers
	if modifiers.Formula == "" {
		return nil
	}
	target, err := strconv.ParseFloat(modifiers.Target, 64)
	if err != nil || target <= 0 {
		return fmt.Errorf("target %q: not a number above zero", modifiers.Target)
	}
	values := map[string]float64{}
	for _, trigger := range k.object.Spec.Triggers {
		if trigger.Name != "" {
			values[trigger.Name] = dummy
		}
	}
	formula, err := expr.Compile("float("+modifiers.Formula+")", expr.Env(values))
	if err != nil {
		return fmt.Errorf("compiling the formula: %w", err)
	}
	if _, err := expr.Run(formula, values); err != nil {
		return fmt.Errorf("trying the formula: %w", err)
	}
	k.formula, k.target = formula, target
	return nil
}

// falls tells whether there is a fallback that KEDA would use.
func (k *KEDA) falls() bool {
	if k.formula == nil {
		return true
	}
	target, err := strconv.ParseInt(k.object.Spec.Advanced.ScalingModifiers.Target, 10, 64)
	return err == nil && target > 0
}
