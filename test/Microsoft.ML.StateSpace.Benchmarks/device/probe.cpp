// What LibTorch's profiler sees of a device: kernels, copies, and the calls that launch them or wait; and the operators for whose numbers a host
// would wait on any device. For the benchmarks "device" and "reads" alone.
#include <ATen/record_function.h>
#include <torch/csrc/autograd/profiler_kineto.h>

#include <atomic>
#include <cstdio>
#include <exception>
#include <set>
#include <string>

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

// Beside copies from a device to the host: operators that tell the host a number, or whose result has as many elements as there are numbers of
// some kind, or that look whether a matrix is sound.
const std::set<std::string> waiting = {"aten::_local_scalar_dense", "aten::nonzero", "aten::masked_select", "aten::_unique2", "aten::unique_dim",
  "aten::unique_consecutive", "aten::equal", "aten::_linalg_check_errors", "aten::linalg_matrix_exp", "aten::bincount"};

std::atomic<bool> counting{false};
std::atomic<int> reads{0};

bool brings_here(const at::RecordFunction& call) {
  auto inputs = call.inputs();
  return inputs.size() > 1 && inputs[0].isTensor() && inputs[1].isTensor() && inputs[0].toTensor().is_cpu() && !inputs[1].toTensor().is_cpu();
}

std::unique_ptr<at::ObserverContext> count(const at::RecordFunction& call) {
  std::string name = call.name();
  if (counting && (waiting.count(name) || (name == "aten::copy_" && brings_here(call))))
    ++reads;
  return nullptr;
}

}  // namespace

extern "C" __attribute__((visibility("default"))) void probe_count_reads() {
  static const auto handle = at::addGlobalCallback(at::RecordFunctionCallback(count).needsInputs(true).scopes({at::RecordScope::FUNCTION}));
  (void)handle;
  reads = 0;
  counting = true;
}

extern "C" __attribute__((visibility("default"))) int probe_reads() {
  counting = false;
  return reads;
}

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
