#include "explain/consequences.h"
#include <gtest/gtest.h>
