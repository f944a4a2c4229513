package reversinglabs

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"maps"
	"slices"
)

// toXML writes a JSON body as the service's XML: members are elements, and those of an array are wrapped in <item> (vendor
// documentation). Elements are in the order of their names, which no schema promises.
func toXML(body []byte) []byte {
	decoder := json.NewDecoder(bytes.NewReader(body))
	decoder.UseNumber() // Large numbers stay as they are.
	var tree object
	if decoder.Decode(&tree) != nil {
		return nil
	}
	var out bytes.Buffer
	out.WriteString(xml.Header)
	writeXML(&out, tree)
	return out.Bytes()
}

// writeXML writes what is inside an element.
func writeXML(out *bytes.Buffer, v any) {
	switch v := v.(type) {
	case object:
		for _, name := range slices.Sorted(maps.Keys(v)) {
			writeElement(out, name, v[name])
		}
	case []any:
		for _, item := range v {
			writeElement(out, "item", item)
		}
	case string:
		_ = xml.EscapeText(out, []byte(v)) // A buffer takes everything.
	case nil:
	default:
		fmt.Fprint(out, v)
	}
}

// writeElement needs a name that is one: all of them are the members of native answers, none comes from outside.
func writeElement(out *bytes.Buffer, name string, v any) {
	out.WriteString("<" + name + ">")
	writeXML(out, v)
	out.WriteString("</" + name + ">")
}
