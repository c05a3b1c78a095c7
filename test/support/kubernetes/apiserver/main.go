// The API server of Kubernetes as it is, for the tests in test/kubernetes: built from the module proxy, so that no
// container runtime and no release server is needed. `go install k8s.io/kubernetes/cmd/kube-apiserver@…` is refused,
// because the module has replace directives; a module around it that has them too is not.
package main

import (
	"os"

	"k8s.io/component-base/cli"
	_ "k8s.io/component-base/logs/json/register"
	_ "k8s.io/component-base/metrics/prometheus/clientgo"
	_ "k8s.io/component-base/metrics/prometheus/version"
	"k8s.io/kubernetes/cmd/kube-apiserver/app"
)

func main() { os.Exit(cli.Run(app.NewAPIServerCommand())) }
