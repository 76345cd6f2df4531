#pragma once
// What the database holds of a patient's earlier studies.

#include "db/detail/sql.h"

namespace tomoscribe::db::detail {

/// Fills `earlier` and `not_compared` of a study's input: the newest study of an earlier day under
/// the same Patient ID that is of the same patient, was drafted and shows a chest (lungs are what
/// is compared), and why each newer one is not it: of the first twenty, and how many more there
/// are. Studies without any CT series do not count.
void find_earlier(pqxx::transaction_base& transaction, const dicom::StudyUid& study,
                  StudyInput& input);

/// The newest version of a study's report.
std::optional<reporting::ReportVersion> newest_version(pqxx::transaction_base& transaction,
                                                       const std::string& study);

}  // namespace tomoscribe::db::detail
