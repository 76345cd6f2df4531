#pragma once
// One SR content item as DCMTK stores it. DCMTK stays inside reporting/*.cpp.

#include <string>

#include <dcmtk/config/osconfig.h>
#include <dcmtk/dcmdata/dctk.h>

#include "reporting/report.h"

namespace tomoscribe::reporting::detail {

/// \throws dicom::Malformed when DCMTK refuses the value.
void put(DcmItem& item, const DcmTagKey& tag, const std::string& foreign);
DcmItem& add_item(DcmItem& item, const DcmTagKey& sequence);
void put_code(DcmItem& item, const DcmTagKey& sequence, const Code& code);

/// Adds content items below one item (PS3.3 C.17.3). Relationship first, as the standard's
/// templates print them.
class Content {
 public:
  explicit Content(DcmItem& item) : item_(&item) {}
  Content container(const char* relationship, const Code& name, const char* template_id = nullptr);
  Content code(const char* relationship, const Code& name, const Code& value);
  Content text(const char* relationship, const Code& name, const std::string& value);
  Content uid(const char* relationship, const Code& name, const std::string& value);
  Content person(const char* relationship, const Code& name, const dicom::PersonName& value);
  Content image(const char* relationship, const std::string& sop_class, const std::string& instance,
                int frame, bool multi_frame);
  Content polyline(const char* relationship, const Region2D& region);
  Content number(const char* relationship, const Code& name, const std::string& value,
                 const Code& unit);

 private:
  Content add(const char* relationship, const char* type, const Code* name);
  DcmItem* item_;
};

}  // namespace tomoscribe::reporting::detail
