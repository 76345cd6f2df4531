#pragma once
// The answers of QIDO-RS: what was found, as an array of DICOM JSON (PS3.18 10.6, F). Pure.

#include <string>
#include <vector>

#include "dicom/dicomweb.h"
#include "dicom/identity.h"

namespace tomoscribe::dicom::detail {

/// `base_url` begins each series' Retrieve URL (0008,1190).
std::string series_rows(const StudyUid& study, const std::vector<IndexedSeries>& found,
                        const std::string& base_url);

std::string instance_rows(const StudyUid& study, const SeriesUid& series,
                          const std::vector<IndexedInstance>& found, const std::string& base_url);

}  // namespace tomoscribe::dicom::detail
