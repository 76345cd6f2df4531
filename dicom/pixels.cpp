#include "dicom/pixels.h"

#include <cstring>

#include <dcmtk/config/osconfig.h>
#include <dcmtk/dcmdata/dcpixseq.h>
#include <dcmtk/dcmdata/dcpxitem.h>
#include <dcmtk/dcmdata/dctk.h>
#include <dcmtk/dcmjpeg/djdecode.h>
#include <dcmtk/dcmjpls/djdecode.h>

#include "dicom/detail/jpeg2000.h"
#include "dicom/detail/open_file.h"
#include "dicom/detail/rle.h"

namespace tomoscribe::dicom {
namespace {

constexpr std::int64_t most_pixels = 4096LL * 4096;

/// How stored bits lie in their word (PS3.5 8.1.1).
class BitLayout {
 public:
  explicit BitLayout(const InstanceHeader& header)
      : shift_(header.high_bit + 1 - header.bits_stored),
        stored_(header.bits_stored),
        is_signed_(header.pixel_is_signed) {
    const bool word =
        header.bits_allocated == 8 || header.bits_allocated == 16 || header.bits_allocated == 32;
    if (!word || stored_ < 1 || stored_ > header.bits_allocated || shift_ < 0 ||
        header.high_bit >= header.bits_allocated)
      throw Malformed("bits allocated, bits stored and high bit contradict each other");
  }
  /// Overlay bits above the high bit fall away; the sign is extended from the stored width.
  std::int32_t value(std::uint32_t word) const {
    const std::uint32_t bits = stored_ == 32 ? word : (word >> shift_) & ((1U << stored_) - 1U);
    if (!is_signed_ || stored_ == 32) return static_cast<std::int32_t>(bits);
    const std::uint32_t sign = 1U << (stored_ - 1);
    return static_cast<std::int32_t>((bits ^ sign) - sign);
  }
  /// For decoders that give numbers, not words: wraps into the stored width first.
  std::int32_t wrapped(std::int32_t number) const {
    return value(static_cast<std::uint32_t>(number) << shift_);
  }

 private:
  int shift_, stored_;
  bool is_signed_;
};

void check_describable(const InstanceHeader& header) {
  if (header.frames == 0) throw Malformed("the instance holds no image");
  if (header.samples_per_pixel != 1) throw Malformed("the image is in colour, not grey");
  if (static_cast<std::int64_t>(header.rows) * header.columns > most_pixels)
    throw Malformed("the image has more than 4096 x 4096 pixels");
}

template <class Word>
void unpack(const std::vector<std::uint8_t>& bytes, const BitLayout& layout,
            std::vector<std::int32_t>& values) {
  for (std::size_t i = 0; i < values.size(); ++i) {
    Word word = 0;
    std::memcpy(&word, bytes.data() + i * sizeof(Word), sizeof(Word));
    values[i] = layout.value(word);
  }
}

std::vector<std::uint8_t> fragment(DcmPixelSequence& sequence, unsigned long index) {
  DcmPixelItem* item = nullptr;
  Uint8* bytes = nullptr;
  if (sequence.getItem(item, index).bad() || item == nullptr || item->getUint8Array(bytes).bad() ||
      bytes == nullptr)
    throw Malformed("a fragment of the compressed image is missing");
  return {bytes, bytes + item->getLength()};
}

/// Bytes of each frame: all fragments of a single frame, or one fragment a frame (PS3.5 A.4).
std::vector<std::uint8_t> frame_bytes(DcmPixelSequence& sequence, int frames, int frame) {
  const unsigned long fragments =
      sequence.card() == 0 ? 0 : sequence.card() - 1;  // the first item is the offset table
  if (frames > 1) {
    if (fragments != static_cast<unsigned long>(frames))
      throw Malformed("frames split into several fragments cannot be told apart");
    return fragment(sequence, static_cast<unsigned long>(frame) + 1);
  }
  std::vector<std::uint8_t> bytes;
  for (unsigned long i = 1; i <= fragments; ++i) {
    const auto part = fragment(sequence, i);
    bytes.insert(bytes.end(), part.begin(), part.end());
  }
  return bytes;
}

class FrameReader {
 public:
  FrameReader(DcmDataset& data_set, const InstanceHeader& header)
      : data_set_(data_set), header_(header), layout_(header), syntax_(data_set.getOriginalXfer()) {
    DcmElement* element = nullptr;
    if (data_set.findAndGetElement(DCM_PixelData, element).bad() ||
        (pixels_ = dynamic_cast<DcmPixelData*>(element)) == nullptr)
      throw Malformed("the instance holds no pixel data");
    const auto frame_size = static_cast<std::uint64_t>(header.rows) *
                            static_cast<std::uint64_t>(header.columns) *
                            static_cast<std::uint64_t>(header.bits_allocated / 8);
    if (!DcmXfer(syntax_).isEncapsulated() &&
        pixels_->getLength() < frame_size * static_cast<std::uint64_t>(header.frames))
      throw Malformed("the pixel data are shorter than the header says");
  }

