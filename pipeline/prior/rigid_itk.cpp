// Compiled with ITK; kept short because lint cannot read ITK's headers.
#include <algorithm>
#include <cmath>
#include <limits>

#include <itkBinShrinkImageFilter.h>
#include <itkEuler3DTransform.h>
#include <itkImage.h>
#include <itkImageMaskSpatialObject.h>
#include <itkMeanSquaresImageToImageMetricv4.h>
#include <itkMultiThreaderBase.h>
#include <itkRegistrationParameterScalesFromPhysicalShift.h>
#include <itkRegularStepGradientDescentOptimizerv4.h>
#include <itkSmoothingRecursiveGaussianImageFilter.h>

#include "pipeline/prior/rigid.h"

namespace tomoscribe::pipeline::prior {
namespace {

using Image = itk::Image<float, 3>;
using MaskImage = itk::Image<std::uint8_t, 3>;
using Metric = itk::MeanSquaresImageToImageMetricv4<Image, Image>;
using Transform = itk::Euler3DTransform<double>;

constexpr unsigned threads = 1;  // sums of several threads would differ from machine to machine
constexpr double around_mm = 6, least_overlap = 0.3;

/// A copy along the patient's axes, every voxel through `value(at)`.
template <class AnyImage, class Value>
typename AnyImage::Pointer copied(const Grid& grid, const Value& value) {
  auto image = AnyImage::New();
  typename AnyImage::RegionType region;
  typename AnyImage::SpacingType spacing;
  typename AnyImage::PointType origin;
  for (unsigned i = 0; i < 3; ++i) {
    region.SetSize(i, static_cast<itk::SizeValueType>(grid.size[i]));
    spacing[i] = grid.step_mm[i][i];
    origin[i] = grid.origin_mm[i];
  }
  image->SetRegions(region);
  image->SetSpacing(spacing);
  image->SetOrigin(origin);
  image->Allocate();
  for (std::size_t at = 0; at < grid.voxels(); ++at) image->GetBufferPointer()[at] = value(at);
  return image;
}

/// Cubes of 4.5 mm, bone and soft tissue alike: contrast agent and calcium must not pull.
Image::Pointer coarse(const LungImage& lungs) {
  const auto shrink = itk::BinShrinkImageFilter<Image, Image>::New();
  shrink->SetInput(copied<Image>(lungs.image.grid, [&](std::size_t at) {
    return static_cast<float>(std::clamp<int>(lungs.image.hu[at], -1000, 0));
  }));
  shrink->SetShrinkFactors(3);
  shrink->SetNumberOfWorkUnits(threads);
  shrink->Update();
  return shrink->GetOutput();
}

Image::Pointer smooth(const Image::Pointer& image, double sigma_mm) {
  const auto filter = itk::SmoothingRecursiveGaussianImageFilter<Image, Image>::New();
  filter->SetInput(image);
  filter->SetSigma(sigma_mm);
  filter->SetNumberOfWorkUnits(threads);
  filter->Update();
  return filter->GetOutput();
}

struct Extent {
  Vec3 low{1e9, 1e9, 1e9}, high{-1e9, -1e9, -1e9}, middle{};
};

Extent extent_of(const LungImage& lungs) {
  Extent extent;
  double voxels = 0;
  measure::for_each_voxel(lungs.image.grid, [&](std::size_t at, int column, int row, int slice) {
    if (lungs.lung[at] == 0) return;
    const Vec3 point = lungs.image.grid.point_mm(column, row, slice);
    for (std::size_t i = 0; i < 3; ++i) {
      extent.low[i] = std::min(extent.low[i], point[i]);
      extent.high[i] = std::max(extent.high[i], point[i]);
      extent.middle[i] += point[i];
    }
    ++voxels;
  });
  for (double& one : extent.middle) one /= voxels;
  return extent;
}

/// Where to start: the lungs' middles meet; then with their tops, or their lowest points, level;
/// last as the tables stood.
std::vector<Vec3> starts(const Extent& current, const Extent& earlier) {
  Vec3 middle{};
  for (std::size_t i = 0; i < 3; ++i) middle[i] = earlier.middle[i] - current.middle[i];
  return {middle,
          {middle[0], middle[1], earlier.high[2] - current.high[2]},
          {middle[0], middle[1], earlier.low[2] - current.low[2]},
          {0, 0, 0}};
}

class Pair {
 public:
  Pair(const LungImage& current, const LungImage& earlier)
      : current_(coarse(current)), earlier_(coarse(earlier)), mask_(MaskObject::New()) {
    const std::vector<float> depth = measure::depth_mm(current.lung, current.image.grid);
    const auto image = copied<MaskImage>(current.image.grid, [&](std::size_t at) {
      return depth[at] > -around_mm ? std::uint8_t{1} : std::uint8_t{0};
    });
    mask_->SetImage(image);
    mask_->Update();
  }

