#include "model/chat/chat.h"

#include <algorithm>
#include <iterator>
#include <stdexcept>
#include <utility>

namespace tomoscribe::model {

namespace {

constexpr std::string_view empty_line = "\n\n";
constexpr int most_image_tokens = 1 << 20;

bool is_image(const Chunk& chunk) {
  return std::holds_alternative<ImageGrid>(chunk);
}

/// Texts that meet become one; empty ones vanish.
void append(std::vector<Chunk>& content, const std::vector<Chunk>& more) {
  for (const Chunk& chunk : more) {
    const auto* text = std::get_if<std::string>(&chunk);
    if (text != nullptr && text->empty()) continue;
    if (text == nullptr || content.empty() || is_image(content.back()))
      content.push_back(chunk);
    else
      std::get<std::string>(content.back()).append(empty_line).append(*text);
  }
}

/// Neighbours of one role as one message; every system message stays by itself.
std::vector<Message> joined(const std::vector<Message>& messages) {
  std::vector<Message> result;
  for (const Message& message : messages) {
    if (result.empty() || message.role != result.back().role || message.role == Role::system)
      result.push_back({.role = message.role});
    append(result.back().content, message.content);
  }
  return result;
}

/// The one text of a message that may hold nothing else.
std::string text_of(const Message& message) {
  if (message.content.empty()) return "";
  if (std::ranges::any_of(message.content, is_image))
    throw std::invalid_argument("only a user's message can hold an image");
  return std::get<std::string>(message.content.front());
}

/// Takes the system's messages out (v3).
std::string take_system(std::vector<Message>& messages) {
  std::string system;
  for (const Message& message : messages) {
    if (message.role != Role::system) continue;
    const std::string text = text_of(message);
    if (!system.empty() && !text.empty()) system += empty_line;
    system += text;
  }
  std::erase_if(messages, [](const Message& message) { return message.role == Role::system; });
  return system;
}

/// turns.size() when there is none.
std::size_t last_user_of(const std::vector<Message>& turns) {
  for (std::size_t i = turns.size(); i > 0; --i)
    if (turns[i - 1].role == Role::user) return i - 1;
  return turns.size();
}

}  // namespace

std::optional<ChatFormat> chat_format(std::string_view version) {
  if (version == "v3") return ChatFormat::v3;
  if (version == "v7") return ChatFormat::v7;
  if (version == "v11") return ChatFormat::v11;
  if (version == "v13") return ChatFormat::v13;
  return std::nullopt;
}

Chat::Chat(const Tokenizer& tokenizer, ChatFormat format)
    : tokenizer_{&tokenizer},
      format_{format},
      begin_{control("<s>")},
      end_{control("</s>")},
      user_begin_{control("[INST]")},
      user_end_{control("[/INST]")},
      image_{control("[IMG]")},
      image_break_{control("[IMG_BREAK]")},
      image_end_{control("[IMG_END]")} {
  if (format == ChatFormat::v3) return;
  system_begin_ = control("[SYSTEM_PROMPT]");
  system_end_ = control("[/SYSTEM_PROMPT]");
}

TokenId Chat::control(std::string_view name) const {
  if (const auto id = tokenizer_->control(name)) return *id;
  throw BadVocabulary("the vocabulary has no control token " + std::string(name));
}

void Chat::add_text(std::string_view text, std::vector<TokenId>& ids) const {
  const auto more = tokenizer_->encode(text);
  ids.insert(ids.end(), more.begin(), more.end());
}

void Chat::add_image(const ImageGrid& grid, std::vector<TokenId>& ids) const {
  if (grid.rows < 1 || grid.columns < 1 || grid.rows > most_image_tokens / grid.columns)
    throw std::invalid_argument("an image of " + std::to_string(grid.rows) + " by " +
                                std::to_string(grid.columns) + " tokens");
  for (int row = 0; row < grid.rows; ++row) {
    ids.insert(ids.end(), std::size_t(grid.columns), image_);
    ids.push_back(row + 1 < grid.rows ? image_break_ : image_end_);
  }
}

void Chat::add_user(std::vector<Chunk> content, const std::string& system,
                    std::vector<TokenId>& ids) const {
  ids.push_back(user_begin_);
  // Texts were joined: a message of texts and one image at its end has two chunks.
  if (content.size() == 2 && !is_image(content[0]) && is_image(content[1]))
    std::swap(content[0], content[1]);
  const bool has_image = std::ranges::any_of(content, is_image);
  std::string before = system.empty() ? "" : system + std::string(empty_line);
  if (has_image) {
    add_text(before, ids);
    before.clear();
  }
  // Without an image the system's text and the user's are one text to the tokenizer.
  if (content.empty()) add_text(before, ids);
  for (const Chunk& chunk : content) {
    if (const auto* grid = std::get_if<ImageGrid>(&chunk))
      add_image(*grid, ids);
    else
      add_text(before + std::get<std::string>(chunk), ids);
  }
  ids.push_back(user_end_);
}

void Chat::add_system(const Message& message, std::vector<TokenId>& ids) const {
  ids.push_back(system_begin_);
  add_text(text_of(message), ids);
  ids.push_back(system_end_);
}

void Chat::add_assistant(const Message& message, bool ended, std::vector<TokenId>& ids) const {
  const std::string text = text_of(message);
  if (text.empty()) throw std::invalid_argument("an assistant's message without text");
  add_text(std::string_view(text).substr(0, text.find_last_not_of(' ') + 1), ids);
  if (ended) ids.push_back(end_);
}

std::vector<TokenId> Chat::encode(const std::vector<Message>& messages, LastTurn last) const {
  if (last == LastTurn::continued && (messages.empty() || messages.back().role != Role::assistant))
    throw std::invalid_argument("only an assistant's message can be continued");
  std::vector<Message> turns = joined(messages);
  std::string system;
  if (format_ == ChatFormat::v3) system = take_system(turns);
  if (turns.empty() || (format_ == ChatFormat::v3 && turns.front().role != Role::user))
    turns.insert(turns.begin(), Message{.role = Role::user});

  const std::size_t last_user = last_user_of(turns);
  std::vector<TokenId> ids{begin_};
  for (std::size_t i = 0; i < turns.size(); ++i) {
    const bool ended = i + 1 < turns.size() || last == LastTurn::ended;
    switch (turns[i].role) {
      case Role::system: add_system(turns[i], ids); break;
      case Role::user: add_user(turns[i].content, i == last_user ? system : "", ids); break;
      case Role::assistant: add_assistant(turns[i], ended, ids); break;
    }
  }
  return ids;
}

}  // namespace tomoscribe::model
