#include "model/runtime.h"

#include <gtest/gtest.h>

namespace tomoscribe::model {
namespace {

TEST(DescribeRuntime, NamesTheLibraryAndSetsTheThreadsAsked) {
  const Runtime runtime = describe_runtime(2);
  EXPECT_NE(runtime.torch_version.find('.'), std::string::npos);
  EXPECT_FALSE(runtime.blas.empty());
  EXPECT_EQ(runtime.threads, 2);
  EXPECT_EQ(runtime.cuda, runtime.devices > 0);
}

TEST(DescribeRuntime, MeasuresASpeedThatAProcessorCanHave) {
  const Runtime runtime = describe_runtime(1);
  EXPECT_GT(runtime.gemm_gflops, 0.1);
  EXPECT_LT(runtime.gemm_gflops, 1e5);
}

TEST(DescribeRuntime, NeverRunsOnFewerThanOneThread) {
  EXPECT_EQ(describe_runtime(0).threads, 1);
}

}  // namespace
}  // namespace tomoscribe::model
