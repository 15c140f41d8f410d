// Devices, threads and the default type.
#include "face.h"

#include <ATen/Context.h>
#include <ATen/Parallel.h>
#include <c10/core/impl/VirtualGuardImpl.h>

#include <mutex>

using namespace standin;

FACE int64_t st_cuda_device_count() {
  // Asked through the device guard, whose name did not change between versions as that of the hook did.
  if (!c10::impl::hasDeviceGuardImpl(c10::DeviceType::CUDA) || !at::globalContext().hasCUDA()) return 0;
  return c10::impl::VirtualGuardImpl(c10::DeviceType::CUDA).deviceCount();
}

FACE int64_t st_cuda_seed_all(uint64_t seed) {
  return guarded([&]() -> int64_t {
    for (int i = 0, n = static_cast<int>(st_cuda_device_count()); i < n; i++) {
      at::Generator g = at::globalContext().defaultGenerator(device_of(static_cast<int32_t>(c10::DeviceType::CUDA), i));
      std::lock_guard<std::mutex> lock(g.mutex());
      g.set_current_seed(seed);
    }
    return 0;
  });
}

FACE int64_t st_cuda_synchronize(int32_t index) {
  return guarded([&]() -> int64_t {
    auto device = device_of(static_cast<int32_t>(c10::DeviceType::CUDA), index);
    c10::impl::VirtualGuardImpl guard(c10::DeviceType::CUDA);
    if (index < 0) device = guard.getDevice();
    guard.synchronizeStream(guard.getStream(device));
    return 0;
  });
}

// What `which` names: 0 TF32 in matrix products, 1 TF32 in cuDNN.
FACE int64_t st_allow_tf32(int32_t which) {
  return which == 0 ? at::globalContext().allowTF32CuBLAS() : at::globalContext().allowTF32CuDNN();
}
FACE int64_t st_set_allow_tf32(int32_t which, int32_t allowed) {
  return guarded([&]() -> int64_t {
    if (which == 0) at::globalContext().setAllowTF32CuBLAS(allowed != 0);
    else at::globalContext().setAllowTF32CuDNN(allowed != 0);
    return 0;
  });
}

FACE void st_set_threads(int32_t count) { at::set_num_threads(count); }
FACE int64_t st_threads() { return at::get_num_threads(); }
FACE int64_t st_set_interop_threads(int32_t count) {
  return guarded([&]() -> int64_t { at::set_num_interop_threads(count); return 0; });
}
FACE int64_t st_interop_threads() { return at::get_num_interop_threads(); }

FACE int64_t st_set_default_dtype(int32_t dtype) {
  return guarded([&]() -> int64_t {
    c10::set_default_dtype(c10::scalarTypeToTypeMeta(static_cast<at::ScalarType>(dtype)));
    return 0;
  });
}
FACE int64_t st_default_dtype() { return static_cast<int64_t>(c10::get_default_dtype_as_scalartype()); }
