// Package release does with a rendering what Helm does with a release, and what
// controllers would do next, so that an API server sees everything that it would
// see in a cluster and can refuse it.
//
// To install is, in this order:
//
//  1. make the hooks of pre-install, by weight;
//  2. apply the objects of the release;
//  3. make a pod from every template among them, as controllers would: admission
//     judges pods, and accepts a Deployment whose pods it will refuse;
//  4. make the hooks of post-install, then those of `helm test`.
//
// A hook that makes pods has them made with it. To upgrade is the same with the
// hooks of upgrades, and takes away what the new rendering lacks. Whatever is
// refused is noted and the rest goes on, so that one run tells all there is to
// mend.
//
// ## Decisions
//
//   - Server-side apply under one name, without force, and strict about unknown
//     fields. Helm 4 does so too; Helm 3 patches on the client's side, and the
//     server's validation and admission are the same for both.
//   - A warning is a refusal: the server warns of what is deprecated, and of
//     what it keeps and will not heed.
//   - A pod is made from the template that the server answered with, since that
//     is the one a controller reads, with the server's defaults in it.
//   - Each release lies in a namespace of its own, which enforces the restricted
//     profile of Pod Security in a named version: without one, an update of the
//     server would change what this proves.
package release
