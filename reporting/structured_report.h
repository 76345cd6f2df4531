#pragma once

#include <string>

#include "reporting/report.h"

namespace tomoscribe::reporting {

/// The report as a Comprehensive 3D SR, TID 1500, Part 10 bytes (Explicit VR Little Endian).
/// Pure: UIDs come from (study, report, version), dates from the version. Unsigned: UNVERIFIED,
/// PRELIMINARY. Standard: PS3.16 TID 1500, 1501, 1410, 1600; PS3.3 A.35.13.
std::string to_structured_report(const ReportVersion&);

/// SOP Instance UID that to_structured_report gives this version.
dicom::SopInstanceUid structured_report_uid(const ReportVersion&);

/// What a reader can take back from such an object, for tests and for priors: measurements by
/// tracking id.
struct ReadBackMeasurement {
  std::string tracking_identifier, tracking_uid, concept_value, unit, laterality;
  double value = 0;
};
struct ReadBack {
  std::string study, sop_instance, completion, verification, preliminary;
  std::vector<ReadBackMeasurement> measurements;
};
/// \throws dicom::Malformed when it is no TID 1500 report.
ReadBack read_structured_report(std::string_view part10);

}  // namespace tomoscribe::reporting
