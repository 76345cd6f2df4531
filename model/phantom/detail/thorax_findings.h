#pragma once
// What was asked for, placed in one person's thorax and ready to be painted.

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "model/phantom/detail/acquisition.h"
#include "model/phantom/detail/anatomy.h"
#include "model/phantom/detail/regions.h"

namespace tomoscribe::model::phantom {

/// The three coronary arteries on the heart's surface, in its fat.
std::vector<std::vector<Point>> coronary_arteries(const Body& body, const Anatomy& anatomy);
/// Plaques along arteries: balls whose volumes sum up to that many mm3.
std::vector<Ball> coronary_calcium(const Body& body, const Anatomy& anatomy, std::uint64_t seed,
                                   std::uint64_t stream, double volume_mm3);
std::vector<Ball> aortic_calcium(const Anatomy& anatomy, std::uint64_t seed, std::uint64_t stream,
                                 double volume_mm3);

/// Electrodes on the skin and their wires.
struct Leads {
  std::vector<Ball> electrodes;
  std::vector<Tube> wires;
};
Leads leads(const Body& body);

/// A pacemaker under the skin of the chest and its lead into the right ventricle; a catheter from
/// the neck into the superior vena cava. Every tube has the label `calcium`.
std::vector<Tube> pacemaker(const Body& body, bool left);
std::vector<Tube> central_line(const Body& body);
/// A calcified lymph node of the hila or the mediastinum.
Ball calcified_node(const Body& body, std::uint64_t seed, std::uint64_t stream, double size_mm);

/// What is left of an aneurysm's stream beside its thrombus: a crescent on one side.
struct Thrombus {
  std::vector<Tube> stream;       ///< to be painted over the aorta
  double thickness_mm = 0;        ///< the greatest
  double stream_diameter_mm = 0;  ///< where that is
};
/// Gives those stretches of the aorta that belong to `aneurysm` to `thrombus` (owners).
Thrombus mural_thrombus(Anatomy& anatomy, const Body& body, std::uint8_t aneurysm,
                        std::uint8_t thrombus, double thickness_mm, double turn, Phase phase);

/// Where the aorta is widened; before the anatomy is made.
Aneurysm aneurysm_asked(const Settings& settings, const Body& body);

class ThoraxFindings {
 public:
  /// Adds one truth per finding to `plan`, or its name to Plan::missing.
  ThoraxFindings(const Settings& settings, const Body& body, Anatomy& anatomy, const Frame& frame,
                 Plan& plan);

  void paint_in_lung(Canvas& canvas) const;  ///< before vessels and airways
  void paint_over(Canvas& canvas) const;     ///< after the bones
  void paint_on_skin(Canvas& canvas) const;  ///< after the table

 private:
  struct Asked {
    Finding finding;
    int number = 0;
    std::uint64_t stream = 0;
    double at_place = 0, now = 0;  ///< sizes
  };
  void add(const Asked& asked);
  void add_region(const Asked& asked);
  void add_nodule(const Asked& asked);
  void add_mass(const Asked& asked);
  void add_emphysema(const Asked& asked);
  void add_calcium(const Asked& asked);
  void add_aneurysm(const Asked& asked);
  void add_compression(const Asked& asked);
  void add_dependent(const Asked& asked);
  void add_leads(const Asked& asked);
  void add_thrombus(const Asked& asked);
  void add_cap(const Asked& asked);
  void add_calcified_node(const Asked& asked);
  void add_devices(const Asked& asked, std::vector<Tube> tubes, const std::string& side);

  /// The finding's number as a voxel's owner; notes its truth.
  std::uint8_t claim(const Asked& asked, const std::string& side, const std::string& density,
                     double piece_mm = 0);
  void miss(const Asked& asked);
  bool left_side(const Asked& asked) const;
  Place place(const Asked& asked, const Wish& wish);
  bool taken(bool left, const Point& canonical, const Point& centre, double radius_mm) const;
  LungSpace& space(bool left);

  const Settings& settings_;
  const Body& body_;
  Anatomy& anatomy_;
  const Frame& frame_;
  Plan& plan_;
  std::array<std::unique_ptr<LungSpace>, 2> spaces_;  ///< right, left; made when asked for
  std::vector<Region> regions_, reserved_;            ///< painted; held free in every scan
  std::vector<Place> places_;
  std::vector<Tube> blobs_, bronchograms_, arteries_, spicules_, wires_, streams_, devices_;
  std::vector<Ball> balls_, electrodes_;
  std::uint8_t blanket_ = 0, aneurysm_ = 0;
};

}  // namespace tomoscribe::model::phantom
