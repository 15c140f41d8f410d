// The last error of each thread, and which LibTorch this is.
#include "face.h"

#include <torch/version.h>

namespace standin {

thread_local std::string last_error;

}  // namespace standin

using namespace standin;

FACE const char* st_error() { return last_error.c_str(); }
FACE void st_set_error(const char* message) { last_error = message; }
FACE const char* st_version() { return TORCH_VERSION; }
