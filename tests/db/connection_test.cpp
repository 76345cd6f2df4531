// The server behind the records: lazy, away, or not to be started at all.

#include <chrono>
#include <stdexcept>
#include <string>

#include "db/detail/sql.h"
#include "tests/db/database_fixture.h"

namespace tomoscribe::db {
namespace {

TEST_F(Db, AServerThatCommitsLazilyCommitsDurablyForUs) {
  const auto mode = [&] {
    return detail::Pool(dsn).transact([](pqxx::work& transaction) {
      return detail::run(transaction, "SHOW synchronous_commit")[0][0].as<std::string>();
    });
  };
  const auto name = sql("SELECT current_database()")[0][0].as<std::string>();
  sql("ALTER DATABASE " + name + " SET synchronous_commit = off");
  EXPECT_EQ(mode(), "on");
  sql("ALTER DATABASE " + name + " SET synchronous_commit = remote_apply");
  EXPECT_EQ(mode(), "remote_apply") << "more than durable is the site's choice";
}

TEST_F(Db, SaysThatItIsAwayAndComesBack) {
  intake->record(instance(1));
  Cluster::get().stop();
  EXPECT_THROW(intake->record(instance(2)), Unavailable);
  EXPECT_THROW(queue->claim(), Unavailable);
  EXPECT_THROW(store->studies({}), Unavailable);
  queue->wait(std::chrono::milliseconds(1));
  Cluster::get().start();
  EXPECT_EQ(intake->record(instance(2)), dicom::Stored::stored);
  EXPECT_EQ(intake->record(instance(1)), dicom::Stored::already_held);
}

TEST(PrivateCluster, SaysWhatIsWrongInOneSentence) {
  EXPECT_THROW(pipeline::PrivateCluster("/proc/nowhere"), std::runtime_error);
  EXPECT_THROW(pipeline::PrivateCluster("/tmp/" + std::string(200, 'x')), std::runtime_error);
}

}  // namespace
}  // namespace tomoscribe::db
