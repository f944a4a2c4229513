package reversinglabs_test

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"

	"vtq.internal/shared/simulator/reversinglabs"
)

func Example() {
	server := &reversinglabs.Server{Groups: true}
	err := server.AddReport([]byte(`{"data": {"type": "file", "id": "00112233445566778899aabbccddeeff00112233", "attributes": {
		"last_analysis_results": {"Alderwick AV": {"category": "malicious", "result": "Trojan.Mossbot"}}}}}`))
	if err != nil {
		fmt.Println(err)
	}
	rl := httptest.NewServer(server)
	defer rl.Close()

	body := `{"rl": {"query": {"hash_type": "sha1", "hashes": [
		"00112233445566778899AABBCCDDEEFF00112233", "ffffffffffffffffffffffffffffffffffffffff"]}}}`
	request, _ := http.NewRequest(http.MethodPost, rl.URL+"/api/xref/v2/bulk_query/json", strings.NewReader(body))
	request.SetBasicAuth(reversinglabs.DefaultUser, reversinglabs.DefaultPassword)
	request.Header.Set("Content-Type", "application/json")
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer func() { _ = answer.Body.Close() }()
	text, _ := io.ReadAll(answer.Body)

	_, unknown, _ := strings.Cut(string(text), `"unknown_hashes":`)
	fmt.Println(answer.StatusCode, strings.Count(string(text), `"scanner_match":1`), unknown)
	fmt.Println("billed", server.Billed(), "in batches of", server.Batches())
	// Output:
	// 200 1 ["ffffffffffffffffffffffffffffffffffffffff"]}}
	// billed 2 in batches of [2]
}
