"""Compares reports of real scans with what references know of them; script/evaluate --real calls it.

  real_scans.py DATA PROGRAM OUT     prints a Markdown section, writes pictures to OUT/overlays

DATA holds volumes/*.tar.xz, references/ (label maps, NIfTI; MANIFEST.tsv says of which volume),
annotations/ (boxes of tumours, LPS mm) and EXPECTED.tsv. What EXPECTED.tsv means for a report stands in
real_rules.tsv, why a comparison differs in real_notes.tsv, both beside this file. The reference arithmetic
is SimpleITK's and NumPy's, none of it ours.
"""
import csv
import json
import re
import subprocess
import sys
from collections import defaultdict
from pathlib import Path

import numpy as np
import SimpleITK as sitk
from PIL import Image, ImageDraw

HERE = Path(__file__).parent
DATA, PROGRAM, OUT = (Path(word).resolve() for word in sys.argv[1:4])
sitk.ProcessObject.GlobalWarningDisplayOff()


def table(file):
    if not file.exists():
        return []
    with open(file, newline="") as lines:
        return list(csv.DictReader((line for line in lines if not line.startswith("#")), delimiter="\t", quoting=csv.QUOTE_NONE))


RULES, NOTES = table(HERE / "real_rules.tsv"), table(HERE / "real_notes.tsv")
WORDS = {int(n): organ for n, organ in json.loads((DATA / "references/ts_labels.json").read_text()).items()}
NUMBER = {organ: n for n, organ in WORDS.items()}
LABELS = {match[1]: DATA / row["path"] for row in table(DATA / "MANIFEST.tsv")
          if (match := re.match(r"labels for volumes/(\w+)", row["what"] or ""))}


class Study:
    """One study: its files, the report of it, and the volume that the report read."""

    def __init__(self, case, files):
        self.case, self.rows = case, []
        folder = OUT / "reports" / case.replace("/", "_").replace(" ", "_")
        links = folder / "files"
        links.mkdir(parents=True, exist_ok=True)
        for i, file in enumerate(files):
            link = links / f"{i:05}.dcm"
            if not link.exists():
                link.symlink_to(file)
        run = subprocess.run([PROGRAM, "report", "--quiet", links, "--out", folder / "out"], capture_output=True, text=True)
        self.refused = "" if run.returncode == 0 else run.stderr.strip().splitlines()[-1].removeprefix("tomoscribe report: ")
        self.report = {} if self.refused else json.loads((folder / "out/report.json").read_text())
        self.findings = self.report.get("findings", [])
        self.measured = {m["id"]: m for f in self.findings for m in f.get("measurements", [])}
        self.files = files
        self._volume = None

    @property
    def volume(self):
        if self._volume is None:
            series = next(e["series"] for f in self.findings for e in f.get("evidence", []))
            names = []
            for file in self.files:
                tags = tags_of(file)
                if tags.get("0020|000e") == series:
                    position = [float(v) for v in tags["0020|0032"].split("\\")]
                    names.append((position[2], str(file)))
            self.names = [name for _, name in sorted(names)]
            self._volume = sitk.ReadImage(self.names, sitk.sitkInt16)
        return self._volume

    def add(self, comparison, reference, ours, verdict):
        note = next((n["explanation"] for n in NOTES if n["case"] == self.case and n["comparison"] == comparison), "")
        if verdict in DIFFERS and not note:
            note = "**not explained**"
        self.rows.append((comparison, reference, ours, verdict, note))

    def number(self, comparison, name, reference, unit, tolerance):
        """A measurement beside a number of the reference; agrees within our uncertainty and the tolerance."""
        measured = self.measured.get(name)
        if measured is None or measured.get("value") is None:
            why = (measured or {}).get("notAssessed") or self.why_not(name)
            self.add(comparison, f"{reference:.0f} {unit}", f"not assessed: {why}", "not assessed")
            return
        value, spread = measured["value"], measured.get("uncertainty", 0)
        near = abs(value - reference) <= max(tolerance, 2 * spread)
        bound = "≥ " if measured.get("lowerBound") else ""
        self.add(comparison, f"{reference:.0f} {unit}", f"{bound}{value:.0f} ± {spread:.0f} {unit}", "agrees" if near else "differs")

    def why_not(self, name):
        parts = name.split(".")
        for end in range(len(parts), 0, -1):
            for f in self.findings:
                if f["id"] == ".".join(parts[:end]):
                    return f.get("notAssessed", "not measured")
        return "no such finding in the report"


DIFFERS = {"differs", "missed", "said, forbidden", "not said", "outside every box"}


def tags_of(file):
    reader = sitk.ImageFileReader()
    reader.SetFileName(str(file))
    try:
        reader.ReadImageInformation()
    except RuntimeError:
        return {}
    return {key: reader.GetMetaData(key).strip() for key in reader.GetMetaDataKeys()}


