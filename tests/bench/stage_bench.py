"""The same steps in SimpleITK and SciPy, beside those of stage_bench (same slices, same run). Called by stage_bench.sh.

  stage_bench.py FOLDER OURS.tsv     prints Markdown rows; OURS.tsv: stage, wall and CPU seconds
"""
import sys
import time
from pathlib import Path

import numpy as np
import SimpleITK as sitk
from scipy import ndimage

folder, ours = Path(sys.argv[1]), sys.argv[2]
sitk.ProcessObject.SetGlobalDefaultNumberOfThreads(2)
peers = {}


def timed(stage, peer, work):
    wall, cpu = time.perf_counter(), time.process_time()
    made = work()
    peers.setdefault(stage, []).append((peer, time.perf_counter() - wall, time.process_time() - cpu))
    return made


def read():
    reader = sitk.ImageSeriesReader()
    series = reader.GetGDCMSeriesIDs(str(folder))[0]
    return sitk.ReadImage(reader.GetGDCMSeriesFileNames(str(folder), series), sitk.sitkInt16)


def resampled(volume):
    factors = [max(1, int(1.5 / spacing + 0.25)) for spacing in volume.GetSpacing()]
    shrunk = sitk.BinShrink(volume, factors)
    size = [int((n - 1) * s / 1.5) + 1 for n, s in zip(volume.GetSize(), volume.GetSpacing())]
    return sitk.Resample(shrunk, size, sitk.Transform(), sitk.sitkLinear, volume.GetOrigin(), [1.5] * 3, volume.GetDirection(), -1024)


def filled(mask):
    return np.stack([ndimage.binary_fill_holes(one) for one in mask])


def lungs(work):
    """A usual recipe: what is air inside the opened and filled body, its two largest pieces, closed."""
    tissue = sitk.BinaryMorphologicalOpening(work > -400, [2] * 3)
    inside = sitk.GetImageFromArray(filled(sitk.GetArrayViewFromImage(tissue)).astype(np.uint8))
    inside.CopyInformation(work)
    pieces = sitk.RelabelComponent(sitk.ConnectedComponent(sitk.And(work < -400, inside)), 100000)
    return sitk.BinaryMorphologicalClosing(sitk.BinaryThreshold(pieces, 1, 2), [5] * 3)


def spots(array, mask):
    """Difference of Gaussians over seven scales in the lungs' box, and its maxima."""
    at = np.argwhere(mask)
    box = tuple(slice(max(0, low - 4), high + 5) for low, high in zip(at.min(0), at.max(0)))
    lung = np.where(mask[box], np.clip(array[box], -1024, 100), -850).astype(np.float32)
    scales = [ndimage.gaussian_filter(lung, 2 ** (i / 2) / 1.5) for i in range(7)]
    difference = np.stack([a - b for a, b in zip(scales, scales[1:])])
    return (difference == ndimage.maximum_filter(difference, 3)) & (difference > 60)


volume = timed("headers, decode, stack", "SimpleITK", read)
work = timed("resample to 1.5 mm", "SimpleITK", lambda: resampled(volume))
array = sitk.GetArrayFromImage(work)
body_image, body = work > -400, array > -400
timed("smoothing, 1.5 mm", "SimpleITK", lambda: sitk.SmoothingRecursiveGaussian(work, 1.5))
timed("smoothing, 1.5 mm", "SciPy", lambda: ndimage.gaussian_filter(array.astype(np.float32), 1))
timed("signed distance", "SimpleITK", lambda: sitk.SignedMaurerDistanceMap(body_image, True, False, True))
timed("signed distance", "SciPy (two)", lambda: ndimage.distance_transform_edt(body) - ndimage.distance_transform_edt(~body))
timed("components", "SimpleITK", lambda: sitk.RelabelComponent(sitk.ConnectedComponent(body_image), 100))
timed("components", "SciPy", lambda: ndimage.label(body))
timed("holes by slice", "SciPy", lambda: filled(body))
mask = sitk.GetArrayFromImage(timed("step: lungs", "SimpleITK, a plain recipe", lambda: lungs(work))) > 0
timed("step: bone", "SimpleITK, threshold and components", lambda: sitk.RelabelComponent(sitk.ConnectedComponent(work > 180), 740))
timed("nodule filter, 7 scales", "SciPy", lambda: spots(array, mask))

print("| stage | wall, s | CPU, s | peer | its wall, s | its CPU, s | CPU ratio |\n|---|---|---|---|---|---|---|")
for line in open(ours):
    stage, wall, cpu = line.rstrip("\n").split("\t")
    if stage not in peers and float(cpu) < 0.05:
        continue  # what takes no time
    for peer, its_wall, its_cpu in peers.get(stage, [("–", 0, 0)]):
        ratio = f"{its_cpu / max(float(cpu), 0.001):.1f}" if its_cpu else ""
        shown = [f"{its_wall:.2f}", f"{its_cpu:.2f}"] if its_cpu else ["", ""]
        print(f"| {stage} | {float(wall):.2f} | {float(cpu):.2f} | {peer} | {shown[0]} | {shown[1]} | {ratio} |")
