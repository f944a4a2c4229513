package config

import (
	"fmt"
	"reflect"
	"strings"
)

// A setting is what a field of a configuration struct stands for: a variable,
// or a nested block of them.
type setting struct {
	Variable
	nested bool
	prefix string // Before the names of the variables below, from envPrefix.
	field  reflect.StructField
	value  reflect.Value
}

// target returns the struct that a caller's pointer points to.
func target(dst any) reflect.Value {
	v := reflect.ValueOf(dst)
	if v.Kind() != reflect.Pointer || v.IsNil() || v.Elem().Kind() != reflect.Struct {
		panic(fmt.Sprintf("config: want a pointer to a struct, got %T", dst))
	}
	return v.Elem()
}

// settings lists what a struct holds directly, in field order. Fields that are
// neither variables nor structs are the program's own business.
func settings(v reflect.Value, prefix string) []setting {
	var list []setting
	for i := range v.NumField() {
		field := v.Type().Field(i)
		tag, _, _ := strings.Cut(field.Tag.Get("env"), ",")
		s := setting{prefix: prefix, field: field, value: v.Field(i)}
		switch {
		case !field.IsExported():
			continue
		case tag != "":
			s.Variable = variable(field, prefix+tag)
			s.field.Anonymous = false // A struct made at run time cannot embed.
		case field.Type.Kind() == reflect.Struct:
			s.nested = true
			s.prefix += field.Tag.Get("envPrefix")
		default:
			continue
		}
		list = append(list, s)
	}
	return list
}

func variable(field reflect.StructField, name string) Variable {
	return Variable{
		Name:     name,
		Default:  field.Tag.Get("envDefault"),
		Doc:      field.Tag.Get("doc"),
		Required: field.Tag.Get("required") == "true",
		Usual:    field.Tag.Get("required") != "",
		Secret:   field.Type == reflect.TypeFor[Secret](),
		Shape:    shapeOf(field.Type),
	}
}
