"""What scripts/outcome leaves for a pipeline: the last words of a Job's pod, as JSON that fits into a result."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cluster.desk import Desk, desk

SECONDS = 120
RESULT_BYTES = 2000
LONG = json.dumps({"outcome": "failed", "code": 82, "message": '"' * 1500})
WORDS = {  # what the pod leaves, what it ends with, and what the pipeline gets
    "short": ('{"outcome": "refused", "code": 78}', 78, {"outcome": "refused", "code": 78}),
    "long": (LONG, 82, {"outcome": "failed", "code": 82}),
    "no-json": ("Traceback (most recent call last)", 3, {"outcome": "unknown", "code": 3}),
}
JOB = """
apiVersion: batch/v1
kind: Job
metadata: {{name: {name}}}
spec:
  backoffLimit: 0
  template:
    spec:
      restartPolicy: Never
      securityContext: {{runAsNonRoot: true, seccompProfile: {{type: RuntimeDefault}}}}
      containers:
        - name: migrate
          image: calcio-migrate:{release}
          command: [python, -c, "import sys; open('/dev/termination-log', 'w').write(sys.argv[1]); sys.exit({code})"]
          args: [{words}]
          securityContext: {{allowPrivilegeEscalation: false, capabilities: {{drop: [ALL]}}}}
"""


@pytest.fixture(scope="module")
def at(release: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    with desk(tmp_path_factory.mktemp("desk"), release) as made:
        yield made


@pytest.mark.parametrize("name", WORDS)
def test_a_pipeline_gets_the_outcome_as_json_that_fits(
    at: Desk, release: str, name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever a pod left, the file holds at most 2000 bytes of JSON, and the script ends with the pod's code."""
    words, code, expected = WORDS[name]
    at.place.apply(JOB.format(name=name, release=release, code=code, words=json.dumps(words)))
    monkeypatch.setenv("OUTCOME", str(tmp_path / "outcome"))
    ended = at.run("follow-job", at.place.name, name, SECONDS)
    assert ended.code == code, ended
    text = (tmp_path / "outcome").read_text()
    assert len(text) <= RESULT_BYTES
    assert json.loads(text) == expected
