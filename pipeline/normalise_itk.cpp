// Compiled with ITK; kept short because lint cannot read ITK's headers.
#include <algorithm>
#include <cmath>

#include <itkBinShrinkImageFilter.h>
#include <itkImage.h>
#include <itkImportImageFilter.h>
#include <itkLinearInterpolateImageFunction.h>
#include <itkMultiThreaderBase.h>
#include <itkResampleImageFilter.h>
#include <itkSmoothingRecursiveGaussianImageFilter.h>

#include "pipeline/normalise.h"

namespace tomoscribe::pipeline {
namespace {

using Image = itk::Image<std::int16_t, 3>;
constexpr unsigned threads = 2;

/// An ITK view of our array: nothing is copied, ITK does not own it.
itk::ImportImageFilter<std::int16_t, 3>::Pointer import(const Grid& grid,
                                                        const std::int16_t* values) {
  auto importer = itk::ImportImageFilter<std::int16_t, 3>::New();
  Image::RegionType region;
  Image::SpacingType spacing;
  Image::PointType origin;
  Image::DirectionType direction;
  const std::array<double, 3> spacing_mm = grid.spacing_mm();
  for (unsigned i = 0; i < 3; ++i) {
    region.SetSize(i, static_cast<itk::SizeValueType>(grid.size[i]));
    spacing[i] = spacing_mm[i];
    origin[i] = grid.origin_mm[i];
    for (unsigned axis = 0; axis < 3; ++axis)
      direction[axis][i] = grid.step_mm[i][axis] / spacing_mm[i];
  }
  importer->SetRegion(region);
  importer->SetSpacing(spacing);
  importer->SetOrigin(origin);
  importer->SetDirection(direction);
  importer->SetImportPointer(const_cast<std::int16_t*>(values), grid.voxels(),
                             false);  // NOLINT: ITK's API; only read
  return importer;
}

/// How many voxels along `index` of `grid` fit into one voxel of `target`.
unsigned shrink_factor(const Grid& grid, const Grid& target, std::size_t index) {
  const std::array<double, 3> from = grid.spacing_mm(), to = target.spacing_mm();
  std::size_t along = 0;  // the target axis most parallel to this one
  double most = -1;
  for (std::size_t i = 0; i < 3; ++i) {
    double cosine = 0;
    for (std::size_t axis = 0; axis < 3; ++axis)
      cosine += grid.step_mm[index][axis] * target.step_mm[i][axis];
    if (std::abs(cosine) / to[i] > most) most = std::abs(cosine) / to[i], along = i;
  }
  const double ratio = to[along] / from[index];
  return static_cast<unsigned>(std::clamp(std::floor(ratio + 0.25), 1.0, double(grid.size[index])));
}

}  // namespace

GridImage resample(const Volume& volume, const Grid& target, std::int16_t outside_hu) {
  itk::MultiThreaderBase::SetGlobalDefaultNumberOfThreads(threads);
  const auto importer = import(volume.grid, volume.hu.data());
  importer->Update();
  Image::Pointer source = importer->GetOutput();
  using Shrink = itk::BinShrinkImageFilter<Image, Image>;
  Shrink::ShrinkFactorsType factors;
  bool shrinks = false;
  for (unsigned i = 0; i < 3; ++i) {
    factors[i] = shrink_factor(volume.grid, target, i);
    shrinks = shrinks || factors[i] > 1;
  }
  if (shrinks) {
    const auto shrink = Shrink::New();
    shrink->SetInput(source);
    shrink->SetShrinkFactors(factors);
    shrink->SetNumberOfWorkUnits(threads);
    shrink->Update();
    source = shrink->GetOutput();
    source->DisconnectPipeline();
  }

  GridImage result{target, std::vector<std::int16_t>(target.voxels())};
  const auto reference = import(target, result.hu.data());
  reference->UpdateOutputInformation();
  const auto filter = itk::ResampleImageFilter<Image, Image>::New();
  filter->SetInput(source);
  filter->SetReferenceImage(reference->GetOutput());
  filter->UseReferenceImageOn();
  filter->SetInterpolator(itk::LinearInterpolateImageFunction<Image, double>::New());
  filter->SetDefaultPixelValue(outside_hu);
  filter->SetNumberOfWorkUnits(threads);
  filter->Update();
  const std::int16_t* values = filter->GetOutput()->GetBufferPointer();
  std::copy(values, values + result.hu.size(), result.hu.begin());
  return result;
}

std::vector<std::int16_t> smoothed(const GridImage& image, double sigma_mm) {
  itk::MultiThreaderBase::SetGlobalDefaultNumberOfThreads(threads);
  const auto importer = import(image.grid, image.hu.data());
  const auto filter = itk::SmoothingRecursiveGaussianImageFilter<Image, Image>::New();
  filter->SetInput(importer->GetOutput());
  filter->SetSigma(sigma_mm);
  filter->SetNumberOfWorkUnits(threads);
  filter->Update();
  const std::int16_t* values = filter->GetOutput()->GetBufferPointer();
  return {values, values + image.hu.size()};
}

}  // namespace tomoscribe::pipeline
