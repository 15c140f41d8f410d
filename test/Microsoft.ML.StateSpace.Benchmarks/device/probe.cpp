// What LibTorch's profiler sees of a device: kernels, copies, and the calls that launch them or wait. For the benchmark "device" alone.
#include <torch/csrc/autograd/profiler_kineto.h>

#include <cstdio>
#include <exception>

namespace profiler = torch::autograd::profiler;
using torch::profiler::impl::ActivityType;
using torch::profiler::impl::ProfilerConfig;
using torch::profiler::impl::ProfilerState;

namespace {

template <class F> int guarded(F&& body) {
  try {
    body();
    return 0;
  } catch (const c10::Error& e) {
    std::fprintf(stderr, "probe: %s\n", e.what_without_backtrace());
  } catch (const std::exception& e) {
    std::fprintf(stderr, "probe: %s\n", e.what());
  }
  return -1;
}

}  // namespace

extern "C" __attribute__((visibility("default"))) int probe_start() {
  return guarded([] {
    ProfilerConfig config(ProfilerState::KINETO);
    profiler::prepareProfiler(config, {ActivityType::CUDA});
    profiler::enableProfiler(config, {ActivityType::CUDA});
  });
}

// Writes the trace as a JSON file of Chrome's trace events.
extern "C" __attribute__((visibility("default"))) int probe_stop(const char* path) {
  return guarded([&] { profiler::disableProfiler()->save(path); });
}
