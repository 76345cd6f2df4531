#include <array>
#include <cmath>
#include <initializer_list>
#include <utility>

#include "model/phantom/detail/anatomy.h"

namespace tomoscribe::model::phantom {

namespace {

constexpr LabelSet abdomen_only = set_of(Label::abdomen);
constexpr LabelSet chest_inside =
    set_of(Label::lung_left, Label::lung_right, Label::mediastinum, Label::heart);

std::array<Point, 3> axes_along(Point long_axis) {
  const auto unit = [](const Point& p) { return p * (1 / std::sqrt(dot(p, p))); };
  const auto cross = [](const Point& a, const Point& b) {
    return Point{a.y * b.z - a.z * b.y, a.z * b.x - a.x * b.z, a.x * b.y - a.y * b.x};
  };
  const Point first = unit(long_axis), second = unit(cross(first, {0, 0, 1}));
  return {first, second, cross(first, second)};
}

Ellipsoid organ(Point centre, Point half, float hu, Label label, LabelSet over = abdomen_only) {
  Ellipsoid shape;
  shape.centre = centre;
  shape.half_axes = half;
  shape.hu = hu;
  shape.label = label;
  shape.over = over;
  return shape;
}

void add_heart(std::vector<Ellipsoid>& shapes, const Body& body) {
  const double k = body.latent().heart;
  const double low = (body.latent().dome_right + 98) * 0.7;  // the heart rests on the diaphragm
  const auto chamber = [&](Point centre, Point half, Point along) {
    Ellipsoid shape;
    shape.centre = {centre.x, centre.y, centre.z + low};
    shape.half_axes = half * k;
    shape.axes = axes_along(along);
    shape.hu = 43;
    shape.label = Label::heart;
    shape.over = chest_inside;
    return shape;
  };
  const std::array parts{chamber({24, -31, -66}, {57, 42, 40}, {0.78, -0.42, -0.46}),
                         chamber({-22, -24, -58}, {34, 30, 28}, {0.2, 0.1, 1}),
                         chamber({6, 18, -42}, {30, 22, 19}, {1, 0.1, 0}),
                         chamber({10, -54, -40}, {34, 24, 24}, {0.1, 0.1, 1})};
  // Fat pads in the cardiophrenic angles.
  for (const Ellipsoid& pad :
       {organ({48, -60, -100}, {30, 20, 18}, -95, Label::mediastinum, lungs),
        organ({-30, -64, -100}, {24, 17, 16}, -95, Label::mediastinum, lungs)})
    shapes.push_back(pad);
  for (const double fat : {5.5, 0.0})
    for (Ellipsoid shape : parts) {
      if (fat > 0) {
        shape.grow_mm = fat;
        shape.label = Label::mediastinum;
        shape.hu = -90;
        shape.over = lungs;
      } else {
        shape.over = chest_inside;
      }
      shapes.push_back(shape);
    }
}

void add_abdomen(std::vector<Ellipsoid>& shapes, const Body& body) {
  const double right = body.latent().dome_right + 98, left = body.latent().dome_left + 110;
  shapes.push_back(organ({-64, 50, -222}, {29, 27, 50}, 33, Label::kidney));
  shapes.push_back(organ({66, 48, -214}, {28, 26, 50}, 33, Label::kidney));
  shapes.push_back(organ({100, 46, -142 + left}, {25, 44, 46}, 49, Label::spleen));
  shapes.push_back(organ({-64, -6, -148 + right}, {92, 96, 78}, 57, Label::liver));
  shapes.push_back(organ({22, -42, -138 + right}, {62, 36, 34}, 57, Label::liver));
  // Stomach: wall, fluid, and the gas bubble in front (supine).
  const Point centre{66, -8, -144 + left}, half{40, 46, 38};
  Ellipsoid stomach =
      organ(centre, half, 42, Label::stomach, set_of(Label::abdomen, Label::spleen));
  shapes.push_back(stomach);
  stomach.grow_mm = -4.5;
  stomach.over = set_of(Label::stomach);
  stomach.hu = 16;
  shapes.push_back(stomach);
  stomach.hu = -995;
  stomach.label = Label::bowel_gas;
  stomach.texture_hu = 2;
  stomach.above_y = centre.y - 12;
  shapes.push_back(stomach);
  // Splenic flexure of the colon: gas behind a thin wall.
  Ellipsoid colon =
      organ({98, -34, -196}, {26, 24, 24}, 35, Label::stomach, set_of(Label::abdomen));
  shapes.push_back(colon);
  colon.grow_mm = -3;
  colon.over = set_of(Label::stomach);
  colon.hu = -980;
  colon.label = Label::bowel_gas;
  shapes.push_back(colon);
}

constexpr double descending_radius = 11.8;  ///< of a body of scale 1

struct VesselCourse {
  double radius_mm;
  std::vector<Point> through;
  Label label = Label::great_vessel;
  float hu = 41;
};

std::vector<VesselCourse> courses() {
  return {
      {14.5,
       {{8, -36, -38},
        {-8, -32, -5},
        {-12, -26, 18},
        {-6, -16, 34},
        {6, -2, 40},
        {17, 16, 37},
        {22, 32, 24}}},
      {descending_radius,
       {{22, 32, 24},
        {23, 42, 4},
        {24, 46, -40},
        {22, 47, -90},
        {14, 40, -130},
        {6, 30, -170},
        {3, 22, -230}},
       Label::descending_aorta},
      {8.5, {{-26, -30, 44}, {-30, -22, 20}, {-30, -16, -36}}},  // superior vena cava
      {6.5,
       {{-26, -30, 44},
        {-34, -30, 70},
        {-40, -22, 100},
        {-34, -4, 150}}},  // right brachiocephalic vein
      {6.2, {{-26, -30, 44}, {0, -42, 54}, {28, -34, 72}, {36, -22, 100}, {32, -4, 150}}},
      {6.0,
       {{-8, -20, 44}, {-16, -14, 66}, {-24, -10, 95}, {-24, 0, 150}}},  // brachiocephalic artery
      {4.0, {{6, -6, 48}, {16, -6, 75}, {22, -4, 150}}},                 // left carotid
      {4.6, {{17, 12, 44}, {26, 14, 72}, {44, 4, 92}, {80, -4, 92}}},    // left subclavian
      {4.6, {{-24, -10, 88}, {-48, 0, 92}, {-82, -4, 92}}},
      {14.0, {{14, -46, -36}, {18, -36, -14}, {18, -24, -10}}},  // pulmonary trunk
      {10.0, {{18, -24, -10}, {-4, -12, -14}, {-28, -2, -18}, {-42, 6, -24}}},
      {9.5, {{18, -24, -10}, {34, -4, -4}, {46, 14, -10}}},
      {7.0, {{8, 18, -42}, {34, 18, -44}, {46, 14, -44}}},  // pulmonary veins
      {7.0, {{4, 18, -42}, {-28, 14, -44}, {-44, 10, -46}}},
      {11.0,
       {{-24, -8, -84}, {-24, 6, -110}, {-22, 16, -150}, {-20, 20, -230}}},  // inferior vena cava
      {3.4, {{-30, -8, 12}, {-18, 32, 14}, {-10, 44, 0}, {-8, 46, -150}}},   // azygos
      {4.2, {{-14, 24, -108}, {-13, 30, -150}, {-10, 26, -230}}, Label::diaphragm, 52},  // crura
      {4.2, {{34, 36, -112}, {28, 34, -150}, {16, 24, -230}}, Label::diaphragm, 52},
      {5.0,
       {{-22, 12, -116}, {-50, -4, -128}, {-84, -14, -150}},
       Label::liver,
       40},  // hepatic veins
      {4.5, {{-22, 8, -116}, {-38, -30, -128}, {-52, -58, -150}}, Label::liver, 40},
      {6.0, {{0, -2, -190}, {-34, -10, -176}, {-60, 14, -166}, {-84, 30, -160}}, Label::liver, 41},
      {7.5,
       {{4, 22, 150}, {5, 34, 80}, {6, 38, 10}, {5, 33, -60}, {14, 26, -112}, {34, 6, -134}},
       Label::oesophagus,
       36},
  };
}

/// Muscles of the shoulder girdle and neck, in the fat between chest wall and skin.
void add_girdle(std::vector<Ellipsoid>& shapes) {
  const LabelSet over = set_of(Label::fat, Label::mediastinum);
  for (const double side : {-1.0, 1.0})
    for (const auto& [centre, half] :
         std::initializer_list<std::pair<Point, Point>>{{{44, 68, 112}, {50, 17, 34}},
                                                        {{84, 60, 90}, {44, 14, 17}},
                                                        {{129, 18, 100}, {27, 31, 38}},
                                                        {{88, -46, 74}, {52, 15, 38}},
                                                        {{106, 44, 78}, {28, 22, 36}},
                                                        {{34, 10, 112}, {12, 15, 34}},
                                                        {{40, 36, 140}, {13, 15, 44}},
                                                        {{19, 60, 130}, {20, 19, 62}},
                                                        {{46, -14, 134}, {13, 17, 36}}})
      shapes.push_back(organ({side * centre.x, centre.y, centre.z}, half, 54, Label::muscle, over));
}

/// What a vessel may be painted over: those of the liver only over it, the others over soft tissue.
LabelSet under(const VesselCourse& course) {
  if (course.label == Label::liver) return set_of(Label::liver);
  return ~set_of(Label::air, Label::bone, Label::liver, Label::lung_left, Label::lung_right,
                 Label::heart, Label::diaphragm, Label::solid_lung, Label::pleural_fluid,
                 Label::pleural_gas);
}

struct Stretch {
  Point from, to;
  double radius_mm;
  std::uint8_t owner;
};

/// The aorta in pieces of a few millimetres, each as wide as the aneurysm makes it there. It widens
/// to the left and to the front: behind it lies the spine.
std::vector<Stretch> widened(const Body& body, const VesselCourse& course,
                             const Aneurysm& aneurysm) {
  constexpr int pieces = 12;
  const double normal = course.radius_mm * body.latent().scale_x;
  const double extra = aneurysm.diameter_mm / 2 - normal;
  const auto excess = [&](double z) {
    return extra *
           static_cast<double>(bump(static_cast<float>(z), static_cast<float>(aneurysm.middle_z),
                                    static_cast<float>(aneurysm.length_mm / 2)));
  };
  const auto moved = [&](Point p) {
    const double by = excess(p.z);
    return body.to_scanner({p.x + 0.75 * by, p.y - 0.5 * by, p.z});
  };
  std::vector<Stretch> stretches;
  for (std::size_t i = 0; i + 1 < course.through.size(); ++i)
    for (int k = 0; k < pieces; ++k) {
      const Point way = course.through[i + 1] - course.through[i];
      const Point from = course.through[i] + way * (static_cast<double>(k) / pieces),
                  to = course.through[i] + way * ((k + 1.0) / pieces);
      const double wider = (excess(from.z) + excess(to.z)) / 2;
      stretches.push_back({moved(from), moved(to), normal + wider,
                           wider > 0.15 * normal ? aneurysm.owner : std::uint8_t{0}});
    }
  return stretches;
}

std::vector<Stretch> stretches_of(const Body& body, const VesselCourse& course,
                                  const Aneurysm& aneurysm) {
  if (course.label == Label::descending_aorta && aneurysm.diameter_mm > 0)
    return widened(body, course, aneurysm);
  std::vector<Stretch> stretches;
  stretches.reserve(course.through.size());
  for (std::size_t i = 0; i + 1 < course.through.size(); ++i)
    stretches.push_back({body.to_scanner(course.through[i]), body.to_scanner(course.through[i + 1]),
                         course.radius_mm * body.latent().scale_x, 0});
  return stretches;
}

/// A vessel, or the mediastinal fat around it.
void add_course(std::vector<Tube>& tubes, const Body& body, const VesselCourse& course,
                const Aneurysm& aneurysm, bool fat) {
  Tube tube;
  tube.hu = fat ? -85.0F : course.hu;
  tube.label = fat ? Label::mediastinum : course.label;
  tube.over = fat ? lungs : under(course);
  for (const Stretch& stretch : stretches_of(body, course, aneurysm)) {
    tube.from = stretch.from;
    tube.to = stretch.to;
    tube.radius_mm = stretch.radius_mm + (fat ? 2.5 : 0);
    tube.owner = fat ? std::uint8_t{0} : stretch.owner;
    tubes.push_back(tube);
  }
}

}  // namespace

std::vector<Ellipsoid> organs(const Body& body) {
  std::vector<Ellipsoid> shapes;
  add_heart(shapes, body);
  add_abdomen(shapes, body);
  add_girdle(shapes);
  return shapes;
}

double descending_aorta_mm(const Body& body) {
  return 2 * descending_radius * body.latent().scale_x;
}

std::vector<Tube> great_vessels(const Body& body, const Aneurysm& aneurysm) {
  // Mediastinal fat around each vessel first, so that no lung touches a vessel wall; then the
  // vessels.
  std::vector<Tube> tubes;
  for (const bool fat : {true, false})
    for (const VesselCourse& course : courses()) add_course(tubes, body, course, aneurysm, fat);
  return tubes;
}

}  // namespace tomoscribe::model::phantom
