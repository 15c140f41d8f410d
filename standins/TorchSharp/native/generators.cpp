// Random generators.
#include "face.h"

#include <ATen/CPUGeneratorImpl.h>
#include <ATen/Context.h>

#include <mutex>

using namespace standin;

namespace {

at::Generator new_generator(int32_t device_type, int32_t index) {
  if (static_cast<c10::DeviceType>(device_type) == c10::DeviceType::CPU) return at::make_generator<at::CPUGeneratorImpl>();
  return at::globalContext().defaultGenerator(device_of(device_type, index)).clone();
}

int64_t release_generator(at::Generator&& g) { return reinterpret_cast<int64_t>(g.unsafeReleaseGeneratorImpl()); }

}  // namespace

FACE int64_t st_generator(int32_t device_type, int32_t index, uint64_t seed) {
  return guarded([&]() -> int64_t {
    at::Generator g = new_generator(device_type, index);
    g.set_current_seed(seed);
    return release_generator(std::move(g));
  });
}

FACE int64_t st_default_generator() {
  return guarded([&]() -> int64_t { return release_generator(at::Generator(at::globalContext().defaultGenerator(c10::DeviceType::CPU))); });
}

FACE void st_release_generator(int64_t handle) { GeneratorPointer::reclaim(reinterpret_cast<c10::GeneratorImpl*>(handle)).reset(); }

FACE int64_t st_generator_set_seed(int64_t handle, uint64_t seed) {
  return guarded([&]() -> int64_t {
    at::Generator g = borrow_generator(handle);
    std::lock_guard<std::mutex> lock(g.mutex());
    g.set_current_seed(seed);
    return 0;
  });
}

FACE int64_t st_generator_current_seed(int64_t handle, uint64_t* seed) {
  return guarded([&]() -> int64_t { *seed = borrow_generator(handle).current_seed(); return 0; });
}

FACE int64_t st_generator_new_seed(int64_t handle, uint64_t* seed) {
  return guarded([&]() -> int64_t { *seed = borrow_generator(handle).seed(); return 0; });
}

FACE int64_t st_generator_state(int64_t handle, Result* out) {
  return guarded([&]() -> int64_t { *out = result_of(borrow_generator(handle).get_state()); return 0; });
}

FACE int64_t st_generator_set_state(int64_t handle, int64_t state) {
  return guarded([&]() -> int64_t { borrow_generator(handle).set_state(borrow(state)); return 0; });
}
