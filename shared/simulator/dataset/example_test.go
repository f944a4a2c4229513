package dataset_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"

	"vtq.internal/shared/simulator/dataset"
	"vtq.internal/shared/simulator/virustotal"
)

// A simulator that knows the demo, and any number of files beside it.
func Example() {
	server := &virustotal.Server{Synthesize: dataset.Synthesize}
	for _, item := range dataset.Demo() {
		if item.Report == nil {
			continue
		}
		if err := server.AddReport(item.Report); err != nil {
			fmt.Println(err)
		}
	}
	ask := func(hash string) {
		r := httptest.NewRequest(http.MethodGet, "/api/v3/files/"+hash, http.NoBody)
		r.Header.Set("X-Apikey", virustotal.DefaultKey)
		w := httptest.NewRecorder()
		server.ServeHTTP(w, r)
		fmt.Println(w.Code)
	}
	ask(dataset.Demo()[0].Value)
	for item := range dataset.Many(1) {
		ask(item.Value)
	}
	fmt.Println(server.Lookups(), "of", virustotal.PublicLimits().Minute)
	// Output:
	// 200
	// 200
	// 2 of 4
}