  Metric::Pointer metric(double sigma_mm, Transform* transform) const {
    auto metric = Metric::New();
    metric->SetFixedImage(smooth(current_, sigma_mm));
    metric->SetMovingImage(smooth(earlier_, sigma_mm));
    metric->SetFixedImageMask(mask_);
    metric->SetMovingTransform(transform);
    metric->SetMaximumNumberOfWorkUnits(threads);
    metric->Initialize();
    return metric;
  }

 private:
  using MaskObject = itk::ImageMaskSpatialObject<3, std::uint8_t>;
  Image::Pointer current_, earlier_;
  MaskObject::Pointer mask_;
};

/// Leaves the transform at the start that fits best where enough of the lungs overlap.
void choose_start(const Pair& pair, Transform* transform, const std::vector<Vec3>& starts) {
  const auto metric = pair.metric(6, transform);
  Transform::OutputVectorType best;
  best.Fill(0);
  double least = std::numeric_limits<double>::max(), most_points = 0;
  for (const Vec3& start : starts) {
    Transform::OutputVectorType offset;
    for (unsigned i = 0; i < 3; ++i) offset[i] = start[i];
    transform->SetTranslation(offset);
    const double value = metric->GetValue();
    const auto points = static_cast<double>(metric->GetNumberOfValidPoints());
    most_points = std::max(most_points, points);
    if (points < least_overlap * most_points || points == 0 || value >= least) continue;
    least = value;
    best = offset;
  }
  transform->SetTranslation(best);
}

void refine(const Pair& pair, Transform* transform, double sigma_mm, double step_mm) {
  const auto metric = pair.metric(sigma_mm, transform);
  const auto scales = itk::RegistrationParameterScalesFromPhysicalShift<Metric>::New();
  scales->SetMetric(metric);
  const auto optimizer = itk::RegularStepGradientDescentOptimizerv4<double>::New();
  optimizer->SetMetric(metric);
  optimizer->SetScalesEstimator(scales);
  optimizer->SetDoEstimateLearningRateOnce(false);
  optimizer->SetDoEstimateLearningRateAtEachIteration(false);
  optimizer->SetLearningRate(step_mm);
  optimizer->SetMinimumStepLength(0.02);
  optimizer->SetRelaxationFactor(0.6);
  optimizer->SetNumberOfIterations(100);
  optimizer->SetNumberOfWorkUnits(threads);
  optimizer->StartOptimization();
}

}  // namespace

Rigid align(const LungImage& current, const LungImage& earlier) {
  const Pair pair(current, earlier);
  const Extent here = extent_of(current);
  const auto transform = Transform::New();
  Transform::InputPointType centre;
  for (unsigned i = 0; i < 3; ++i) centre[i] = here.middle[i];
  transform->SetCenter(centre);
  choose_start(pair, transform, starts(here, extent_of(earlier)));
  refine(pair, transform, 6, 4);
  refine(pair, transform, 2, 1);
  Rigid rigid;
  for (unsigned i = 0; i < 3; ++i) {
    rigid.offset_mm[i] = transform->GetOffset()[i];
    for (unsigned j = 0; j < 3; ++j) rigid.rows[i][j] = transform->GetMatrix()[i][j];
  }
  return rigid;
}

}  // namespace tomoscribe::pipeline::prior
