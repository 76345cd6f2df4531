// expect: no match for 'operator='
#include "dicom/pixels.h"
#include "pipeline/volume.h"

void fill(tomoscribe::pipeline::Volume& volume, const tomoscribe::dicom::StoredFrame& frame) {
#ifdef WRONG
  volume.hu = frame.values;
#else
  for (const auto value : frame.values) volume.hu.push_back(static_cast<std::int16_t>(value));
#endif
}
