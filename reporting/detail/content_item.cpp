#include "reporting/detail/content_item.h"

#include <algorithm>

#include "reporting/faces.h"

namespace tomoscribe::reporting::detail {
namespace {

void check(const OFCondition& condition) {
  if (condition.bad())
    throw dicom::Malformed(std::string("an SR attribute cannot be written: ") + condition.text());
}

}  // namespace

void put(DcmItem& item, const DcmTagKey& tag, const std::string& foreign) {
  const bool long_text = tag == DCM_TextValue;  // UT: lines and backslashes are text there
  std::string value = clean_text(foreign, long_text);
  if (!long_text) std::ranges::replace(value, '\\', '/');
  check(item.putAndInsertString(tag, value.c_str()));
}

DcmItem& add_item(DcmItem& item, const DcmTagKey& sequence) {
  DcmItem* added = nullptr;
  check(item.findOrCreateSequenceItem(sequence, added, -2));
  return *added;
}

void put_code(DcmItem& item, const DcmTagKey& sequence, const Code& code) {
  DcmItem& coded = add_item(item, sequence);
  put(coded, DCM_CodeValue, code.value);
  put(coded, DCM_CodingSchemeDesignator, code.scheme);
  put(coded, DCM_CodeMeaning, code.meaning.substr(0, 64));  // LO
}

Content Content::add(const char* relationship, const char* type, const Code* name) {
  DcmItem& item = add_item(*item_, DCM_ContentSequence);
  put(item, DCM_RelationshipType, relationship);
  put(item, DCM_ValueType, type);
  if (name != nullptr) put_code(item, DCM_ConceptNameCodeSequence, *name);
  return Content(item);
}

Content Content::container(const char* relationship, const Code& name, const char* template_id) {
  const Content content = add(relationship, "CONTAINER", &name);
  put(*content.item_, DCM_ContinuityOfContent, "SEPARATE");
  if (template_id != nullptr) {
    DcmItem& identification = add_item(*content.item_, DCM_ContentTemplateSequence);
    put(identification, DCM_MappingResource, "DCMR");
    put(identification, DCM_TemplateIdentifier, template_id);
  }
  return content;
}

Content Content::code(const char* relationship, const Code& name, const Code& value) {
  const Content content = add(relationship, "CODE", &name);
  put_code(*content.item_, DCM_ConceptCodeSequence, value);
  return content;
}

Content Content::text(const char* relationship, const Code& name, const std::string& value) {
  const Content content = add(relationship, "TEXT", &name);
  put(*content.item_, DCM_TextValue, value.empty() ? "-" : value);
  return content;
}

Content Content::uid(const char* relationship, const Code& name, const std::string& value) {
  const Content content = add(relationship, "UIDREF", &name);
  put(*content.item_, DCM_UID, value);
  return content;
}

Content Content::person(const char* relationship, const Code& name,
                        const dicom::PersonName& value) {
  const Content content = add(relationship, "PNAME", &name);
  put(*content.item_, DCM_PersonName, value.pn());
  return content;
}

Content Content::image(const char* relationship, const std::string& sop_class,
                       const std::string& instance, int frame, bool multi_frame) {
  const Content content = add(relationship, "IMAGE", nullptr);
  DcmItem& reference = add_item(*content.item_, DCM_ReferencedSOPSequence);
  put(reference, DCM_ReferencedSOPClassUID, sop_class);
  put(reference, DCM_ReferencedSOPInstanceUID, instance);
  if (multi_frame) put(reference, DCM_ReferencedFrameNumber, std::to_string(frame));
  return content;
}

Content Content::polyline(const char* relationship, const Region2D& region) {
  const Code name{"111030", "DCM", "Image Region"};
  const Content content = add(relationship, "SCOORD", &name);
  std::vector<Float32> points;
  for (const auto& point : region.outline)
    for (const double value : point) points.push_back(static_cast<Float32>(value < 0 ? 0 : value));
  if (!region.outline.empty() &&
      region.outline.front() != region.outline.back())  // closed: the first point again
    points.insert(points.end(), {points[0], points[1]});
  check(content.item_->putAndInsertFloat32Array(DCM_GraphicData, points.data(),
                                                static_cast<unsigned long>(points.size())));
  put(*content.item_, DCM_GraphicType, "POLYLINE");
  return content;
}

Content Content::number(const char* relationship, const Code& name, const std::string& value,
                        const Code& unit) {
  const Content content = add(relationship, "NUM", &name);
  DcmItem& measured = add_item(*content.item_, DCM_MeasuredValueSequence);
  put_code(measured, DCM_MeasurementUnitsCodeSequence, unit);
  put(measured, DCM_NumericValue, value);
  return content;
}

}  // namespace tomoscribe::reporting::detail
