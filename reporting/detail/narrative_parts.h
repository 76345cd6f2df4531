#pragma once
// What the sections of the draft share: words made of findings, and the list that statements are
// added to.

#include <set>
#include <string>
#include <utility>
#include <vector>

#include "reporting/report.h"

namespace tomoscribe::reporting::detail {

std::string lower_first(std::string text);  ///< of an abbreviation nothing changes
std::string upper_first(std::string text);
std::string name_of(const Measurement& measurement);  ///< "aerated volume"
std::string title_of(const Finding& finding);         ///< "Right lung", what readers call it
std::string sentence_end(std::string text);           ///< exactly one full stop at the end

/// "aerated volume 2431 mL ± 73 mL; emphysema index not assessed (slices are 5 mm thick)". A
/// reason that was given once (`given`) is not given again.
std::string measurements_text(const std::vector<Measurement>& measurements,
                              std::set<std::string>& given);

/// What an earlier study alone shows.
bool is_of_earlier(const Finding& finding);

/// A sentence about how the draft was made.
Verification about_the_draft();

/// Collects statements and numbers them.
class Composer {
 public:
  void add(Section section, std::string text, Verification verification,
           std::vector<std::string> findings = {}, Author author = Author::geometry);
  std::vector<Statement> take() { return std::move(statements_); }

 private:
  std::vector<Statement> statements_;
};

/// The impression (impression.cpp): what it is, what is notable, whole lungs.
void add_impression(Composer& composer, const std::vector<Finding>& findings);

}  // namespace tomoscribe::reporting::detail
