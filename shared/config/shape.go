package config

import (
	"encoding"
	"reflect"
	"time"
)

// A Shape is what the type of a variable says about its text, for those who
// check values before a process does, such as the schema of a Helm chart.
type Shape string

// The shapes. What is none of the others is text, the zero value.
const (
	ShapeText     Shape = ""
	ShapeFlag     Shape = "flag"     // true or false.
	ShapeWhole    Shape = "whole"    // A whole number.
	ShapeNumber   Shape = "number"   // A number with or without decimals.
	ShapeDuration Shape = "duration" // As time.ParseDuration reads it.
	ShapeAddress  Shape = "address"  // A URL.
)

// shapeOf tells the shape of a field's type, whether or not it may be unset.
func shapeOf(t reflect.Type) Shape {
	if t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	switch {
	case t == reflect.TypeFor[time.Duration]():
		return ShapeDuration
	case t == reflect.TypeFor[URL]():
		return ShapeAddress
	case reflect.PointerTo(t).Implements(reflect.TypeFor[encoding.TextUnmarshaler]()):
		return ShapeText // Whatever it is underneath, it is written as words.
	case t.Kind() == reflect.Bool:
		return ShapeFlag
	case t.Kind() >= reflect.Int && t.Kind() <= reflect.Uint64:
		return ShapeWhole
	case t.Kind() == reflect.Float32, t.Kind() == reflect.Float64:
		return ShapeNumber
	}
	return ShapeText
}