def studies():
    for archive in sorted((DATA / "volumes").glob("*.tar.xz")):
        stem = archive.name.split(".")[0]
        folder = OUT / "volumes" / stem
        if not folder.exists():
            folder.mkdir(parents=True)
            subprocess.run(["tar", "-xJf", archive, "-C", folder], check=True)
        by_study = defaultdict(list)
        for file in sorted(p for p in folder.rglob("*") if p.is_file()):
            if study := tags_of(file).get("0020|000d"):
                by_study[study].append(file)
        for number, (_, files) in enumerate(sorted(by_study.items(), key=lambda item: str(item[1][0])), 1):
            alone = len(by_study) == 1
            yield stem, Study(stem if alone else f"{stem}/{files[0].relative_to(folder).parts[1]} {number}", files)


def eroded(mask, mm):
    inner = sitk.SignedMaurerDistanceMap(mask, insideIsPositive=True, squaredDistance=False, useImageSpacing=True)
    return sitk.GetArrayViewFromImage(inner) > mm


def against_labels(study, file):
    """Volumes, densities and diameters inside a label map."""
    labels = sitk.Resample(sitk.ReadImage(str(file)), study.volume, sitk.Transform(), sitk.sitkNearestNeighbor, 0)
    values, hu = sitk.GetArrayFromImage(labels), sitk.GetArrayFromImage(study.volume)
    ml = float(np.prod(labels.GetSpacing())) / 1000

    def organ(*names):
        return np.isin(values, [NUMBER[n] for n in names])

    def inside(name, mm):
        core = hu[eroded(sitk.Equal(labels, NUMBER[name]), mm)]
        return None if core.size < 30 else float(np.median(core))

    for side in "right", "left":
        lung = organ(*(n for n in NUMBER if n.startswith("lung_") and n.endswith(side)))
        if lung.any():
            aerated = (lung & (hu < -500)).sum() * ml
            study.number(f"{side} lung, aerated voxels of the mask", f"lung.volume.{side}", aerated, "mL", 3 + 0.1 * aerated)
    for name, measurement in ("liver", "liver.volume"), ("spleen", "spleen.volume"):
        whole = organ(name)
        if whole.any():
            study.number(f"{name}, volume", measurement, whole.sum() * ml, "mL", 0.1 * whole.sum() * ml)
    for name, measurement, mm in ("liver", "liver.density", 8), ("spleen", "spleen.density", 6), ("aorta", "contrast.blood", 5):
        if (density := inside(name, mm)) is not None:
            study.number(f"{name}, median {mm} mm inside the mask", measurement, density, "HU", 10)
    for level in "T11", "T12", "L1", "L2", "L3":
        if f"spine.trabecular.{level}" in study.measured and (density := inside(f"vertebrae_{level}", 6)) is not None:
            study.number(f"{level}, median 6 mm inside the mask", f"spine.trabecular.{level}", density, "HU", 15)
    for f in study.findings:
        if f["id"] == "spine.density" and f.get("evidence") and (said := re.search(r"\b[TL]\d+\b", f["evidence"][0]["caption"])):
            at = study.volume.TransformPhysicalPointToIndex(f["evidence"][0]["pointMm"])
            mask = WORDS.get(int(labels[at]), "no organ").removeprefix("vertebrae_")
            study.add("name of the vertebra that was measured", mask, said[0], "agrees" if mask == said[0] else "differs")
    lumbar = np.nonzero(organ("vertebrae_L1", "vertebrae_L4").any((1, 2)))[0]
    if organ("aorta").any():
        area = organ("aorta").sum((1, 2)) * np.prod(labels.GetSpacing()[:2])
        mm = 2 * np.sqrt(area / np.pi)
        part, rows = ("abdominal", mm[lumbar.min():lumbar.max() + 1]) if lumbar.size > 20 else ("thoracic", mm)
        study.number("aorta, largest circle of the mask's area" + (" from L1 to L4" if part == "abdominal" else ""),
                     f"aorta.{part}.diameter", rows.max(), "mm", 3)
    draw_evidence(study, labels)


def against_boxes(study, boxes):
    """Whether a candidate lies in a tumour's boxes, and which lie outside."""
    boxes = [{k: float(v) for k, v in box.items() if k.startswith("lps") or k == "z_mm"} for box in boxes]
    low, high = min(b["z_mm"] for b in boxes), max(b["z_mm"] for b in boxes)

    def in_box(point):
        near = min(boxes, key=lambda b: abs(b["z_mm"] - point[2]))
        return (abs(near["z_mm"] - point[2]) <= 5 and near["lps_x_min"] <= point[0] <= near["lps_x_max"] and
                near["lps_y_min"] <= point[1] <= near["lps_y_max"])

    hits = [f["title"] for f in candidates(study) for e in f["evidence"] if e.get("pointMm") and in_box(e["pointMm"])]
    study.add("tumour, boxes of the annotation", f"z {low:.0f} to {high:.0f} mm", hits[0] if hits else "no candidate in the boxes",
              "hit" if hits else "missed")
    for f in candidates(study):
        if f["title"] not in hits:
            study.add(f["title"], "no box", "candidate", "outside every box")
    draw_boxes(study, boxes)


