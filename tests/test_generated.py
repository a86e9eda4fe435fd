"""What is derived is not stale: suites, data dictionary, lineage, command reference; and the import layers hold."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

from attrition import documents, resources
from attrition.contract import load_contracts
from attrition.validate.suites import suite_text

ROOT = Path(__file__).resolve().parents[1]
SOURCE = ROOT / "src" / "attrition"

# A module may import from its own layer and from those before it.
LAYERS = (
    {"errors", "resources"},
    {"clock", "disk"},
    {"reference", "settings", "contract"},
    {"stats"},
    {"warehouse", "models"},
    {"sample", "ingest", "validate", "publish", "analysis"},
    {"quality", "release"},
    {"alerts"},
    {"upgrade"},
    {"pipeline"},
    {"casefile", "preview", "orchestration"},
    {"verbs", "publication_verbs"},
    {"cli", "documents"},
)
SLOW = {
    "duckdb",
    "pandas",
    "numpy",
    "pyarrow",
    "prefect",
    "great_expectations",
    "openpyxl",
    "gptables",
    "odfdo",
    "lxml",
    "sqlglot",
    "scipy",
    "statsmodels",
}


@pytest.mark.parametrize("name", documents.DOCUMENTS)
def test_documents_are_not_stale(name: str) -> None:
    # argparse lays help out a little differently from one Python version to the next.
    if name == "commands.md" and sys.version_info[:2] != (3, 11):
        pytest.skip("the committed command reference shows the help of Python 3.11")
    assert (ROOT / "docs" / name).read_text(encoding="utf-8") == documents.DOCUMENTS[name](), "run `make generate`"


@pytest.mark.parametrize("extract", load_contracts())
def test_suites_are_not_stale(extract: str) -> None:
    stored = resources.path(f"expectations/suites/{extract}.json").read_text(encoding="utf-8")
    assert stored == suite_text(load_contracts()[extract]), "run `make generate`"


def _layer(module: str) -> int:
    noun = module.split(".")[1] if "." in module else module
    return next(number for number, layer in enumerate(LAYERS) if noun in layer)


@pytest.mark.parametrize("path", sorted(SOURCE.rglob("*.py")), ids=lambda path: str(path.relative_to(SOURCE)))
def test_dependencies_point_one_way(path: Path) -> None:
    parts = path.relative_to(SOURCE).with_suffix("").parts
    if parts == ("__init__",):
        return
    own = next(number for number, layer in enumerate(LAYERS) if parts[0] in layer)
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("attrition"):
            names = [node.module] if node.module != "attrition" else [f"attrition.{a.name}" for a in node.names]
            for name in names:
                if name == "attrition.__version__":
                    continue
                assert _layer(str(name)) <= own, f"{path.name} imports {name}, which stands above it"


def test_command_line_starts_without_slow_libraries() -> None:
    code = f"import sys, attrition.cli; attrition.cli.parser(); print(sorted({SLOW!r} & set(sys.modules)))"
    printed = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert printed.strip() == "[]"


def test_no_test_imports_a_conftest() -> None:
    """Every folder has a `conftest`: which of them the name means depends on the order in which pytest collects."""
    tests = {path: ast.parse(path.read_text(encoding="utf-8")) for path in (ROOT / "tests").rglob("*.py")}
    importing = [
        path.name
        for path, tree in tests.items()
        for node in ast.walk(tree)
        if (isinstance(node, ast.ImportFrom) and node.module == "conftest")
        or (isinstance(node, ast.Import) and any(name.name == "conftest" for name in node.names))
    ]
    assert len(tests) > 50
    assert importing == []


def test_no_two_modules_of_tests_share_a_name() -> None:
    """Test folders are no packages, so a name stands for one module, whichever folder is collected first."""
    names = [path.stem for path in (ROOT / "tests").rglob("*.py") if path.stem not in ("conftest", "__init__")]
    assert sorted(names) == sorted(set(names))
