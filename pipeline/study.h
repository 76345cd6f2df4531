#pragma once
// The report's study from the images' headers and from what was recognised in the pixels.

#include <string>
#include <vector>

#include "pipeline/series/select_series.h"
#include "reporting/report.h"

namespace tomoscribe::pipeline {

/// Patient and study values of the first instance; series as chosen. `body_part`, `procedure` and
/// `contrast` are left empty. Pure.
reporting::Study study_from(const std::vector<InstanceFile>& instances,
                            const std::vector<reporting::SeriesUse>& series);

/// (0008,0020), (0008,0030) and (0008,0201); no offset is read as +00:00. nullopt without a date.
std::optional<reporting::Moment> study_moment(const dicom::StudyHeader& header);

/// What the pixels show, in words, head first: "chest and abdomen"; empty when nothing.
std::string body_part_words(const std::vector<std::string>& regions);

/// CT by region, LOINC: with contrast when the header names an agent or the blood shows it; without
/// one the header is silent, not negative, so the code leaves contrast open. "CT unspecified body
/// region" where there is no code.
reporting::Code procedure_code(const std::vector<std::string>& regions, bool contrast);

}  // namespace tomoscribe::pipeline