def candidates(study):
    return [f for f in study.findings if f["title"].startswith("Candidate") and f.get("evidence")]


def against_rules(study):
    """What a correct report says, must not say, and which limits it states (EXPECTED.tsv)."""
    said = "\n".join(s["text"] for s in study.report.get("statements", []) if not s["text"].startswith("Not assessed")) or study.refused
    titles = "\n".join(f["title"] for f in study.findings if f.get("presence") == "present" or f in candidates(study))
    for rule in RULES:
        if not study.case.startswith(rule["case"]):
            continue
        found = re.search(rule["pattern"], titles if rule["kind"] == "never" else said, re.I | re.M)
        shown = f"“{found[0][:80]}”" if found else f"refused: {study.refused}" if study.refused else "–"
        if rule["kind"] == "never":
            verdict = "said, forbidden" if found else "refused, nothing said" if study.refused else "not said, right"
        else:
            verdict = "said, right" if found else "not assessed" if study.refused else "not said"
        study.add(rule["expectation"], {"must": "must be said", "never": "must not be said", "limit": "limit to state"}[rule["kind"]], shown, verdict)


def picture(study, z, centre=(40, 400)):
    grey = sitk.GetArrayFromImage(study.volume[:, :, z]).astype(float)
    grey = np.clip((grey - centre[0] + centre[1] / 2) / centre[1] * 255, 0, 255).astype(np.uint8)
    scale = max(1, 768 // grey.shape[1])
    image = Image.fromarray(grey).convert("RGB").resize((grey.shape[1] * scale, grey.shape[0] * scale))
    return image, ImageDraw.Draw(image), scale


def save(image, study, name):
    (OUT / "overlays").mkdir(parents=True, exist_ok=True)
    image.save(OUT / "overlays" / re.sub(r"[^\w.-]", "_", f"{study.case}_{name}.png"))


def draw_evidence(study, labels=None):
    """Red: outlines of our evidence. Green: borders of the reference's organs on that slice."""
    at = {tags_of(name)["0008|0018"]: z for z, name in enumerate(study.names)} if study.volume else {}
    for f in study.findings:
        for e in f.get("evidence", [])[:1]:
            if e["instance"] not in at:
                continue
            z = at[e["instance"]]
            image, draw, scale = picture(study, z, (-500, 1500) if re.match("lung|nodule|airway|pneumo", f["id"]) else (40, 400))
            if labels is not None:
                border = np.argwhere(sitk.GetArrayFromImage(sitk.LabelContour(labels[:, :, z], False)) > 0)
                draw.point([(c * scale + i, r * scale + j) for r, c in border for i in range(scale) for j in range(scale)
                            if (i + j) % 2 == 0], fill=(0, 200, 0))
            for region in e.get("regions", []):
                outline = [(c * scale, r * scale) for c, r in region["outline"]]
                draw.line(outline + outline[:1], fill=(255, 40, 40), width=2)
            save(image, study, f["id"])


def draw_boxes(study, boxes):
    for number, box in enumerate(boxes):
        corners = [study.volume.TransformPhysicalPointToContinuousIndex((box[f"lps_x_{end}"], box[f"lps_y_{end}"], box["z_mm"]))
                   for end in ("min", "max")]
        image, draw, scale = picture(study, round(corners[0][2]))
        draw.rectangle([(corners[0][0] * scale, corners[0][1] * scale), (corners[1][0] * scale, corners[1][1] * scale)], outline=(255, 220, 0))
        save(image, study, f"box-{number:02}")


def main():
    rows, counts = [], defaultdict(int)
    for stem, study in studies():
        if study.findings:
            if stem in LABELS:
                against_labels(study, LABELS[stem])
            else:
                draw_evidence(study)
            series = study.names[0] if study.volume else ""
            for file in sorted((DATA / "annotations").glob("*.tsv")):
                uid = tags_of(series).get("0020|0011")
                if boxes := [b for b in table(file) if b["series_number"] == uid and stem.endswith(file.stem.removesuffix("_tumour_boxes"))]:
                    against_boxes(study, boxes)
        against_rules(study)
        print(f"{study.case}: {len(study.rows)} comparisons", file=sys.stderr)
        for row in study.rows:
            counts[row[3]] += 1
            rows.append(f"| {study.case} | " + " | ".join(cell.replace("|", "/") for cell in row) + " |")
    print(", ".join(f"{verdict}: {n}" for verdict, n in sorted(counts.items())) + ".\n")
    print("| scan | comparison | reference | report | verdict | why |\n|---|---|---|---|---|---|")
    print("\n".join(rows))


main()
