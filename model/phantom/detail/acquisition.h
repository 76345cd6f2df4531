#pragma once
// From painted layers to the scanner's picture and its truth: the same for every body part. A body
// paints thin axial layers; here they become slices (thickness, tilt), get a kernel, noise and
// padding, and are counted.

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "model/phantom/detail/steady.h"
#include "model/phantom/phantom.h"

namespace tomoscribe::model::phantom {

/// One axial layer. Shape: [rows, columns], columns fastest.
struct Layer {
  std::vector<float> hu;
  std::vector<std::uint8_t> label;  ///< of the body part's own list, below 64
  std::vector<std::uint8_t> owner;  ///< 0, or 1 + index into Plan::findings: whose voxel it is
};

/// What is counted of the labels. `labels` has bit n for label n.
struct Structure {
  std::string name, side;
  std::uint64_t labels;
};

/// The raster that layers are painted on, in the body's frame (the pose of another scan moves it).
struct Frame {
  double first_x = 0, first_y = 0;  ///< centre of pixel (0, 0)
  double first_z = 0;               ///< centre of the lowest slice
  double layer_mm = 1;              ///< height of a layer
  int layers_per_slice = 1;
  double thickness_mm = 1;       ///< over which layers are averaged; 0: one layer is the slice
  double low_z = 0, high_z = 0;  ///< what the scan sees, in the middle of its pictures
  Point pose_mm;                 ///< scanner = body + pose
};

/// All that a body part tells the scanner.
struct Plan {
  std::array<double, 3> centre_mm{};  ///< of the scanned box, in the body's frame
  std::vector<Structure> structures;
  /// One per finding, in painting order: name, role, kind words, side, asked size, quantities known
  /// beforehand. Level, zone, sizes, mask and detectability are filled in.
  std::vector<Truth> findings;
  /// Width of one piece of a finding that has many (emphysema); 0: the whole is one piece.
  std::vector<double> piece_mm;
  std::vector<std::string> missing;  ///< names of the findings that found no place
  /// Index of a finding that is a part of another one: its voxels are the other's too, and its
  /// contrast is that against the other.
  std::map<std::size_t, std::size_t> part_of;
  /// Fills level, zone and a finer site from a centre in the body's frame; may be empty.
  std::function<void(Truth&, const Point& centre)> locate;
};

/// Where the layers of these settings lie; for placing findings before anything is painted.
Frame frame_of(const Settings& settings, const std::array<double, 3>& centre_mm);

/// Paints one layer. Called with rising z, each height once; layers follow each other by
/// Frame::layer_mm.
using Painter = std::function<void(double z, Layer& layer)>;

/// Memory: the picture, and as many layers as one slice reaches through.
Phantom acquire(const Settings& settings, const Plan& plan, const Painter& paint);

/// "12.5", "12": for sentences.
std::string short_number(double value);

/// A truth with the words of its kind filled in. `number` counts within the kind: "nodule.2".
Truth finding_truth(const Settings& settings, const Finding& finding, int number);

/// Size of a finding at Settings::weeks_before, in its unit; 0 when it is not there then. Diameters
/// follow the cube root of the volume.
double size_now(const Settings& settings, const Finding& finding);
/// Its size in the current scan, by which its place is looked for in every scan.
double size_at_place(const Settings& settings, const Finding& finding);

}  // namespace tomoscribe::model::phantom
