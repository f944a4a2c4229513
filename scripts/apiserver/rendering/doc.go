// Package rendering reads what `helm template` printed for one set of values: a
// file of YAML documents, each an object, some of them hooks.
//
// A hook is no part of a release. Helm makes it at a moment of its own, before
// or after the objects of the release, and takes away what an earlier run left.
// Its annotations say so: helm.sh/hook the moments, helm.sh/hook-weight the
// order among the hooks of a moment, and helm.sh/hook-delete-policy when it is
// taken away, before-hook-creation where nothing is said.
//
// ## Decisions
//
//   - A file lies within one namespace, that of its release. What names a second
//     is an error, since it would be tried in the wrong one.
//   - Hooks of deletion and rollback are read and never run: they are the pods
//     of the other hooks, and no release is deleted here.
package rendering
