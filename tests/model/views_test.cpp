#include "model/views/plan.h"

#include <gtest/gtest.h>
