#pragma once
// Whether two studies are of one person: a Patient ID alone does not settle it.

#include <string>

#include "reporting/report.h"

namespace tomoscribe::reporting {

/// Why two studies cannot be taken for one patient's; empty: they can. Another or no Patient ID;
/// the same one where issuer, birth date, sex or name contradict; one of an unknown issuer on one
/// side where no birth date agrees. Names are compared without case and punctuation; an initial or
/// a missing part contradicts nothing. A clause without any name, number or date.
std::string why_not_one_patient(const Patient& one, const Patient& other);

/// What agrees beside the Patient ID: "birth date, sex and name"; empty: nothing.
std::string agrees_beside_the_id(const Patient& one, const Patient& other);

}  // namespace tomoscribe::reporting
