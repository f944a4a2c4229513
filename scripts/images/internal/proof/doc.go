// Package proof looks into images that were pulled back from a registry, and complains of all that their users would find out later.
//
//	an index          of just the platforms that were asked for, each once
//	the configuration says user 65532, its platform, the program as entrypoint, no command, and the commit in its labels
//	the files         hold one ELF binary: static, of the right machine, at the entrypoint; nothing with the set-user-id bit; roots of trust
//	the binary        was built of this commit, unchanged, without cgo and without paths of the building machine
//	an SPDX document  hangs on the index and on each image, where cosign looks for it
//	the program       starts, and says its version, where this machine can run it
//
// ## Decisions
//
//   - Complaints are collected: what builds an image breaks several of these at once, and a run takes minutes.
//   - The binary is read out of the tar stream as a container would find it, later layers over earlier ones, rather than trusted to
//     lie in ko's layer: the base is somebody else's.
package proof
