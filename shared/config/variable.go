package config

import "reflect"

// Variable is what the tags of one field say about it.
type Variable struct {
	Name     string
	Default  string // As it would be written in the environment; "" for none.
	Doc      string // One sentence.
	Heading  string // What the block it belongs to calls itself; may be "".
	Required bool
	Usual    bool // Required, or so unless other variables say otherwise.
	Secret   bool // Also read from the file that File() names.
	Shape    Shape
}

// File returns the name of the variable that names the file of a secret.
func (v Variable) File() string { return v.Name + "_FILE" }

// Variables lists the variables of the structs that dst points to in field
// order, each name once. A block gets its heading from a method
// Heading() string; without one it belongs to the block around it.
func Variables(dst ...any) []Variable {
	c := catalogue{seen: map[string]bool{}}
	for _, d := range dst {
		c.block(target(d), "", "")
	}
	return c.variables
}

type catalogue struct {
	variables []Variable
	seen      map[string]bool
}

func (c *catalogue) block(v reflect.Value, prefix, heading string) {
	if h, ok := reflect.TypeAssert[interface{ Heading() string }](v.Addr()); ok {
		heading = h.Heading()
	}
	for _, s := range settings(v, prefix) {
		switch {
		case s.nested:
			c.block(s.value, s.prefix, heading)
		case !c.seen[s.Name]:
			c.seen[s.Name] = true
			s.Heading = heading
			c.variables = append(c.variables, s.Variable)
		}
	}
}
