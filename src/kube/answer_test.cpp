#include "kube/answer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace duress::kube {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

TEST(ApiError, TakesTheReasonFromTheStatusObject) {
  const auto error = error_of(
      409, R"({"kind":"Status","reason":"AlreadyExists","message":"pods \"a\" already exists"})",
      "", "create pods x/a");
  EXPECT_EQ(error.reason, Reason::kAlreadyExists);
  EXPECT_EQ(error.status, 409);
  EXPECT_EQ(error.message, "create pods x/a: pods \"a\" already exists");
}

TEST(ApiError, TellsTheMissingRightAndWhomToAsk) {
  const auto error = error_of(
      403,
      R"({"kind":"Status","reason":"Forbidden","message":"User \"alice\" cannot list resource \"pods\""})",
      "", "list pods");
  EXPECT_EQ(error.reason, Reason::kForbidden);
  EXPECT_THAT(error.message, HasSubstr("cannot list resource \"pods\""));
  EXPECT_THAT(error.message, HasSubstr("ask the cluster's administrator"));
  EXPECT_EQ(error.plain().code, Code::kPermission);
}

TEST(ApiError, GoesByTheNumberWhereAProxyAnswers) {
  const auto error = error_of(503, "<html>a page</html>", "7", "get nodes n");
  EXPECT_EQ(error.reason, Reason::kUnavailable);
  EXPECT_EQ(error.retry_after, std::chrono::seconds(7));
  EXPECT_EQ(error.message, "get nodes n: the API server refused it with HTTP status 503");
  EXPECT_THAT(error_of(404, "404 page not found\n", "", "get x").message,
              HasSubstr("HTTP status 404: 404 page not found"));
}

TEST(ApiError, ReadsTheErrorThatAWatchTells) {
  const auto expired = error_of_status(
      R"({"kind":"Status","code":410,"reason":"Expired","message":"too old resource version"})",
      "watch pods");
  EXPECT_EQ(expired.reason, Reason::kExpired);
  EXPECT_EQ(error_of_status("[]", "watch pods").reason, Reason::kMalformed);
}

TEST(ApiError, TakesTheWaitFromTheStatusObjectToo) {
  const auto error = error_of(
      429, R"({"kind":"Status","reason":"TooManyRequests","details":{"retryAfterSeconds":3}})", "",
      "list pods");
  EXPECT_EQ(error.retry_after, std::chrono::seconds(3));
  EXPECT_TRUE(is_passing(error.reason));
}

TEST(ApiError, EveryReasonHasAName) {
  EXPECT_EQ(name_of(Reason::kNoContact), "NoContact");
  EXPECT_EQ(name_of(Reason::kMalformed), "Malformed");
  EXPECT_EQ(name_of(Reason::kOther), "Other");
}

TEST(ApiError, KeepsItsReasonUnderAContext) {
  const ApiError error{Reason::kConflict, "changed", 409};
  EXPECT_EQ(error.context("patch a").reason, Reason::kConflict);
  EXPECT_THAT(error.context("patch a").message, StartsWith("patch a: "));
}

}  // namespace
}  // namespace duress::kube
