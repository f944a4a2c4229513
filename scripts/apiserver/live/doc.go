// Package live tries renderings of the chart on a control plane and tells a
// person what came of it. It is where the other packages meet.
//
// A run has three parts. First the server proves itself: things that must be
// refused are, each for its own reason, so that a server which accepts anything
// is noticed. Then each rendering is installed and applied once more. Then a
// release is taken from every rendering to every other, both ways, since users
// change their values, and much of a Deployment or a Job is immutable.
//
// ## What this proves
//
// The real API server accepts every object, its pods included: schemas with no
// unknown field, validation, defaults, and the admission plugins of a cluster,
// restricted Pod Security among them. The custom kinds meet the schemas of their
// makers. Classes of priority are taken to be there, as the cluster's own.
//
// ## What it does not
//
// No controller, scheduler or kubelet runs, and no operator of a custom kind. So
// nothing here knows whether a Secret that a pod names exists, an image can be
// pulled, a volume mounted, a probe answered, a rule of alerts parsed or a
// policy of the network obeyed; nor whether an installer with fewer rights than
// an administrator may do all this.
package live
