#include <algorithm>
#include <cmath>
#include <cstddef>

#include "model/phantom/detail/acquisition.h"
#include "model/phantom/detail/head_findings.h"
#include "model/phantom/detail/texture.h"

namespace tomoscribe::model::phantom {

namespace {

constexpr std::array<double, 3> scan_centre_mm{0, -4, 8};

std::uint64_t bits(std::initializer_list<HeadPart> parts) {
  std::uint64_t set = 0;
  for (const HeadPart part : parts) set |= std::uint64_t{1} << static_cast<unsigned>(part);
  return set;
}

std::vector<Structure> structures() {
  using enum HeadPart;
  const std::uint64_t right = bits({frontal_horn_right, ventricle_right}),
                      left = bits({frontal_horn_left, ventricle_left}),
                      ventricles = right | left | bits({third, fourth});
  const std::uint64_t brain = bits({grey, white, deep_grey, cerebellum, brainstem, oedema});
  const std::uint64_t inside =
      ventricles | brain | bits({csf, dura, venous_sinus, artery, calcification, finding});
  constexpr std::uint64_t known = (std::uint64_t{1} << static_cast<unsigned>(HeadPart::count)) - 1;
  return {{"body", "", known & ~bits({air, head_rest, foam})},
          {"bone", "", bits({bone, marrow})},
          {"intracranial", "", inside},
          {"brain", "", brain},
          {"ventricles", "", ventricles},
          {"ventricle.right", "right", right},
          {"ventricle.left", "left", left},
          {"frontal_horns", "", bits({frontal_horn_right, frontal_horn_left})},
          {"third_ventricle", "", bits({third})},
          {"fourth_ventricle", "", bits({fourth})},
          {"oedema", "", bits({oedema})},
          {"calcification", "", bits({calcification})},
          {"eyes", "", bits({eye, lens})},
          {"sinus_air", "", bits({sinus_air})}};
}

/// The head with its findings as channels, after the head's own.
class HeadShapes final : public Shapes {
 public:
  HeadShapes(const Head& head, const HeadFindings& findings) : head_(head), findings_(findings) {}
  int channels() const override {
    return head_channels + static_cast<int>(findings_.lesions.size());
  }
  void distances(const Point& scanner, float* out) const override {
    if (scanner.x * scanner.x + scanner.y * scanner.y > reach_mm * reach_mm) {
      std::fill(out, out + channels(), static_cast<float>(far_mm));
      return;
    }
    const Point p = head_.to_canonical(scanner);
    head_.distances(p, findings_.shift, findings_.ventricles, out);
    const auto [shell, end] = Head::head_rest(scanner);
    out[static_cast<int>(HeadChannel::head_rest)] = static_cast<float>(shell);
    out[static_cast<int>(HeadChannel::head_rest_end)] = static_cast<float>(end);
    const bool inside = out[static_cast<int>(HeadChannel::inner)] < 4;
    const Point brain = inside ? head_.unshifted(p, findings_.shift) : p;
    for (std::size_t i = 0; i < findings_.lesions.size(); ++i) {
      const HeadLesion& lesion = findings_.lesions[i];
      const bool skull_bound = lesion.kind == Kind::epidural || lesion.kind == Kind::subdural;
      out[static_cast<std::size_t>(head_channels) + i] = static_cast<float>(
          inside && lesion.limit_mm > 0 ? lesion_distance(head_, lesion, skull_bound ? p : brain)
                                        : far_mm);
    }
  }

 private:
  static constexpr double reach_mm = 142;  ///< neither head nor rest lies further from the axis

