// Success means durable: the system calls of a store, seen from inside this program, which stands
// between it and the C library.

#include <fcntl.h>
#include <filesystem>
#include <fstream>
#include <mutex>
#include <string>
#include <sys/syscall.h>
#include <unistd.h>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "dicom/blob_store.h"
#include "tests/support/files.h"

namespace {

std::mutex calls_mutex;          // NOLINT(cppcoreguidelines-avoid-non-const-global-variables)
std::vector<std::string> calls;  // NOLINT(cppcoreguidelines-avoid-non-const-global-variables)

void note(const std::string& what, const std::filesystem::path& file) {
  const std::lock_guard lock(calls_mutex);
  calls.push_back(what + ' ' + file.filename().string());
}

}  // namespace

extern "C" int fsync(int fd) {
  std::error_code ignored;
  note("fsync", std::filesystem::read_symlink("/proc/self/fd/" + std::to_string(fd), ignored));
  return static_cast<int>(::syscall(SYS_fsync, fd));
}

// NOLINTNEXTLINE(readability-inconsistent-declaration-parameter-name): the library's are reserved
extern "C" int rename(const char* from, const char* to) noexcept {
  note("rename", from);
  return ::renameat(AT_FDCWD, from, AT_FDCWD, to);
}

namespace tomoscribe::tests {
namespace {

using testing::ElementsAre;
using testing::StartsWith;

class Durability : public testing::Test {
 protected:
  void SetUp() override { calls.clear(); }
  TempFolder folder_;
  dicom::BlobStore store_{folder_ / "store"};
};

TEST_F(Durability, AnAdoptedFileIsSyncedBeforeItIsNamedAndItsFolderAfter) {
  std::ofstream(folder_ / "spooled") << "a slice";
  const auto id = dicom::sha256("a slice");
  store_.adopt(folder_ / "spooled", id);
  EXPECT_THAT(calls, ElementsAre("fsync spooled", "rename spooled",
                                 "fsync " + store_.path_of(id).parent_path().filename().string()));
}

TEST_F(Durability, WhatIsPutIsSyncedBeforeItIsNamedAndItsFolderAfter) {
  const auto id = store_.put("a picture");
  EXPECT_THAT(calls, ElementsAre(StartsWith("fsync " + id.str()), StartsWith("rename " + id.str()),
                                 "fsync " + store_.path_of(id).parent_path().filename().string()));
}

}  // namespace
}  // namespace tomoscribe::tests