  StoredFrame read(int frame) {
    StoredFrame result{.rows = header_.rows, .columns = header_.columns};
    if (syntax_ == EXS_JPEG2000LosslessOnly || syntax_ == EXS_JPEG2000) {
      result.values = jpeg2000(frame);
      return result;
    }
    if (syntax_ == EXS_RLELossless) {
      buffer_ = detail::decode_rle(frame_bytes(sequence(), header_.frames, frame), pixel_count(),
                                   word_bytes());
    } else {
      uncompressed(frame);
    }
    result.values.resize(pixel_count());
    switch (header_.bits_allocated) {
      case 8: unpack<std::uint8_t>(buffer_, layout_, result.values); break;
      case 16: unpack<std::uint16_t>(buffer_, layout_, result.values); break;
      default: unpack<std::uint32_t>(buffer_, layout_, result.values); break;
    }
    return result;
  }

 private:
  std::size_t word_bytes() const { return static_cast<std::size_t>(header_.bits_allocated / 8); }
  std::size_t pixel_count() const {
    return static_cast<std::size_t>(header_.rows) * static_cast<std::size_t>(header_.columns);
  }

  void uncompressed(int frame) {
    const std::size_t size = pixel_count() * word_bytes();
    buffer_.resize(size + 1);  // one spare byte: DCMTK wants an even length
    OFString color_model;
    const OFCondition read = pixels_->getUncompressedFrame(
        &data_set_, static_cast<Uint32>(frame), next_fragment_, buffer_.data(),
        static_cast<Uint32>(size + size % 2), color_model, nullptr);
    if (read.bad())
      throw Malformed(std::string("the pixel data cannot be decoded: ") + read.text());
  }

  DcmPixelSequence& sequence() {
    DcmPixelSequence* sequence = nullptr;
    E_TransferSyntax syntax = EXS_Unknown;
    const DcmRepresentationParameter* parameter = nullptr;
    pixels_->getOriginalRepresentationKey(syntax, parameter);
    if (pixels_->getEncapsulatedRepresentation(syntax, parameter, sequence).bad() ||
        sequence == nullptr)
      throw Malformed("the compressed pixel data are missing");
    return *sequence;
  }

  std::vector<std::int32_t> jpeg2000(int frame) {
    auto values = detail::decode_jpeg2000(frame_bytes(sequence(), header_.frames, frame),
                                          header_.rows, header_.columns);
    // Codestreams may disagree with the header's sign.
    for (std::int32_t& value : values) value = layout_.wrapped(value);
    return values;
  }

  DcmDataset& data_set_;
  const InstanceHeader& header_;
  BitLayout layout_;
  E_TransferSyntax syntax_;
  DcmPixelData* pixels_ = nullptr;
  Uint32 next_fragment_ = 0;
  std::vector<std::uint8_t> buffer_;
};

}  // namespace

Codecs::Codecs() {
  DJDecoderRegistration::registerCodecs();
  DJLSDecoderRegistration::registerCodecs();
}

Codecs::~Codecs() {
  DJDecoderRegistration::cleanup();
  DJLSDecoderRegistration::cleanup();
}

std::vector<StoredFrame> read_frames(const std::filesystem::path& file) {
  const InstanceHeader header = read_header(file);
  check_describable(header);
  const auto format = detail::open_file(file, true);
  FrameReader reader(*format->getDataset(), header);
  std::vector<StoredFrame> frames;
  frames.reserve(static_cast<std::size_t>(header.frames));
  for (int frame = 0; frame < header.frames; ++frame) frames.push_back(reader.read(frame));
  return frames;
}

std::optional<StoredFrame> read_frame(const std::filesystem::path& file, int number) {
  const InstanceHeader header = read_header(file);
  check_describable(header);
  if (number < 1 || number > header.frames) return std::nullopt;
  const auto format = detail::open_file(file, true);
  return FrameReader(*format->getDataset(), header).read(number - 1);
}

}  // namespace tomoscribe::dicom
