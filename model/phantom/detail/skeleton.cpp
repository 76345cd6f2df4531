#include <algorithm>
#include <array>
#include <cmath>

#include "model/phantom/detail/anatomy.h"

namespace tomoscribe::model::phantom {

namespace {

constexpr double degree = 3.14159265358979323846 / 180;
constexpr LabelSet bone_over =
    ~set_of(Label::air, Label::table, Label::lung_left, Label::lung_right, Label::solid_lung,
            Label::pleural_fluid, Label::pleural_gas);

struct Rib {
  double drop_mm;       ///< how much lower the front end lies
  double bone_to, end;  ///< degrees from behind through the side to the front
  double rise_mm;       ///< of the cartilage towards the sternum
};

// First to twelfth rib.
constexpr std::array<Rib, 12> ribs{{{32, 150, 196, 0},
                                    {58, 150, 200, 4},
                                    {78, 148, 203, 8},
                                    {92, 146, 204, 14},
                                    {100, 143, 205, 24},
                                    {106, 140, 204, 36},
                                    {108, 137, 200, 52},
                                    {104, 133, 172, 40},
                                    {96, 128, 160, 30},
                                    {84, 122, 146, 20},
                                    {60, 108, 112, 0},
                                    {40, 80, 84, 0}}};

struct Path {
  std::vector<Point> bone, cartilage;
};

/// The pleura along which a rib runs: the first one lies round the dome where that is wide.
double pleura_mm(const Body& body, bool left, double dx, double dy, double z) {
  return body.pleura_radius(left, dx, dy, std::min(z, Body::apex_z - 20));
}

Path rib_path(const Body& body, const Rib& rib, double head_z, bool left) {
  Path path;
  const Point spine = body.spine(head_z);
  const double side = left ? 1 : -1;
  path.bone.push_back(body.to_scanner({spine.x + side * 17, spine.y + 11, head_z}));
  const int steps = static_cast<int>((rib.end + 14) / 4);
  for (int step = 0; step <= steps; ++step) {
    const double angle = -14 + 4.0 * step;
    const double along = (angle + 14) / 164;
    double z = head_z - 4 - rib.drop_mm * along;
    if (angle > rib.bone_to)
      z += (rib.rise_mm + rib.drop_mm * 0.2) * (angle - rib.bone_to) / (205 - rib.bone_to);
    const double dx = side * sine(angle * degree), dy = cosine(angle * degree);
    const Point axis = Body::hemithorax_axis(left, z);
    const double radius = pleura_mm(body, left, dx, dy, z) + 5.6;
    const Point p = body.to_scanner({axis.x + dx * radius, axis.y + dy * radius, z});
    if (angle <= rib.bone_to) path.bone.push_back(p);
    if (angle >= rib.bone_to - 4) path.cartilage.push_back(p);
  }
  return path;
}

void add_chain(std::vector<Tube>& tubes, const std::vector<Point>& path, double radius, float hu,
               Label label, double flatten) {
  for (std::size_t i = 0; i + 1 < path.size(); ++i)
    tubes.push_back({path[i], path[i + 1], radius, hu, label, bone_over, flatten});
}

/// Cortex outside, marrow inside.
void add_bone(std::vector<Tube>& tubes, const std::vector<Point>& path, double radius,
              double cortex_mm, double flatten) {
  add_chain(tubes, path, radius, 640, Label::bone, flatten);
  add_chain(tubes, path, radius - cortex_mm, 190, Label::bone, flatten);
}

void add_ribs(std::vector<Tube>& tubes, const Body& body, const std::vector<double>& levels) {
  // levels.back() is the upper end of C5; the first thoracic vertebra lies four below it.
  const std::size_t first = levels.size() - 5;
  for (std::size_t i = 0; i < 12 && i <= first; ++i)
    for (const bool left : {false, true}) {
      // The first rib has its head beside its own vertebra, the next ones at the disc above.
      const Path path = rib_path(body, ribs[i], levels[first - i] + (i == 0 ? 11 : 17), left);
      add_chain(tubes, path.cartilage, 4.0, 95, Label::cartilage, 0.62);
      add_bone(tubes, path.bone, i == 0 ? 4.6 : 4.1, 1.25, i == 0 ? 0.9 : 0.66);
    }
}

/// Manubrium, body, xiphoid process.
double sternum_half_width(double z) {
  if (z > 22) return 9 + (z - 22) * 0.5;
  return z < -66 ? 5 : 10.5;
}

void add_sternum(std::vector<Tube>& tubes, const Body& body) {
  for (const bool marrow : {false, true})
    for (int height = -84; height <= 52; height += 4) {
      const double z = height, half = sternum_half_width(z);
      const Section s = body.section(z);
      const double y = static_cast<double>(s.cage_centre - s.cage_y) - 5.5;
      const Point from = body.to_scanner({-half, y, z}), to = body.to_scanner({half, y, z});
      tubes.push_back(
          {from, to, marrow ? 3.9 : 5.2, marrow ? 140.0F : 380.0F, Label::bone, bone_over, 0.8});
    }
}

void add_shoulders(std::vector<Tube>& tubes, const Body& body) {
  for (const double side : {-1.0, 1.0}) {
    const Point head = body.to_scanner({side * 124, 16, 106});
    add_bone(tubes, {head, head + Point{0, 0, 1}}, 20, 1.8, 1);
    std::vector<Point> clavicle;
    for (const Point& p : {Point{16, -68, 56}, Point{45, -72, 70}, Point{80, -52, 84},
                           Point{115, -28, 96}, Point{132, -14, 104}})
      clavicle.push_back(body.to_scanner({side * p.x, p.y, p.z}));
    add_bone(tubes, clavicle, 5.8, 2.0, 1);
    std::vector<Point> ridge;  // spine of the scapula, acromion
    for (const Point& p :
         {Point{78, 82, 72}, Point{105, 74, 80}, Point{128, 52, 92}, Point{138, 28, 102}})
      ridge.push_back(body.to_scanner({side * p.x, p.y, p.z}));
    add_bone(tubes, ridge, 4.4, 1.4, 0.8);
  }
}

void add_processes(std::vector<Tube>& tubes, const Body& body, const std::vector<double>& levels) {
  for (const double level : levels) {
    const double z = level + 11;
    const Point c = body.spine(z);
    const auto at = [&](double x, double y, double dz) {
      return body.to_scanner({c.x + x, c.y + y, z + dz});
    };
    add_bone(tubes, {at(0, 31, 0), at(0, 40, -7), at(0, 47, -15)}, 3.2, 1.1, 0.6);
    for (const double side : {-1.0, 1.0})
      add_bone(tubes, {at(side * 12, 22, 2), at(side * 23, 25, 3), at(side * 31, 29, 4)}, 4.2, 1.3,
               0.8);
  }
}

}  // namespace

std::vector<double> vertebral_levels() {
  // Lower endplates from L2 to C5, the carina being at the disc between the fourth and fifth
  // thoracic vertebra.
  std::vector<double> levels{-259, -230, -202, -175, -149, -124, -99, -75, -51,
                             -27,  -3,   19,   40,   60,   78,   95,  111};
  levels.push_back(127);
  return levels;
}

std::vector<Tube> skeleton(const Body& body, const std::vector<double>& levels) {
  std::vector<Tube> tubes;
  add_processes(tubes, body, levels);
  add_ribs(tubes, body, levels);
  add_sternum(tubes, body);
  add_shoulders(tubes, body);
  return tubes;
}

}  // namespace tomoscribe::model::phantom
