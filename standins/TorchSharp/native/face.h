// A C face of LibTorch for the TorchSharp stand-in: any operator is called by its name through the boxed dispatcher,
// so one function serves all of them and operators whose overloads changed between LibTorch versions still bind.
//
// A handle is a TensorImpl* (or GeneratorImpl*) that owns one reference. No exception leaves the face: every function
// returns a negative number and keeps the message in st_error().
#pragma once

#include <ATen/core/Generator.h>
#include <ATen/core/Tensor.h>

#include <cstdint>
#include <exception>
#include <string>
#include <utility>

#define FACE extern "C" __attribute__((visibility("default")))

namespace standin {

using at::Tensor;
using TensorPointer = c10::intrusive_ptr<c10::TensorImpl, c10::UndefinedTensorImpl>;
using GeneratorPointer = c10::intrusive_ptr<c10::GeneratorImpl>;

extern thread_local std::string last_error;

template <class F> int64_t guarded(F&& body) {
  try {
    return body();
  } catch (const c10::Error& e) {
    last_error = e.what_without_backtrace();
  } catch (const std::exception& e) {
    last_error = e.what();
  } catch (...) {
    last_error = "unknown native exception";
  }
  return -1;
}

inline c10::TensorImpl* impl(int64_t handle) { return reinterpret_cast<c10::TensorImpl*>(handle); }

inline Tensor borrow(int64_t handle) {
  return handle == 0 ? Tensor() : Tensor(TensorPointer::reclaim_copy(impl(handle)));
}

inline int64_t release(Tensor&& t) {
  return t.defined() ? reinterpret_cast<int64_t>(t.unsafeReleaseTensorImpl()) : 0;
}

inline at::Generator borrow_generator(int64_t handle) {
  return at::Generator(GeneratorPointer::reclaim_copy(reinterpret_cast<c10::GeneratorImpl*>(handle)));
}

inline c10::Device device_of(int32_t type, int32_t index) {
  return c10::Device(static_cast<c10::DeviceType>(type), static_cast<c10::DeviceIndex>(index));
}

struct Result {
  int64_t value;
  int64_t bytes;  // host memory that this result alone keeps alive
};

inline Result result_of(Tensor&& t) {
  if (!t.defined()) return {0, 0};
  c10::TensorImpl* pointer = t.unsafeGetTensorImpl();
  int64_t bytes = 0;
  if (t.use_count() == 1 && pointer->has_storage() && t.device().is_cpu()) {
    const c10::Storage& storage = pointer->unsafe_storage();
    if (storage && storage.use_count() == 1) bytes = static_cast<int64_t>(storage.nbytes());
  }
  return {release(std::move(t)), bytes};
}

}  // namespace standin
