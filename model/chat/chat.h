#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "model/image_preprocess.h"
#include "model/tokenizer/tokenizer.h"

namespace tomoscribe::model {

/// How turns are marked; the numbers are mistral-common's. v7, v11 and v13 differ in tool calls
/// only, of which there are none here.
enum class ChatFormat : std::uint8_t {
  v3,   ///< the system's text stands before the last user message
  v7,   ///< the system's text is a turn of its own
  v11,  ///< as v7
  v13,  ///< as v7
};

/// Tokenizer::version to format; nothing when there is no such format.
std::optional<ChatFormat> chat_format(std::string_view version);

enum class Role : std::uint8_t { system, user, assistant };

/// A text, or an image by the tokens it takes.
using Chunk = std::variant<std::string, ImageGrid>;

struct Message {
  Role role = Role::user;
  std::vector<Chunk> content;
};

/// Whether the last message, if it is the assistant's, is complete.
enum class LastTurn : std::uint8_t { ended, continued };

/// The token ids of conversations. Immutable, thread-safe; the tokenizer must outlive it.
class Chat {
 public:
  /// \throws BadVocabulary when the vocabulary lacks a control token of the format.
  Chat(const Tokenizer& tokenizer, ChatFormat format);

  /// What mistral-common makes of the same messages: neighbours of one role are one message, texts
  /// that meet are joined by an empty line, an image that alone ends a user's message goes before
  /// its text. Images keep their order. Texts are encoded one by one and never make a control
  /// token.
  /// \throws std::invalid_argument for an image outside a user's message or of no tokens, an empty
  /// assistant's message, a last turn to continue that is not the assistant's.
  std::vector<TokenId> encode(const std::vector<Message>& messages,
                              LastTurn last = LastTurn::ended) const;

  TokenId end_of_sequence() const { return end_; }

  /// The id whose embeddings the vision encoder replaces.
  TokenId image() const { return image_; }

 private:
  TokenId control(std::string_view name) const;
  void add_text(std::string_view text, std::vector<TokenId>& ids) const;
  void add_image(const ImageGrid& grid, std::vector<TokenId>& ids) const;
  void add_user(std::vector<Chunk> content, const std::string& system,
                std::vector<TokenId>& ids) const;
  void add_system(const Message& message, std::vector<TokenId>& ids) const;
  void add_assistant(const Message& message, bool ended, std::vector<TokenId>& ids) const;

  const Tokenizer* tokenizer_;
  ChatFormat format_;
  TokenId begin_, end_, user_begin_, user_end_, image_, image_break_, image_end_;
  TokenId system_begin_ = -1, system_end_ = -1;  ///< not in v3
};

}  // namespace tomoscribe::model
