#include "dicom/detail/jpeg2000.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <memory>
#include <openjpeg.h>

#include "dicom/identity.h"

namespace tomoscribe::dicom::detail {
namespace {

struct Source {
  std::span<const std::uint8_t> bytes;
  std::size_t at = 0;
};

OPJ_SIZE_T read(void* buffer, OPJ_SIZE_T size, void* user) {
  auto& source = *static_cast<Source*>(user);
  const std::size_t left = source.bytes.size() - source.at;
  if (left == 0) return static_cast<OPJ_SIZE_T>(-1);
  const std::size_t count = std::min<std::size_t>(size, left);
  std::memcpy(buffer, source.bytes.data() + source.at, count);
  source.at += count;
  return count;
}

OPJ_OFF_T skip(OPJ_OFF_T count, void* user) {
  auto& source = *static_cast<Source*>(user);
  const auto target = static_cast<OPJ_OFF_T>(source.at) + count;
  if (target < 0 || target > static_cast<OPJ_OFF_T>(source.bytes.size())) return -1;
  source.at = static_cast<std::size_t>(target);
  return count;
}

OPJ_BOOL seek(OPJ_OFF_T target, void* user) {
  auto& source = *static_cast<Source*>(user);
  if (target < 0 || target > static_cast<OPJ_OFF_T>(source.bytes.size())) return OPJ_FALSE;
  source.at = static_cast<std::size_t>(target);
  return OPJ_TRUE;
}

// OpenJPEG's stream and codec are both `void`: each has a deleter of its own.
struct FreeStream {
  void operator()(opj_stream_t* stream) const { opj_stream_destroy(stream); }
};
struct FreeCodec {
  void operator()(opj_codec_t* codec) const { opj_destroy_codec(codec); }
};
struct FreeImage {
  void operator()(opj_image_t* image) const { opj_image_destroy(image); }
};

OPJ_CODEC_FORMAT format_of(std::span<const std::uint8_t> bytes) {
  constexpr std::array<std::uint8_t, 8> jp2_box{0x00, 0x00, 0x00, 0x0c, 0x6a, 0x50, 0x20, 0x20};
  return bytes.size() > jp2_box.size() && std::ranges::equal(bytes.first(jp2_box.size()), jp2_box)
             ? OPJ_CODEC_JP2
             : OPJ_CODEC_J2K;
}

void check_size(const opj_image_t& image, int rows, int columns) {
  // Before decoding: the header alone decides how much memory the decoder takes.
  const auto width = static_cast<std::uint64_t>(image.x1) - image.x0;
  const auto height = static_cast<std::uint64_t>(image.y1) - image.y0;
  if (image.numcomps != 1 || width != static_cast<std::uint64_t>(columns) ||
      height != static_cast<std::uint64_t>(rows))
    throw Malformed("the JPEG 2000 codestream is not the grey image that the header describes");
}

}  // namespace

std::vector<std::int32_t> decode_jpeg2000(std::span<const std::uint8_t> bytes, int rows,
                                          int columns) {
  const auto broken = [] { return Malformed("the JPEG 2000 codestream cannot be decoded"); };
  Source source{bytes};
  const std::unique_ptr<opj_stream_t, FreeStream> stream(opj_stream_create(1 << 16, OPJ_TRUE));
  opj_stream_set_read_function(stream.get(), read);
  opj_stream_set_skip_function(stream.get(), skip);
  opj_stream_set_seek_function(stream.get(), seek);
  opj_stream_set_user_data(stream.get(), &source, nullptr);
  opj_stream_set_user_data_length(stream.get(), bytes.size());
  const std::unique_ptr<opj_codec_t, FreeCodec> codec(opj_create_decompress(format_of(bytes)));
  opj_dparameters_t parameters;
  opj_set_default_decoder_parameters(&parameters);
  if (opj_setup_decoder(codec.get(), &parameters) == OPJ_FALSE) throw broken();
  opj_image_t* raw = nullptr;
  const bool has_header = opj_read_header(stream.get(), codec.get(), &raw) == OPJ_TRUE;
  const std::unique_ptr<opj_image_t, FreeImage> image(raw);
  if (!has_header || image == nullptr) throw broken();
  check_size(*image, rows, columns);
  if (opj_decode(codec.get(), stream.get(), image.get()) == OPJ_FALSE) throw broken();
  const opj_image_comp_t& component = image->comps[0];
  const std::size_t count = static_cast<std::size_t>(rows) * static_cast<std::size_t>(columns);
  if (component.data == nullptr || component.w != static_cast<OPJ_UINT32>(columns) ||
      component.h != static_cast<OPJ_UINT32>(rows))
    throw broken();
  return {component.data, component.data + count};
}

}  // namespace tomoscribe::dicom::detail