  const Head& head_;
  const HeadFindings& findings_;
};

void add_lesion(Painting& painting, const HeadLesion& lesion, int channel) {
  const auto material = [&](float hu, HeadPart part, std::uint8_t owner) {
    painting.materials.push_back({hu, 2.5F, static_cast<std::uint8_t>(part), owner});
    return static_cast<int>(painting.materials.size()) - 1;
  };
  if (lesion.oedema_mm > 0)
    painting.coats.push_back({material(22, HeadPart::oedema, 0), channel,
                              -static_cast<float>(lesion.oedema_mm), -1,
                              static_cast<int>(HeadChannel::cerebrum), 3.5F});
  painting.coats.push_back(
      {material(lesion.hu, HeadPart::finding, lesion.owner), channel, 0, -1, -1, 0});
}

Painting painting_of(const Head& head, const HeadFindings& findings) {
  Painting painting{head_materials(), head_coats(head.latent()), {}};
  for (std::size_t i = 0; i < findings.lesions.size(); ++i)
    add_lesion(painting, findings.lesions[i], head_channels + static_cast<int>(i));
  const int first = static_cast<int>(painting.materials.size());
  painting.materials.insert(painting.materials.end(), findings.materials.begin(),
                            findings.materials.end());
  for (Bead bead : findings.beads) {
    bead.material += first;
    painting.beads.push_back(bead);
  }
  return painting;
}

Truth* named(Phantom& phantom, const std::string& name) {
  const auto found = std::ranges::find(phantom.truth, name, &Truth::name);
  return found == phantom.truth.end() ? nullptr : &*found;
}

/// Widest frontal horns over the width of the cavity in the same slice.
double evans_index(const Truth& horns, const Truth& cavity) {
  int widest = 0, slice = -1, across = 0;
  for (const auto& box : horns.boxes)
    if (box[3] - box[1] + 1 > widest) {
      widest = box[3] - box[1] + 1;
      slice = box[0];
    }
  for (const auto& box : cavity.boxes)
    if (box[0] == slice) across = box[3] - box[1] + 1;
  return across > 0 ? static_cast<double>(widest) / across : 0;
}

void add_symmetry(Phantom& phantom, const Head& head, const Point& pose_mm,
                  const HeadShift& shift) {
  Truth* cavity = named(phantom, "intracranial");
  if (cavity == nullptr) return;
  auto& q = cavity->quantities;
  const Point normal = head.left(), centre = head.to_scanner({0, 0, 0}) + pose_mm;
  q["symmetry_normal_x"] = normal.x;
  q["symmetry_normal_y"] = normal.y;
  q["symmetry_normal_z"] = normal.z;
  q["symmetry_point_x"] = centre.x;
  q["symmetry_point_y"] = centre.y;
  q["symmetry_point_z"] = centre.z;
  q["septum_shift_mm"] = head.moved_mm(shift, Head::septum);
  if (const Truth* third = named(phantom, "third_ventricle"); third != nullptr) {
    const auto& at = third->centre_mm;
    q["third_ventricle_shift_mm"] = dot(Point{at[0], at[1], at[2]} - centre, normal);
  }
}

/// A shift and enlarged ventricles own no voxels: their truth is that of the ventricles.
Truth without_voxels(Truth truth, const Truth& ventricles) {
  truth.volume_ml = ventricles.volume_ml;
  truth.mean_hu = ventricles.mean_hu;
  truth.centre_mm = ventricles.centre_mm;
  truth.size_mm = ventricles.size_mm;
  truth.boxes = ventricles.boxes;
  truth.runs = ventricles.runs;
  truth.quantities = ventricles.quantities;
  return truth;
}

void add_quantities(Phantom& phantom, const Plan& plan) {
  const Truth* cavity = named(phantom, "intracranial");
  const Truth* horns = named(phantom, "frontal_horns");
  Truth* ventricles = named(phantom, "ventricles");
  if (ventricles == nullptr || cavity == nullptr) return;
  if (horns != nullptr) ventricles->quantities["evans_index"] = evans_index(*horns, *cavity);
  const Truth measured = *ventricles;
  const double shift = cavity->quantities.at("septum_shift_mm");
  for (const Truth& planned : plan.findings) {
    if (planned.asked_size <= 0) continue;
    if (planned.kind == "hydrocephalus") phantom.truth.push_back(without_voxels(planned, measured));
    if (planned.kind != "midline-shift") continue;
    Truth truth = without_voxels(planned, measured);
    truth.quantities = {{"shift_mm", std::abs(shift)}};
    truth.expected = std::abs(shift) >= 3;  // less is within the variation of healthy heads
    phantom.truth.push_back(std::move(truth));
  }
}

/// What was placed but lies above or below the scan.
void note_missing(Phantom& phantom, const Plan& plan) {
  for (const Truth& planned : plan.findings)
    if (planned.asked_size > 0 && named(phantom, planned.name) == nullptr)
      phantom.missing.push_back(planned.name);
}

}  // namespace

Phantom head(const Settings& settings) {
  check(settings);
  const Head head(settings.seed);
  Plan plan;
  plan.centre_mm = scan_centre_mm;
  plan.structures = structures();
  const HeadFindings findings = place_findings(settings, head, plan);
  const HeadShapes shapes(head, findings);
  const Painting painting = painting_of(head, findings);
  const Frame frame = frame_of(settings, plan.centre_mm);
  LatticePainter painter(
      {settings.columns, settings.rows, frame.first_x, frame.first_y, settings.pixel_mm}, shapes,
      painting);
  Texture texture(settings.columns, settings.rows, settings.pixel_mm, frame.layer_mm,
                  settings.seed);
  Phantom phantom = acquire(
      settings, plan, [&](double z, Layer& layer) { painter.paint(z, texture.next(), layer); });
  add_symmetry(phantom, head, frame.pose_mm, findings.shift);
  add_quantities(phantom, plan);
  note_missing(phantom, plan);
  return phantom;
}

}  // namespace tomoscribe::model::phantom
