"""What a source does not label is unknown, never absent."""

import csv
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from penumbra_models.adults import ASKED, LABELS, NIH_NAMES, Adults, AdultSampler, known, picture

FIELDS = ("file", "split", "set", "labels", "view", "rsna_class", "adjudicated", "boxes", "fit_width", "fit_height", "pad_x", "pad_y")


def row(**changes: str) -> dict[str, str]:
    whole = {"fit_width": "224", "fit_height": "224", "pad_x": "0", "pad_y": "0"}
    return {**dict.fromkeys(FIELDS, ""), "split": "train", "set": "nih14", "labels": "No Finding", **whole, **changes}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """120 grey pictures: 60 of nih14, half with effusion; 40 of nih_effusion, half with it; 20 of rsna_normal."""
    rows = [row(labels="Effusion" if i % 2 else "No Finding", view="AP" if i % 3 else "PA") for i in range(60)]
    rows += [row(set="nih_effusion", labels="Effusion" if i % 2 else "No effusion (folder: normal)") for i in range(40)]
    rows += [row(set="rsna_normal", labels="Normal (RSNA readers)") for _ in range(20)]
    rows += [row(set="hannover", labels="COVID-19 pneumonia (patient level)")]
    for i, r in enumerate(rows):
        r["file"] = f"{i}.png"
        Image.fromarray(np.full((224, 224), i, np.uint8)).save(tmp_path / r["file"])
    with (tmp_path / "index.csv").open("w", newline="") as file:
        writer = csv.DictWriter(file, FIELDS)
        writer.writeheader()
        writer.writerows(rows)
    return tmp_path


def test_a_source_with_one_question_leaves_all_others_unknown() -> None:
    assert set(known(row(set="nih_effusion", labels="No effusion (folder: normal)"))) == {"effusion"}
    # An effusion is an abnormality: the film is not normal, and nothing else is known.
    assert set(known(row(set="nih_effusion", labels="Effusion"))) == {"effusion", "normal"}


def test_what_was_never_labelled_is_in_no_source() -> None:
    for source in ("nih14", "nih_effusion", "rsna_normal"):
        assert not {"tube", "line", "pacemaker", "device", "fracture"} & set(known(row(set=source)))


@pytest.mark.parametrize("source", ["hannover", "shenzhen", "montgomery", "jsrt", "wingspan", "another"])
def test_sources_that_are_not_trained_on_say_nothing(source: str) -> None:
    assert known(row(set=source, labels="Nodule")) == {}


def test_mined_labels_are_soft_and_readers_sharp() -> None:
    mined, read = known(row(labels="No Finding")), known(row(set="rsna_normal", labels="Normal (RSNA readers)"))
    assert 0.5 < mined["normal"] < read["normal"]
    assert read["effusion"] < mined["effusion"] < 0.5


@pytest.mark.parametrize("labels", ["Infiltration", "Pneumonia", "Atelectasis|Infiltration"])
def test_other_words_for_airspace_disease_leave_consolidation_unknown(labels: str) -> None:
    assert "consolidation" not in known(row(labels=labels))
    assert known(row(labels=f"{labels}|Consolidation"))["consolidation"] > 0.5


def test_pneumonia_follows_the_readers_where_they_looked() -> None:
    assert known(row(labels="Pneumonia", rsna_class="Lung Opacity"))["pneumonia"] > known(row(labels="Pneumonia"))["pneumonia"] > 0.5
    assert "pneumonia" not in known(row(labels="Pneumonia", rsna_class="Normal"))
    assert "pneumonia" not in known(row(labels="No Finding", rsna_class="Lung Opacity"))


def test_readers_overrule_what_was_mined() -> None:
    assert known(row(labels="No Finding", rsna_class="No Lung Opacity / Not Normal"))["normal"] < 0.5
    assert known(row(labels="Infiltration", rsna_class="Normal"))["normal"] > 0.5
    adjudicated = known(row(labels="Pneumothorax", adjudicated="Fracture=YES;Pneumothorax=NO;Airspace opacity=NO;Nodule or mass=NO"))
    assert adjudicated["pneumothorax"] < 0.5 < adjudicated["fracture"]


def test_nodule_is_nodule_or_mass() -> None:
    assert known(row(labels="Mass"))["nodule"] == known(row(labels="Nodule"))["nodule"] > 0.5


def test_the_padding_is_cut_off(tmp_path: Path) -> None:
    inside = np.zeros((224, 224), np.uint8)
    inside[20:204, :] = 200
    Image.fromarray(inside).save(tmp_path / "a.png")
    image = picture(tmp_path, row(file="a.png", fit_height="184", pad_y="20"))
    assert image.shape == (224, 224)
    assert (image == 200).all()


def test_unknown_is_nan_in_the_table(folder: Path) -> None:
    adults = Adults(folder, "train")
    assert len(adults) == 120
    assert "hannover" not in adults.source
    effusion_only = adults.probability[adults.source == "nih_effusion"]
    columns = [LABELS.index(name) for name in LABELS if name not in ("effusion", "normal")]
    assert np.isnan(effusion_only[:, columns]).all()
    assert np.isnan(adults.probability[:, LABELS.index("fracture")]).all()
    assert not np.isnan(adults.probability[adults.source == "nih14"][:, [LABELS.index(n) for n in NIH_NAMES]]).any()


def test_drawing_is_balanced_within_a_source_and_never_for_an_unknown_label(folder: Path) -> None:
    adults = Adults(folder, "train")
    sampler = AdultSampler(adults, np.random.default_rng(0))
    drawn = [sampler.draw() for _ in range(3000)]
    probabilities = np.array([adults.probability[i, k] for i, k in drawn])
    assert not np.isnan(probabilities).any()
    effusion = LABELS.index("effusion")
    for source in ("nih14", "nih_effusion"):
        some = np.array([p for (i, k), p in zip(drawn, probabilities, strict=True) if k == effusion and adults.source[i] == source])
        assert len(some) > 300
        # Of a source with both answers; normal films of another source may stand in for some of the absent ones.
        assert (some > 0.5).mean() == pytest.approx(0.5, abs=0.1)
    assert {LABELS[k] for _, k in drawn} <= {"effusion", "normal", "ap"} <= set(ASKED)


def test_too_few_pictures_are_refused_in_words(folder: Path) -> None:
    adults = Adults(folder, "train")
    adults.probability[:] = np.nan
    with pytest.raises(ValueError, match="too few to train on"):
        AdultSampler(adults, np.random.default_rng(0))
