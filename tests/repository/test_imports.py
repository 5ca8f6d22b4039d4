"""Who may import whom."""

import subprocess
import sys
from pathlib import Path

from tests.repository.tree import ROOT, imports, modules


def test_the_import_contracts_hold() -> None:
    """The arrows that setup.cfg draws between the packages are those of the code."""
    # In a process of its own: it silences every logger that it finds.
    lint = Path(sys.executable).with_name("lint-imports")
    subprocess.run([lint, "--no-cache", "--no-logo"], cwd=ROOT, check=True)


def test_the_contract_imports_the_standard_library_only() -> None:
    """Whoever installs nothing can still read the ledger's contract."""
    foreign = {
        f"{path}: {name}"
        for path, module in modules("db/contract").items()
        for name in imports(module)
        if name.partition(".")[0] not in sys.stdlib_module_names and not name.startswith("db.contract")
    }
    assert foreign == set()


def test_of_db_the_service_imports_the_contract_only() -> None:
    """Nothing that moves a schema is part of what serves."""
    others = {
        f"{path}: {name}"
        for path, module in modules("service").items()
        for name in imports(module)
        if name.partition(".")[0] == "db" and not name.startswith("db.contract")
    }
    assert others == set()


def test_nobody_imports_a_revision() -> None:
    """Revisions are loaded by Alembic from their files, so that the service's image needs none of them."""
    importers = {
        path
        for path, module in modules("db", "service", "tests").items()
        for name in imports(module)
        if name.startswith("db.migrations")
    }
    assert importers == set()
