#pragma once

#include <filesystem>
#include <memory>

#include "model/chat/chat.h"
#include "model/checkpoint.h"
#include "model/tokenizer/tokenizer.h"

namespace tomoscribe::model {

/// What of a model folder makes ids of text.
struct FolderText {
  std::filesystem::path file;
  std::unique_ptr<Tokenizer> tokenizer;
  ChatFormat format = ChatFormat::v7;
};

/// Opens tekken.json, else tokenizer.model or the first file named like "….model.v7m1", and
/// compares it with the checkpoint: the number of tokens, the image's id, the chat format. \throws
/// Refused with one sentence: what is missing or does not fit, and what to do.
FolderText open_folder_text(const std::filesystem::path& folder, const Checkpoint& checkpoint);

}  // namespace tomoscribe::model
