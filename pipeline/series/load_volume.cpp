#include "pipeline/series/load_volume.h"

#include <algorithm>
#include <atomic>
#include <cmath>
#include <exception>
#include <limits>
#include <map>
#include <mutex>
#include <thread>

#include "pipeline/gates/hounsfield.h"
#include "pipeline/measure/scene.h"
#include "pipeline/normalise.h"

namespace tomoscribe::pipeline {
namespace {

/// 1,000 slices of 1024 x 1024 and some; 2 bytes for each, 1 more for its label.
constexpr std::size_t most_voxels = 1'200'000'000;
constexpr std::size_t most_working_voxels = 400'000'000;  // 0.8 x 0.8 x 2.1 m in cubes of 1.5 mm
constexpr double most_thickness_mm = 100;                 // what is thicker is no slice

/// One file and the images its frames become, by their place in Stack::order.
struct Load {
  std::size_t instance;
  std::vector<std::pair<int, std::size_t>> frame_to_image;
};

std::vector<Load> loads_of(const SeriesSlices& slices) {
  std::map<std::size_t, Load> by_instance;
  for (std::size_t image = 0; image < slices.stack.order.size(); ++image) {
    const FrameRef& ref = slices.frames[slices.stack.order[image]];
    Load& load = by_instance.try_emplace(ref.instance, Load{ref.instance, {}}).first->second;
    load.frame_to_image.emplace_back(ref.frame, image);
  }
  std::vector<Load> loads;
  loads.reserve(by_instance.size());
  for (auto& [instance, load] : by_instance) loads.push_back(std::move(load));
  return loads;
}

/// A padding value in the sign of the pixels: headers write 63536 for -2000 and the other way
/// round, when value representation and Pixel Representation disagree (PS3.5 6.2, C.7.5.1.1.2).
double as_stored(double value, const dicom::InstanceHeader& header) {
  const double range = std::ldexp(1.0, header.bits_stored > 0 ? header.bits_stored : 16);
  constexpr double word = 65536;
  if (header.pixel_is_signed && value >= word / 2) return value - word;
  if (!header.pixel_is_signed && value < 0) return value + range;
  return value;
}

struct Padding {
  double low = 0, high = -1;  ///< none
  bool holds(double stored) const { return stored >= low && stored <= high; }
};

Padding padding_of(const dicom::InstanceHeader& header) {
  if (!header.pixel_padding_value) return {};
  const double one = as_stored(*header.pixel_padding_value, header);
  const double other =
      header.pixel_padding_range_limit ? as_stored(*header.pixel_padding_range_limit, header) : one;
  return {std::min(one, other), std::max(one, other)};
}

/// Padding at a density of the body takes tissue of that density away: that must be said.
void describe_padding(Volume& volume) {
  const Padding padding = padding_of(volume.header);
  if (padding.high < padding.low) return;
  const dicom::PlaneHeader& plane = volume.header.planes.front();
  const double hu =
      padding.high * plane.rescale_slope.value_or(1) + plane.rescale_intercept.value_or(0);
  if (hu > -900 && hu < 3000)
    volume.notes.push_back("the padding value lies at " + std::to_string(std::lround(hu)) +
                           " HU: tissue of that density reads as air");
}

void check_frame(const dicom::StoredFrame& frame, const dicom::InstanceHeader& header) {
  if (frame.rows != header.rows || frame.columns != header.columns ||
      frame.values.size() !=
          static_cast<std::size_t>(frame.rows) * static_cast<std::size_t>(frame.columns))
    throw dicom::Malformed("the decoded image has another size than the header says");
}

/// `hu`: the images of Stack::order, one after the other.
void load_one(const InstanceFile& source, const Load& load, std::vector<std::int16_t>& hu) {
  const std::vector<dicom::StoredFrame> frames = dicom::read_frames(source.file);
  const std::size_t plane_size = static_cast<std::size_t>(source.header.rows) *
                                 static_cast<std::size_t>(source.header.columns);
  for (const auto& [frame, image] : load.frame_to_image) {
    const auto index = static_cast<std::size_t>(frame);
    if (index >= frames.size()) throw dicom::Malformed("the file holds fewer frames than it says");
    check_frame(frames[index], source.header);
    rescale(frames[index], source.header, source.header.planes[index],
            hu.data() + image * plane_size);
  }
}

/// Runs the loads on two threads; the failure of the lowest file number wins, so that the answer
/// does not depend on timing.
std::optional<Unsuitable> load_all(const std::vector<InstanceFile>& instances,
                                   const std::vector<Load>& loads, std::vector<std::int16_t>& hu,
                                   const std::stop_token& stop) {
  std::atomic<std::size_t> next{0};
  std::mutex mutex;
  std::map<std::size_t, std::string> faults;
  std::exception_ptr unexpected;
  const auto work = [&] {
    for (std::size_t i = next++; i < loads.size() && !stop.stop_requested(); i = next++) {
      try {
        load_one(instances[loads[i].instance], loads[i], hu);
      } catch (const dicom::Malformed& fault) {
        const std::scoped_lock lock(mutex);
        faults.emplace(loads[i].frame_to_image.front().second, fault.what());
      } catch (...) {
        const std::scoped_lock lock(mutex);
        unexpected = std::current_exception();
      }
    }
  };
  {
    const std::jthread helper(work);
    work();
  }
  if (stop.stop_requested()) throw Cancelled();
  if (unexpected) std::rethrow_exception(unexpected);
  if (faults.empty()) return std::nullopt;
  std::string sentence = "slice " + std::to_string(faults.begin()->first + 1) +
                         " cannot be decoded: " + faults.begin()->second;
  if (faults.size() > 1) sentence += " (and " + std::to_string(faults.size() - 1) + " more)";
  return Unsuitable{sentence};
}

/// Two images at one position may only be copies.
std::optional<Unsuitable> duplicates_differ(const std::vector<InstanceFile>& instances,
                                            const SeriesSlices& slices) {
  const auto read = [&](std::size_t source) {
    const FrameRef& ref = slices.frames[source];
    auto frames = dicom::read_frames(instances[ref.instance].file);
    const auto index = static_cast<std::size_t>(ref.frame);
    if (index >= frames.size()) throw dicom::Malformed("the file holds fewer frames than it says");
    return std::move(frames[index].values);
  };
  for (const auto& [kept, left_out] : slices.stack.duplicates) {
    const auto slice = std::ranges::find(slices.stack.order, kept) - slices.stack.order.begin() + 1;
    try {
      if (read(kept) == read(left_out)) continue;
    } catch (const dicom::Malformed& fault) {
      return Unsuitable{"slice " + std::to_string(slice) + " cannot be decoded: " + fault.what()};
    }
    return Unsuitable{"two different images lie at the position of slice " + std::to_string(slice)};
  }
  return std::nullopt;
}

/// The largest stated thickness of the images used; nullopt when none is stated.
std::optional<double> thickness_of(const std::vector<InstanceFile>& instances,
                                   const SeriesSlices& slices) {
  std::optional<double> largest;
  for (const std::size_t source : slices.stack.order) {
    const FrameRef& ref = slices.frames[source];
    const auto& plane = instances[ref.instance].header.planes[static_cast<std::size_t>(ref.frame)];
    const double thickness = plane.slice_thickness_mm.value_or(0);
    if (thickness > 0 && thickness <= most_thickness_mm)
      largest = std::max(thickness, largest.value_or(0));
  }
  return largest;
}

/// Largest distance between neighbouring images of a mixed stack, holes apart; 0 for others.
double widest_step_mm(const Stack& stack) {
  if (!stack.mixed) return 0;
  double widest = 0;
  for (std::size_t i = 0; i + 1 < stack.at.size(); ++i)
    if (std::ranges::none_of(stack.missing, [i](const MissingSlices& hole) {
          return static_cast<std::size_t>(hole.after) == i;
        }))
      widest = std::max(widest, stack.at[i + 1] - stack.at[i]);
  return widest * stack.grid.spacing_mm()[2];
}

void describe_thickness(Volume& volume, const Stack& stack) {
  const auto& thickness = volume.header.planes.front().slice_thickness_mm;
  const double spacing = stack.spacing_mm;
  if (!thickness) {
    volume.notes.emplace_back("slice thickness is not stated");
    return;
  }
  const double difference = *thickness - spacing;
  if (std::abs(difference) <= std::max(0.05, 0.02 * spacing)) return;
  volume.notes.push_back(
      "slices " + millimetres(spacing) + " mm apart and " + millimetres(*thickness) +
      " mm thick: " + (difference > 0 ? "overlapping" : "not all tissue is covered"));
}

/// Numbers that several images share tell none apart: then a slice is named by its frame where all
/// are frames of one file, else by the place of its image in the stack (`places`, from 1).
void name_by_place(const std::vector<int>& places, int images, Volume& volume) {
  std::map<int, std::pair<dicom::SopInstanceUid, int>> named;
  bool shared = false, one_file = true;
  for (std::size_t slice = 0; slice < volume.images.size(); ++slice) {
    one_file = one_file && volume.instances[slice] == volume.instances.front();
    if (!volume.images[slice]) continue;
    const std::pair image{volume.instances[slice], volume.frames[slice]};
    const auto known = named.try_emplace(*volume.images[slice], image).first;
    shared = shared || known->second != image;
  }
  if (!shared) return;
  for (std::size_t slice = 0; slice < volume.images.size(); ++slice)
    volume.images[slice] = one_file ? volume.frames[slice] : places[slice];
  const bool upwards = volume.grid.point_mm(0, 0, 1)[2] > volume.grid.point_mm(0, 0, 0)[2];
  volume.notes.push_back(
      one_file
          ? "images are named by their frames"
          : "several images carry one number: they are counted by position instead, image 1 to " +
                std::to_string(images) + " from " + (upwards ? "the feet" : "the head") + " on");
}

/// The image nearest to each slice, by its place in Stack::order; what each slice is.
void describe_slices(Volume& volume, const std::vector<InstanceFile>& instances,
                     const SeriesSlices& slices) {
  const Stack& stack = slices.stack;
  const auto count = static_cast<std::size_t>(volume.grid.size[2]);
  volume.instances.reserve(count);
  volume.frames.reserve(count);
  volume.images.reserve(count);
  if (stack.resampled) volume.kinds.assign(count, SliceKind::between);
  std::vector<int> places;
  places.reserve(count);
  std::size_t nearest = 0;
  for (std::size_t slice = 0; slice < count; ++slice) {
    const auto at = static_cast<double>(slice);
    while (nearest + 1 < stack.at.size() &&
           std::abs(stack.at[nearest + 1] - at) < std::abs(stack.at[nearest] - at))
      ++nearest;
    const FrameRef& ref = slices.frames[stack.order[nearest]];
    volume.instances.push_back(instances[ref.instance].header.sop_instance);
    volume.frames.push_back(ref.frame + 1);
    volume.images.push_back(instances[ref.instance].header.instance_number);
    places.push_back(static_cast<int>(nearest) + 1);
  }
  name_by_place(places, static_cast<int>(stack.order.size()), volume);
  if (!stack.resampled) return;
  for (const MissingSlices& hole : stack.missing) {
    const auto after = static_cast<std::size_t>(hole.after);
    for (auto slice = static_cast<std::size_t>(std::ceil(stack.at[after]));
         static_cast<double>(slice) < stack.at[after + 1]; ++slice)
      volume.kinds[slice] = SliceKind::invented;
    volume.missing.push_back(hole.text);
  }
  for (const double at : stack.at)
    volume.kinds[static_cast<std::size_t>(std::lround(at))] = SliceKind::image;
}

/// Slices from the images' true positions, linear; past the last image, the last image.
void interpolate(const std::vector<std::int16_t>& images, const std::vector<double>& at,
                 Volume& volume) {
  const std::size_t plane =
      static_cast<std::size_t>(volume.grid.size[0]) * static_cast<std::size_t>(volume.grid.size[1]);
  std::size_t below = 0;
  for (int slice = 0; slice < volume.grid.size[2]; ++slice) {
    while (below + 2 < at.size() && at[below + 1] <= slice) ++below;
    const double share = std::clamp((slice - at[below]) / (at[below + 1] - at[below]), 0.0, 1.0);
    const std::int16_t* from = images.data() + below * plane;
    const std::int16_t* to = from + plane;
    std::int16_t* out = volume.hu.data() + static_cast<std::size_t>(slice) * plane;
    for (std::size_t i = 0; i < plane; ++i)
      out[i] = static_cast<std::int16_t>(std::lround(from[i] + share * (to[i] - from[i])));
  }
}

}  // namespace

void rescale(const dicom::StoredFrame& frame, const dicom::InstanceHeader& header,
             const dicom::PlaneHeader& plane, std::int16_t* out) {
  const double slope = plane.rescale_slope.value_or(1.0);
  const double intercept = plane.rescale_intercept.value_or(0.0);
  constexpr double highest = std::numeric_limits<std::int16_t>::max();
  const Padding padding = padding_of(header);
  for (std::size_t i = 0; i < frame.values.size(); ++i) {
    const double stored = frame.values[i];
    if (padding.holds(stored)) {
      out[i] = padding_hu;
      continue;
    }
    const double hu = std::clamp(stored * slope + intercept, double{padding_hu}, highest);
    out[i] = static_cast<std::int16_t>(std::lround(hu));
  }
}

std::string why_too_large(const std::vector<Grid>& grids) {
  std::size_t voxels = 0, working = 0;
  for (const Grid& grid : grids) {
    voxels += grid.voxels();
    // Masks lie on a grid of their own, along the patient's axes.
    working += patient_grid(grid, measure::working_mm).voxels();
  }
  if (voxels > most_voxels)
    return std::string(grids.size() > 1 ? "both volumes have " : "the volume has ") +
           std::to_string(voxels) + " voxels: more than this version can hold (" +
           std::to_string(most_voxels) + ")";
  if (working <= most_working_voxels) return "";
  return grids.size() > 1
             ? "both together need more memory than one volume may"
             : "the scanned box is larger than any patient: the geometry cannot be right";
}

std::variant<Volume, Unsuitable> load_volume(const std::vector<InstanceFile>& instances,
                                             const SeriesSlices& slices,
                                             const std::stop_token& stop) {
  const FrameRef& first = slices.frames[slices.stack.order.front()];
  Volume volume{.grid = slices.stack.grid, .header = instances[first.instance].header};
  if (std::string why = why_too_large({volume.grid}); !why.empty())
    return Unsuitable{std::move(why)};
  volume.header.planes = {volume.header.planes[static_cast<std::size_t>(first.frame)]};
  volume.header.planes.front().slice_thickness_mm = thickness_of(instances, slices);
  volume.widest_step_mm = widest_step_mm(slices.stack);
  volume.notes = slices.notes;
  describe_slices(volume, instances, slices);
  if (auto fault = duplicates_differ(instances, slices)) return std::move(*fault);
  if (!slices.stack.duplicates.empty())
    volume.notes.push_back(std::to_string(slices.stack.duplicates.size()) +
                           " exact duplicate(s) of slices left out");
  const std::size_t plane =
      static_cast<std::size_t>(volume.grid.size[0]) * static_cast<std::size_t>(volume.grid.size[1]);
  std::vector<std::int16_t> images(plane * slices.stack.order.size());
  if (auto fault = load_all(instances, loads_of(slices), images, stop)) return std::move(*fault);
  if (slices.stack.resampled) {
    volume.hu.resize(volume.grid.voxels());
    interpolate(images, slices.stack.at, volume);
  } else {
    volume.hu = std::move(images);
  }
  describe_thickness(volume, slices.stack);
  describe_padding(volume);
  if (volume.header.lossy)
    volume.notes.emplace_back("the images were compressed with loss: densities may be biased");
  if (const auto fault = why_not_hounsfield(volume)) return Unsuitable{*fault};
  return volume;
}

}  // namespace tomoscribe::pipeline
