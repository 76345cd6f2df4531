#pragma once
// Codes, findings and measurements as the steps write them.

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "pipeline/measure/outline.h"
#include "pipeline/measure/scene.h"

namespace tomoscribe::pipeline::measure {

namespace codes {  // PS3.16, and of SNOMED CT the ratio that it lacks
using reporting::Code;
inline const Code presence{"705057003", "SCT", "Presence"};
inline const Code lung{"39607008", "SCT", "Lung"};
inline const Code head{"69536005", "SCT", "Head"};
inline const Code chest{"816094009", "SCT", "Chest"};
inline const Code abdomen{"818981001", "SCT", "Abdomen"};
inline const Code abdomen_pelvis{"818982008", "SCT", "Abdomen and Pelvis"};
inline const Code chest_abdomen_pelvis{"416775004", "SCT", "Chest, Abdomen and Pelvis"};
inline const Code volume{"118565006", "SCT", "Volume"};
inline const Code ratio{"118586006", "SCT", "Ratio"};
inline const Code diameter{"81827009", "SCT", "Diameter"};
inline const Code long_axis{"103339001", "SCT", "Long Axis"};
inline const Code short_axis{"103340004", "SCT", "Short Axis"};
inline const Code spine{"421060004", "SCT", "Spine"};
inline const Code liver{"10200004", "SCT", "Liver"};
inline const Code spleen{"78961009", "SCT", "Spleen"};
inline const Code kidney{"64033007", "SCT", "Kidney"};
inline const Code ureter{"87953007", "SCT", "Ureter"};
inline const Code calculus{"56381008", "SCT", "Calculus"};
inline const Code area{"42798000", "SCT", "Area"};
inline const Code square_centimetre{"cm2", "UCUM", "square centimeter"};
inline const Code aorta{"15825003", "SCT", "Aorta"};
inline const Code thoracic_aorta{"113262008", "SCT", "Thoracic aorta"};
inline const Code abdominal_aorta{"7832008", "SCT", "Abdominal aorta"};
inline const Code millimetre{"mm", "UCUM", "millimeter"};
inline const Code attenuation{"112031", "DCM", "Attenuation Coefficient"};
inline const Code nodule{"27925004", "SCT", "Nodule"};
inline const Code cubic_millimetre{"mm3", "UCUM", "cubic millimeter"};
inline const Code hounsfield{"[hnsf'U]", "UCUM", "Hounsfield unit"};
inline const Code millilitre{"mL", "UCUM", "milliliter"};
inline const Code percent{"%", "UCUM", "percent"};
inline const Code no_unit{"1", "UCUM", "no units"};
}  // namespace codes

/// A finding by geometry: present, verified by measuring. `title` is what readers call it.
reporting::Finding measured_finding(std::string id, std::string title, reporting::Code observation,
                                    reporting::Code site,
                                    reporting::Laterality side = reporting::Laterality::none);

/// Something that a detector proposes: its numbers are measured, that it is what it is called must
/// be confirmed by a person. Indeterminate and unverified until then; the title begins with
/// `candidate_words`.
inline constexpr const char* candidate_words = "Candidate, to be confirmed";
reporting::Finding candidate_finding(std::string id, std::string title, reporting::Code observation,
                                     reporting::Code site,
                                     reporting::Laterality side = reporting::Laterality::none);

/// A detector ran and proposed nothing: absence is not asserted, so the finding is indeterminate.
/// \param title     what it looks for and from what size on: "Solid lung nodules of 6 mm or more".
/// \param searched  what was searched and what is missed.
reporting::Finding nothing_detected(std::string id, std::string title, reporting::Code observation,
                                    reporting::Code site, std::string searched);

/// What a search says of itself, the same whether it proposed something or not: without a candidate
/// nothing_detected, with some a finding of its own after them, "Further lung nodules ...: smaller
/// ones are not excluded". Its id must differ from the candidates'.
/// \param limits  what was searched and what is missed, a clause.
reporting::Finding search_outcome(std::string id, const std::string& title,
                                  reporting::Code observation, reporting::Code site, bool proposed,
                                  const std::string& limits);

/// A finding that nothing can be said about, and why.
reporting::Finding not_assessed_finding(std::string id, std::string title,
                                        reporting::Code observation, reporting::Code site,
                                        std::string reason);

/// Says on the last finding, the last of a list that ended at a limit, how many more there are.
/// Nothing is said when all `found` are listed. Precondition: `findings` is not empty.
void say_unlisted(std::vector<reporting::Finding>& findings, std::size_t listed, std::size_t found);

/// Diameters, axes and volumes of what lies on the scan's first or last slice become lower bounds.
/// \param first,last  native slices on which it lies
void bound_at_scan_end(const Scene& scene, int first, int last, reporting::Finding& finding);
/// \param mask  of the working grid
void bound_at_scan_end(const Scene& scene, const Mask& mask, reporting::Finding& finding);

/// Whether a mask of the working grid lies on the scan's first or last slice.
bool reaches_scan_end(const Scene& scene, const Mask& mask);

/// "image 120": the number of the native image on which the spine lies at a working slice (where it
/// was not followed: the middle of the section), or its place. Tilted images cross many slices.
std::string image_words(const Scene& scene, int working_slice);

/// "; only a part of the lungs is in the scan" where sections of the labels (5 cm2) lie on the
/// first or last slice, for what a search says; else empty. Native labels.
std::string part_words(const Scene& scene, const std::vector<Label>& labels, const char* organ);

/// Takes a value back: the reason stands in its place. Conditions that hold
/// a number go with it.
void withhold(reporting::Measurement& measurement, std::string reason);

/// Why a value is given without a class, for its conditions.
std::string no_limit_words(const std::string& reason);

/// Turns the finding's measurements' ids into the inputs of its verification.
void verify_by_measurements(reporting::Finding& finding);

/// The image of `label` where its section is largest, outlined; the point is its centre of mass.
/// `labels` are taken together (one outline list).
std::optional<reporting::Evidence> largest_section(const Scene& scene,
                                                   const std::vector<Label>& labels, std::string id,
                                                   std::string caption);

/// A section of the body (everything labelled) on the native slice nearest to a working slice.
std::optional<reporting::Evidence> body_section(const Scene& scene, int working_slice,
                                                std::string id, std::string caption);

/// The native image on which a mask of the working grid is largest, outlined there (a mask that
/// lies between two images: on the nearest). `allowed` may judge native voxels by HU, so that the
/// outline follows the picture and not the working grid's steps. Nullopt when nothing is left.
std::optional<reporting::Evidence> mask_section(
    const Scene& scene, const Mask& mask, std::string id, std::string caption,
    const std::function<bool(std::int16_t hu)>& allowed = {});

/// One native image with a mask of its own grid outlined; `point_mm` (LPS) is what it shows.
reporting::Evidence outlined_image(const Scene& scene, int slice, const SliceMask& mask,
                                   const Vec3& point_mm, std::string id, std::string caption);

/// A line between two points (LPS mm) as a thin outline on the native image nearest to its middle.
std::optional<reporting::Evidence> line_on_image(const Scene& scene, const Vec3& from_mm,
                                                 const Vec3& to_mm, std::string id,
                                                 std::string caption);

/// The stated slice thickness, mm; where it is not stated the spacing, of a series of thin and
/// thick parts the widest.
double slice_thickness_mm(const Volume& volume);

/// "12.5" with `decimals` digits after the point.
std::string number_text(double value, int decimals);

}  // namespace tomoscribe::pipeline::measure
