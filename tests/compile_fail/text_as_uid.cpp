// expect: could not convert|cannot convert|no known conversion|invalid initialization
#include "dicom/dicomweb.h"

bool ask(tomoscribe::dicom::InstanceIndex& index, const std::string& text) {
#ifdef WRONG
  return index.has_study(text);
#else
  return index.has_study(tomoscribe::dicom::StudyUid(text));
#endif
}
