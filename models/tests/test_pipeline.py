"""Stages run when something they depend on changed, and only then."""

from pathlib import Path

import pytest

from penumbra_models.pipeline import Pipeline, Stage, digest, stages

FIRST = Stage("first", ("a",), ("in.txt",), ("runs/mid.txt",), ("code.py",))
SECOND = Stage("second", ("b",), ("runs/mid.txt",), ("runs/out",), ())


class Runner:
    def __init__(self) -> None:
        self.ran: list[str] = []

    def __call__(self, stage: Stage, root: Path) -> None:
        self.ran.append(stage.name)
        if stage.name == "first":
            (root / "runs/mid.txt").write_text((root / "in.txt").read_text().upper())
        else:
            (root / "runs/out").mkdir(exist_ok=True)
            (root / "runs/out/a.txt").write_text("of " + (root / "runs/mid.txt").read_text())


def go(root: Path) -> list[str]:
    runner = Runner()
    pipeline = Pipeline(root, runner)
    for stage in (FIRST, SECOND):
        pipeline.execute(stage)
    return runner.ran


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "in.txt").write_text("x")
    (tmp_path / "code.py").write_text("1")
    assert go(tmp_path) == ["first", "second"]
    return tmp_path


def test_nothing_runs_twice(root: Path) -> None:
    assert go(root) == []


def test_a_changed_input_runs_all_that_depends_on_it(root: Path) -> None:
    (root / "in.txt").write_text("y")
    assert go(root) == ["first", "second"]
    assert (root / "runs/out/a.txt").read_text() == "of Y"


def test_changed_code_runs_its_stage_and_nothing_after_it_if_the_bytes_are_the_same(root: Path) -> None:
    (root / "code.py").write_text("2")
    assert go(root) == ["first"]


@pytest.mark.parametrize("change", ["edit", "delete", "add"])
def test_a_touched_output_is_made_again(root: Path, change: str) -> None:
    file = root / "runs/out/a.txt"
    if change == "edit":
        file.write_text("other")
    elif change == "delete":
        file.unlink()
    else:
        (root / "runs/out/b.txt").write_text("more")
    assert go(root) == ["second"]


def test_another_command_is_another_stage(root: Path) -> None:
    runner = Runner()
    assert Pipeline(root, runner).execute(Stage("first", ("a", "--more"), FIRST.inputs, FIRST.outputs, FIRST.code))


def test_missing_inputs_and_outputs_are_named(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match=r"Stage first reads in\.txt"):
        Pipeline(tmp_path, Runner()).execute(FIRST)
    (tmp_path / "in.txt").write_text("x")
    with pytest.raises(FileNotFoundError, match=r"without writing runs/mid\.txt"):
        Pipeline(tmp_path, lambda *_: None).execute(FIRST)


def test_a_digest_is_of_bytes_and_names() -> None:
    here = Path(__file__).parent
    assert digest(here / "nothing") is None
    assert digest(here / "golden") != digest(here)


def test_every_stage_reads_what_is_there_or_written_before() -> None:
    written: set[str] = set()
    for stage in stages("ADULT", "KERMANY"):
        for path in stage.inputs:
            there = path.startswith(("ADULT/", "KERMANY/", "../public/"))
            within = any(w == path or w.startswith(f"{path}/") for w in written)
            assert there or within or path in {"data/eval", "data/outside"}, (stage.name, path)
        assert not written & set(stage.outputs), stage.name
        written |= set(stage.outputs)


def test_the_code_of_every_stage_exists() -> None:
    root = Path(__file__).parents[1]
    for stage in stages("ADULT", "KERMANY"):
        for path in stage.code:
            assert (root / path).exists(), path
