#include "dicom/intake.h"

namespace tomoscribe::dicom {

// PS3.6 A. What is accepted is stored as sent; only "reconstruct" reaches the analysis.
const std::vector<AcceptedClass>& accepted_classes() {
  static const std::vector<AcceptedClass> classes{
      {"1.2.840.10008.5.1.4.1.1.2", "CT Image Storage", "reconstruct"},
      {"1.2.840.10008.5.1.4.1.1.2.1", "Enhanced CT Image Storage", "reconstruct"},
      {"1.2.840.10008.5.1.4.1.1.2.2", "Legacy Converted Enhanced CT Image Storage", "reconstruct"},
      {"1.2.840.10008.5.1.4.1.1.7", "Secondary Capture Image Storage", "keep"},
      {"1.2.840.10008.5.1.4.1.1.7.1", "Multi-frame Single Bit Secondary Capture Image Storage",
       "keep"},
      {"1.2.840.10008.5.1.4.1.1.7.2", "Multi-frame Grayscale Byte Secondary Capture Image Storage",
       "keep"},
      {"1.2.840.10008.5.1.4.1.1.7.3", "Multi-frame Grayscale Word Secondary Capture Image Storage",
       "keep"},
      {"1.2.840.10008.5.1.4.1.1.7.4", "Multi-frame True Color Secondary Capture Image Storage",
       "keep"},
      {"1.2.840.10008.5.1.4.1.1.11.1", "Grayscale Softcopy Presentation State Storage", "keep"},
      {"1.2.840.10008.5.1.4.1.1.11.2", "Color Softcopy Presentation State Storage", "keep"},
      {"1.2.840.10008.5.1.4.1.1.11.4", "Blending Softcopy Presentation State Storage", "keep"},
      {"1.2.840.10008.5.1.4.1.1.30", "Parametric Map Storage", "keep"},
      {"1.2.840.10008.5.1.4.1.1.66", "Raw Data Storage", "keep"},
      {"1.2.840.10008.5.1.4.1.1.66.1", "Spatial Registration Storage", "keep"},
      {"1.2.840.10008.5.1.4.1.1.66.4", "Segmentation Storage", "keep"},
      {"1.2.840.10008.5.1.4.1.1.66.5", "Surface Segmentation Storage", "keep"},
      {"1.2.840.10008.5.1.4.1.1.88.11", "Basic Text SR Storage", "keep"},
      {"1.2.840.10008.5.1.4.1.1.88.22", "Enhanced SR Storage", "keep"},
      {"1.2.840.10008.5.1.4.1.1.88.33", "Comprehensive SR Storage", "keep"},
      {"1.2.840.10008.5.1.4.1.1.88.34", "Comprehensive 3D SR Storage", "keep"},
      {"1.2.840.10008.5.1.4.1.1.88.35", "Extensible SR Storage", "keep"},
      {"1.2.840.10008.5.1.4.1.1.88.59", "Key Object Selection Document Storage", "keep"},
      {"1.2.840.10008.5.1.4.1.1.88.65", "Chest CAD SR Storage", "keep"},
      {"1.2.840.10008.5.1.4.1.1.88.67", "X-Ray Radiation Dose SR Storage", "keep"},
      {"1.2.840.10008.5.1.4.1.1.104.1", "Encapsulated PDF Storage", "keep"},
      {"1.2.840.10008.5.1.4.1.1.104.2", "Encapsulated CDA Storage", "keep"},
      {"1.2.840.10008.5.1.4.1.1.481.3", "RT Structure Set Storage", "keep"},
  };
  return classes;
}

const std::vector<AcceptedSyntax>& accepted_syntaxes() {
  static const std::vector<AcceptedSyntax> syntaxes{
      {"1.2.840.10008.1.2.1", "Explicit VR Little Endian", true},
      {"1.2.840.10008.1.2.4.80", "JPEG-LS Lossless", true},
      {"1.2.840.10008.1.2.4.90", "JPEG 2000 Lossless Only", true},
      {"1.2.840.10008.1.2.4.70", "JPEG Lossless, First-Order Prediction", true},
      {"1.2.840.10008.1.2.4.57", "JPEG Lossless, Process 14", true},
      {"1.2.840.10008.1.2.5", "RLE Lossless", true},
      {"1.2.840.10008.1.2.1.99", "Deflated Explicit VR Little Endian", true},
      {"1.2.840.10008.1.2", "Implicit VR Little Endian", true},
      {"1.2.840.10008.1.2.4.50", "JPEG Baseline (lossy)", true},
      {"1.2.840.10008.1.2.4.51", "JPEG Extended (lossy)", true},
      {"1.2.840.10008.1.2.4.81", "JPEG-LS Near-Lossless (lossy)", true},
      {"1.2.840.10008.1.2.4.91", "JPEG 2000 (lossy)", true},
  };
  return syntaxes;
}

}  // namespace tomoscribe::dicom
