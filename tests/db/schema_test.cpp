// What the schema itself keeps, whoever writes to it.

#include <cstdlib>
#include <fstream>
#include <sstream>

#include "db/detail/sql.h"
#include "tests/db/database_fixture.h"

namespace tomoscribe::db {
namespace {

/// The schema in words that do not depend on who dumped it when.
std::string schema_text(const std::string& dsn) {
  const auto dump = tests::run(
      "$(ls -d /usr/lib/postgresql/*/bin | sort -V | tail -1)/pg_dump --schema-only --no-owner "
      "--no-privileges --no-comments -d '" +
      dsn + "'");
  EXPECT_EQ(dump.status, 0) << dump.output;
  std::istringstream lines(dump.output);
  std::string text;
  for (std::string line; std::getline(lines, line);) {
    const bool noise = line.empty() || line.starts_with("--") || line.starts_with("SET ") ||
                       line.starts_with("SELECT pg_catalog") || line.starts_with("\\");
    if (!noise) text += line + "\n";
  }
  return text;
}

TEST_F(Db, MigratesOnceAndSaysWhichSchemaItHas) {
  EXPECT_EQ(migrate(dsn), 0);
  const auto version = schema_version(dsn);
  EXPECT_EQ(version.database, version.program);
  sql("INSERT INTO schema_migration (version) VALUES (999)");
  EXPECT_THROW(migrate(dsn), std::runtime_error);
}

TEST_F(Db, TheCheckedInSchemaIsTheMigratedDatabase) {
  const std::filesystem::path file = std::string(TOMOSCRIBE_SOURCE_DIR) + "/db/schema.sql";
  const std::string expected =
      "-- What the migrations make, for reading; written by UPDATE_GOLDEN=1 db_tests (PostgreSQL " +
      sql("SELECT current_setting('server_version_num')::integer / 10000")[0][0].as<std::string>() +
      ").\n" + schema_text(dsn);
  if (std::getenv("UPDATE_GOLDEN") != nullptr)  // NOLINT(concurrency-mt-unsafe): one thread
    std::ofstream(file) << expected;
  const std::string held = tests::read_text(file);
  if (held.substr(0, held.find('\n')) != expected.substr(0, expected.find('\n')))
    GTEST_SKIP() << "db/schema.sql was written by another PostgreSQL";
  EXPECT_EQ(held, expected);
}

TEST_F(Db, StatesThatDoNotExistCannotBeWritten) {
  drafted();
  store->append(reporting::signed_version(draft(1), 2, reader(), {}, false), "R1");
  sql("INSERT INTO destination VALUES ('ris', 'oru')");
  sql("INSERT INTO delivery (report_id, version, destination, kind) VALUES "
      "('report-1.2.3', 2, 'ris', 'oru')");
  for (const char* statement :
       {"UPDATE study SET state = 'lost'", "UPDATE study SET progress = 1.5",
        "UPDATE instance SET state = 'deleted'", "UPDATE job SET state = 'running'",
        "UPDATE job SET state = 'gone'", "UPDATE job SET lease_until = now()",
        "UPDATE delivery SET state = 'sending'", "UPDATE delivery SET state = 'gone'",
        "UPDATE delivery SET lease_until = now()",
        "INSERT INTO destination VALUES ('x', 'fax', true)",
        "INSERT INTO quiet_period VALUES ('X', interval '-1 second')",
        "INSERT INTO job (kind, study) VALUES ('guess', '1.2.3')",
        "INSERT INTO report_version VALUES ('r', 1, '1.2.3', 'secret', 0, '', '')",
        "INSERT INTO report_version VALUES ('r', 1, '1.2.3', 'draft', 1, '', '')",
        // NOLINTNEXTLINE(bugprone-suspicious-missing-comma): one long statement
        "INSERT INTO study (uid, patient_id, issuer, patient_name, sex, accession, study_id, "
        "description, study_date, study_time, timezone_offset) VALUES ('no uid', '', '', '', '', "
        "'', '', '', '', '', '')"})
    EXPECT_THROW(sql(statement), pqxx::check_violation) << statement;
  EXPECT_THROW(
      sql("INSERT INTO job (kind, study) VALUES ('analyse', '1.2.3'), ('analyse', '1.2.3')"),
      pqxx::unique_violation)
      << "a study has one open job";
}

TEST_F(Db, AServerThatStopsUnderAStatementIsNoFaultOfTheStatement) {
  for (const char* state : {"53100", "53300", "57P01", "57P03", "58030"})
    EXPECT_TRUE(detail::is_passing(state)) << state;
  for (const char* state : {"", "22021", "23505", "42P01", "0A000"})
    EXPECT_FALSE(detail::is_passing(state)) << state;
}

TEST_F(Db, InstancesCannotBeDeleted) {
  intake->record(instance(1));
  EXPECT_THROW(sql("DELETE FROM instance"), pqxx::failure);
}

TEST_F(Db, AuditRowsStay) {
  audit(dsn, "Rosa", "opened", "1.2.3");
  EXPECT_THROW(sql("DELETE FROM audit"), pqxx::failure);
  EXPECT_EQ(census(dsn).studies, 0);
}

TEST_F(Db, SearchTakesHostileTextLiterally) {
  intake->record(instance(1));
  EXPECT_EQ(store->studies({.text = "o'hara"}).size(), 1U);
  EXPECT_EQ(store->studies({.text = "%"}).size(), 0U);
  EXPECT_EQ(store->studies({.patient_id = "P'1; DROP TABLE study;--"}).size(), 1U);
  EXPECT_EQ(store->studies({.accession = "' OR 1=1 --"}).size(), 0U);
}

}  // namespace
}  // namespace tomoscribe::db
