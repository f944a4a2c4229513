package threatq

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"vtq.internal/shared/rest"
	"vtq.internal/shared/verdict"
)

const (
	// maxMessages and maxMessage (runes) bound what an error repeats of ThreatQ's own complaints.
	maxMessages, maxMessage = 5, 200
	// maxNesting bounds how deep complaints may lie; lists in lists were recorded.
	maxNesting = 4
	// maxWord bounds a word of a complaint, in runes: below the 32 digits of the shortest hash.
	maxWord = 24
	// minHidden is the least length of a sent value that is worth hiding: shorter ones occur in any text by chance.
	minHidden = 4
)

// complaint reads what ThreatQ says is wrong with a request, empty when it says nothing readable. Recorded are
// {"data":{"errors":{"field":["text"]}}} and {"errors":["text",["text"]]}.
func complaint(answer rest.Response, hide []string) string {
	var body struct {
		Errors json.RawMessage `json:"errors"`
		Data   struct {
			Errors json.RawMessage `json:"errors"`
		} `json:"data"`
	}
	if !answer.JSON() {
		return ""
	}
	_ = json.Unmarshal(answer.Body, &body) // What has another shape complains of nothing.
	for _, raw := range []json.RawMessage{body.Data.Errors, body.Errors} {
		if text := messages(raw, hide); text != "" {
			return text
		}
	}
	return ""
}

// messages joins the texts within raw, made fit for an error.
func messages(raw json.RawMessage, hide []string) string {
	var tree any
	if len(raw) > rest.MaxErrorBody || json.Unmarshal(raw, &tree) != nil {
		return ""
	}
	var texts []string
	for _, s := range flatten(tree, maxNesting) {
		if len(texts) == maxMessages {
			break
		}
		if s = presentable(s, hide); s != "" {
			texts = append(texts, s)
		}
	}
	return strings.Join(texts, "; ")
}

// flatten lists the texts of a tree, the members of an object in the order of their names.
func flatten(tree any, depth int) []string {
	if depth == 0 {
		return nil
	}
	var texts []string
	switch t := tree.(type) {
	case string:
		return []string{t}
	case []any:
		for _, item := range t {
			texts = append(texts, flatten(item, depth-1)...)
		}
	case map[string]any:
		for _, name := range slices.Sorted(maps.Keys(t)) {
			texts = append(texts, flatten(t[name], depth-1)...)
		}
	}
	return texts
}

// presentable makes a message fit for an error: cleaned, without a word that could be an indicator, and dropped as a whole when it
// repeats what was sent. No value of an indicator may get into an error, and ThreatQ knows more of them than the request says.
func presentable(message string, hide []string) string {
	folded := strings.ToLower(message)
	for _, h := range hide {
		if len(h) >= minHidden && strings.Contains(folded, strings.ToLower(h)) {
			return "(a message that repeats what was sent)"
		}
	}
	words := strings.Fields(verdict.Clean(message, maxMessage))
	for i, w := range words {
		if !plain(w) {
			words[i] = "[...]"
		}
	}
	return strings.Join(words, " ")
}

// plain tells a word of a sentence. Addresses, hosts and URLs have a dot, a colon or a slash within; hashes and tokens are long.
func plain(word string) bool {
	word = strings.TrimFunc(word, unicode.IsPunct)
	odd := func(r rune) bool {
		return !unicode.IsLetter(r) && !unicode.IsDigit(r) && !strings.ContainsRune("_-'", r)
	}
	return utf8.RuneCountInString(word) <= maxWord && !strings.ContainsFunc(word, odd)
}
