#include "reporting/structured_report.h"

#include <algorithm>
#include <array>
#include <cstdio>
#include <map>
#include <set>

#include <dcmtk/dcmdata/dcistrmb.h>
#include <dcmtk/dcmdata/dcostrmb.h>

#include "reporting/detail/content_item.h"
#include "reporting/faces.h"

namespace tomoscribe::reporting {
namespace {

using detail::add_item;
using detail::Content;
using detail::put;
using detail::put_code;

constexpr const char* contains = "CONTAINS";
constexpr const char* has_context = "HAS OBS CONTEXT";
constexpr const char* has_modifier = "HAS CONCEPT MOD";
constexpr const char* comprehensive_3d = "1.2.840.10008.5.1.4.1.1.88.34";

Code dcm(const char* value, const char* meaning) {
  return {value, "DCM", meaning};
}

std::string series_uid(const ReportVersion& version) {
  return dicom::uid_from_name(version.study.uid.str() + "|sr series|" + version.report_id);
}

/// Numeric Value is DS: at most 16 characters, no exponent needed for what we measure.
std::string decimal(const Measurement& measurement) {
  std::array<char, 64> text{};
  std::snprintf(text.data(), text.size(), "%.*f", std::clamp(measurement.decimals, 0, 6),
                *measurement.value);
  std::string digits = text.data();
  if (digits.size() > 16) {
    std::snprintf(text.data(), text.size(), "%.8e", *measurement.value);
    digits = text.data();
  }
  return digits;
}

void put_patient_and_study(DcmItem& item, const ReportVersion& version) {
  const Study& study = version.study;
  // The order's patient, where there is one, is the hospital's own record; both name the same
  // person or they were not joined.
  std::string birth_date =
      study.patient.birth_date ? dicom::iso_date(*study.patient.birth_date) : "";
  std::erase(birth_date, '-');
  put(item, DCM_SpecificCharacterSet, "ISO_IR 192");
  put(item, DCM_PatientName, study.patient.name.pn());
  put(item, DCM_PatientID, study.patient.id.str());
  if (!study.patient.issuer.empty()) put(item, DCM_IssuerOfPatientID, study.patient.issuer);
  put(item, DCM_PatientBirthDate, birth_date);
  put(item, DCM_PatientSex, study.patient.sex);
  put(item, DCM_StudyInstanceUID, study.uid.str());
  put(item, DCM_StudyID, study.study_id);
  put(item, DCM_StudyDate, study.started ? study.started->date() : "");
  put(item, DCM_StudyTime, study.started ? study.started->time() : "");
  put(item, DCM_AccessionNumber, study.accession.str().substr(0, 16));  // SH
  put(item, DCM_ReferringPhysicianName, study.referring_physician_pn);
  if (!study.description.empty()) put(item, DCM_StudyDescription, study.description);
}

void put_series_and_equipment(DcmItem& item, const ReportVersion& version) {
  put(item, DCM_Modality, "SR");
  put(item, DCM_SeriesInstanceUID, series_uid(version));
  put(item, DCM_SeriesNumber, "9001");
  put(item, DCM_SeriesDescription,
      is_signed(version.state) ? "Tomoscribe report"
                               : "AI draft (not for diagnosis until reviewed)");
  item.insertEmptyElement(DCM_ReferencedPerformedProcedureStepSequence);  // type 2
  put(item, DCM_Manufacturer, "Tomoscribe");
  put(item, DCM_ManufacturerModelName,
      version.provenance.model_name.empty() ? "Measured findings" : version.provenance.model_name);
  put(item, DCM_DeviceSerialNumber, "none");
  put(item, DCM_SoftwareVersions,
      version.provenance.code_version.empty() ? "unknown"
                                              : version.provenance.code_version.substr(0, 64));
}

void put_document(DcmItem& item, const ReportVersion& version) {
  const bool is_final = is_signed(version.state);
  put(item, DCM_SOPClassUID, comprehensive_3d);
  put(item, DCM_SOPInstanceUID, structured_report_uid(version).str());
  put(item, DCM_InstanceCreationDate, version.created.date());
  put(item, DCM_InstanceCreationTime, version.created.time());
  put(item, DCM_ContentDate, version.created.date());
  put(item, DCM_ContentTime, version.created.time());
  put(item, DCM_InstanceNumber, std::to_string(version.number));
  put(item, DCM_CompletionFlag, is_final ? "COMPLETE" : "PARTIAL");
  put(item, DCM_VerificationFlag, is_final ? "VERIFIED" : "UNVERIFIED");
  put(item, DCM_PreliminaryFlag, is_final ? "FINAL" : "PRELIMINARY");
  item.insertEmptyElement(DCM_PerformedProcedureCodeSequence);  // type 2
  if (is_final && version.signature) {
    DcmItem& observer = add_item(item, DCM_VerifyingObserverSequence);
    put(observer, DCM_VerifyingObserverName, version.signature->signer.name.pn());
    put(observer, DCM_VerifyingOrganization,
        version.signature->signer.organisation.empty() ? "unknown"
                                                       : version.signature->signer.organisation);
    put(observer, DCM_VerificationDateTime, version.signature->when.dtm());
    observer.insertEmptyElement(DCM_VerifyingObserverIdentificationCodeSequence);
  }
  if (version.predecessor > 0) {
    ReportVersion earlier{
        .report_id = version.report_id, .number = version.predecessor, .study = version.study};
    DcmItem& study = add_item(item, DCM_PredecessorDocumentsSequence);
    put(study, DCM_StudyInstanceUID, version.study.uid.str());
    DcmItem& series = add_item(study, DCM_ReferencedSeriesSequence);
    put(series, DCM_SeriesInstanceUID, series_uid(version));
    DcmItem& instance = add_item(series, DCM_ReferencedSOPSequence);
    put(instance, DCM_ReferencedSOPClassUID, comprehensive_3d);
    put(instance, DCM_ReferencedSOPInstanceUID, structured_report_uid(earlier).str());
  }
}

struct Reference {
  std::string series, instance, sop_class;
  auto operator<=>(const Reference&) const = default;
};

std::set<Reference> references(const ReportVersion& version) {
  std::set<Reference> all;
  for (const Finding& finding : version.findings) {
    if (!is_outgoing(version, finding)) continue;
    for (const Evidence& evidence : finding.evidence)
      all.insert({evidence.series.str(), evidence.instance.str(), evidence.sop_class});
  }
  return all;
}

void put_evidence(DcmItem& item, const ReportVersion& version) {
  const auto all = references(version);
  if (all.empty()) return;
  DcmItem& study = add_item(item, DCM_CurrentRequestedProcedureEvidenceSequence);
  put(study, DCM_StudyInstanceUID, version.study.uid.str());
  std::map<std::string, DcmItem*> series;
  for (const Reference& reference : all) {
    DcmItem*& entry = series[reference.series];
    if (entry == nullptr) {
      entry = &add_item(study, DCM_ReferencedSeriesSequence);
      put(*entry, DCM_SeriesInstanceUID, reference.series);
    }
    DcmItem& instance = add_item(*entry, DCM_ReferencedSOPSequence);
    put(instance, DCM_ReferencedSOPClassUID, reference.sop_class);
    put(instance, DCM_ReferencedSOPInstanceUID, reference.instance);
  }
}

bool is_multi_frame(const std::string& sop_class) {
  return sop_class != "1.2.840.10008.5.1.4.1.1.2";
}

void add_observers(Content& root, const ReportVersion& version) {
  root.code(has_context, dcm("121005", "Observer Type"), dcm("121007", "Device"));
  root.uid(has_context, dcm("121012", "Device Observer UID"),
           dicom::uid_from_name("device|" + version.provenance.product));
  root.text(has_context, dcm("121013", "Device Observer Name"), version.provenance.product);
  root.text(has_context, dcm("121014", "Device Observer Manufacturer"), "Tomoscribe");
  if (!version.edited_by || version.edited_by->name.empty()) return;
  root.code(has_context, dcm("121005", "Observer Type"), dcm("121006", "Person"));
  root.person(has_context, dcm("121008", "Person Observer Name"), version.edited_by->name);
}

void add_image_library(Content& root, const ReportVersion& version) {
  Content library = root.container(contains, dcm("111028", "Image Library"), "1600");
  const auto all = references(version);
  if (all.empty()) return;
  Content group = library.container(contains, dcm("126200", "Image Library Group"));
  group.code("HAS ACQ CONTEXT", dcm("121139", "Modality"), dcm("CT", "Computed Tomography"));
  for (const Reference& reference : all)
    group.image(contains, reference.sop_class, reference.instance, 1, false);
}

Code side_code(Laterality side) {
  switch (side) {
    case Laterality::left: return {"7771000", "SCT", "Left"};
    case Laterality::right: return {"24028007", "SCT", "Right"};
    case Laterality::bilateral: return {"51440002", "SCT", "Right and left"};
    case Laterality::none: break;
  }
  return {};
}

const Region2D* largest_region(const Evidence& evidence) {
  const auto found = std::ranges::max_element(
      evidence.regions, {}, [](const Region2D& region) { return region.outline.size(); });
  return found == evidence.regions.end() || found->outline.size() < 3 ? nullptr : &*found;
}

void add_measurement(Content& group, const Measurement& measurement, const Finding& finding) {
  if (!measurement.value) {
    group.text(contains, dcm("121106", "Comment"),
               measurement.id + " not assessed: " + measurement.not_assessed);
    return;
  }
  Content number =
      group.number(contains, measurement.concept_name, decimal(measurement), measurement.unit);
  std::string method = measurement.method;
  if (measurement.lower_bound)
    method = "Lower bound: it reaches beyond what was measured. " + method;
  number.text(has_modifier, dcm("121106", "Comment"), measurement.id + ". " + method);
  for (const Evidence& evidence : finding.evidence)
    if (const Region2D* region = largest_region(evidence)) {
      number.polyline("INFERRED FROM", *region)
          .image("SELECTED FROM", evidence.sop_class, evidence.instance.str(), evidence.frame,
                 is_multi_frame(evidence.sop_class));
      return;
    }
}

void add_group(Content& measurements, const Finding& finding, const Provenance& provenance) {
  Content group = measurements.container(contains, dcm("125007", "Measurement Group"), "1501");
  group.text(has_context, dcm("112039", "Tracking Identifier"), finding.id);
  group.uid(has_context, dcm("112040", "Tracking Unique Identifier"), finding.tracking.str());
  // A reader takes the code for a find: what was not looked for has a comment only.
  const bool assessed = finding.presence != Presence::not_assessed;
  if (assessed) group.code(contains, dcm("121071", "Finding"), finding.observation);
  if (!finding.site.empty()) {
    Content site = group.code(has_modifier, {"363698007", "SCT", "Finding Site"}, finding.site);
    if (finding.laterality != Laterality::none)
      site.code(has_modifier, {"272741003", "SCT", "Laterality"}, side_code(finding.laterality));
  }
  group.text(has_modifier, dcm("111001", "Algorithm Name"),
             provenance.product + " " + std::string(to_text(finding.author)) +
                 (finding.author == Author::model && !provenance.model_name.empty()
                      ? ": " + provenance.model_name
                      : ""));
  group.text(has_modifier, dcm("111003", "Algorithm Version"),
             provenance.code_version.empty() ? "unknown" : provenance.code_version);
  group.text(contains, dcm("121106", "Comment"),
             "Verification: " + std::string(to_text(finding.verification.outcome)) +
                 (assessed ? ""
                           : ". " + finding.observation.meaning +
                                 " not assessed: " + finding.not_assessed));
  if (assessed)
    group.code(contains, {"705057003", "SCT", "Presence"}, presence_code(finding.presence));
  for (const Measurement& measurement : finding.measurements)
    add_measurement(group, measurement, finding);
}

/// The statements that leave, section by section; lines end as UT wants them.
std::string narrative_of(const ReportVersion& version) {
  std::string narrative;
  for (const Section section : all_sections) {
    std::string text;
    for (const Statement* statement : outgoing_statements(version, section))
      text += (text.empty() ? "" : "\r\n") + labelled_text(version, *statement);
    if (!text.empty())
      narrative += std::string(narrative.empty() ? "" : "\r\n\r\n") +
                   std::string(heading(section)) + "\r\n" + text;
  }
  return narrative;
}

void add_tree(DcmItem& item, const ReportVersion& version) {
  put(item, DCM_ValueType, "CONTAINER");
  put_code(item, DCM_ConceptNameCodeSequence, dcm("126000", "Imaging Measurement Report"));
  put(item, DCM_ContinuityOfContent, "SEPARATE");
  DcmItem& identification = add_item(item, DCM_ContentTemplateSequence);
  put(identification, DCM_MappingResource, "DCMR");
  put(identification, DCM_TemplateIdentifier, "1500");
  Content root(item);
  root.code(has_modifier, dcm("121049", "Language of Content Item and Descendants"),
            {"en-US", "RFC5646", "English (United States)"});
  add_observers(root, version);
  root.code(has_modifier, dcm("121058", "Procedure reported"),
            version.study.procedure.empty() ? Code{"25045-6", "LN", "CT unspecified body region"}
                                            : version.study.procedure);
  add_image_library(root, version);
  Content measurements = root.container(contains, dcm("126010", "Imaging Measurements"));
  for (const Finding& finding : version.findings)
    if (is_outgoing(version, finding)) add_group(measurements, finding, version.provenance);
  const std::string narrative = narrative_of(version);
  if (narrative.empty()) return;
  Content qualitative =
      root.container(contains, Code{"C0034375", "UMLS", "Qualitative Evaluations"});
  qualitative.text(contains, dcm("121106", "Comment"), narrative);
}

std::string saved(DcmFileFormat& format) {
  const E_TransferSyntax syntax = EXS_LittleEndianExplicit;
  if (format.validateMetaInfo(syntax).bad())
    throw dicom::Malformed("the SR's meta header cannot be made");
  std::string bytes(format.calcElementLength(syntax, EET_ExplicitLength) + 1024, '\0');
  DcmOutputBufferStream stream(bytes.data(), static_cast<offile_off_t>(bytes.size()));
  format.transferInit();
  const OFCondition written = format.write(stream, syntax, EET_ExplicitLength, nullptr);
  format.transferEnd();
  if (written.bad())
    throw dicom::Malformed(std::string("the SR cannot be written: ") + written.text());
  void* buffer = nullptr;
  offile_off_t length = 0;
  stream.flushBuffer(buffer, length);
  bytes.resize(static_cast<std::size_t>(length));
  return bytes;
}

}  // namespace

dicom::SopInstanceUid structured_report_uid(const ReportVersion& version) {
  return dicom::SopInstanceUid(dicom::uid_from_name(
      version.study.uid.str() + "|sr|" + version.report_id + "|" + std::to_string(version.number)));
}

std::string to_structured_report(const ReportVersion& version) {
  DcmFileFormat format;
  DcmItem& item = *format.getDataset();
  put_patient_and_study(item, version);
  put_series_and_equipment(item, version);
  put_document(item, version);
  put_evidence(item, version);
  add_tree(item, version);
  return saved(format);
}

namespace {

std::string text_of(DcmItem& item, const DcmTagKey& tag) {
  OFString value;
  item.findAndGetOFStringArray(tag, value);
  return value;
}

std::string code_of(DcmItem& item, const DcmTagKey& sequence) {
  DcmItem* coded = nullptr;
  return item.findAndGetSequenceItem(sequence, coded, 0).good() ? text_of(*coded, DCM_CodeValue)
                                                                : "";
}

template <class Visit>
void each_child(DcmItem& item, Visit visit) {
  DcmSequenceOfItems* children = nullptr;
  if (item.findAndGetSequence(DCM_ContentSequence, children).bad()) return;
  for (unsigned long i = 0; i < children->card(); ++i) visit(*children->getItem(i));
}

void read_group(DcmItem& group, ReadBack& read) {
  ReadBackMeasurement common;
  each_child(group, [&](DcmItem& child) {
    const std::string name = code_of(child, DCM_ConceptNameCodeSequence);
    if (name == "112039") common.tracking_identifier = text_of(child, DCM_TextValue);
    if (name == "112040") common.tracking_uid = text_of(child, DCM_UID);
    if (name == "363698007")
      each_child(child, [&](DcmItem& modifier) {
        common.laterality = code_of(modifier, DCM_ConceptCodeSequence);
      });
  });
  each_child(group, [&](DcmItem& child) {
    DcmItem* measured = nullptr;
    if (text_of(child, DCM_ValueType) != "NUM" ||
        child.findAndGetSequenceItem(DCM_MeasuredValueSequence, measured, 0).bad())
      return;
    ReadBackMeasurement number = common;
    number.concept_value = code_of(child, DCM_ConceptNameCodeSequence);
    number.unit = code_of(*measured, DCM_MeasurementUnitsCodeSequence);
    number.value = std::strtod(text_of(*measured, DCM_NumericValue).c_str(), nullptr);
    read.measurements.push_back(number);
  });
}

}  // namespace

ReadBack read_structured_report(std::string_view part10) {
  DcmInputBufferStream stream;
  stream.setBuffer(part10.data(), static_cast<offile_off_t>(part10.size()));
  stream.setEos();
  DcmFileFormat format;
  format.transferInit();
  const OFCondition loaded = format.read(stream);
  format.transferEnd();
  DcmItem& item = *format.getDataset();
  if (loaded.bad() || code_of(item, DCM_ConceptNameCodeSequence) != "126000")
    throw dicom::Malformed("not a TID 1500 report");
  ReadBack read{.study = text_of(item, DCM_StudyInstanceUID),
                .sop_instance = text_of(item, DCM_SOPInstanceUID),
                .completion = text_of(item, DCM_CompletionFlag),
                .verification = text_of(item, DCM_VerificationFlag),
                .preliminary = text_of(item, DCM_PreliminaryFlag)};
  each_child(item, [&](DcmItem& child) {
    if (code_of(child, DCM_ConceptNameCodeSequence) == "126010")
      each_child(child, [&](DcmItem& group) { read_group(group, read); });
  });
  return read;
}

}  // namespace tomoscribe::reporting
