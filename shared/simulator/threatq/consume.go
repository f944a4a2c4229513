package threatq

import (
	"cmp"
	"net/http"
	"slices"
	"strings"
)

// A consumeItem is an indicator as consume takes it. What else an item holds, a score above all, is ignored.
type consumeItem struct {
	ID          int64            `json:"id"` // of an indicator that is there; other ids mean nothing
	Value       string           `json:"value"`
	Type        reference        `json:"type"` // as a string, an object, or as type_id
	TypeID      int              `json:"type_id"`
	Status      reference        `json:"status"` // likewise
	StatusID    int              `json:"status_id"`
	Normalize   string           `json:"normalize"` // "N" keeps the value as it is
	Description string           `json:"description"`
	PublishedAt string           `json:"published_at"`
	Attributes  []attributeInput `json:"attributes"`
	Sources     []sourceInput    `json:"sources"`
	Tags        []reference      `json:"tags"`
}

// consume creates or updates indicators, many in one request. The answer is in no order that a client could rely on, as
// the vendor's own SDK does not; an item that fails does not hold up the others.
func (c *call) consume() reply {
	var items []consumeItem
	if err := c.decode(&items); err != nil {
		return refuse(err)
	}
	rows := make([]object, len(items))
	for i, item := range items {
		rows[i] = c.consumeItem(item)
	}
	slices.SortStableFunc(rows, func(a, b object) int { return cmp.Compare(scramble(a), scramble(b)) })
	return data(http.StatusOK, rows)
}

// scramble sorts by the hash of the indicator: the same in every run, and no order that was sent.
func scramble(row object) string {
	hash, _ := row["hash"].(string) // failed items have none, and come first
	return hash
}

// consumeItem takes one item in. An indicator always gets a source from it, that of the credentials if the item has none.
func (c *call) consumeItem(item consumeItem) object {
	item.Type.ID = cmp.Or(item.TypeID, item.Type.ID)
	item.Status.ID = cmp.Or(item.StatusID, item.Status.ID)
	kind := c.s.catalogue.kind(item.Type.ID, item.Type.Name)
	if problem := c.itemProblem(item, kind); problem != "" {
		return object{"value": item.Value, "error": problem}
	}
	rec := c.upsert(item, kind)
	good, refused := c.rowProblems(item)
	c.merge(rec, good)
	c.mergeSources(rec, item.Sources, item.PublishedAt)
	for _, t := range item.Tags {
		rec.label(c.s.store.tag(t.Name))
	}
	c.s.store.commit(rec, c.now)
	with := relations{}
	if c.s.ConsumeRows || len(refused) > 0 {
		with["attributes"] = true
	}
	row := rec.relational(with)
	if len(refused) > 0 {
		row["attributes"] = append(attributeRows(rec, relations{"attribute": true}), refused...)
	}
	return row
}

// rowProblems parts the rows of an item that are taken from those that are not, as the answer tells of them.
func (c *call) rowProblems(item consumeItem) (good []attributeInput, refused []object) {
	if c.s.ConsumeRowError == nil {
		return item.Attributes, nil
	}
	for _, a := range item.Attributes {
		if problem := c.s.ConsumeRowError(item.Value, a.Name); problem != "" {
			refused = append(refused, object{"name": a.Name, "value": a.Value, "error": problem})
			continue
		}
		good = append(good, a)
	}
	return good, refused
}

// itemProblem tells why an item is not taken; empty if it is.
func (c *call) itemProblem(item consumeItem, k *kind) string {
	if c.s.ConsumeItemError != nil {
		if problem := c.s.ConsumeItemError(item.Value); problem != "" {
			return problem
		}
	}
	switch known := c.s.store.live.docs[item.ID] != nil; {
	case k == nil && !known:
		return wrong("type").Error()
	case strings.TrimSpace(item.Value) == "" && !known:
		return required("value").Error()
	case !dated(item.PublishedAt):
		return wrong("published_at").Error()
	}
	if err := c.validateItem(item.Status, item.Attributes, item.Sources); err != nil {
		return err.Error()
	}
	return ""
}

// upsert finds the indicator of an item, or makes one: consume creates what it does not find, also if the item has the id
// of an indicator deleted meanwhile.
func (c *call) upsert(item consumeItem, k *kind) *record {
	st := &c.s.store
	status := c.s.catalogue.state(item.Status.ID, cmp.Or(item.Status.Name, c.s.ConsumeStatus))
	rec := st.edit(item.ID, c.now)
	if rec == nil {
		rec = c.findValue(item, k)
	}
	at := stampOf(c.now)
	if rec != nil {
		if status != nil && !rec.status.protected {
			rec.setStatus(status, at)
		}
		return rec
	}
	if status == nil {
		status = c.s.catalogue.state(0, "Review")
	}
	published, _ := parseStamp(item.PublishedAt)
	return &record{
		id: st.nextIndicatorID(), kind: k, value: item.normalized(k), status: status, description: item.Description,
		created: at, updated: at, touched: at, published: cmp.Or(published, at),
	}
}

// findValue finds an indicator by its value as it was sent, else as it would be stored.
func (c *call) findValue(item consumeItem, k *kind) *record {
	for _, value := range []string{item.Value, item.normalized(k)} {
		if rec := c.s.store.byIdentity(k, value); rec != nil {
			return c.s.store.edit(rec.id, c.now)
		}
	}
	return nil
}

// normalized is the value as it is stored: a URL without its scheme, anything else in lower case, unless the item says
// that it wants none of that.
func (item consumeItem) normalized(k *kind) string {
	switch {
	case item.Normalize == "N":
		return item.Value
	case k.name == "URL":
		return withoutScheme(item.Value)
	default:
		return strings.ToLower(item.Value)
	}
}

// withoutScheme is how the platform stores a URL: that it was http or https is lost.
func withoutScheme(value string) string {
	for _, scheme := range []string{"http://", "https://"} {
		if len(value) > len(scheme) && strings.EqualFold(value[:len(scheme)], scheme) {
			return value[len(scheme):]
		}
	}
	return value
}
