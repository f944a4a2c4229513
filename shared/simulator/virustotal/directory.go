package virustotal

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
)

// MaxReports bounds the JSON files of one directory. All are held in memory: at 50 KB each, 100 MB.
const MaxReports = 2_000

var errTooMany = fmt.Errorf("more than %d JSON files", MaxReports)

// A Skip is a file that was left out, and why.
type Skip struct {
	Path   string // Below the directory.
	Reason string
}

// Reports reads every *.json below a directory that is a report, in the order of their paths, and names the others: error
// bodies, quota pages, header blocks, what cannot be read. Only a directory that cannot be walked is an error. Several
// reports of one object all come back; ByObject tells them apart.
func Reports(dir string) ([]Report, []Skip, error) {
	var reports []Report
	var skips []Skip
	err := filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case entry.IsDir() || filepath.Ext(path) != ".json":
			return nil
		case len(reports)+len(skips) == MaxReports:
			return errTooMany
		}
		below, err := filepath.Rel(dir, path)
		if err != nil {
			return err
		}
		report, err := readReport(path)
		if err != nil {
			skips = append(skips, Skip{Path: below, Reason: reason(err)})
			return nil
		}
		report.Path = below
		reports = append(reports, report)
		return nil
	})
	if err != nil {
		return nil, nil, fmt.Errorf("reading reports: %w", err)
	}
	return reports, skips, nil
}

// readReport reads one byte more than a report may have: ParseReport then says that it is too large.
func readReport(path string) (Report, error) {
	if stat, err := os.Stat(path); err != nil || !stat.Mode().IsRegular() {
		return Report{}, errors.Join(err, fs.ErrInvalid) // A pipe would block for ever.
	}
	file, err := os.Open(filepath.Clean(path))
	if err != nil {
		return Report{}, err
	}
	defer func() { _ = file.Close() }() // Opened for reading: nothing to lose.
	raw, err := io.ReadAll(io.LimitReader(file, MaxReport+1))
	if err != nil {
		return Report{}, err
	}
	return ParseReport(raw)
}

// reason leaves the path out, which the Skip already has.
func reason(err error) string {
	var path *fs.PathError
	switch {
	case errors.As(err, &path):
		return path.Err.Error()
	case errors.Is(err, fs.ErrInvalid):
		return "not a regular file"
	}
	return err.Error()
}

// ByObject groups reports by the object they are of, both in the order they came in.
func ByObject(reports []Report) [][]Report {
	var groups [][]Report
	at := map[objectKey]int{}
	for _, report := range reports {
		key := objectKey{report.Kind, report.ID}
		i, seen := at[key]
		if !seen {
			i = len(groups)
			at[key] = i
			groups = append(groups, nil)
		}
		groups[i] = append(groups[i], report)
	}
	return groups
}

// LoadDir adds the reports below a directory and returns those it now serves. An object has one report at a time, so that of
// several the first is loaded and the others are among the skipped; who wants to serve each in turn takes Reports and
// AddReport.
func (s *Server) LoadDir(dir string) (loaded []Report, skipped []Skip, err error) {
	reports, skipped, err := Reports(dir)
	if err != nil {
		return nil, nil, err
	}
	for _, group := range ByObject(reports) {
		s.store.add(group[0])
		loaded = append(loaded, group[0])
		for _, other := range group[1:] {
			skipped = append(skipped, Skip{Path: other.Path, Reason: "another report of the object of " + group[0].Path})
		}
	}
	return loaded, skipped, nil
}
