// Compiled with ITK; kept short because lint cannot read ITK's headers.
#include <algorithm>

#include <itkConnectedComponentImageFilter.h>
#include <itkImage.h>
#include <itkImportImageFilter.h>
#include <itkMultiThreaderBase.h>
#include <itkRelabelComponentImageFilter.h>

#include "pipeline/measure/filters.h"

namespace tomoscribe::pipeline::measure {
namespace {

constexpr unsigned threads = 2;
using MaskImage = itk::Image<std::uint8_t, 3>;

/// An ITK view of a mask: nothing is copied. Direction does not matter to these filters.
itk::ImportImageFilter<std::uint8_t, 3>::Pointer import(const Mask& mask, const Grid& grid) {
  itk::MultiThreaderBase::SetGlobalDefaultNumberOfThreads(threads);
  auto importer = itk::ImportImageFilter<std::uint8_t, 3>::New();
  MaskImage::RegionType region;
  MaskImage::SpacingType spacing;
  const std::array<double, 3> spacing_mm = grid.spacing_mm();
  for (unsigned i = 0; i < 3; ++i) {
    region.SetSize(i, static_cast<itk::SizeValueType>(grid.size[i]));
    spacing[i] = spacing_mm[i];
  }
  importer->SetRegion(region);
  importer->SetSpacing(spacing);
  importer->SetImportPointer(const_cast<std::uint8_t*>(mask.data()), mask.size(),
                             false);  // NOLINT: ITK's API; only read
  return importer;
}

}  // namespace

Components components(const Mask& mask, const Grid& grid, std::size_t least_voxels) {
  using Labels = itk::Image<std::uint32_t, 3>;
  const auto importer = import(mask, grid);
  const auto connect = itk::ConnectedComponentImageFilter<MaskImage, Labels>::New();
  connect->SetInput(importer->GetOutput());
  connect->SetFullyConnected(false);
  connect->SetNumberOfWorkUnits(threads);
  const auto relabel = itk::RelabelComponentImageFilter<Labels, Labels>::New();
  relabel->SetInput(connect->GetOutput());
  relabel->SetMinimumObjectSize(least_voxels);
  relabel->Update();
  Components result;
  const std::uint32_t* values = relabel->GetOutput()->GetBufferPointer();
  const std::size_t count = std::min<std::size_t>(relabel->GetNumberOfObjects(), 65535);
  result.labels.resize(mask.size());
  for (std::size_t i = 0; i < mask.size(); ++i)
    result.labels[i] =
        values[i] <= count ? static_cast<std::uint16_t>(values[i]) : std::uint16_t{0};
  for (std::size_t i = 0; i < count; ++i)
    result.voxels.push_back(relabel->GetSizeOfObjectsInPixels()[i]);
  return result;
}

}  // namespace tomoscribe::pipeline::measure
