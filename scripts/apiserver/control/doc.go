// Package control runs the two programs of a Kubernetes control plane that
// decide whether an object is accepted: etcd and kube-apiserver, both within
// this process.
//
// The API server is the released one, with the admission plugins that are on by
// default, Pod Security and ServiceAccount among them. Beside it runs nothing:
// no controller makes pods or service accounts, no scheduler places them, no
// kubelet starts them, and no namespace that was deleted ever goes away.
//
// ## Decisions
//
//   - Within this process rather than as a child: no binary to build, find and
//     kill, the port is bound by us and so cannot be lost between its choice and
//     its use, and the end of the process is the end of everything. The price is
//     that some of the server's state belongs to the process, its feature gates,
//     metrics and log, so a process runs one Plane at a time.
//   - etcd on unix sockets in a folder that is ours alone, rather than on
//     loopback: it has no password, and every user of a machine reaches its
//     loopback. The API server, which asks for a token, listens there.
//   - etcd leaves out fsync, which is most of its time: nothing outlives the run.
//   - The ServiceAccount plugin stays on, though no controller makes the account
//     that it asks for: it is what refuses the pods of a release that names an
//     account which does not exist, and what adds the token that a pod does not
//     decline. Whoever makes a namespace makes its default account.
package control
