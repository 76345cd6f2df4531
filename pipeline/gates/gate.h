#pragma once
// What may be said of a scan: small checks before the measurements, and how a measurement asks.
// Standard library only.

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace tomoscribe::pipeline::gates {

/// What a number or a statement is for. A gate forbids uses; a measurement asks for its own.
enum class Use : std::uint8_t {
  volume,           ///< millilitres of an organ
  size,             ///< lengths and diameters in the plane
  density,          ///< a mean or median in HU, as measured
  tissue,           ///< HU against published limits: liver, spleen, bone (unenhanced, 120 kV)
  bone,             ///< HU of spongy bone at 120 kV; contrast agent is flagged, not refused
  low_attenuation,  ///< shares of voxels under an HU limit: noise and kernel count
  nodules,          ///< small round things, and that there are none
  calcium,          ///< what lies above 130 HU
  fat,              ///< areas of fat and muscle: the whole section must be in the image
  laterality,       ///< left and right
  symmetry,         ///< one side against its mirror image, midline
  norms,            ///< limits published for adults
  proportions,      ///< heart against chest: both lungs, breathed in
  blood             ///< fresh blood in a head, by its density: no contrast agent
};
inline constexpr std::size_t use_count = 14;
std::string_view to_text(Use use);  ///< "volumes", "low attenuation": as people read it
const std::vector<Use>& all_uses();

enum class Outcome : std::uint8_t {
  pass,
  restrict,  ///< `uses` are forbidden
  stop       ///< nothing may be measured
};

/// What one gate says.
struct Result {
  std::string gate;  ///< "metal"
  Outcome outcome = Outcome::pass;
  std::vector<Use> uses;  ///< forbidden; empty unless `restrict`
  /// A clause without a full stop, for people: "metal on images 40 to 52". May also be given with
  /// `pass`: then it is said, and forbids nothing.
  std::string reason;
  std::vector<int> slices;  ///< of the volume, ascending: these alone must not be measured
  /// Further faults that the same gate saw, each with its own uses; empty once in `Gates`.
  std::vector<Result> more = {};
};

/// Empty reason: allowed.
struct Answer {
  std::string reason;
  explicit operator bool() const { return reason.empty(); }
};

/// The results of all gates, in the order in which they ran; one for each fault.
struct Gates {
  std::vector<Result> results;

  /// How a measurement asks: `if (const auto may = scene.gates.allowed(Use::nodules); !may)
  /// result.not_assessed = may.reason;`. The reason of the first gate that stops or forbids it.
  Answer allowed(Use use) const;
  /// True where a gate excludes this slice of the volume (metal): leave it out, or say so.
  bool excludes(int slice) const;
  /// One sentence a result, without its full stop, for the report's limitations.
  std::vector<std::string> sentences() const;
};

}  // namespace tomoscribe::pipeline::gates
