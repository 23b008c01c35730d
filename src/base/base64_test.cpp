#include "base/base64.h"

#include <gtest/gtest.h>

namespace duress {
namespace {

TEST(Base64, GoesThereAndBack) {
  for (const std::string_view bytes : {"", "f", "fo", "foo", "foob", "fooba", "foobar"})
    EXPECT_EQ(base64_decoded(base64_encoded(bytes)), bytes);
  EXPECT_EQ(base64_encoded("fooba"), "Zm9vYmE=");
  EXPECT_EQ(base64_decoded("Zm9v\nYmE="), "fooba");
  EXPECT_EQ(base64_encoded(std::string("\xff\xfe\x00", 3)), "//4A");
  EXPECT_FALSE(base64_decoded("Zm9*"));
  EXPECT_FALSE(base64_decoded("Zm9vY"));
  EXPECT_FALSE(base64_decoded("Zg==Zg"));
}

}  // namespace
}  // namespace duress
