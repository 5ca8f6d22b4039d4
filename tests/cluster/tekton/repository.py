"""A Git repository that pods can clone from."""

import subprocess
from pathlib import Path

from tests.cluster.kubectl import Namespace
from tests.cluster.tekton.image import IMAGE

URL = "git://git/calcio.git"
NOBODY = ["-c", "user.name=nobody", "-c", "user.email=nobody@localhost"]
SERVER = f"""
apiVersion: v1
kind: Service
metadata: {{name: git}}
spec:
  selector: {{app: git}}
  ports: [{{port: 9418}}]
---
apiVersion: v1
kind: Pod
metadata: {{name: git, labels: {{app: git}}}}
spec:
  automountServiceAccountToken: false
  terminationGracePeriodSeconds: 1
  securityContext: {{runAsNonRoot: true, runAsUser: 65532, seccompProfile: {{type: RuntimeDefault}}}}
  containers:
    - name: git
      image: {IMAGE}
      command: [sh, -ec]
      args:
        - |
          git clone --quiet --mirror /bundle/bundle /tmp/calcio.git
          exec git daemon --export-all --base-path=/tmp --reuseaddr
      readinessProbe: {{tcpSocket: {{port: 9418}}, periodSeconds: 1}}
      securityContext: {{allowPrivilegeEscalation: false, capabilities: {{drop: [ALL]}}}}
      volumeMounts: [{{name: bundle, mountPath: /bundle}}]
  volumes: [{{name: bundle, configMap: {{name: repository}}}}]
"""


def git(tree: Path, *arguments: str) -> str:
    ran = subprocess.run(["git", *NOBODY, *arguments], cwd=tree, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stderr
    return ran.stdout.strip()


def commit(tree: Path, branch: str) -> str:
    """Put everything in the tree on a branch; answers the commit."""
    if not (tree / ".git").exists():
        git(tree, "init", "--quiet")
    git(tree, "checkout", "--quiet", "-b", branch)
    git(tree, "add", "--all")
    git(tree, "commit", "--quiet", f"--message={branch}")
    return git(tree, "rev-parse", "HEAD")


def serve(tree: Path, place: Namespace) -> None:
    """Let pods of the namespace clone the tree's branches from URL."""
    bundle = tree / ".git" / "bundle"
    git(tree, "bundle", "create", "--quiet", str(bundle), "--all")
    place("create", "configmap", "repository", f"--from-file={bundle}")
    place.apply(SERVER)
    place.wait("condition=Ready", "pod/git")
