#pragma once
// What a client says it can read, and the multipart body it is given.

#include <string>
#include <string_view>
#include <vector>

namespace tomoscribe::dicom::detail {

/// One entry of an Accept header (RFC 9110 12.5.1) with the two parameters DICOMweb uses
/// (PS3.18 8.7.3).
struct AcceptedType {
  std::string media;            ///< lower case, "multipart/related"
  std::string type;             ///< of a multipart: the type of its parts; empty when not said
  std::string transfer_syntax;  ///< empty when not said
};

/// Entries with q=0 are left out; an empty header accepts everything.
std::vector<AcceptedType> parse_accept(std::string_view header);

enum class Container { none, single, multipart };

/// How a client that sent `accept` may be given `type` in one of `syntaxes` (empty: any): multipart
/// where it may be.
Container container_for(std::string_view accept, std::string_view type,
                        const std::vector<std::string>& syntaxes);

/// One part in a multipart/related body; the boundary is `boundary`, which must not occur in
/// `content`.
std::string one_part(std::string_view boundary, std::string_view content_type,
                     std::string_view location, std::string_view content);

}  // namespace tomoscribe::dicom::detail
